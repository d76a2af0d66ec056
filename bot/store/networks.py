"""Networks, and the roles people have in them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, union
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.domain.roles import Role
from bot.store.rooms import Given
from bot.store.tables import Counter, Mandate, Network, Participation, Person, RoleGrant, Room, RoomMember


def by_id(session: Session, network_id: int) -> Network:
    """The network with this ID."""
    return session.get_one(Network, network_id)


def coordinated_by(session: Session, person: str, *, founder: bool) -> Sequence[Network]:
    """The networks in which a person is coordinator; the ones they founded only if `founder` is set."""
    statement = (
        select(Network)
        .join(RoleGrant, col(RoleGrant.network_id) == col(Network.id))
        .where(RoleGrant.person == person, RoleGrant.role == Role.COORDINATOR, col(RoleGrant.withdrawn_at).is_(None))
    )
    if not founder:
        statement = statement.where(RoleGrant.granted_by != person)
    return session.exec(statement.order_by(col(Network.id)).distinct()).all()


def led_by(session: Session, person: str, *, founder: bool) -> Sequence[Network]:
    """The networks in which a person is coordinator, or moderator of a group; founded ones only if `founder` is set."""
    leads = col(RoleGrant.role).in_((Role.COORDINATOR, Role.MODERATOR))
    mine = select(RoleGrant.network_id).where(RoleGrant.person == person, leads, col(RoleGrant.withdrawn_at).is_(None))
    if not founder:
        mine = mine.where(or_(RoleGrant.granted_by != person, RoleGrant.role != Role.COORDINATOR))
    return session.exec(select(Network).where(col(Network.id).in_(mine)).order_by(Network.name, col(Network.id))).all()


def of_person(session: Session, person: str, *, founder: bool, at: datetime) -> Sequence[Network]:
    """The networks that a person belongs to at `at` (UTC), by name: by a room, a role, a mandate, a group, or a list.

    A network they founded counts by that role only if `founder` is set.
    """
    return session.exec(OF_PERSON[founder], params={"person": person, "at": at}).all()


def _of_person(*, founder: bool) -> SelectOfScalar[Network]:
    """Whatever somebody says in a direct chat asks it."""
    person: BindParameter[Any] = bindparam("person")
    at: BindParameter[Any] = bindparam("at")
    by_role = select(RoleGrant.network_id).where(RoleGrant.person == person, col(RoleGrant.withdrawn_at).is_(None))
    if not founder:
        by_role = by_role.where(or_(RoleGrant.granted_by != person, RoleGrant.role != Role.COORDINATOR))
    by_room = (
        select(Room.network_id)
        .join(RoomMember, col(RoomMember.room_id) == col(Room.room_id))
        .where(RoomMember.person == person, col(Room.network_id).is_not(None), col(Room.direct_with).is_(None))
    )
    by_mandate = select(Mandate.network_id).where(
        Mandate.person == person,
        Mandate.starts_at <= at,
        or_(col(Mandate.ends_at).is_(None), col(Mandate.ends_at) > at),
    )
    by_group = select(Participation.network_id).where(
        Participation.person == person, col(Participation.until).is_(None)
    )
    by_list = select(Person.network_id).where(Person.person == person)
    found = union(by_role, by_room, by_mandate, by_group, by_list).subquery()
    statement = select(Network).where(col(Network.id).in_(select(found.c.network_id)))
    return statement.order_by(Network.name, col(Network.id))


OF_PERSON = {founder: _of_person(founder=founder) for founder in (False, True)}


def people_in_rooms(session: Session, network_id: int) -> set[str]:
    """Everybody who is in one of a network's rooms."""
    statement = (
        select(RoomMember.person)
        .join(Room, col(Room.room_id) == col(RoomMember.room_id))
        .where(Room.network_id == network_id, col(Room.direct_with).is_(None))
    )
    return set(session.exec(statement.distinct()))


def rooms_waiting(session: Session, inviter: str) -> Sequence[Room]:
    """The groups' rooms without a network that somebody has invited us to."""
    statement = select(Room).where(
        Room.invited_by == inviter,
        col(Room.network_id).is_(None),
        col(Room.direct_with).is_(None),
        col(Room.joined),
    )
    return session.exec(statement.order_by(col(Room.since), Room.room_id)).all()


def found(session: Session, name: str, founder: str, now: datetime) -> Network:
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
    return session.exec(GRANTS, params={"network_id": network_id, "person": person}).all()


GRANTS = (
    select(RoleGrant)
    .where(
        RoleGrant.network_id == bindparam("network_id"),
        RoleGrant.person == bindparam("person"),
        col(RoleGrant.withdrawn_at).is_(None),
    )
    .order_by(col(RoleGrant.id))
)


def roles_given(session: Session, network_id: int, person: str, room_id: str) -> list[Given]:
    """The roles given to a person that hold in a room, and who gave them."""
    rows = grants(session, network_id, person)
    return [(Role(row.role), row.granted_by) for row in rows if row.room_id in (None, room_id)]


def roles_in_room(session: Session, network_id: int, room_id: str) -> dict[str, list[Given]]:
    """The roles that hold in a room, and who gave them, by person: of everybody who is in it and was given any."""
    statement = (
        select(RoleGrant.person, RoleGrant.role, RoleGrant.granted_by)
        .join(RoomMember, col(RoomMember.person) == col(RoleGrant.person))
        .where(
            RoomMember.room_id == room_id,
            RoleGrant.network_id == network_id,
            or_(col(RoleGrant.room_id).is_(None), col(RoleGrant.room_id) == room_id),
            col(RoleGrant.withdrawn_at).is_(None),
        )
    )
    found: dict[str, list[Given]] = {}
    for person, role, granted_by in session.exec(statement.order_by(col(RoleGrant.id))):
        found.setdefault(person, []).append((Role(role), granted_by))
    return found


def holders(session: Session, network_id: int, role: Role, room_id: str | None = None) -> Sequence[str]:
    """Who has a role in a network, or in one of its rooms."""
    statement = select(RoleGrant.person).where(
        RoleGrant.network_id == network_id,
        RoleGrant.role == role,
        RoleGrant.room_id == room_id,
        col(RoleGrant.withdrawn_at).is_(None),
    )
    return session.exec(statement.order_by(RoleGrant.person)).all()


def coordinators(session: Session, network_id: int, founders: Collection[str]) -> Sequence[str]:
    """Who coordinates a network; who founded it only if they are among `founders`, who may found networks."""
    statement = select(RoleGrant.person).where(
        RoleGrant.network_id == network_id,
        RoleGrant.role == Role.COORDINATOR,
        col(RoleGrant.room_id).is_(None),
        col(RoleGrant.withdrawn_at).is_(None),
        or_(RoleGrant.granted_by != RoleGrant.person, col(RoleGrant.person).in_(founders)),
    )
    return session.exec(statement.distinct().order_by(RoleGrant.person)).all()


def moderations(session: Session, network_id: int) -> Sequence[tuple[str, Room]]:
    """Who moderates which of a network's rooms."""
    statement = (
        select(RoleGrant.person, Room)
        .join(Room, col(Room.room_id) == col(RoleGrant.room_id))
        .where(
            RoleGrant.network_id == network_id,
            Room.network_id == network_id,
            RoleGrant.role == Role.MODERATOR,
            col(RoleGrant.withdrawn_at).is_(None),
        )
    )
    return session.exec(statement.order_by(RoleGrant.person, Room.room_id)).all()


def next_number(session: Session, network_id: int, kind: str) -> int:
    """The next short number of its kind in a network: 3 for K3."""
    counter = session.get(Counter, (network_id, kind))
    if counter is None:
        counter = Counter(network_id=network_id, kind=kind, last=0)
        session.add(counter)
    counter.last += 1
    session.flush()
    return counter.last
