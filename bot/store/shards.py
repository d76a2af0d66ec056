"""Several accounts in one PostgreSQL: each has a schema of its own, and none of its connections sees another's tables.

A registry says whose schema is which. The first account keeps the schema in which its tables have always been, as a
rule `public`; every further one is added by `zwischenstand add-account` (`bot.store.accounts`). Whoever is not in it
where others are is refused, before anything is read or written. The lease and the keys stand beside (`public.lease`,
`keys`, `keys_…`): their rows name the account.

The registry is made here, and not by a migration: an account must be known before it has tables to be migrated, and
bots of different releases read it side by side. For the same reason its columns never change.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.config import without_password
from bot.errors import OperatorError
from bot.store.lease import TABLE as LEASE

if TYPE_CHECKING:
    import psycopg  # SQLite does without

TABLE = """
    CREATE TABLE IF NOT EXISTS public.shard (
        account text PRIMARY KEY, number integer NOT NULL UNIQUE, schema text NOT NULL UNIQUE,
        added_at timestamptz NOT NULL)"""
ONE_AFTER_THE_OTHER = "SELECT pg_advisory_xact_lock(7302411966)"
"""Of two that make the same table at the same time, one would fail."""
HOLD = "LOCK TABLE public.shard IN SHARE ROW EXCLUSIVE MODE"
"""Nobody else is added until the end of the transaction. Who only reads does not wait."""
IS_THERE = "SELECT to_regclass('public.shard') IS NOT NULL"
LISTED = "SELECT account, number, schema FROM public.shard ORDER BY number"
ADD = "INSERT INTO public.shard VALUES (%s, %s, coalesce(%s, current_schema()), clock_timestamp())"
PATH = "SELECT set_config('search_path', quote_ident(%s), false)"
"""The schema alone: a table that is missing there must not be another account's."""
HAS_ACCOUNT = "SELECT to_regclass('account') IS NOT NULL"
OWNER = "SELECT user_id FROM account ORDER BY alive_at DESC, user_id LIMIT 1"
"""Of several the one that was alive last: the others were started by mistake, or are what the bot was called before."""

Asking = Generator[tuple[str, tuple[object, ...]], list[tuple[Any, ...]], bool]
"""Questions to the database, each with its values; is sent the rows. What comes out: whether the account is known."""


class Shard(NamedTuple):
    """One account's part of a database."""

    account: str
    number: int
    schema: str


def settle(cursor: Any, account: str, url: str) -> bool:
    """Let a new connection (a cursor of psycopg's) see its account's schema alone; to be committed.

    False: nobody is registered, and it stays where it is. Raises OperatorError for an account that does not belong.
    """
    asking = _settling(account, url)
    question = next(asking)
    try:
        while True:
            question = asking.send(cursor.execute(*question).fetchall())
    except StopIteration as end:
        return bool(end.value)


async def settle_beside(connection: "psycopg.AsyncConnection[Any]", account: str, url: str) -> bool:
    """As `settle`."""
    asking = _settling(account, url)
    statement, values = next(asking)
    try:
        while True:
            found = await connection.execute(statement.encode(), values)
            statement, values = asking.send(await found.fetchall())
    except StopIteration as end:
        return bool(end.value)


def _settling(account: str, url: str) -> Asking:
    is_there = yield IS_THERE, ()
    found = (yield LISTED, ()) if is_there[0][0] else []
    if found:
        own = [schema for name, _, schema in found if name == account]
        if not own:
            raise _stranger(account, ", ".join(name for name, *_ in found), url)
        yield PATH, (own[0],)
        return True
    if (yield HAS_ACCOUNT, ())[0][0]:
        owner = yield OWNER, ()
        if owner and owner[0][0] != account:
            raise _not_first(account, owner[0][0], url)
    return False


def _stranger(account: str, known: str, url: str) -> OperatorError:
    return OperatorError(
        f"database.url: {without_password(url)} is the database of {known}, and matrix.user_id is {account}, which is "
        "not registered there. To have several accounts in it, run `zwischenstand add-account` once with this "
        "configuration; else name another database. Nothing was changed"
    )


def _not_first(account: str, owner: str, url: str) -> OperatorError:
    return OperatorError(
        f"database.url: {without_password(url)} holds the records of {owner}, and matrix.user_id is {account}. To have "
        f"several accounts in it, start the bot of {owner} once with this release, then run `zwischenstand "
        "add-account` with this configuration; else name another database. Nothing was changed"
    )


def require_own(engine: Engine, account: str, url: str) -> None:
    """Raises OperatorError for a SQLite file with another account's records. One that cannot be read is left alone."""
    try:
        with engine.connect() as connection:
            owner = connection.exec_driver_sql(OWNER).scalar()
    except DBAPIError:
        return  # empty, or damaged: said by whoever reads on
    if owner not in (None, account):
        raise OperatorError(
            f"database.url: {url.partition(':///')[2]} holds the records of {owner}, and matrix.user_id is {account}. "
            "With SQLite each account has a file of its own: name another one (with PostgreSQL several share a "
            "database: `zwischenstand add-account`). Nothing was changed"
        )


def make(connection: Connection) -> None:
    """The registry, held until the end of the transaction, and the lease beside it."""
    for statement in (ONE_AFTER_THE_OTHER, TABLE, LEASE, HOLD):
        connection.exec_driver_sql(statement)


def listed(connection: Connection) -> list[Shard]:
    """All accounts, by their numbers; none where nobody has been registered yet."""
    if not connection.exec_driver_sql(IS_THERE).scalar():
        return []
    return [Shard(*row) for row in connection.exec_driver_sql(LISTED)]


def register(connection: Connection, account: str, url: str) -> bool:
    """Where nobody is registered, this account is number 0, in the schema that it is in. Whether that is new.

    Raises OperatorError where it does not belong.
    """
    if account in [each.account for each in listed(connection)]:
        return False
    make(connection)
    if settle(connection.connection.cursor(), account, url):  # somebody was first: another process of ours
        return False
    connection.exec_driver_sql(ADD, (account, 0, None))
    return True
