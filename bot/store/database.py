"""The database: opened, locked, migrated, and used one transaction at a time.

A transaction is a plain function that gets a session and runs in the store's own thread, so that the event loop never
waits for a disk, and nothing inside a transaction can wait for the network. One hop per transaction instead of several
per statement is what makes a command cheap (`benchmarks/store.py` compares it with an async session).
"""

import asyncio
import fcntl
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlmodel import Session

from bot.config import without_password
from bot.errors import InUse, OperatorError, StoreDown
from bot.store.apart import at_home
from bot.store.engines import engine_for, is_fault, reading
from bot.store.lease import Lease
from bot.store.moved import require_not_moved
from bot.store.shards import require_own
from bot.vitals import Vitals

T = TypeVar("T")
log = logging.getLogger(__name__)
BUSY = 5.0  # seconds that a lock is waited for
FULL = 10_000_000  # bytes: less is gone with the next few commits
NEWEST = max(file.stem.partition("_")[0] for file in (Path(__file__).parent / "migrations" / "versions").glob("0*.py"))


class Database:
    """One database, one thread, one transaction at a time. Close it when done."""

    def __init__(
        self,
        url: str,
        *,
        read_only: bool = False,
        vitals: Vitals | None = None,
        lease: Lease | None = None,
        account: str | None = None,
    ) -> None:
        """Open the database at `url` (sqlite:///… or postgresql://…), as `account` (a Matrix user ID) has it.

        With `read_only` it may be in use by the bot meanwhile, and must be there and up to date. Whoever writes to
        PostgreSQL beside others gives the `lease`: without it being ours, no transaction begins. Raises OperatorError
        where it cannot be opened, where another process uses the same SQLite file, or where it is another account's.
        """
        self.url = url
        self._lock: int | None = None
        file = Path(url.partition(":///")[2]) if url.startswith("sqlite") else None
        self.folder: Path | None = file.parent if file else None
        if file:
            require_not_moved(file)
        if file and read_only and not file.exists():
            raise OperatorError(f"database.url: {file}: there is no such database")
        if file and not read_only:
            self._lock = _lock(file)
        self._vitals = vitals or Vitals()
        self._wrote = False
        self._failed = False
        self._back: Callable[[], None] = lambda: None
        self._lease = lease
        self._account = account or (lease.account if lease else None)
        self._engine = reading(engine_for(url, account=account)) if read_only else engine_for(url, lease, account)
        event.listen(self._engine, "before_cursor_execute", self._look)
        try:
            if file and account:
                require_own(self._engine, account, url)
            if read_only:
                _require_newest(self._engine)
        except OperatorError:
            self._let_go()
            raise
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def run(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and commit it.

        Raises StoreDown when the database is locked, full or gone; nothing has changed then, unless a server died
        between the commit and its answer (`when_back`). What `work` raises rolls back and goes through.
        """
        began = time.perf_counter()
        try:
            result = await asyncio.get_running_loop().run_in_executor(self._thread, self.run_now, work)
        except StoreDown:
            self._failed = True
            raise
        finally:
            self._vitals.transactions.add(time.perf_counter() - began)
        if self._failed:
            self._failed = False
            self._back()
        return result

    def when_back(self, call: Callable[[], None]) -> None:
        """Call this in the event loop whenever a transaction succeeds after one that failed with StoreDown."""
        self._back = call

    def run_now(self, work: Callable[[Session], T]) -> T:
        """The same, for callers outside an event loop."""
        began_at, self._wrote = datetime.now(UTC), False
        try:
            result = self._worked(work)
        except SQLAlchemyError as error:
            if (fault := _fault(error)) is not None:
                self._vitals.database.silent(began_at)
                raise StoreDown(fault) from error
            raise
        if self._wrote:  # a full disk can still be read
            self._vitals.database.answered(datetime.now(UTC))
        return result

    def _worked(self, work: Callable[[Session], T]) -> T:
        """Begun a second time where the server has closed the connection since the last one.

        With a lease, its row is asked for first anyway: no ping is needed to find that out.
        """
        begun = self._lease is None

        def first(session: Session) -> T:
            nonlocal begun
            session.connection()
            begun = True
            return work(session)

        try:
            return self._committed(work if begun else first)
        except DBAPIError as error:
            if begun or not error.connection_invalidated:
                raise
        return self._committed(work)

    def _committed(self, work: Callable[[Session], T]) -> T:
        with _Transaction(self._engine, expire_on_commit=False) as session, session.begin():
            return work(session)

    def _look(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        """Whether the transaction writes: INSERT, UPDATE or DELETE."""
        self._wrote = self._wrote or statement[:1] in "IUD"

    def migrate(self) -> None:
        """Bring the tables up to date. Raises OperatorError when the database is newer than this program, or broken.

        On PostgreSQL the first account to do so has the database, until others are added (`bot.store.shards`).
        """
        with at_home(self._engine, self._account, self.url):
            if _revision(self._engine) == NEWEST:
                return
            from bot.store.migrations import upgrade  # noqa: PLC0415 - 14 MB and half a second; most starts need none

            upgrade(self._engine, self.url)

    def close(self) -> None:
        """Finish what runs, close the connections, free the lock."""
        self._thread.shutdown(wait=True)
        self._let_go()

    def _let_go(self) -> None:
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def held(url: str, *, even_moved: bool = False) -> Iterator[None]:
    """Keep a SQLite file to this process without opening it; PostgreSQL needs no such lock. Raises as `Database`.

    With `even_moved` it may be one that was moved to PostgreSQL.
    """
    if not url.startswith("sqlite"):
        yield
        return
    file = Path(url.partition(":///")[2])
    if not even_moved:
        require_not_moved(file)
    was_there = file.exists()
    handle = _lock(file)
    try:
        yield
    finally:
        if not was_there and file.exists() and file.stat().st_size == 0:
            file.unlink()  # the lock has made it
        os.close(handle)


def obstacle(url: str) -> str | None:
    """Why nothing can be written to a SQLite file now, also while the bot uses it; None if it can, or for another."""
    if not url.startswith("sqlite"):
        return None
    file = Path(url.partition(":///")[2])
    *_, free = shutil.disk_usage(file.parent)
    if free < FULL:
        return f"the disk is full ({free // 1_000_000} MB are left): make room"
    try:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=BUSY)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
    except sqlite3.Error as error:
        return f"cannot be written: {error}; let nothing else hold it"
    return None


# busy, locked, out of memory, read-only, I/O error, corrupt, full, cannot open (sqlite.org/rescode.html)
SQLITE_DOWN = frozenset({5, 6, 7, 8, 10, 11, 13, 14})


def is_down(failure: BaseException) -> bool:
    """Whether a failure is the database's own, so that the same work may succeed later."""
    return _fault(failure) is not None


def _fault(failure: BaseException) -> str | None:
    """What is wrong with the database, if that is behind a failure.

    A full disk makes SQLite undo the whole transaction by itself; what is raised in the end is only that a savepoint is
    gone. So what was raised before counts, too.
    """
    current: BaseException | None = failure
    while current is not None:
        if isinstance(current, StoreDown | PendingRollbackError):
            return str(current)
        if isinstance(current, DBAPIError) and _is_fault(current):
            return str(current.orig)
        current = current.__context__
    return None


def _is_fault(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE_DOWN
    return error.connection_invalidated or isinstance(error, OperationalError) or is_fault(error.orig)


class _Transaction(Session):
    """A session that holds on to what it has read: the room of a hundred messages is then read once, not each time."""


@event.listens_for(_Transaction, "loaded_as_persistent")
def _hold(session: Any, row: object) -> None:
    session.info.setdefault("held", []).append(row)


def _lock(file: Path) -> int:
    """Take the file's lock for this process. The kernel frees it however the process ends."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))  # who voted what is nobody else's to read
    except OSError as error:
        raise OperatorError(f"database.url: {file}: cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise InUse(
            f"database.url: {file} is in use by another process of the bot. Stop that one first, or use PostgreSQL."
        ) from error
    return handle


def _revision(engine: Engine) -> str | None:
    """The revision a database says it has; None for an empty one, and for one that only Alembic can explain."""
    try:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
    except DBAPIError:
        return None


def _require_newest(engine: Engine) -> None:
    """Raises OperatorError for a database that cannot be read, now or before the bot has brought it up to date."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM account").close()
    except DBAPIError as error:
        if _is_fault(error):
            raise OperatorError(f"database.url: the database cannot be read: {error.orig}") from error
    if (revision := _revision(engine)) != NEWEST:
        if revision is not None and revision > NEWEST:
            from bot.store.migrations import newer  # noqa: PLC0415 - see `migrate`

            raise newer(without_password(engine.url.render_as_string(hide_password=False)), revision)
        raise OperatorError("database.url: the database is older than this program: start the bot once")
