"""Rooms, who is in them, networks, and the roles people have there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, or_, select

from bot.domain.roles import Role
from bot.store.tables import Appointment, Counter, Network, Room, RoomMember


def find(session: Session, room_id: str) -> Room | None:
    """The room, if we know it."""
    return session.get(Room, room_id)


STANDING = (
    select(Room, Network, Appointment.role)
    .outerjoin(Network, col(Network.id) == col(Room.network_id))
    .outerjoin(
        Appointment,
        and_(col(Appointment.network_id) == col(Room.network_id), col(Appointment.person) == bindparam("person")),
    )
    .where(col(Room.room_id) == bindparam("room_id"))
)


class Standing(NamedTuple):
    """A room, its network if it has one, and the role a person was given there."""

    room: Room
    network: Network | None
    role: Role | None


def standing(session: Session, room_id: str, person: str) -> Standing | None:
    """Where somebody stands in a room we know; one question to the database, since every command asks it."""
    found = session.exec(STANDING, params={"room_id": room_id, "person": person}).first()
    if found is None:
        return None
    room, network_, role = found
    return Standing(room, network_, Role(role) if role else None)


def save(session: Session, room: Room) -> None:
    """Store a new or changed room."""
    session.merge(room)
    session.flush()


def direct_with(session: Session, person: str) -> Room | None:
    """Our direct chat with a person."""
    statement = select(Room).where(Room.direct_with == person, col(Room.joined)).order_by(col(Room.since).desc())
    return session.exec(statement).first()


def awaiting_digest(session: Session, due_at: datetime) -> Sequence[Room]:
    """The groups' rooms that we were in at `due_at` (UTC) and that have had no digest since."""
    statement = select(Room).where(
        col(Room.network_id).is_not(None),
        col(Room.direct_with).is_(None),
        col(Room.joined),
        Room.since < due_at,
        or_(col(Room.last_digest_at).is_(None), col(Room.last_digest_at) < due_at),
    )
    return session.exec(statement.order_by(Room.room_id)).all()


def replace_members(session: Session, room_id: str, joined: Iterable[str]) -> None:
    """Take over who is in a room."""
    known, now = set(members(session, room_id)), set(joined)
    if gone := known - now:
        session.exec(delete(RoomMember).where(col(RoomMember.room_id) == room_id, col(RoomMember.person).in_(gone)))
    session.add_all(RoomMember(room_id=room_id, person=person) for person in sorted(now - known))
    session.flush()


def set_member(session: Session, room_id: str, person: str, *, joined: bool) -> None:
    """One person came or went."""
    row = session.get(RoomMember, (room_id, person))
    if joined and row is None:
        session.add(RoomMember(room_id=room_id, person=person))
    elif not joined and row is not None:
        session.delete(row)
    session.flush()


def members(session: Session, room_id: str) -> Sequence[str]:
    """The Matrix IDs of everybody joined in a room."""
    statement = select(RoomMember.person).where(RoomMember.room_id == room_id)
    return session.exec(statement.order_by(RoomMember.person)).all()


def is_member(session: Session, room_id: str, person: str) -> bool:
    """Whether a person is joined in a room now."""
    return session.get(RoomMember, (room_id, person)) is not None


def network(session: Session, network_id: int) -> Network:
    """The network with this ID."""
    return session.get_one(Network, network_id)


def networks_coordinated_by(session: Session, person: str) -> Sequence[Network]:
    """The networks in which a person is coordinator."""
    statement = (
        select(Network)
        .join(Appointment, col(Appointment.network_id) == col(Network.id))
        .where(Appointment.person == person, Appointment.role == Role.COORDINATOR)
    )
    return session.exec(statement.order_by(col(Network.id))).all()


def networks_of_member(session: Session, person: str) -> Sequence[Network]:
    """The networks in one of whose rooms a person is."""
    statement = (
        select(Network)
        .join(Room, col(Room.network_id) == col(Network.id))
        .join(RoomMember, col(RoomMember.room_id) == col(Room.room_id))
        .where(RoomMember.person == person, col(Room.direct_with).is_(None))
    )
    return session.exec(statement.order_by(col(Network.id)).distinct()).all()


def found_network(session: Session, name: str, founder: str, now: datetime) -> Network:
    """Make a network and appoint its founder as coordinator."""
    made = Network(name=name, founder=founder, created_at=now)
    session.add(made)
    session.flush()
    assert made.id is not None  # noqa: S101 - flushed
    appointment = Appointment(
        network_id=made.id, person=founder, role=Role.COORDINATOR, appointed_by=founder, appointed_at=now
    )
    session.add(appointment)
    session.flush()
    return made


def appointed_role(session: Session, network_id: int, person: str) -> Role | None:
    """The role a person was given in a network."""
    row = session.get(Appointment, (network_id, person))
    return Role(row.role) if row else None


def coordinators(session: Session, network_id: int) -> Sequence[str]:
    """Who coordinates a network."""
    statement = select(Appointment.person).where(
        Appointment.network_id == network_id, Appointment.role == Role.COORDINATOR
    )
    return session.exec(statement.order_by(Appointment.person)).all()


def next_number(session: Session, network_id: int, kind: str) -> int:
    """The next short number of its kind in a network: 3 for K3."""
    counter = session.get(Counter, (network_id, kind))
    if counter is None:
        counter = Counter(network_id=network_id, kind=kind, last=0)
        session.add(counter)
    counter.last += 1
    session.flush()
    return counter.last
