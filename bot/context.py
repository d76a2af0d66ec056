"""What every handler gets: narrow, frozen, and easy to make in a test."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.roles import Role
from bot.events import Message
from bot.store import Session
from bot.store.tables import Network, Room


@dataclass(frozen=True, slots=True)
class House:
    """What the operator set, as far as handlers need it."""

    us: str
    prefix: str
    language: str
    zone: ZoneInfo
    grace_seconds: float
    coordinators: tuple[str, ...]
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """One transaction: where to read and write, what time it is (UTC), in which house."""

    session: Session
    now: datetime
    house: House


@dataclass(frozen=True, slots=True)
class Context(Scope):
    """Scope of one message: who wrote it, where, and what that person may do there.

    `spoken` is the command without prefix or mention, and with the answer in it where a question was answered.
    """

    message: Message
    spoken: str
    room: Room
    network: Network
    role: Role

    @property
    def person(self) -> str:
        """The Matrix ID of who wrote the message."""
        return self.message.sender

    @property
    def network_id(self) -> int:
        """The network's ID in the database."""
        assert self.network.id is not None  # noqa: S101 - a stored network has one
        return self.network.id

    @property
    def only_room(self) -> str | None:
        """What lists are limited to: a group's room shows its own, a direct chat the whole network."""
        return None if self.room.direct_with else self.room.room_id

    @property
    def language(self) -> str:
        """The language the answer will be in."""
        return self.room.language or self.house.language
