"""Bring a database to the shape this program knows."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from bot.errors import OperatorError


def configuration() -> Config:
    """Alembic's settings, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def upgrade(engine: Engine, url: str) -> None:
    """Apply what is missing. Raises OperatorError for a newer or a broken database."""
    config = configuration()
    script = ScriptDirectory.from_config(config)
    place = url.rpartition("@")[2]
    try:
        with engine.begin() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current == script.get_current_head():
                return
            if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
                raise OperatorError(
                    f"database.url: {place} was written by a newer version of Zwischenstand (revision {current}). "
                    "Install that version again, or restore a backup from before the update."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DatabaseError as error:
        raise OperatorError(
            f"database.url: {place} cannot be used: {error.orig}. If the file is damaged, restore a backup."
        ) from error
