"""The key store's PostgreSQL: one connection, opened anew after a failure, and no write without the lease.

It stands for SQLite in what our SQL expects of it: `?` for a value, text compared byte by byte. What it does besides:

- The first statement of every transaction looks whether this process still leads (`bot.store.lease`), and holds that
  until the end of it. A single statement that writes is a transaction, too. So a leader of old moves no ratchet.
- Whatever keeps the database from working is an `OperationalError`, as with SQLite: server gone, read-only, no answer.
- A transaction of which a statement failed cannot be committed. (PostgreSQL would say COMMIT, and undo it.)
- The event loop stands still meanwhile; so nothing is waited for longer than `LONGEST_WAIT`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import peewee  # type: ignore[import-untyped]  # it carries no types; nio depends on it
import psycopg
from playhouse.psycopg3_ext import Psycopg3Database  # type: ignore[import-untyped]  # it carries no types
from psycopg.pq import TransactionStatus

from bot.errors import Fenced, OperatorError
from bot.store.engines import is_fault
from bot.store.lease import FENCE, SESSION_SETTINGS, Lease

LONGEST_WAIT = 3.0
"""Seconds for an answer of the server; shorter than a lease, so that who is cut off notices before another leads."""

REST = 1.0
"""Seconds in which a server that could not be reached is not asked again: each attempt may take as long as it."""

READS = ("SELECT", "SHOW")


class _Connection(psycopg.Connection[Any]):
    """Waits for an answer only so long. A network that was cut says nothing, and TCP alone waits for minutes."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, LONGEST_WAIT if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server has not answered for {LONGEST_WAIT:.0f} s") from error


class KeyDatabase(Psycopg3Database):  # type: ignore[misc]  # it carries no types
    """A schema in the database at `url`, made if `lease` is there to allow it; without a lease, to read alone."""

    field_types = Psycopg3Database.field_types | {"TEXT": 'TEXT COLLATE "C"'}

    def __init__(self, url: str, lease: Lease | None, schema: str) -> None:
        """`schema` must be a plain name. Nothing is connected yet."""
        self._lease = lease
        self._schema = schema
        self._rests_until = 0.0
        self._fence: str | None = None
        super().__init__(url.replace("postgresql+psycopg://", "postgresql://", 1), autoconnect=False)

    def _connect(self) -> Any:
        if time.monotonic() < self._rests_until:
            raise psycopg.OperationalError("the database could not be reached a moment ago")
        options = self._lease.connect_args() if self._lease else {"connect_timeout": 3}
        try:
            connection = _Connection.connect(self.database, autocommit=True, **options)
        except psycopg.OperationalError:
            self._rests_until = time.monotonic() + REST
            raise
        connection.execute(self._greeting(), prepare=False)
        if self._lease:
            self._lease.watch(connection)
            self._fence = psycopg.ClientCursor(connection).mogrify(FENCE, self._lease.values)
        return connection

    def _greeting(self) -> str:
        """All that is to be said at the beginning, in one go. What is not in our schema is where it always was."""
        path = f"SELECT set_config('search_path', '{self._schema}, ' || current_setting('search_path'), false)"
        return "; ".join((*SESSION_SETTINGS, path))

    def connect(self, reuse_if_open: bool = True) -> bool:
        """Connect, unless it is done."""
        with _as_faults():
            return bool(super().connect(reuse_if_open))

    def make_schema(self) -> None:
        """Make the schema, if it is not there. Raises OperatorError where the database's user may not."""
        try:
            self.execute_sql(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
        except peewee.ProgrammingError as error:
            raise OperatorError(
                "database.url: the bot keeps its keys in schemas of their own and may not make one "
                f"({str(error).strip()}); let it: GRANT CREATE ON DATABASE … TO …"
            ) from error

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None, commit: Any = None) -> Any:
        """Run one statement, in a transaction with the lease unless it only reads. Raises Fenced."""
        if self.in_transaction():
            return self._run(sql, params)
        if not sql.lstrip()[:6].upper().startswith(READS):
            with self.atomic():
                return self._run(sql, params)
        return self._at_first(lambda: self._run(sql, params))

    def begin(self, isolation_level: str | None = None) -> None:
        """Begin a transaction, and look whether we lead. Raises Fenced."""
        level = f" ISOLATION LEVEL {isolation_level}" if isolation_level else ""
        self._at_first(lambda: self._begin(f"BEGIN{level}"))

    def commit(self) -> None:
        """On disk when it returns."""
        if self._state.conn.pgconn.transaction_status == TransactionStatus.INERROR:
            raise peewee.OperationalError("a statement of this transaction had failed")
        with _as_faults():
            super().commit()

    def rollback(self) -> None:
        """Undo all; a connection that is gone has done it."""
        with suppress(peewee.OperationalError), _as_faults():
            super().rollback()

    def _begin(self, begin: str) -> None:
        try:
            with _as_faults():
                cursor = self.cursor()
                if self._lease is None:
                    cursor.execute(begin)
                    return
                cursor.execute(f"{begin}; {self._fence}", prepare=False)  # one message: it costs no time of its own
                cursor.nextset()
                if cursor.fetchone() is None:
                    raise self._lease.lost()
        except (Fenced, peewee.PeeweeException):
            self.rollback()  # else the connection would stay in a transaction of which nobody knows
            raise

    def _run(self, sql: str, params: Sequence[Any] | None) -> Any:
        with _as_faults():
            return super().execute_sql(sql.replace("?", "%s"), params)

    def _at_first(self, work: Any) -> Any:
        """Outside of a transaction a connection that was lost meanwhile (a server started anew) is opened again."""
        fresh = self._open()
        try:
            return work()
        except peewee.OperationalError:
            if fresh or not self._state.conn.closed:
                raise
        self._open()
        return work()

    def _open(self) -> bool:
        """Whether a new connection was needed."""
        if not self.is_closed() and not self._state.conn.closed:
            return False
        if not self.is_closed():
            self._state.reset()
        self.connect()
        return True


@contextmanager
def _as_faults() -> Iterator[None]:
    """What went wrong, as peewee calls it; what is wrong with the database itself in the one word we know for it."""
    try:
        yield
    except peewee.OperationalError:
        raise
    except (psycopg.Error, peewee.PeeweeException) as error:
        cause = error.args[0] if isinstance(error, peewee.PeeweeException) and error.args else error
        gone = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | peewee.InterfaceError)
        if gone or is_fault(cause):
            raise peewee.OperationalError(str(error).strip()) from error
        if isinstance(error, peewee.PeeweeException):
            raise
        names = (kind.__name__ for kind in type(error).__mro__)  # peewee knows psycopg's own names of them in part
        raise next(peewee.EXCEPTIONS[name] for name in names if name in peewee.EXCEPTIONS)(error) from error
