"""The accounts of one PostgreSQL: another one is added, and all are listed (`bot.store.shards` says what they are)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.config import without_password
from bot.errors import OperatorError
from bot.store import dump, loading
from bot.store.apart import STEP, align, misplaced
from bot.store.engines import engine_for
from bot.store.shards import ADD, Shard, listed, make, register

HERE = "SELECT set_config('search_path', %s, true)"
LEADERS_WAIT = "SELECT 1 FROM public.lease WHERE account = %s FOR UPDATE"
"""Each transaction of a leader asks for that row first: none is under way now, and none begins before our commit.

So nothing that it has begun holds a counter which we wait for, while it waits for one that we hold.
"""
LEADS = """
    SELECT shard.account, shard.number, shard.schema, lease.holder
    FROM public.shard LEFT JOIN public.lease ON lease.account = shard.account AND lease.until > clock_timestamp()
    ORDER BY shard.number"""


class Added(NamedTuple):
    """What came of adding an account; `tables` that were made for it."""

    shard: Shard
    is_new: bool
    tables: int


class Standing(NamedTuple):
    """An account: who leads, if anybody does; how many networks and rooms it has. None: it has no tables yet."""

    shard: Shard
    holder: str | None
    networks: int | None
    rooms: int | None


def add(url: str, account: str) -> Added:
    """Give an account a schema with all tables, beside those that are there, in one transaction. `url` is PostgreSQL's.

    The first account has its place without that: it is only registered. One that is there stays as it is. Raises
    OperatorError, with nothing changed.
    """
    with _opened(url) as connection:
        make(connection)
        found = listed(connection)
        if own := [each for each in found if each.account == account]:
            return Added(own[0], False, 0)
        if not found:
            register(connection, account, url)
            return Added(listed(connection)[0], True, 0)
        number = found[-1].number + 1
        if number >= STEP:
            raise OperatorError(
                f"database.url: {without_password(url)} has had {number} accounts, and more than {STEP} cannot share "
                "one database. Name another one; nothing was changed"
            )
        shard = Shard(account, number, f"zwischenstand_{number}")
        _settled(connection, shard, found)
        return Added(shard, True, len(dump.tables()))


def _settled(connection: Connection, shard: Shard, others: list[Shard]) -> None:
    """What waits for others comes last: what bots at work wait for is held no longer than the counters need."""
    connection.exec_driver_sql(f"CREATE SCHEMA {shard.schema}")
    connection.exec_driver_sql(HERE, (shard.schema,))
    loading.migrate(connection, "head")
    for each in others:
        if misplaced(connection, each):
            connection.exec_driver_sql(LEADERS_WAIT, (each.account,))
            align(connection, each, others)
    align(connection, shard, [*others, shard])
    connection.exec_driver_sql(ADD, shard)


def standing(url: str) -> list[Standing]:
    """All accounts, by their numbers. Raises OperatorError where the database cannot be read."""
    with _opened(url) as connection:
        if not listed(connection):
            return []
        found = connection.exec_driver_sql(LEADS).all()
        return [
            Standing(Shard(account, number, schema), holder, *_counted(connection, schema))
            for account, number, schema, holder in found
        ]


def _counted(connection: Connection, schema: str) -> tuple[int | None, int | None]:
    """How many networks and rooms."""
    connection.exec_driver_sql("SELECT set_config('search_path', quote_ident(%s), true)", (schema,))
    if not connection.exec_driver_sql("SELECT to_regclass('network') IS NOT NULL").scalar():
        return None, None
    networks, rooms = connection.exec_driver_sql(
        "SELECT (SELECT count(*) FROM network), (SELECT count(*) FROM room)"
    ).one()
    return networks, rooms


@contextmanager
def _opened(url: str) -> Iterator[Connection]:
    """One transaction."""
    engine = engine_for(url)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        hint = "; let its user: GRANT CREATE ON DATABASE … TO …" if "permission denied" in str(error.orig) else ""
        raise OperatorError(
            f"database.url: {without_password(url)}: {str(error.orig).strip()}{hint}. Nothing was changed"
        ) from error
    finally:
        engine.dispose()
