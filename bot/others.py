"""The other accounts in our database, as far as this process knows: who they are, and what goes on between us.

Looked up every few seconds (`schedules.relocations`), and once before anything is handled. Where one account is alone
nothing of this is ever set, and nothing asks the database for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(slots=True)
class Others:
    """Who shares the database with us.

    `accounts` are their Matrix IDs. `marking`: marks of ours may come back at any moment, and what stands after one in
    its room is another account's. `expecting`: a network is on its way to us. `hindered` are the networks, by ID, that
    could not go when that was looked at, and until when (UTC) it is not looked at again.
    """

    accounts: frozenset[str] = frozenset()
    marking: bool = False
    expecting: bool = False
    hindered: dict[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behind:
    """A room that has come to us and is to be read after the event `mark`; `seen_at` (UTC) is when we knew of it."""

    room_id: str
    mark: str
    seen_at: datetime


class Unread(Protocol):
    """What has come from another account and is to be read. No method raises while the database is down."""

    @property
    def expected(self) -> bool:
        """Whether a room may come at any moment."""

    async def rooms(self) -> Sequence[Behind]:
        """The rooms that are to be read now."""

    async def awaited(self) -> bool:
        """Whether nothing should be done by the clock before a room is read that has just come."""


class NothingUnread:
    """Nothing comes: for who is alone, and for what only looks on."""

    expected = False

    async def rooms(self) -> Sequence[Behind]:
        """None."""
        return ()

    async def awaited(self) -> bool:
        """Nothing is."""
        return False
