"""What every handler gets: narrow, frozen, and easy to make in a test."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.roles import Role
from bot.domain.throughput import Throughput
from bot.events import Message
from bot.post import Fingerprints
from bot.store import Session, networks, rooms
from bot.store.tables import Network, Room
from bot.texts.times import Clocks


@dataclass(frozen=True, slots=True)
class House:
    """What the operator set, as far as handlers need it.

    `encrypted` is whether rooms that we open are; `mail` whether mail can be sent; `templates` the operator's own
    wording, for files that are written here (`bot.texts.of`). `federal_state` („BW“) is whose public holidays count
    where no other Land is known. In a command (`Context`) `zone` and `federal_state` are those of where it was written;
    what the operator set is then `operator`. `fingerprints` are ours; None in what never signs in.
    `synonyms` is the operator's own file of names of the same thing.
    `web` is what links to the overview pages begin with; None where there are none. `widget` is whether Element may
    show them in rooms. `throughput` is how quickly posts go; None in what sends none.
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
    fingerprints: Fingerprints | None = None
    web: str | None = None
    synonyms: Path | None = None
    widget: bool = False
    throughput: Throughput | None = None
    operator: "House | None" = None

    def at(self, zone: ZoneInfo, federal_state: str | None) -> "House":
        """The same house, in a place with a zone and a Land of its own."""
        return replace(self, zone=zone, federal_state=federal_state, operator=self.operator or self)


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

    def zone_of(self, room_id: str, network_id: int | None = None) -> ZoneInfo:
        """The zone in which times are read and shown in a room: its own, else its network's, else the operator's.

        The own zone of a direct chat is that person's. It belongs to no network, but may be about one: `network_id`.
        What a command says in its own room is in `ctx.house.zone`; this is for other rooms, and for jobs. No question
        to the database where room and network were read in this transaction and are still held.
        """
        return self.clocks_of(room_id, network_id).zone

    def clocks_of(self, room_id: str, network_id: int | None = None) -> Clocks:
        """The same, with the zone of the network beside it: where they differ, times say whose they are."""
        room = rooms.find(self.session, room_id)
        usual = self.network_zone((room.network_id if room else None) or network_id)
        return Clocks(ZoneInfo(room.zone) if room is not None and room.zone else usual, usual)

    def network_zone(self, network_id: int | None) -> ZoneInfo:
        """A network's zone: its own, else the operator's, which is also that of no network at all."""
        own = networks.by_id(self.session, network_id).zone if network_id is not None else None
        return ZoneInfo(own) if own else (self.house.operator or self.house).zone

    def land_of(self, network_id: int) -> str | None:
        """The Land („BW“) whose public holidays count in a network: its own, else the operator's; None: not known.

        An organisation's own Land (`Organisation.federal_state`) comes before it.
        """
        own = networks.by_id(self.session, network_id).federal_state
        return own or (self.house.operator or self.house).federal_state


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

    def clocks_of(self, room_id: str, network_id: int | None = None) -> Clocks:
        """As in `Scope`; a direct chat is about the network that the message is about."""
        if room_id == self.room.room_id and self.home is not None:
            network_id = self.home.id
        return Scope.clocks_of(self, room_id, network_id)

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
