"""Rooms, who is in them, networks, and the roles people have there."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, or_, select, update

from bot.domain.roles import Role
from bot.store.statements import ask
from bot.store.tables import Network, RoleGrant, Room, RoomMember

UNSEEN = "?"  # in `Room.lacks`: nothing of the room is known yet, not even who is there


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
    .where(col(Room.room_id) == bindparam("room_id"), col(Room.joined))
)


def standing(session: Session, room_id: str, person: str) -> Standing | None:
    """Where somebody stands in a room we are in; one question to the database, since every command asks it.

    A room that was replaced is none of them: who can still write there is not answered.
    """
    found = session.exec(STANDING, params={"room_id": room_id, "person": person}).all()
    if not found:
        return None
    room, network_ = found[0][:2]
    return Standing(room, network_, [(Role(role), by) for _, _, role, by in found if role])


def save(session: Session, room: Room) -> None:
    """Store a new or changed room."""
    session.merge(room)
    session.flush()


def is_seen(room: Room | None) -> bool:
    """Whether we are in a room, and know who else is: after an invitation that takes until we have joined."""
    return room is not None and room.joined and room.lacks != UNSEEN


def see(room: Room) -> None:
    """We have seen who is in the room."""
    if room.lacks == UNSEEN:
        room.lacks = ""


def direct_with(session: Session, person: str) -> Room | None:
    """Our direct chat with a person."""
    statement = select(Room).where(Room.direct_with == person, col(Room.joined)).order_by(col(Room.since).desc())
    return session.exec(statement).first()


class Habits(NamedTuple):
    """How a person wants to read what we write to them alone; None where they have set nothing."""

    language: str | None
    zone: str | None


ROOMS = Room.__table__  # type: ignore[attr-defined] # SQLModel hides it
HABITS = (
    sa.select(ROOMS.c.language, ROOMS.c.zone)
    .where(ROOMS.c.direct_with == bindparam("person"), ROOMS.c.joined)
    .order_by(ROOMS.c.since.desc())
    .limit(1)
)


def habits_of(session: Session, person: str) -> Habits:
    """Language and zone of our direct chat with a person; each of 2,000 messages to people asks it."""
    found = ask(session, HABITS, person=person).first()
    return Habits(found.language, found.zone) if found else Habits(None, None)


def replaced_by(session: Session, successor: str) -> Room | None:
    """The room whose tombstone names this one, while we have not followed."""
    return session.exec(select(Room).where(Room.successor == successor, col(Room.joined))).first()


def being_replaced(session: Session) -> Sequence[Room]:
    """The rooms whose tombstone names another one, while we have not followed."""
    statement = select(Room).where(col(Room.successor).is_not(None), col(Room.joined))
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
    if new := [{"room_id": room_id, "person": person} for person in sorted(now - known)]:
        session.connection().execute(NEW_MEMBERS, new)


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
    return [person for (person,) in ask(session, MEMBERS_OF, room_id=room_id)]


MEMBERS = RoomMember.__table__  # type: ignore[attr-defined] # SQLModel hides it
NEW_MEMBERS = sa.insert(MEMBERS)
MEMBERS_OF = sa.select(MEMBERS.c.person).where(MEMBERS.c.room_id == bindparam("room_id")).order_by(MEMBERS.c.person)
IS_MEMBER = sa.select(sa.literal(1)).where(
    MEMBERS.c.room_id == bindparam("room_id"), MEMBERS.c.person == bindparam("person")
)


def is_member(session: Session, room_id: str, person: str) -> bool:
    """Whether a person is joined in a room now. Each vote asks it."""
    found: int | None = ask(session, IS_MEMBER, room_id=room_id, person=person).scalar()
    return found is not None


def hear_all(session: Session) -> None:
    """No room goes from account to account any more: what is said in any of them is handled by us."""
    session.exec(update(Room).where(col(Room.reads_after).is_not(None)).values(reads_after=None))
