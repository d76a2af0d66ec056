"""What we know of many rooms, in two questions: a start hears of all of them, and next to nothing of it is new."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session

from bot.store.rooms import UNSEEN
from bot.store.statements import ask
from bot.store.tables import Group, OutboxRow, Room, RoomMember


class Known(NamedTuple):
    """What we know of a room. `joined` is False for one that we are not in, and for one that we know nothing of.

    `left`: we know it, and are not in it. `waits`: something comes of hearing who is there, also if they are the same:
    posts are held for the room, its group is suspended, we have not seen it, or it is no direct chat any more.
    """

    joined: bool = False
    left: bool = False
    waits: bool = False
    name: str = ""
    lacks: str = ""
    members: frozenset[str] = frozenset()


ROOMS = Room.__table__  # type: ignore[attr-defined] # SQLModel hides it
MEMBERS = RoomMember.__table__  # type: ignore[attr-defined]
GROUPS = Group.__table__  # type: ignore[attr-defined]
OUTBOX = OutboxRow.__table__  # type: ignore[attr-defined]
THESE: sa.BindParameter[Any] = bindparam("these", expanding=True)
WAITS = sa.or_(
    ROOMS.c.lacks == UNSEEN,
    sa.exists().where(OUTBOX.c.room_id == ROOMS.c.room_id, OUTBOX.c.state == "held"),
    sa.exists().where(
        GROUPS.c.room_id == ROOMS.c.room_id, GROUPS.c.ended_at.is_(None), GROUPS.c.suspended_at.is_not(None)
    ),
)
OF_ROOMS = sa.select(
    ROOMS.c.room_id, ROOMS.c.joined, ROOMS.c.name, ROOMS.c.lacks, ROOMS.c.direct_with, WAITS.label("waits")
).where(ROOMS.c.room_id.in_(THESE))
OF_MEMBERS = sa.select(MEMBERS.c.room_id, MEMBERS.c.person).where(MEMBERS.c.room_id.in_(THESE))


def of(session: Session, rooms: Collection[str]) -> Mapping[str, Known]:
    """What we know of each of these rooms."""
    these = list(rooms)
    people: dict[str, set[str]] = {room_id: set() for room_id in these}
    for room_id, person in ask(session, OF_MEMBERS, these=these):
        people[room_id].add(person)
    known = {room_id: Known(members=frozenset(there)) for room_id, there in people.items()}
    for row in ask(session, OF_ROOMS, these=these):
        there = known[row.room_id].members
        waits = bool(row.waits) or (row.direct_with is not None and len(there) > 1)
        known[row.room_id] = Known(row.joined, not row.joined, waits, row.name or "", row.lacks, there)
    return known
