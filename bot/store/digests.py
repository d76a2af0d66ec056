"""When which digest comes, and to whom besides the rooms."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, literal, union
from sqlmodel import Session, and_, col, exists, func, or_, select, update

from bot.domain.groups import Part
from bot.domain.organisations import Bench
from bot.store.tables import (
    DigestPlan,
    Group,
    Mandate,
    Network,
    Occurrence,
    Organisation,
    Participation,
    Person,
    Room,
    RoomMember,
)


def of_room(session: Session, room_id: str) -> DigestPlan | None:
    """The plan of a room; None where nobody set one."""
    return session.exec(select(DigestPlan).where(DigestPlan.room_id == room_id)).first()


def of_audience(session: Session, network_id: int, audience: str) -> DigestPlan | None:
    """The plan of a network's digest for everybody in a role."""
    statement = select(DigestPlan).where(DigestPlan.network_id == network_id, DigestPlan.audience == audience)
    return session.exec(statement).first()


def save(session: Session, plan: DigestPlan) -> DigestPlan:
    """Store a plan; it gets its ID."""
    session.add(plan)
    session.flush()
    return plan


def remove(session: Session, plan: DigestPlan) -> None:
    """Forget a plan."""
    session.delete(plan)
    session.flush()


def end_periods(session: Session, at: datetime) -> None:
    """No digest has told of anything after `at` (UTC), which is now: a clock that was ahead said otherwise."""
    session.exec(update(Room).where(col(Room.last_digest_at) > at).values(last_digest_at=at))
    session.exec(update(DigestPlan).where(col(DigestPlan.last_at) > at).values(last_at=at))


def find(session: Session, plan_id: int) -> DigestPlan | None:
    """The plan with this database ID."""
    return session.get(DigestPlan, plan_id)


def due(session: Session, now: datetime) -> Sequence[DigestPlan]:
    """The plans whose time has come (UTC). Asked every second."""
    return session.exec(DUE, params={"now": now}).all()


DUE = (
    select(DigestPlan)
    .where(col(DigestPlan.next_at) <= bindparam("now"))
    .order_by(col(DigestPlan.next_at), col(DigestPlan.id))
)


def zones(session: Session) -> set[str]:
    """The zones of their own that networks and their rooms have. Asked every second after a Monday morning."""
    of_rooms = select(Room.zone).where(col(Room.zone).is_not(None), col(Room.network_id).is_not(None))
    of_networks = select(Network.zone).where(col(Network.zone).is_not(None))
    return {zone for zone in session.connection().execute(union(of_rooms, of_networks)).scalars() if zone}


def awaited(session: Session, zone: str | None, at: datetime) -> Sequence[str]:
    """The rooms without a plan in this zone (None: in no zone of their own) that had no digest since `at` (UTC).

    Only those that we were in then. What was claimed is not awaited, even if a merger put the last one back.
    """
    claimed = exists().where(
        col(Occurrence.schedule) == literal("digest ") + col(Room.room_id), col(Occurrence.due_at) == at
    )
    own = func.coalesce(Room.zone, Network.zone)
    statement = (
        select(Room.room_id)
        .join(Network, col(Network.id) == col(Room.network_id))
        .where(
            col(Room.direct_with).is_(None),
            col(Room.joined),
            Room.since < at,
            or_(col(Room.last_digest_at).is_(None), col(Room.last_digest_at) < at),
            own.is_(None) if zone is None else own == zone,
            ~exists().where(col(DigestPlan.room_id) == col(Room.room_id)),
            ~claimed,
        )
    )
    return session.exec(statement.order_by(Room.room_id)).all()


def rooms_of(session: Session, network_id: int, people: Collection[str]) -> dict[str, set[str]]:
    """In which of a network's rooms each of these people is."""
    statement = (
        select(RoomMember.person, RoomMember.room_id)
        .join(Room, col(Room.room_id) == col(RoomMember.room_id))
        .where(
            Room.network_id == network_id,
            col(Room.direct_with).is_(None),
            col(Room.joined),
            col(RoomMember.person).in_(people),
        )
    )
    found: dict[str, set[str]] = {person: set() for person in people}
    for person, room_id in session.exec(statement) if people else ():
        found[person].add(room_id)
    return found


def politicians(session: Session, network_id: int, at: datetime) -> Sequence[str]:
    """Whoever belongs to, or speaks at `at` (UTC) for, an organisation of politics, by Matrix ID."""
    own = (Organisation.network_id == network_id, Organisation.bench == Bench.POLITICS)
    politics = select(Organisation.id).where(*own)
    belonging = select(Person.person).where(Person.network_id == network_id, col(Person.organisation_id).in_(politics))
    speaking = select(Mandate.person).where(
        Mandate.network_id == network_id,
        col(Mandate.organisation_id).in_(politics),
        Mandate.starts_at <= at,
        or_(col(Mandate.ends_at).is_(None), col(Mandate.ends_at) > at),
    )
    return sorted(session.connection().execute(union(belonging, speaking)).scalars())


def taking_part(session: Session, network_id: int, part: Part) -> Sequence[tuple[Participation, Group]]:
    """Who takes part so in which living group, in the order in which they began."""
    statement = (
        select(Participation, Group)
        .join(Group, and_(col(Group.id) == col(Participation.group_id), col(Group.ended_at).is_(None)))
        .where(Participation.network_id == network_id, Participation.kind == part, col(Participation.until).is_(None))
    )
    return session.exec(statement.order_by(col(Participation.id))).all()


def plans_of_rooms(session: Session, network_id: int) -> dict[str, DigestPlan]:
    """The plans of a network's rooms."""
    statement = select(DigestPlan).where(DigestPlan.network_id == network_id, col(DigestPlan.room_id).is_not(None))
    return {plan.room_id: plan for plan in session.exec(statement) if plan.room_id}
