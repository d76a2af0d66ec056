"""The lease for a command of the command line: taken at once, or refused while the bot runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bot.config import without_password
from bot.errors import InUse, OperatorError
from bot.store.leading import Keeping
from bot.store.lease import Lease


class _Waiting:
    """For whoever takes the lease at once or not at all."""

    def __init__(self) -> None:
        self.known = threading.Event()
        self.holder: str | None = None
        self.problem: OperatorError | None = None

    def waits(self, holder: str) -> None:
        self.holder = holder
        self.known.set()

    def leads(self) -> None:
        self.holder = None
        self.known.set()

    def answers(self) -> bool:
        """A person waits for the command, and ends it where it hangs."""
        return True

    def hangs(self) -> None:
        """Never; see `answers`."""

    def unsure(self, problem: str) -> None:
        """What is written fails by itself."""

    def sure(self) -> None:
        """As above."""

    def lost(self) -> None:
        """As above. Where it was never ours, the thread that keeps it has died of a mistake."""
        self.problem = OperatorError("the lease on the database cannot be kept; see what was said before")
        self.known.set()

    def fails(self, problem: OperatorError) -> None:
        self.problem = problem
        self.known.set()


@contextmanager
def taken_now(url: str, account: str) -> Iterator[Lease | None]:
    """The lease, for as long as a command of the command line writes; None for SQLite, whose file has a lock.

    Raises InUse when the bot runs, OperatorError when the database cannot be used.
    """
    lease = Lease.of(url, account)
    if lease is None:
        yield None
        return
    waiting = _Waiting()
    keeping = Keeping(lease, waiting)
    keeping.start()
    try:
        waiting.known.wait()
        if waiting.problem is not None:
            raise waiting.problem
        if waiting.holder is not None:
            raise InUse(
                f"database.url: {without_password(url)} is in use by the bot ({waiting.holder}). Stop it first. "
                f"(Killed, it counts as running for {lease.lasts:.0f} s.)"
            )
        yield lease
    finally:
        keeping.stop()
