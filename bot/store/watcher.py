"""Who is told how it goes with the lease."""

from typing import Protocol

from bot.errors import OperatorError


class Watcher(Protocol):
    """Called in the thread that keeps the lease (`bot.store.leading`)."""

    def waits(self, holder: str) -> None:
        """Another process leads."""

    def leads(self) -> None:
        """We do."""

    def answers(self) -> bool:
        """Whether whoever does the work has answered since this was last asked."""

    def hangs(self) -> None:
        """It has not for too long; the lease was given back. Nobody keeps it any more, so the process is to end."""

    def unsure(self, problem: str) -> None:
        """The lease has run out by our clock, and the database does not answer; or nobody can know who leads."""

    def sure(self) -> None:
        """It answers again; nobody has taken over."""

    def lost(self) -> None:
        """Another process has taken over."""

    def fails(self, problem: OperatorError) -> None:
        """The database has never answered, or does not let us: only a person can mend it."""
