"""Synergies: pairs of projects that resemble each other, and how far a network was searched for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, delete, func, or_, select, update

from bot.domain.roles import Role
from bot.store.tables import Network, OutboxRow, Project, RoleGrant, Room, RoomMember, Synergy, SynergyScan

FIRST: Any = aliased(Project)
SECOND: Any = aliased(Project)
OPEN = and_(col(Synergy.linked_at).is_(None), col(Synergy.dismissed_at).is_(None))
LIVING = and_(~FIRST.archived, ~SECOND.archived)
UNTOUCHED = and_(
    OPEN,
    *(
        col(column).is_(None)
        for column in (Synergy.first_asked, Synergy.second_asked, Synergy.first_said, Synergy.second_said)
    ),
)


@dataclass(frozen=True, slots=True)
class Tied:
    """A synergy with its two projects."""

    synergy: Synergy
    first: Project
    second: Project

    def other(self, project_id: int) -> Project:
        """The project that is not this one."""
        return self.second if self.first.id == project_id else self.first


def _tied(session: Session, *conditions: Any, order: Sequence[Any] = ()) -> list[Tied]:
    statement = (
        select(Synergy, FIRST, SECOND)
        .join(FIRST, FIRST.id == col(Synergy.first_id))
        .join(SECOND, SECOND.id == col(Synergy.second_id))
        .where(LIVING, *conditions)
        .order_by(*(order or (col(Synergy.number),)))
    )
    return [Tied(*row) for row in session.exec(statement)]


def by_number(session: Session, network_id: int, number: int) -> Tied | None:
    """S5, while none of its projects is archived."""
    return next(iter(_tied(session, Synergy.network_id == network_id, Synergy.number == number)), None)


def by_ids(session: Session, ids: Collection[int]) -> list[Tied]:
    """These, by number; those of archived projects are left out."""
    return _tied(session, col(Synergy.id).in_(ids)) if ids else []


def of_network(session: Session, network_id: int) -> list[Tied]:
    """What waits for an answer, the best first, then what is linked; nothing that was dismissed."""
    order = (col(Synergy.linked_at).is_not(None), col(Synergy.score).desc(), col(Synergy.number))
    return _tied(session, Synergy.network_id == network_id, col(Synergy.dismissed_at).is_(None), order=order)


def open_of(session: Session, network_id: int, owner: str | None = None) -> list[Tied]:
    """What waits for an answer in a network; only what concerns projects of one owner, if given. The best first."""
    mine = [or_(FIRST.owner == owner, SECOND.owner == owner)] if owner is not None else []
    order = (col(Synergy.score).desc(), col(Synergy.number))
    return _tied(session, Synergy.network_id == network_id, OPEN, *mine, order=order)


def linked_of(session: Session, project_id: int) -> list[Tied]:
    """What a project is linked with, in the order of the links."""
    either = or_(col(Synergy.first_id) == project_id, col(Synergy.second_id) == project_id)
    return _tied(session, col(Synergy.linked_at).is_not(None), either, order=(col(Synergy.linked_at),))


def linked_since(session: Session, network_id: int, rooms: Collection[str] | None, since: datetime) -> list[Tied]:
    """What was linked after `since` (UTC), of a network or of some of its rooms; the oldest first."""
    here = [] if rooms is None else [or_(FIRST.room_id.in_(rooms), SECOND.room_id.in_(rooms))]
    linked = col(Synergy.linked_at)
    return _tied(session, Synergy.network_id == network_id, linked > since, *here, order=(linked,))


def to_propose(session: Session, network_id: int) -> list[Tied]:
    """What waits for the answer of an owner who has not been asked, the best first."""

    def unasked(said: Any, asked: Any, owner: Any) -> Any:
        return and_(col(said).is_(None), owner.is_not(None), or_(col(asked).is_(None), col(asked) != owner))

    somebody = or_(
        unasked(Synergy.first_said, Synergy.first_asked, FIRST.owner),
        unasked(Synergy.second_said, Synergy.second_asked, SECOND.owner),
    )
    order = (col(Synergy.score).desc(), col(Synergy.number))
    return _tied(session, Synergy.network_id == network_id, OPEN, somebody, order=order)


def settled(session: Session, network_id: int, changed: Collection[int] | None) -> list[tuple[int, int, bool]]:
    """The pairs that are not to be proposed anew, and whether each is open.

    Nobody has been asked about some of those that were found: of projects that have `changed` (None: all) these are
    judged anew, and left out here.
    """
    again = and_(UNTOUCHED, _concerns(changed))
    columns = (Synergy.first_id, Synergy.second_id, Synergy.linked_at, Synergy.dismissed_at)
    statement = sa.select(*map(col, columns)).where(col(Synergy.network_id) == network_id, ~again)
    rows = session.connection().execute(statement)
    return [(row.first_id, row.second_id, row.linked_at is None and row.dismissed_at is None) for row in rows]


def drop_untouched(session: Session, network_id: int, changed: Collection[int] | None) -> None:
    """Forget what was found of these projects (None: all) before they changed, and nobody was asked about."""
    session.exec(delete(Synergy).where(col(Synergy.network_id) == network_id, UNTOUCHED, _concerns(changed)))


def _concerns(changed: Collection[int] | None) -> Any:
    if changed is None:
        return sa.true()
    return or_(col(Synergy.first_id).in_(changed), col(Synergy.second_id).in_(changed))


def known(session: Session, network_id: int) -> set[tuple[int, int]]:
    """The pairs that have a row."""
    return set(session.exec(select(Synergy.first_id, Synergy.second_id).where(Synergy.network_id == network_id)))


def add(session: Session, synergy: Synergy) -> None:
    """Store what was found."""
    session.add(synergy)


# searching


def living(session: Session, network_id: int) -> Sequence[Any]:
    """Of a network's living projects what the search looks at, and when they were changed."""
    columns = (Project.id, Project.key, Project.title, Project.goal, Project.description, Project.field, Project.owner)
    statement = sa.select(*map(col, columns), col(Project.changed_at)).where(
        col(Project.network_id) == network_id, ~col(Project.archived)
    )
    return session.connection().execute(statement.order_by(col(Project.id))).all()


def scan(session: Session, network_id: int) -> SynergyScan:
    """How far a network was searched; made at first."""
    found = session.get(SynergyScan, network_id)
    if found is None:
        found = SynergyScan(network_id=network_id)
        session.add(found)
        session.flush()
    return found


def went_back(session: Session, now: datetime, longest: timedelta) -> None:
    """The clock was put back to `now` (UTC): no network is searched up to a later time; none waits longer than that."""
    session.exec(update(SynergyScan).where(col(SynergyScan.scanned_to) > now).values(scanned_to=now))
    session.exec(update(SynergyScan).where(col(SynergyScan.wait_until) > now + longest).values(wait_until=None))


def unsearched(session: Session) -> list[tuple[int, datetime, datetime | None]]:
    """The networks with changes that were not searched: since when (UTC), and until when to wait. Asked every second.

    What was archived is left out: the search does not look at it.
    """
    return [
        (own, since, until) for own, since, until in session.exec(UNSEARCHED) if own is not None and since is not None
    ]


OLDEST = (
    select(func.min(Project.changed_at))
    .where(
        col(Project.network_id) == col(Network.id),
        or_(col(SynergyScan.scanned_to).is_(None), col(Project.changed_at) > col(SynergyScan.scanned_to)),
        ~col(Project.archived),
    )
    .correlate(Network, SynergyScan)
    .scalar_subquery()
)
UNSEARCHED = select(Network.id, OLDEST, SynergyScan.wait_until).outerjoin(
    SynergyScan, col(SynergyScan.network_id) == col(Network.id)
)


def proposals_due(session: Session, now: datetime) -> list[tuple[int, datetime]]:
    """The networks whose owners are to be told by now (UTC), and when that was due. Asked every second."""
    return [(own, at) for own, at in session.exec(PROPOSALS_DUE, params={"now": now}) if at is not None]


PROPOSALS_DUE = (
    select(SynergyScan.network_id, SynergyScan.propose_at)
    .where(col(SynergyScan.propose_at) <= sa.bindparam("now"))
    .order_by(col(SynergyScan.network_id))
)


def offered_since(session: Session, beginning: str, since: datetime) -> set[str]:
    """Who was told of proposals since then (UTC); the keys of such messages begin so."""
    told = col(OutboxRow.key).startswith(beginning, autoescape=True)
    statement = select(OutboxRow.person).where(told, OutboxRow.created_at >= since, col(OutboxRow.person).is_not(None))
    return {person for person in session.exec(statement.distinct()) if person is not None}


def rooms_of_all(session: Session, network_id: int, people: Collection[str]) -> list[str]:
    """The rooms of a network, and no direct chats, that each of these people is in, by name."""
    statement = (
        select(Room.room_id)
        .join(RoomMember, col(RoomMember.room_id) == col(Room.room_id))
        .where(Room.network_id == network_id, col(Room.direct_with).is_(None), col(Room.joined))
        .where(col(RoomMember.person).in_(people))
        .group_by(col(Room.room_id), col(Room.name))
        .having(func.count() == len(set(people)))
    )
    return list(session.exec(statement.order_by(col(Room.name), Room.room_id)))


def rooms_with_guests(session: Session, network_id: int) -> set[str]:
    """The rooms of a network in which somebody is a guest: there nothing is said of other rooms' projects."""
    statement = (
        select(RoomMember.room_id)
        .join(RoleGrant, col(RoleGrant.person) == col(RoomMember.person))
        .where(
            RoleGrant.network_id == network_id,
            RoleGrant.role == Role.GUEST,
            col(RoleGrant.withdrawn_at).is_(None),
            or_(col(RoleGrant.room_id).is_(None), col(RoleGrant.room_id) == col(RoomMember.room_id)),
        )
    )
    return set(session.exec(statement.distinct()))
