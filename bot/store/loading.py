"""A database made from written tables, whole or not at all."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

from bot.errors import OperatorError
from bot.store import dump
from bot.store.apart import keep_apart
from bot.store.engines import engine_for
from bot.store.lease import Lease
from bot.store.migrations import configuration, references_unwatched, require_whole
from bot.store.shards import register

VERSIONS = "alembic_version"


def is_known(revision: str) -> bool:
    """Whether this program can bring tables of that revision up to date."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - with it comes half of Alembic

    return revision in {each.revision for each in ScriptDirectory.from_config(configuration()).walk_revisions()}


@contextmanager
def loaded(url: str, revision: str, fill: Callable[[Session], None], lease: Lease | None = None) -> Iterator[Session]:
    """Make the tables of `revision`, `fill` them, and bring them up to date: one transaction, committed at the end.

    The session is for what else belongs to it. What is raised inside the `with`, or by `fill`, leaves the database as
    it was. It must have no rows; see `has_rows`. On PostgreSQL the transaction holds the tables that were there, so
    that nobody can write to them meanwhile; on the lease of an account, it is that account's part of the database.
    """
    engine = engine_for(url, lease)
    try:
        with references_unwatched(engine), Session(engine) as session, session.begin():
            if lease is not None:
                register(session.connection(), lease.account, url)
            clear(session.connection())
            migrate(session.connection(), revision)
            with _references_set_aside(session.connection()):
                fill(session)
            migrate(session.connection(), "head")
            require_whole(session.connection())
            if lease is not None:
                keep_apart(session.connection(), lease.account)
            yield session
    except DBAPIError as error:
        raise OperatorError(
            f"database.url: the database does not take what is restored: {error.orig}; nothing was changed"
        ) from error
    except SQLAlchemyError as error:
        raise OperatorError(f"database.url: the database cannot be filled: {type(error).__name__}") from error
    finally:
        engine.dispose()


def has_rows(url: str, account: str) -> bool:
    """Whether anything stands in an account's tables of this database; also True for a SQLite file that is unreadable.

    Raises OperatorError when PostgreSQL cannot be asked.
    """
    if url.startswith("sqlite"):
        return _file_has_rows(Path(url.partition(":///")[2]))
    engine = engine_for(url, account=account)
    try:
        with engine.connect() as connection:
            return _any_row(connection)
    except DBAPIError as error:
        raise OperatorError(f"database.url: the database cannot be used: {error.orig}") from error
    finally:
        engine.dispose()


def _file_has_rows(file: Path) -> bool:
    """Read past our engine, which would write to it: nothing may change in a file that is only asked about."""
    if not file.exists() or file.stat().st_size == 0:
        return False
    try:
        connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)
        try:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            ours = [name for name in names if name != VERSIONS and not name.startswith("sqlite_")]
            return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in ours)  # noqa: S608 - SQLite's own name
        finally:
            connection.close()
    except sqlite3.Error:
        return True


def _ours(connection: sa.Connection) -> list[str]:
    there = set(sa.inspect(connection).get_table_names())
    return [table.name for table in dump.tables() if table.name in there]


def _any_row(connection: sa.Connection) -> bool:
    names = [sa.table(name) for name in _ours(connection)]
    return any(connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in names)


def clear(connection: sa.Connection) -> None:
    """Drop empty tables: those to be filled are made as they were in the revision of the backup."""
    there = sa.inspect(connection).get_table_names()
    names = [*_ours(connection), *(name for name in there if name == VERSIONS)]
    if connection.dialect.name == "postgresql" and names:
        quoted = ", ".join(f'"{name}"' for name in names)
        connection.exec_driver_sql(f"LOCK TABLE {quoted} IN ACCESS EXCLUSIVE MODE NOWAIT")
    if _any_row(connection):
        raise OperatorError("database.url: the database is no longer empty")
    for name in reversed(names):
        cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f'DROP TABLE "{name}"{cascade}')


def migrate(connection: sa.Connection, revision: str) -> None:
    """Bring the tables to that revision, in the transaction of the connection."""
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def _references_set_aside(connection: sa.Connection) -> Iterator[None]:
    """A row may come before the one it refers to. PostgreSQL checks all of them when the references come back."""
    references = set_aside(connection)
    yield
    bring_back(connection, references)


def set_aside(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Drop all references between our tables; what `bring_back` needs. SQLite's are not watched while it is filled."""
    if connection.dialect.name == "sqlite":
        return []
    question = (
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint WHERE "
        "contype = 'f' AND connamespace = current_schema()::regnamespace AND conrelid::regclass::text = ANY(:ours)"
    )
    found = connection.execute(sa.text(question), {"ours": _ours(connection)}).all()
    references = [(str(table), str(name), str(meaning)) for table, name, meaning in found]
    for table, name, _ in references:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return references


def bring_back(connection: sa.Connection, references: Iterable[Sequence[str]]) -> None:
    """Make the references again; PostgreSQL checks every row."""
    for table, name, meaning in references:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {meaning}")
