"""The PostgreSQL database that a move from SQLite fills, in steps of which each is one transaction.

Begun, it has the tables of this release without their references, and the revision MOVING: a bot that is started on it
says so and stops. Finished, it has the references, counters beyond every ID, and the revision of this release. What a
killed move has left is told by the rows themselves: they arrive in the order of their keys, so their number says where
to go on.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.config import without_password
from bot.errors import InUse, OperatorError
from bot.store import dump, loading, shards
from bot.store.apart import keep_apart
from bot.store.database import NEWEST
from bot.store.engines import engine_for
from bot.store.migrations import MOVING

AT_ONCE = 10_000
"""Rows that arrive in one transaction, or fewer if they are long."""
LONG = 8_000_000
"""Characters after which such a transaction ends."""

ONLY_ONE = 7_302_411_965  # the key of a lock that everybody who moves into this database asks for
RECORD = sa.Table(
    "database_move",
    sa.MetaData(),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("references", sa.Text, nullable=False),  # set aside while the rows arrive, as JSON
)
LEADS = "SELECT account, holder FROM public.lease WHERE until > clock_timestamp() AND account <> ALL(%s)"
VERSIONS = sa.table(loading.VERSIONS, sa.column("version_num"))


@dataclass(frozen=True, slots=True)
class Begun:
    """A move that has been begun in this database; `finished_at` (UTC) if it has come to its end."""

    source: str
    account: str
    begun_at: datetime
    finished_at: datetime | None


class Target:
    """A PostgreSQL database, held against other moves until it is closed."""

    def __init__(self, url: str, account: str | None = None) -> None:
        """`account` is whose records are to arrive; None if nobody's are there, as no bot ever ran on them.

        Raises OperatorError for a database that cannot be used, or by this account; InUse while a bot or another move
        works on it.
        """
        self.shown = without_password(url)
        self._url, self._account = url, account
        self._engine = engine_for(url, account=account)
        try:
            self._guard = self._engine.connect()
        except DBAPIError as error:
            self._engine.dispose()
            raise OperatorError(f"{self.shown}: the database cannot be used: {error.orig}") from error
        try:
            self._require_usable()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections; the lock goes with them."""
        self._guard.close()
        self._engine.dispose()

    def _require_usable(self) -> None:
        ask = self._guard.exec_driver_sql
        if not ask(f"SELECT pg_try_advisory_lock({ONLY_ONE})").scalar_one():
            raise InUse(f"{self.shown}: another move into this database is going on")
        encoding = ask("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise OperatorError(
                f"{self.shown}: its encoding is {encoding}, which cannot hold everything that people write. "
                "Make it with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )
        self.require_no_leader()
        self._guard.commit()  # the lock is the session's, and stays

    def require_no_leader(self) -> None:
        """Raises InUse while a bot works on this database, unless it is known to do so in another schema than ours."""
        if not self._guard.exec_driver_sql("SELECT to_regclass('public.lease') IS NOT NULL").scalar():
            return
        others = [each.account for each in shards.listed(self._guard) if each.account != self._account]
        if found := self._guard.exec_driver_sql(LEADS, (others,)).first():
            raise InUse(f"{self.shown}: the bot {found[0]} runs on this database ({found[1]}). Stop it first.")

    def begun(self) -> Begun | None:
        """The move that was begun here, if there was one; one that was given up and written over is none."""
        if not {RECORD.name, loading.VERSIONS} <= self._names():
            return None
        with self._transaction() as session:
            columns = (RECORD.c.source, RECORD.c.account, RECORD.c.begun_at, RECORD.c.finished_at)
            found = session.execute(sa.select(*columns)).first()
            goes_on = session.execute(sa.select(VERSIONS.c.version_num)).scalar() == MOVING
        return Begun(*found) if found and (goes_on or found.finished_at) else None

    def occupied_by(self) -> dict[str, int]:
        """How many rows stand in which of our tables, where there are any."""
        there, counts = self._names(), {}
        for table in dump.tables():
            if table.name in there and (count := self.count(table)):
                counts[table.name] = count
        return counts

    def begin(self, source: str, account: str, now: datetime) -> None:
        """Make the tables, empty and without references, and note down what moves in. `now` is UTC."""
        with self._transaction() as session:
            connection = session.connection()
            if self._account:
                shards.register(connection, self._account, self._url)
            elif known := shards.listed(connection):
                raise OperatorError(
                    f"{self.shown}: is the database of {', '.join(each.account for each in known)}, and on what is to "
                    "be moved into it no bot has ever run. Name another database; nothing was changed"
                )
            loading.clear(connection)
            loading.migrate(connection, "head")
            references = loading.set_aside(connection)
            RECORD.drop(connection, checkfirst=True)
            RECORD.create(connection)
            values = {"source": source, "account": account, "begun_at": now, "references": json.dumps(references)}
            connection.execute(RECORD.insert(), values)
            self._revise(connection, MOVING)

    def count(self, table: sa.Table) -> int:
        """How many rows of a table are there."""
        with self._transaction() as session:
            return int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def take(self, table: sa.Table, told: Iterator[tuple[list[Any], int]]) -> int:
        """Take the next rows of a table from `told` (each with about how many characters it has); how many it took."""
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
        with self._transaction() as session:
            driver: Any = session.connection().connection.driver_connection
            count = length = 0
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                for row, size in islice(told, AT_ONCE):
                    copy.write_row(row)
                    count, length = count + 1, length + size
                    if length > LONG:
                        break
        return count

    def rows(self, table: sa.Table) -> Generator[list[Any], None, None]:
        """A table's rows as `bot.store.dump` gives them."""
        with self._transaction() as session:
            yield from dump.rows(session, table)

    def empty(self, table: sa.Table) -> None:
        """Let go of what has arrived in a table."""
        with self._transaction() as session:
            session.connection().exec_driver_sql(f'TRUNCATE "{table.name}"')

    def finish(self, lasts: Iterable[tuple[sa.Table, int]], now: datetime) -> None:
        """References, counters (`lasts`: the highest ID ever given), what the planner has to know; then it is ready."""
        with self._transaction() as session:
            connection = session.connection()
            references = json.loads(session.execute(sa.select(RECORD.c.references)).scalar_one())
            loading.bring_back(connection, references)
            for table, last in lasts:
                dump.continue_ids(connection, table.name, set(table.columns.keys()), last)
            keep_apart(connection, self._account)
            self._revise(connection, NEWEST)
            connection.execute(RECORD.update().values(finished_at=now))
            ours = ", ".join(f'"{table.name}"' for table in dump.tables())
            connection.exec_driver_sql(f"ANALYZE {ours}")  # an account beside us has no use for it

    def _revise(self, connection: sa.Connection, revision: str) -> None:
        connection.execute(VERSIONS.update().values(version_num=revision))

    def _names(self) -> set[str]:
        return set(sa.inspect(self._engine).get_table_names())

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except (DBAPIError, psycopg.Error) as error:
            raise OperatorError(
                f"{self.shown}: {_reason(error)}. What has arrived stays there; start the same move again to go on."
            ) from error


def _reason(error: DBAPIError | psycopg.Error) -> str:
    """What the server says, without the words of a row."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        where = filter(None, (cause.diag.table_name, cause.diag.constraint_name))
        return " ".join([cause.diag.message_primary, *(f"({each})" for each in where)])
    return str(cause)
