"""How the database is connected to: SQLite with a durable commit, PostgreSQL behind the fence of the lease."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import create_engine

from bot.errors import OperatorError
from bot.store.lease import DURABLE, FENCE, LOCK_TIMEOUT, SESSION_SETTINGS, Lease
from bot.store.shards import settle

DOWN = ("08", "25006", "25P03", "40", "53", "54", "55", "57", "58", "XX")
"""SQLSTATEs, or how they begin, of a PostgreSQL that does not work now: no connection, read-only (after a failover, or
when its disk is full; psycopg takes that for a mistake of ours), an end put to a transaction that had stood still,
deadlock, out of room, locked, shut down, I/O error, damaged.
(https://www.postgresql.org/docs/current/errcodes-appendix.html)"""


def is_fault(error: object) -> bool:
    """Whether what a driver raised is PostgreSQL's own fault, so that the same may succeed later."""
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(DOWN)


def engine_for(url: str, lease: Lease | None = None, account: str | None = None) -> Engine:
    """What a statement was given is hidden in errors: they are logged, and hold how somebody voted, and why.

    On PostgreSQL each connection sees the schema of `account` alone, that of the lease if there is one; to connect
    raises OperatorError for an account that does not belong there. Without either it is where the role begins.
    """
    if url.startswith("sqlite"):
        connect_args = {"check_same_thread": False, "timeout": 5}
        engine = create_engine(url, poolclass=StaticPool, connect_args=connect_args, hide_parameters=True)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(driver_url, pool_pre_ping=lease is None, pool_size=2, hide_parameters=True)
    if lease is None:
        _greet(engine, (LOCK_TIMEOUT, DURABLE), account, url)
    else:
        _greet(engine, SESSION_SETTINGS, lease.account, url)
        _fence(engine, lease)
    return engine


def _greet(engine: Engine, settings: Iterable[str], account: str | None, url: str) -> None:
    """Settings of each new connection. Who waits for a lock for ever cannot say what for; a commit is on disk.

    Before SQLAlchemy looks around on its first one: what it sees there is then what we shall see.
    """

    def connected(connection: Any, _record: object) -> None:
        try:
            with connection.cursor() as cursor:
                for setting in settings:
                    cursor.execute(setting)
                if account is not None:
                    settle(cursor, account, url)
            connection.commit()
        except OperatorError:
            connection.close()
            raise

    event.listen(engine, "connect", connected, insert=True)


def _fence(engine: Engine, lease: Lease) -> None:
    """Every transaction begins with the question whether we lead; see `bot.store.lease`."""

    def connecting(_dialect: object, _record: object, _arguments: object, keywords: dict[str, Any]) -> None:
        keywords.update(lease.connect_args())

    def connected(connection: Any, _record: object) -> None:
        lease.watch(connection)

    def begun(connection: Any) -> None:
        if connection.exec_driver_sql(FENCE, lease.values).first() is None:
            raise lease.lost()

    event.listen(engine, "do_connect", connecting)
    event.listen(engine, "connect", connected, insert=True)
    event.listen(engine, "begin", begun)


def reading(engine: Engine) -> Engine:
    """The same for reading alone: no lock is waited for or held, and nothing can be written by mistake."""
    if engine.dialect.name == "sqlite":
        event.remove(engine, "begin", _begin_immediate)
        event.listen(engine, "begin", _begin_reading)
        return engine
    return engine.execution_options(postgresql_readonly=True)


def _begin_reading(connection: Any) -> None:
    connection.exec_driver_sql("PRAGMA query_only=ON")
    connection.exec_driver_sql("BEGIN")


def _configure_sqlite(connection: Any, _record: object) -> None:
    """WAL with a durable commit: what was answered survives a power cut."""
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_immediate
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    """A writer takes its lock at the start: no transaction fails half-way because another one wrote first."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
