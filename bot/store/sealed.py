"""What could not be decrypted yet, and of which sessions the keys are to be asked for."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, func, select, update

from bot.events import Undecryptable, Withheld
from bot.store.statements import insert_once
from bot.store.tables import SealedEvent, SealedSession

ASK_AGAIN: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=2), timedelta(days=1))
"""After each question, how long until the next one; then no more."""

TELL_AFTER: Final = timedelta(minutes=2)
"""For so long nothing is said: most keys that are late are only slower than what they open."""

MOST_OF_ONE: Final = 1000
"""Events, and sessions, of one person in one room that are kept: whoever sends more sends no messages."""

ASKED_AT_ONCE: Final = 20
TOLD_AT_ONCE: Final = 50
KEEP = insert_once(SealedEvent, "event_id")
_ANY = "any sealed event"


def keep(session: Session, event: Undecryptable, now: datetime, *, tell: bool = True) -> bool:
    """Keep an event until its key comes. False if it is kept already, or too much of its sender is.

    `now` (UTC) is when it came. `tell`: its sender is to hear of it, unless it was said before we came to the room.
    """
    if _count(session, event) >= MOST_OF_ONE or not _insert(session, event):
        return False
    session.info[_ANY] = True
    row = _session(session, event.room_id, event.session_id, event.sender, now)
    if row.asked == 0 and row.ask_at is None:
        row.ask_at = now
    if tell and row.told_at is None and row.tell_at is None and not event.before_us:
        row.tell_at = now + TELL_AFTER
    session.flush()
    return True


def withhold(session: Session, note: Withheld) -> None:
    """Remember why somebody gives us no key."""
    mine = select(func.count()).select_from(SealedSession)
    if session.exec(mine.where(SealedSession.room_id == note.room_id, SealedSession.sender == note.sender)).one() < (
        MOST_OF_ONE
    ):
        _session(session, note.room_id, note.session_id, note.sender, note.received_at).withheld = note.code
        session.flush()


def reason(session: Session, row: SealedSession) -> str | None:
    """Why its device gives us no key of this session, or of anything, by its own word."""
    general = session.get(SealedSession, ("", "", row.sender))
    return row.withheld or (general.withheld if general is not None else None)


def begin(session: Session, now: datetime) -> set[tuple[str, str]]:
    """The rooms and sessions of which events are kept. From `now` (UTC) on their keys have time to come once more."""
    soon = now + TELL_AFTER
    session.exec(update(SealedSession).where(col(SealedSession.tell_at) < soon).values(tell_at=soon))
    return set(session.exec(select(SealedEvent.room_id, SealedEvent.session_id).distinct()).all())


def of(session: Session, sessions: Collection[tuple[str, str]]) -> list[Undecryptable]:
    """What is kept of these rooms and sessions, in the order of its arrival."""
    found: list[SealedEvent] = []
    for room_id, session_id in sessions:
        mine = select(SealedEvent).where(SealedEvent.room_id == room_id, SealedEvent.session_id == session_id)
        found += session.exec(mine).all()
    return [_event(row) for row in sorted(found, key=lambda row: (row.received_at, row.event_id))]


def to_ask(session: Session, now: datetime) -> list[tuple[Undecryptable, int]]:
    """The first event of each session whose key is to be asked for now (UTC), and for the how-manieth time."""
    due = select(SealedSession).where(col(SealedSession.ask_at) <= now).order_by(*_in_turn(SealedSession.ask_at))
    asked: list[tuple[Undecryptable, int]] = []
    for row in session.exec(due.limit(ASKED_AT_ONCE)).all():
        pauses = ASK_AGAIN[row.asked : row.asked + 1]
        row.asked, row.asked_at, row.ask_at = row.asked + 1, now, now + pauses[0] if pauses else None
        first = first_of(session, row)
        if first is None:
            row.ask_at = None
        else:
            asked.append((first, row.asked))
    return asked


def _in_turn(moment: datetime | None) -> tuple[Any, Any]:
    """The longest due first, of one person after the other: whoever has a thousand of them holds up nobody else."""
    of_theirs = func.row_number().over(partition_by=col(SealedSession.sender), order_by=col(moment))
    return of_theirs, col(moment)


def first_of(session: Session, row: SealedSession) -> Undecryptable | None:
    """The first event that is kept of a session."""
    mine = select(SealedEvent).where(*_of(row)).order_by(col(SealedEvent.received_at)).limit(1)
    found = session.exec(mine).first()
    return _event(found) if found is not None else None


def to_tell(session: Session, now: datetime) -> Sequence[SealedSession]:
    """Of which sessions people are to be told by now (UTC) that we cannot read them. Asked every second."""
    return session.exec(TO_TELL, params={"now": now}).all()


TO_TELL = (
    select(SealedSession)
    .where(col(SealedSession.tell_at) <= bindparam("now"))
    .order_by(*_in_turn(SealedSession.tell_at))
    .limit(TOLD_AT_ONCE)
)


def find(session: Session, room_id: str, session_id: str, sender: str) -> SealedSession | None:
    """What we know of a session of somebody."""
    return session.get(SealedSession, (room_id, session_id, sender))


def told(session: Session, room_id: str, since: datetime) -> list[str]:
    """Who was told something of the kind in a room since then (UTC), once for each time."""
    those = select(SealedSession.sender).where(SealedSession.room_id == room_id, col(SealedSession.told_at) > since)
    return list(session.exec(those))


# what is kept no longer


def drop(session: Session, event_id: str) -> None:
    """It was read."""
    row = _kept(session, event_id)
    if row is not None:
        _delete(session, row)


def take_back(session: Session, event_id: str, by: str, *, in_time: bool = True) -> None:
    """It was redacted. If its sender did so `in_time`, it is gone; a moderator cannot unmake what may be a vote."""
    row = _kept(session, event_id)
    if row is not None and row.sender == by and in_time:
        _delete(session, row)
    elif row is not None and (own := find(session, row.room_id, row.session_id, row.sender)) is not None:
        own.tell_at = None


def leave(session: Session, room_id: str) -> None:
    """We are no longer in the room."""
    session.exec(delete(SealedEvent).where(col(SealedEvent.room_id) == room_id))
    session.exec(delete(SealedSession).where(col(SealedSession.room_id) == room_id))


def forget(session: Session, before: datetime) -> None:
    """Drop what came before then (UTC), and what is known of sessions of which nothing is kept."""
    session.exec(delete(SealedEvent).where(col(SealedEvent.received_at) < before))
    own = and_(
        col(SealedEvent.room_id) == col(SealedSession.room_id),
        col(SealedEvent.session_id) == col(SealedSession.session_id),
        col(SealedEvent.sender) == col(SealedSession.sender),
    )
    kept = select(SealedEvent.event_id).where(own).exists()
    session.exec(delete(SealedSession).where(~kept, col(SealedSession.since) < before))


def _kept(session: Session, event_id: str) -> SealedEvent | None:
    """The row of an event, if it is kept. Costs one question a transaction where nothing is."""
    if _ANY not in session.info:
        session.info[_ANY] = session.exec(select(SealedEvent.event_id).limit(1)).first() is not None
    return session.get(SealedEvent, event_id) if session.info[_ANY] else None


def _delete(session: Session, row: SealedEvent) -> None:
    session.delete(row)
    session.flush()
    own = find(session, row.room_id, row.session_id, row.sender)
    if own is not None and first_of(session, own) is None:
        own.ask_at = own.tell_at = None


def _insert(session: Session, event: Undecryptable) -> bool:
    values = {name: getattr(event, name) for name in SealedEvent.model_fields if name != "content"}
    return KEEP.run(session, values | {"content": json.dumps(dict(event.content))}).first() is not None


def _session(session: Session, room_id: str, session_id: str, sender: str, now: datetime) -> SealedSession:
    """The row of a session, made if there is none."""
    found = find(session, room_id, session_id, sender)
    if found is None:
        found = SealedSession(room_id=room_id, session_id=session_id, sender=sender, since=now)
        session.add(found)
    return found


def _count(session: Session, event: Undecryptable) -> int:
    mine = select(func.count()).select_from(SealedEvent)
    return session.exec(mine.where(SealedEvent.room_id == event.room_id, SealedEvent.sender == event.sender)).one()


def _of(row: SealedSession) -> Iterable[bool]:
    return (
        SealedEvent.room_id == row.room_id,
        SealedEvent.session_id == row.session_id,
        SealedEvent.sender == row.sender,
    )


def _event(row: SealedEvent) -> Undecryptable:
    return Undecryptable(content=json.loads(row.content), **row.model_dump(exclude={"content"}))
