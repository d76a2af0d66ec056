"""Leases of a test: short ones, and somebody who notes what becomes of them."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg

from bot.errors import OperatorError
from bot.store.leading import Keeping
from bot.store.lease import Lease

BOT = "@bot:example.org"
SHORT = 0.6  # seconds


class Noted:
    """Notes what it is told, in order; implements `bot.store.watcher.Watcher`."""

    def __init__(self) -> None:
        self.news: queue.Queue[str] = queue.Queue()
        self.silent = False
        """Whether whoever does the work hangs."""
        self._waited = False

    def waits(self, holder: str) -> None:
        if not self._waited:
            self._waited = True
            self.news.put(f"waits for {holder}")

    def leads(self) -> None:
        self.news.put("leads")

    def answers(self) -> bool:
        return not self.silent

    def hangs(self) -> None:
        self.news.put("hangs")

    def unsure(self, problem: str) -> None:
        self.news.put(f"unsure: {problem}")

    def sure(self) -> None:
        self.news.put("sure")

    def lost(self) -> None:
        self.news.put("lost")

    def fails(self, problem: OperatorError) -> None:
        self.news.put(f"fails: {problem}")

    def next(self) -> str:
        """What happens next; it must come."""
        return self.news.get(timeout=30)


class Candidate:
    """One process, as far as the lease is concerned."""

    def __init__(self, url: str, account: str = BOT, lasts: float = SHORT, gone: str | None = None) -> None:
        self.lease = Lease(url, account, lasts)
        self.noted = Noted()
        self.keeping = Keeping(self.lease, self.noted, gone, lasts)

    def start(self) -> "Candidate":
        self.keeping.start()
        return self

    def stop(self) -> None:
        """In order."""
        self.keeping.stop()


@contextmanager
def leading(url: str, account: str = BOT, lasts: float = SHORT) -> Iterator[Candidate]:
    """One that leads, until the block ends."""
    candidate = Candidate(url, account, lasts).start()
    try:
        assert candidate.noted.next() == "leads"
        yield candidate
    finally:
        candidate.stop()


def standing(url: str, account: str = BOT) -> tuple[int, str]:
    """Who leads by the database: number and holder."""
    with psycopg.connect(url) as other:
        found = other.execute("SELECT fence, holder FROM lease WHERE account = %s", (account,)).fetchall()
    assert len(found) == 1, "one row an account"
    return found[0]


def until(url: str, account: str = BOT) -> datetime:
    """Until when, by the database."""
    with psycopg.connect(url) as other:
        found = other.execute("SELECT until FROM lease WHERE account = %s", (account,)).fetchone()
    assert found
    return found[0]  # type: ignore[no-any-return]  # a timestamp


def another_takes_over(url: str, account: str = BOT) -> None:
    """Somebody else leads from now on, for a minute."""
    with psycopg.connect(url) as other:
        other.execute(
            "UPDATE lease SET fence = fence + 1, holder = 'elsewhere 1 x', until = clock_timestamp() + '1 minute'"
            " WHERE account = %s",
            (account,),
        )
