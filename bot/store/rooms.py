"""Rooms, who is in them, networks, and the roles people have there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, or_, select

from bot.domain.roles import Role
from bot.store.tables import Counter, Network, RoleGrant, Room, RoomMember


def find(session: Session, room_id: str) -> Room | None:
    """The room, if we know it."""
    return session.get(Room, room_id)


Given = tuple[Role, str]  # a role, and who gave it


class Standing(NamedTuple):
    """A room, its network if it has one, and the roles that a person was given there."""

    room: Room
    network: Network | None
    given: list[Given]


STANDING = (
    select(Room, Network, RoleGrant.role, RoleGrant.granted_by)
    .outerjoin(Network, col(Network.id) == col(Room.network_id))
    .outerjoin(
        RoleGrant,
        and_(
            col(RoleGrant.network_id) == col(Room.network_id),
            col(RoleGrant.person) == bindparam("person"),
            col(RoleGrant.withdrawn_at).is_(None),
            or_(col(RoleGrant.room_id).is_(None), col(RoleGrant.room_id) == bindparam("room_id")),
        ),
    )
    .where(col(Room.room_id) == bindparam("room_id"))
)


def standing(session: Session, room_id: str, person: str) -> Standing | None:
    """Where somebody stands in a room we know; one question to the database, since every command asks it."""
    found = session.exec(STANDING, params={"room_id": room_id, "person": person}).all()
    if not found:
        return None
    room, network_ = found[0][:2]
    return Standing(room, network_, [(Role(role), by) for _, _, role, by in found if role])


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


def groups_of_network(session: Session, network_id: int) -> Sequence[Room]:
    """The rooms of a network that are not direct chats."""
    statement = select(Room).where(Room.network_id == network_id, col(Room.direct_with).is_(None), col(Room.joined))
    return session.exec(statement.order_by(col(Room.name), Room.room_id)).all()


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


def networks_coordinated_by(session: Session, person: str, *, founder: bool) -> Sequence[Network]:
    """The networks in which a person is coordinator; the ones they founded only if `founder` is set."""
    statement = (
        select(Network)
        .join(RoleGrant, col(RoleGrant.network_id) == col(Network.id))
        .where(RoleGrant.person == person, RoleGrant.role == Role.COORDINATOR, col(RoleGrant.withdrawn_at).is_(None))
    )
    if not founder:
        statement = statement.where(RoleGrant.granted_by != person)
    return session.exec(statement.order_by(col(Network.id)).distinct()).all()


def networks_of_member(session: Session, person: str) -> Sequence[Network]:
    """The networks in one of whose rooms a person is."""
    statement = (
        select(Network)
        .join(Room, col(Room.network_id) == col(Network.id))
        .join(RoomMember, col(RoomMember.room_id) == col(Room.room_id))
        .where(RoomMember.person == person, col(Room.direct_with).is_(None))
    )
    return session.exec(statement.order_by(col(Network.id)).distinct()).all()


def people_of_network(session: Session, network_id: int) -> set[str]:
    """Everybody who is in one of a network's rooms."""
    statement = (
        select(RoomMember.person)
        .join(Room, col(Room.room_id) == col(RoomMember.room_id))
        .where(Room.network_id == network_id, col(Room.direct_with).is_(None))
    )
    return set(session.exec(statement.distinct()))


def found_network(session: Session, name: str, founder: str, now: datetime) -> Network:
    """Make a network and appoint its founder as coordinator."""
    made = Network(name=name, founder=founder, created_at=now)
    session.add(made)
    session.flush()
    assert made.id is not None  # noqa: S101 - flushed
    grant(session, made.id, founder, Role.COORDINATOR, founder, now)
    return made


def grant(
    session: Session,
    network_id: int,
    person: str,
    role: Role,
    by: str,
    now: datetime,
    room_id: str | None = None,
) -> bool:
    """Give a role, in one room or in the whole network; False if the person has it."""
    if any(row.role == role and row.room_id == room_id for row in grants(session, network_id, person)):
        return False
    session.add(
        RoleGrant(network_id=network_id, room_id=room_id, person=person, role=role, granted_by=by, granted_at=now)
    )
    session.flush()
    return True


def withdraw(session: Session, row: RoleGrant, by: str, now: datetime) -> None:
    """Take a role back; that it was given stays on record."""
    row.withdrawn_by, row.withdrawn_at = by, now
    session.flush()


def grants(session: Session, network_id: int, person: str) -> Sequence[RoleGrant]:
    """The roles a person has in a network now."""
    statement = select(RoleGrant).where(
        RoleGrant.network_id == network_id, RoleGrant.person == person, col(RoleGrant.withdrawn_at).is_(None)
    )
    return session.exec(statement.order_by(col(RoleGrant.id))).all()


def roles_given(session: Session, network_id: int, person: str, room_id: str) -> list[Given]:
    """The roles given to a person that hold in a room, and who gave them."""
    rows = grants(session, network_id, person)
    return [(Role(row.role), row.granted_by) for row in rows if row.room_id in (None, room_id)]


def holders(session: Session, network_id: int, role: Role, room_id: str | None = None) -> Sequence[str]:
    """Who has a role in a network, or in one of its rooms."""
    statement = select(RoleGrant.person).where(
        RoleGrant.network_id == network_id,
        RoleGrant.role == role,
        RoleGrant.room_id == room_id,
        col(RoleGrant.withdrawn_at).is_(None),
    )
    return session.exec(statement.order_by(RoleGrant.person)).all()


def coordinators(session: Session, network_id: int) -> Sequence[str]:
    """Who coordinates a network."""
    return holders(session, network_id, Role.COORDINATOR)


def next_number(session: Session, network_id: int, kind: str) -> int:
    """The next short number of its kind in a network: 3 for K3."""
    counter = session.get(Counter, (network_id, kind))
    if counter is None:
        counter = Counter(network_id=network_id, kind=kind, last=0)
        session.add(counter)
    counter.last += 1
    session.flush()
    return counter.last
