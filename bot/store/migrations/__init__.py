"""Bring a database to the shape this program knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from bot.config import without_password
from bot.errors import OperatorError

MOVING = "moving"
"""The revision of a database that is being filled from another one (`bot.store.arriving`)."""


def configuration() -> Config:
    """Alembic's settings, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def upgrade(engine: Engine, url: str) -> None:
    """Apply what is missing. Raises OperatorError for a newer or a broken database."""
    config = configuration()
    script = ScriptDirectory.from_config(config)
    place = without_password(url)
    try:
        with references_unwatched(engine), engine.begin() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current == script.get_current_head():
                return
            if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
                raise newer(url, current)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            require_whole(connection)
    except DatabaseError as error:
        raise OperatorError(
            f"database.url: {place} cannot be used: {error.orig}. Nothing in it was changed. "
            "If the disk is full, make room and start again; if the file is damaged, restore a backup."
        ) from error


def newer(url: str, revision: str) -> OperatorError:
    """The database at this address has a revision that only a later program knows, or is not complete yet."""
    if revision == MOVING:
        return OperatorError(
            f"database.url: a move into {without_password(url)} has begun and not come to its end. Start "
            "`zwischenstand move-database` again: it goes on where it was."
        )
    return OperatorError(
        f"database.url: {without_password(url)} was written by a newer version of Zwischenstand (revision {revision}). "
        "Install that version again, or restore a backup from before the update. Nothing was changed."
    )


@contextmanager
def references_unwatched(engine: Engine) -> Iterator[None]:
    """SQLite changes a table by making it anew; meanwhile what refers to it points nowhere.

    Its switch for that does nothing inside a transaction (sqlite.org/pragma.html#pragma_foreign_keys).
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    _switch(engine, "OFF")
    try:
        yield
    finally:
        _switch(engine, "ON")


def _switch(engine: Engine, to: str) -> None:
    with engine.connect() as connection:
        connection.connection.cursor().execute(f"PRAGMA foreign_keys={to}")


def require_whole(connection: Connection) -> None:
    """Raises OperatorError, and so undoes the migration, if a row refers to nothing afterwards."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise OperatorError(f"database.url: rows refer to nothing after the update: {broken[:3]}. It was undone.")
