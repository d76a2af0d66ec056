"""Events that wait for their key, as the listener sees them; they are kept in the database (`bot.keeping`)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.events import Undecryptable

Session = tuple[str, str]
"""A room, and a megolm session in it."""


class Waiting(Protocol):
    """What waits. No method raises while the database is down: they return once it is back."""

    async def begin(self, now: datetime) -> set[Session]:
        """A process begins (UTC): the sessions of which events wait, whose keys may have come since."""

    async def of(self, sessions: Collection[Session]) -> Sequence[Undecryptable]:
        """What waits for the keys of these sessions, in the order of its arrival."""

    async def to_ask(self, now: datetime) -> Sequence[tuple[Undecryptable, int]]:
        """Of each session whose key is to be asked for now (UTC) one event, and for the how-manieth time (from 1).

        They count as asked for.
        """


class NothingWaits:
    """Keeps nothing: for what only looks on."""

    async def begin(self, now: datetime) -> set[Session]:
        """None."""
        return set()

    async def of(self, sessions: Collection[Session]) -> Sequence[Undecryptable]:
        """None."""
        return ()

    async def to_ask(self, now: datetime) -> Sequence[tuple[Undecryptable, int]]:
        """None."""
        return ()
