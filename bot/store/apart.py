"""What keeps the accounts of one PostgreSQL apart beside their schemas: IDs that never meet.

An ID stands in keys of the outbox and in JSON; were it given twice, a network could never go from one account to
another. So with a second account all counters go on in steps of `STEP`, each account's at its own number. Our IDs have
31 bits: that leaves an account 134 million rows a table.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.config import without_password
from bot.errors import OperatorError
from bot.store import dump
from bot.store.shards import Shard, listed, register

STEP = 16
"""Accounts that one database can have."""

COUNTERS = sa.text("""
    SELECT space.nspname, ours.relname, quote_ident(space.nspname) || '.' || quote_ident(counter.relname),
        pg_sequence.seqincrement
    FROM pg_sequence
    JOIN pg_class counter ON counter.oid = pg_sequence.seqrelid
    JOIN pg_namespace space ON space.oid = counter.relnamespace
    JOIN pg_depend ON pg_depend.objid = counter.oid AND pg_depend.classid = 'pg_class'::regclass
        AND pg_depend.refclassid = 'pg_class'::regclass AND pg_depend.deptype IN ('a', 'i')
    JOIN pg_class ours ON ours.oid = pg_depend.refobjid
    WHERE space.nspname = ANY(:schemas) AND ours.relname = ANY(:tables)
    ORDER BY space.nspname, ours.relname""")
"""The counters behind columns of our tables (https://www.postgresql.org/docs/current/catalog-pg-depend.html)."""


class Counter(NamedTuple):
    """One counter; `name` as SQL has it. `given`: no ID above it has ever been given."""

    schema: str
    table: str
    name: str
    step: int
    given: int
    following: int


@contextmanager
def at_home(engine: Engine, account: str | None, url: str) -> Iterator[None]:
    """Around the migration of an account's tables: registered before, if it is the first; counters right afterwards.

    Nothing to do for SQLite. Raises OperatorError where the account does not belong, or the database cannot be used.
    """
    if account is None or engine.dialect.name == "sqlite":
        yield
        return
    with _transaction(engine, url) as connection:
        is_new = register(connection, account, url)
    if is_new:
        engine.dispose()  # the next connection sees its own schema alone
    yield
    with _transaction(engine, url) as connection:
        keep_apart(connection, account)


@contextmanager
def _transaction(engine: Engine, url: str) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise OperatorError(f"database.url: {without_password(url)} cannot be used: {error.orig}") from error


def keep_apart(connection: Connection, account: str | None) -> None:
    """Set what is not right of an account's counters, where it shares the database; as often as wanted."""
    found = listed(connection)
    own = [each for each in found if each.account == account]
    if own and len(found) > 1:
        align(connection, own[0], found)


def misplaced(connection: Connection, own: Shard) -> list[Counter]:
    """An account's counters that would give an ID which may be another one's."""
    return [
        each
        for each in _counters(connection, [own])
        if each.step != STEP or each.following != _next(each.following - 1, own.number)
    ]


def align(connection: Connection, own: Shard, shards: Sequence[Shard]) -> None:
    """Let an account's counters go on in steps, above whatever any of `shards` (itself among them) has given."""
    wrong = misplaced(connection, own)
    if not wrong:
        return
    for each in wrong:
        connection.exec_driver_sql(f"ALTER SEQUENCE {each.name} INCREMENT BY {STEP}")  # and nobody counts on meanwhile
    highest: dict[str, int] = defaultdict(int)
    for each in _counters(connection, shards):
        highest[each.table] = max(highest[each.table], each.given)
    for each in wrong:
        first = _next(highest[each.table], own.number)
        connection.exec_driver_sql(f"ALTER SEQUENCE {each.name} RESTART WITH {first}")


def _next(given: int, number: int) -> int:
    """The first ID above `given` that is this account's. None is below `STEP`: 0 is taken for no ID in many places."""
    lowest = max(given + 1, STEP + number)
    return lowest + (number - lowest) % STEP


def _counters(connection: Connection, shards: Sequence[Shard]) -> list[Counter]:
    names = [table.name for table in dump.tables()]
    values = {"schemas": [each.schema for each in shards], "tables": names}
    found = connection.execute(COUNTERS, values).all()
    if not found:
        return []
    asked = " UNION ALL ".join(
        f"SELECT {place}, last_value, is_called FROM {name}"  # noqa: S608 - PostgreSQL's own names
        for place, (_, _, name, _) in enumerate(found)
    )
    counters = []
    for place, last, called in connection.exec_driver_sql(asked):
        schema, table, name, step = found[place]
        counters.append(
            Counter(schema, table, name, step, last if called else last - 1, last + step if called else last)
        )
    return counters
