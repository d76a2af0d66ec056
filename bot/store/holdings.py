"""What somebody has that must end in order before they are forgotten in all networks, or removed from one.

`within` is that one; without it, all of them are meant.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import true
from sqlmodel import Session, col, func, or_, select

from bot.domain.consultation import State
from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.store.people import unended
from bot.store.tables import (
    Ballot,
    CastVote,
    Consultation,
    Elector,
    Group,
    Mandate,
    Participation,
    Person,
    Project,
    ProjectShare,
    RoleGrant,
    Room,
    RoomMember,
)


def mandates(session: Session, person: str, at: datetime, *, within: int | None = None) -> Sequence[int]:
    """The organisations that somebody speaks for at `at` (UTC) or will later."""
    mine = select(Mandate.organisation_id).where(Mandate.person == person, unended(at), _in(Mandate.network_id, within))
    return session.exec(mine.distinct()).all()


def _in(network_id: Any, within: int | None) -> Any:
    return true() if within is None else network_id == within


def participations(
    session: Session, person: str, *, within: int | None = None
) -> Sequence[tuple[Participation, Group]]:
    """Where somebody takes part now, in ended groups too."""
    mine = (
        select(Participation, Group)
        .join(Group, col(Group.id) == col(Participation.group_id))
        .where(
            Participation.person == person,
            col(Participation.until).is_(None),
            _in(Participation.network_id, within),
        )
    )
    return session.exec(mine.order_by(col(Participation.id))).all()


def groups_of_nobody_else(session: Session, person: str) -> int:
    """In how many living groups somebody is the only one who is active."""
    active = (
        select(Participation.group_id)
        .join(Group, col(Group.id) == col(Participation.group_id))
        .where(Participation.kind == Part.ACTIVE, col(Participation.until).is_(None), col(Group.ended_at).is_(None))
    )
    others = active.where(Participation.person != person)
    mine = active.where(Participation.person == person, col(Participation.group_id).not_in(others))
    return len(set(session.exec(mine)))


def roles(session: Session, person: str, *, within: int | None = None) -> Sequence[RoleGrant]:
    """The roles that somebody has and that can end: all but what `confining` says."""
    held = select(RoleGrant).where(
        RoleGrant.person == person, col(RoleGrant.withdrawn_at).is_(None), _in(RoleGrant.network_id, within)
    )
    confined = {row.id for row in confining(session, person)}
    return [row for row in session.exec(held.order_by(col(RoleGrant.id))) if row.id not in confined]


def confining(session: Session, person: str) -> Sequence[RoleGrant]:
    """The guest's roles of somebody who is in a room of that network: without it they would be a member there."""
    rooms = (
        select(Room.network_id)
        .join(RoomMember, col(RoomMember.room_id) == col(Room.room_id))
        .where(RoomMember.person == person, col(Room.direct_with).is_(None))
    )
    held = select(RoleGrant).where(
        RoleGrant.person == person,
        RoleGrant.role == Role.GUEST,
        col(RoleGrant.withdrawn_at).is_(None),
        col(RoleGrant.network_id).in_(rooms),
    )
    return session.exec(held.order_by(col(RoleGrant.id))).all()


def set_aside(session: Session, rows: Sequence[RoleGrant]) -> list[RoleGrant]:
    """Take rows out of the table, to be put back as they were: what is erased meanwhile leaves no trace on them."""
    copies = [RoleGrant(**row.model_dump()) for row in rows]
    for row in rows:
        session.delete(row)
    session.flush()
    return copies


def put_back(session: Session, rows: Sequence[RoleGrant]) -> None:
    """Store again what was set aside."""
    session.add_all(rows)
    session.flush()


def shares(session: Session, person: str) -> Sequence[ProjectShare]:
    """What is shared with somebody."""
    held = select(ProjectShare).where(ProjectShare.person == person, col(ProjectShare.withdrawn_at).is_(None))
    return session.exec(held.order_by(col(ProjectShare.id))).all()


def rooms(session: Session, person: str, network_id: int) -> Sequence[Room]:
    """The rooms of a network that somebody is in, by name; direct chats apart."""
    joined = (
        select(Room)
        .join(RoomMember, col(RoomMember.room_id) == col(Room.room_id))
        .where(RoomMember.person == person, Room.network_id == network_id, col(Room.direct_with).is_(None))
    )
    return session.exec(joined.order_by(col(Room.name), Room.room_id)).all()


def entry(session: Session, person: str, network_id: int) -> Person | None:
    """What the coordinators' list of a network says of somebody."""
    return session.get(Person, (network_id, person))


def strike(session: Session, row: Person) -> None:
    """Take somebody off the coordinators' list."""
    session.delete(row)
    session.flush()


def projects(session: Session, person: str) -> int:
    """How many projects somebody is the owner of, archived ones too."""
    return session.exec(select(func.count()).select_from(Project).where(Project.owner == person)).one()


def votes(session: Session, person: str) -> int:
    """How many votes of somebody are on record, counted or not."""
    return session.exec(select(func.count()).select_from(CastVote).where(CastVote.sender == person)).one()


def running_consultations(session: Session, person: str) -> int:
    """In how many consultations whose result is not out somebody may vote, or has."""
    running = col(Consultation.state).in_((State.OPEN, State.CLOSED))
    entitled = select(Elector.consultation_id).where(Elector.person == person)
    voted = (
        select(Ballot.consultation_id)
        .join(CastVote, col(CastVote.ballot_id) == col(Ballot.id))
        .where(CastVote.sender == person)
    )
    mine = or_(col(Consultation.id).in_(entitled), col(Consultation.id).in_(voted))
    return session.exec(select(func.count()).select_from(Consultation).where(running, mine)).one()


def memberships(session: Session, person: str) -> int:
    """How many rooms somebody is joined in, their direct chats apart."""
    direct = select(Room.room_id).where(Room.direct_with == person)
    joined = select(func.count()).select_from(RoomMember).where(RoomMember.person == person)
    return session.exec(joined.where(col(RoomMember.room_id).not_in(direct))).one()
