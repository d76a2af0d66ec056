"""A database of an earlier release opens in this one, with everything that was in it."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlmodel import create_engine

from bot.domain.roles import Role
from bot.store import networks
from bot.store.database import Database
from bot.store.migrations import configuration

START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def at_revision(file: Path, revision: str, *statements: str) -> None:
    """Make a database as it was at that revision."""
    engine = create_engine(f"sqlite:///{file}")
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_who_coordinated_in_the_first_release_still_does(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    at_revision(
        file,
        "0001",
        "INSERT INTO network (id, name, founder, created_at) VALUES (1, 'Verbund', '@anna:x', '2026-11-22 08:00:00')",
        "INSERT INTO appointment (network_id, person, role, appointed_by, appointed_at) "
        "VALUES (1, '@anna:x', 'coordinator', '@anna:x', '2026-11-22 08:00:00')",
    )
    database = Database(f"sqlite:///{file}")
    database.migrate()
    assert database.run_now(lambda s: networks.coordinators(s, 1, ("@anna:x",))) == ["@anna:x"]
    (kept,) = database.run_now(lambda s: networks.grants(s, 1, "@anna:x"))
    assert (kept.role, kept.granted_by, kept.granted_at) == (Role.COORDINATOR, "@anna:x", START)
    database.close()
