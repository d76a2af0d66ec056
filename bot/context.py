"""What every handler gets: narrow, frozen, and easy to make in a test."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.roles import Role
from bot.events import Message
from bot.store import Session, rooms
from bot.store.tables import Network, Room


@dataclass(frozen=True, slots=True)
class House:
    """What the operator set, as far as handlers need it.

    `encrypted` is whether rooms that we open are; `mail` whether mail can be sent; `templates` the operator's own
    wording, for files that are written here (`bot.texts.of`). `federal_state` („BW“) is whose public holidays count
    where no other Land is known.
    """

    us: str
    prefix: str
    language: str
    zone: ZoneInfo
    grace_seconds: float
    coordinators: tuple[str, ...]
    servers: tuple[str, ...]
    encrypted: bool = False
    mail: bool = False
    templates: Path | None = None
    federal_state: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """One transaction: where to read and write, what time it is (UTC), in which house."""

    session: Session
    now: datetime
    house: House

    def language_of(self, room_id: str) -> str:
        """The language of a room; that of the house where nobody set another."""
        room = rooms.find(self.session, room_id)
        return (room.language if room else None) or self.house.language


@dataclass(frozen=True, slots=True)
class Context(Scope):
    """Scope of one message: who wrote it, where, and what that person may do there.

    `spoken` is the command without prefix or mention, and with the answer in it where a question was answered. `home`
    is the network; forms that need none (`Form.anywhere`) may be run without.
    """

    message: Message
    spoken: str
    room: Room
    home: Network | None
    role: Role

    @property
    def person(self) -> str:
        """The Matrix ID of who wrote the message."""
        return self.message.sender

    @property
    def network(self) -> Network:
        """The network it is about."""
        assert self.home is not None  # noqa: S101 - only forms that may be used anywhere run without one
        return self.home

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
