"""A room is replaced by another one: everything that belongs to it goes there.

What names a room is found in the tables themselves, so that a new table cannot be forgotten.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Table, literal
from sqlmodel import Session, SQLModel, col, or_, select, update

from bot.store import outbox as rows
from bot.store import rooms
from bot.store.tables import Group, OutboxRow, Room

STAYS = {
    "room": "the row of the room itself: the new room gets one of its own",
    "room_member": "who is in a room is what the homeserver says",
    "sealed_event": "a key opens what was sent in its own room",
    "sealed_session": "its keys are those of that room",
    "handed": "a sender posts where the row said; the outbox looks for it there",
    "outbox": "what was said stands where it was said; what is still to be said is moved apart",
}
GOES_ANYWHERE = ("send", "chart", "file", "invite", "empower")  # the other actions are about the old room itself


def follows() -> Iterator[Table]:
    """The tables whose rows go along."""
    for table in SQLModel.metadata.sorted_tables:
        if "room_id" in table.columns and table.name not in STAYS:
            yield table


def move(session: Session, old: Room, successor: str) -> Room:
    """Let everything go on in `successor`; its row. The old room belongs to nothing and nobody then, and remembers it.

    Who speaks in the old room is heard no more, but native polls there still take votes, so we stay in it.
    """
    own = {"room_id", "joined", "successor", "successor_by", "lacks", "reads_after"}
    before, values = old.room_id, old.model_dump(exclude=own)
    session.flush()
    for table in follows():
        session.connection().execute(
            update(table).where(table.c.room_id == before).values(room_id=successor),
        )
    _redirect(session, before, successor)
    session.expire_all()
    rooms.save(session, Room(room_id=successor, **values))
    old.joined, old.network_id, old.direct_with = False, None, None
    old.successor, old.successor_by = successor, None
    session.flush()
    return session.get_one(Room, successor)


def _redirect(session: Session, before: str, successor: str) -> None:
    """What waits or is held for the old room, unless it hangs on something that stands there.

    Such things still wait for the old room; held, it has refused them. Then answers go along, and the rest is given up.
    What is part of an answer (its key begins with the event's ID) stays with the rest of it.
    """
    there = col(OutboxRow.room_id) == before
    unsaid = update(OutboxRow).where(
        there,
        col(OutboxRow.state).in_(("waiting", "held")),
        col(OutboxRow.action).in_(GOES_ANYWHERE),
        col(OutboxRow.refers_to).is_(None),
        ~col(OutboxRow.content).contains('"m.relates_to"', autoescape=True),
        ~col(OutboxRow.key).startswith("$"),
    )
    session.exec(unsaid.values(room_id=successor))
    held = select(OutboxRow).where(there, col(OutboxRow.state) == "held")
    for row in session.exec(held).all():
        if not _carried(row, successor):
            row.state = "parked"
    session.flush()


def carry(session: Session, row_id: int) -> tuple[str | None, str]:
    """Where a row belongs that its room has refused, and what it says there: an answer goes where the room went."""
    row = session.get_one(OutboxRow, row_id)
    room = session.get(Room, row.room_id) if row.room_id else None
    if room is not None and room.successor and not room.joined:
        _carried(row, room.successor)
    return row.room_id, row.content


def _carried(row: OutboxRow, successor: str) -> bool:
    """Say an answer in the new room, without what it answers: that stands in the old one. False for anything else."""
    if row.refers_to is not None or row.action not in rows.SAID:
        return False
    content = json.loads(row.content)
    relation = content.pop("m.relates_to", None)
    if relation is not None and not ("m.in_reply_to" in relation or relation.get("rel_type") == "m.thread"):
        return False
    row.room_id, row.content = successor, json.dumps(content, ensure_ascii=False)
    return True


def predecessors(session: Session) -> dict[str, tuple[str, ...]]:
    """For each room that replaced another one: the rooms before it, the last one first."""
    replaced = select(Room.successor, Room.room_id).where(col(Room.successor).is_not(None), ~col(Room.joined))
    before: dict[str, list[str]] = {}
    for successor, room_id in session.exec(replaced.order_by(Room.room_id)):
        before.setdefault(successor or "", []).append(room_id)
    return {room_id: _all_before(room_id, before) for room_id in before}


def _all_before(room_id: str, before: dict[str, list[str]]) -> tuple[str, ...]:
    found = list(before[room_id])
    for each in found:
        found += [other for other in before.get(each, ()) if other != room_id and other not in found]
    return tuple(found)


def is_taken(session: Session, old: Room, successor: str) -> bool:
    """Whether the successor is already another network's room, or another group's."""
    known = rooms.find(session, successor)
    if known is not None and known.network_id not in (None, old.network_id):
        return True
    group = select(Group.id).where(Group.room_id == successor, col(Group.ended_at).is_(None))
    return session.exec(group).first() is not None


def is_said(session: Session, key: str) -> bool:
    """Whether this was ever to be said or done, whatever came of it."""
    return session.exec(select(OutboxRow.id).where(OutboxRow.key == key)).first() is not None


def asked_to_follow(session: Session, room: Room) -> datetime | None:
    """When we were first asked to follow to the room's successor (UTC)."""
    told = select(OutboxRow.created_at).where(
        OutboxRow.room_id == room.room_id,
        OutboxRow.action == "follow",
        col(OutboxRow.key).contains(f" {room.successor} ", autoescape=True),
    )
    return session.exec(told.order_by(col(OutboxRow.id))).first()


def again(key: str, room_id: str) -> str:
    """The key of what is posted once more, because its room was replaced by this one."""
    return f"{key}/in {room_id}"


def anew(key: str, room_id: str, us: str) -> str:
    """The key of what we post once more in the same room, because it came to us from another account."""
    return f"{again(key, room_id)} by {us}"


def own(session: Session, key: str, room_id: str, us: str) -> tuple[str | None, bool]:
    """The key of a post of ours in this room, or its latest repetition; without one, whether another's stands."""
    keys = (key, again(key, room_id), anew(key, room_id, us))
    statement = select(OutboxRow.key, OutboxRow.sender).where(
        col(OutboxRow.key).in_(keys), OutboxRow.room_id == room_id
    )
    found = session.exec(statement.order_by(col(OutboxRow.id).desc())).all()
    ours = next((each for each, sender in found if sender in (None, us)), None)
    return ours, ours is None and bool(found)


def unused(session: Session, key: str, room_id: str, us: str) -> str:
    """The key of a post that is to stand in this room, where it does not yet, or is another account's."""
    if not is_said(session, key):
        return key
    repeated = again(key, room_id)
    return anew(key, room_id, us) if is_said(session, repeated) else repeated


def all_in(session: Session, key: str, room_id: str) -> Sequence[str]:
    """The keys of a post and all its repetitions in one room, whoever sent them."""
    named = or_(OutboxRow.key == key, col(OutboxRow.key).startswith(again(key, room_id), autoescape=True))
    statement = select(OutboxRow.key).where(
        named, OutboxRow.room_id == room_id, OutboxRow.action == "send", col(OutboxRow.refers_to).is_(None)
    )
    return session.exec(statement.order_by(col(OutboxRow.id))).all()


def places(session: Session, key: str) -> Sequence[tuple[str, str]]:
    """A post and its repetitions in rooms that came after: their keys and rooms, in order."""
    repeated = select(literal(again(key, "")) + col(Room.room_id)).where(col(Room.direct_with).is_(None))
    named = or_(OutboxRow.key == key, col(OutboxRow.key).in_(repeated))
    statement = select(OutboxRow.key, OutboxRow.room_id).where(named, col(OutboxRow.room_id).is_not(None))
    return [(each, room or "") for each, room in session.exec(statement.order_by(col(OutboxRow.id)))]
