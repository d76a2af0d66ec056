"""The lease: of all processes that run with one account on one PostgreSQL, one leads, and the database knows which.

A row an account says who leads, under which number (`fence`), and until when by the database's clock. Whoever takes the
lease over raises the number. Every transaction of the leader begins with `FENCE`: no row under its number, and nothing
of it is written. So a leader that was stopped or cut off, and wakes when another has taken over, changes nothing.

How the locks fit (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS): the number is part of a
key, so a takeover locks the row FOR UPDATE, and waits for each transaction that has asked for the row FOR KEY SHARE;
none of those can commit after it. A renewal changes `until` alone, FOR NO KEY UPDATE, and goes past them.

The table is made here, and not by a migration, as it has to stand before any: a standby of a newer release must not
migrate while an older one leads. For the same reason its columns never change. All accounts of a database have it in
common (`bot.store.shards`).

What is *sent* cannot be undone. So the leader also asks its own clock before each request (`Lease.is_held`), and what
slips through is sent with the same transaction ID by the same device, as the successor sends it: it stands once.
"""

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakSet

from bot.errors import Fenced

if TYPE_CHECKING:
    import psycopg  # SQLite does without

LASTS = 5.0
"""Seconds from a renewal to the moment at which another may take over."""

TABLE = """
    CREATE TABLE IF NOT EXISTS public.lease (
        account text NOT NULL, fence bigint NOT NULL, holder text NOT NULL, until timestamptz NOT NULL,
        PRIMARY KEY (account, fence), UNIQUE (account))"""
FENCE = "SELECT 1 FROM public.lease WHERE account = %s AND fence = %s FOR KEY SHARE"

LOCK_TIMEOUT = "SET lock_timeout = '5s'"
DURABLE = """SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"""
"""What was answered, a number of the lease and a ratchet must never go back; who wants more (remote_apply) keeps it."""
SESSION_SETTINGS = (LOCK_TIMEOUT, "SET idle_in_transaction_session_timeout = '60s'", DURABLE)
"""For each connection of a leader, once. Who leads on ends what the earlier one has begun; if it may not, this does."""

UNSENT = 4_000
"""Milliseconds after which a connection is given up whose other end confirms nothing (`tcp_user_timeout`)."""

Connection: TypeAlias = "psycopg.Connection[Any] | psycopg.AsyncConnection[Any]"


def now() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps, where the system has one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """One account's lease, as this process holds it or waits for it. May be asked from any thread."""

    def __init__(self, url: str, account: str, lasts: float = LASTS, clock: Callable[[], float] = now) -> None:
        """`url` is the PostgreSQL's, `account` a Matrix user ID; `clock` is monotonic, in seconds, as is `lasts`."""
        self.url = url
        self.account = account
        self.lasts = lasts
        self.holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self.clock = clock
        self._fence: int | None = None
        self._until = 0.0
        self._lost = False
        self._tell: Callable[[], None] = lambda: None
        self._connections: WeakSet[Connection] = WeakSet()
        self._guard = threading.Lock()

    @classmethod
    def of(cls, url: str, account: str) -> "Lease | None":
        """The lease on this database, not taken yet; None for SQLite, whose file has a lock."""
        return None if url.startswith("sqlite") else cls(url, account)

    @property
    def fence(self) -> int:
        """Our number. Raises Fenced unless we lead."""
        if self._fence is None or self._lost:
            raise Fenced(f"{self.account}: another process leads")
        return self._fence

    @property
    def values(self) -> tuple[str, int]:
        """What `FENCE` is filled with. Raises Fenced unless we lead."""
        return self.account, self.fence

    @property
    def is_lost(self) -> bool:
        """Whether another process has taken over."""
        return self._lost

    @property
    def is_held(self) -> bool:
        """Whether nobody else can lead now, by our own clock: False also when it has run out and nobody answers us."""
        return self._fence is not None and not self._lost and self.clock() < self._until

    def take(self, fence: int, asked_at: float) -> None:
        """We lead under this number, for `lasts` seconds since we asked (by `clock`)."""
        self._until, self._fence = asked_at + self.lasts, fence

    def renew(self, asked_at: float) -> None:
        """As `take`; the number stays."""
        self._until = asked_at + self.lasts

    def end(self) -> None:
        """We give it back."""
        self._until = 0.0

    def lost(self) -> Fenced:
        """Another leads: nothing is written or sent any more, and the process ends. The exception, to be raised."""
        if not self._lost:
            self._lost = True
            self._tell()
        return Fenced(f"{self.account}: another process has taken over")

    def when_lost(self, call: Callable[[], None]) -> None:
        """Call this once, in whichever thread finds out."""
        self._tell = call

    def connect_args(self) -> dict[str, Any]:
        """For `psycopg.connect`. The name is that by which whoever leads on finds, and ends, what we have left open."""
        return {"application_name": sessions_of(*self.values), **CAREFUL}

    def watch(self, connection: Connection) -> None:
        """Remember a connection of the leader's, to be cut with the others."""
        with self._guard:
            self._connections.add(connection)

    def cut(self) -> None:
        """Break all connections off: a thread that waits for an answer on a network that is gone waits no longer."""
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            cut(connection)


CAREFUL: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": UNSENT,
}
"""Keyword arguments with which libpq notices in a few seconds that nobody is there any more (no use on a socket file).

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""


def sessions_of(account: str, fence: int) -> str:
    """What the connections of one leader are called, in the 63 bytes that PostgreSQL keeps of it."""
    return f"zwischenstand {sha256(account.encode()).hexdigest()[:16]} {fence}"


def cut(connection: Connection) -> None:
    """Break a connection off, from any thread: the one that uses it sees the server gone."""
    from psycopg import Error  # noqa: PLC0415 - see above

    with contextlib.suppress(OSError, Error), socket.socket(fileno=os.dup(connection.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)
