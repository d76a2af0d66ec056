"""Rows of things to do on the homeserver.

A row waits until it is sent, or parked because it never will be. What a room does not take from us for the time being
is held: not tried any more, until somebody says `release`.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, col, or_, select, update

from bot.events import Power
from bot.store.statements import ask, insert_once
from bot.store.tables import OutboxRow, Room

TABLE = OutboxRow.__table__  # type: ignore[attr-defined] # SQLModel hides it
MAY_BE_HELD = frozenset({"send", "chart", "pin"})  # by action; what else is refused is parked
ANSWERED_WITHIN = timedelta(days=1)  # an answer that could not be given by then is given no more
IN_REPLY = '"m.in_reply_to"'
SAID = frozenset({"send", "chart", "file"})  # actions that say something to people
OF_CONCERN = SAID | {"join"}  # whose failure nobody hears of else; what is for the operators themselves is not meant
FOR_OPERATORS = "incident/"  # so begin the keys of messages on the bot itself
PRIVATE = ("file", "mail")  # actions whose content is dropped once it has served
INSERT = insert_once(OutboxRow, "key")
CONFIRM = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"))
    .values(state="sent", event_id=bindparam("event"), room_id=bindparam("room"))
)
EMPTY = update(TABLE).where(TABLE.c.id == bindparam("row")).values(content="")
KEY_OF = sa.select(TABLE.c.key).where(TABLE.c.event_id == bindparam("event"))
ECHOED = (
    update(TABLE)
    .where(TABLE.c.transaction == bindparam("txn"), TABLE.c.event_id.is_(None))
    .values(event_id=bindparam("event"))
)


@dataclass(slots=True, kw_only=True)
class Row:
    """One thing to do, as inbox and clock hand it to the outbox; the table has its record."""

    key: str
    transaction: str
    action: str
    device_id: str
    first_attempt_at: datetime
    created_at: datetime
    room_id: str | None = None
    person: str | None = None
    event_type: str = ""
    content: str = "{}"
    refers_to: str | None = None
    id: int = 0
    event_id: str | None = None  # once it is sent
    formerly: tuple[str, ...] = ()  # rooms before this one where it may stand already, its answer having got lost
    left: bool = False  # by an earlier process, which may have sent it
    made_at: float | None = field(default_factory=time.monotonic, compare=False)  # None: not by us, or nobody knows


NOT_STORED = ("id", "event_id", "formerly", "left", "made_at")
FIELDS = tuple(each.name for each in fields(Row) if each.name not in NOT_STORED)


def insert(session: Session, row: Row) -> bool:
    """Store a row and give it its ID. False if its key was used before: then it stands already."""
    row.id = INSERT.run(session, {name: getattr(row, name) for name in FIELDS} | {"state": "waiting"}).scalar() or 0
    return row.id != 0


def waiting(session: Session) -> list[Row]:
    """Everything that was not sent, oldest first."""
    rows = session.exec(select(OutboxRow).where(OutboxRow.state == "waiting").order_by(col(OutboxRow.id)))
    return [_read(row) for row in rows]


def _read(row: OutboxRow) -> Row:
    return Row(id=row.id or 0, made_at=None, **{name: getattr(row, name) for name in FIELDS})


def confirm(session: Session, sent: Iterable[Row]) -> None:
    """Write down what was sent, as which event and to which room; files and mails are nobody's business then."""
    done = list(sent)
    if rows := [{"row": row.id, "event": row.event_id, "room": row.room_id} for row in done]:
        session.connection().execute(CONFIRM, rows)
    if files := [{"row": row.id} for row in done if row.action in PRIVATE]:
        session.connection().execute(EMPTY, files)


def echoed(session: Session, echoes: Iterable[tuple[str, str]]) -> None:
    """Write down what came back by /sync before the answer to our PUT was on record: transactions and event IDs."""
    if rows := [{"txn": transaction, "event": event} for transaction, event in echoes]:
        session.connection().execute(ECHOED, rows)


def attempt(session: Session, row_id: int, device_id: str, at: datetime) -> None:
    """A first attempt from a new device begins."""
    row = session.get_one(OutboxRow, row_id)
    row.device_id, row.first_attempt_at = device_id, at


def doubt_all(session: Session) -> None:
    """Any row that was not sent may have been, and its record lost: no device is known to have begun with it."""
    unsent = update(OutboxRow).where(col(OutboxRow.state).in_(("waiting", "held")))
    session.exec(unsent.values(device_id=""))


def park(session: Session, row_id: int, problem: str, now: datetime) -> None:
    """The homeserver will never take this row; keep it with the reason, as of now (UTC)."""
    row = session.get_one(OutboxRow, row_id)
    row.state, row.problem = "parked", problem
    _is_to_be_told(row, now)
    if row.action in PRIVATE:
        row.content = ""


Standing = tuple[str | None, bool, str, datetime | None]  # as far as a row's room says whether it takes it


def standing(session: Session, row_id: int) -> Standing:
    """Where a row belongs now, and how we stand in that room."""
    row = session.get(OutboxRow, row_id)
    room_id = row.room_id if row else None
    room = session.get(Room, room_id) if room_id else None
    return (room_id, room.joined, room.lacks, room.since) if room else (room_id, False, "", None)


def hold(session: Session, row_id: int, problem: str, now: datetime | None = None) -> None:
    """The room does not take this row from us now; `release` takes it up again.

    With `now` (UTC) those who run the bot are to be told: where we are shut out, the room's people are.
    """
    row = session.get(OutboxRow, row_id)
    if row is not None and row.state == "waiting":  # else it was withdrawn
        row.state, row.problem = "held", problem
        if now is not None:
            _is_to_be_told(row, now)


def _is_to_be_told(row: OutboxRow, now: datetime) -> None:
    if row.action in OF_CONCERN and not row.key.startswith(FOR_OPERATORS):
        row.untold_since = now


HELD = (
    select(OutboxRow)
    .where(OutboxRow.room_id == bindparam("room_id"), OutboxRow.state == "held")
    .order_by(col(OutboxRow.id))
)


def release(session: Session, room_id: str, now: datetime) -> list[Row]:
    """Let wait again (UTC) what is held for this room, in order. An answer that comes too late is parked."""
    released = []
    for row in session.exec(HELD, params={"room_id": room_id}).all():
        if _is_answer(row) and now - row.created_at > ANSWERED_WITHIN:
            row.state = "parked"
        else:
            row.state, row.problem, row.untold_since = "waiting", None, None
            released.append(_read(row))
    session.flush()
    return released


def release_all(session: Session, now: datetime) -> None:
    """Let wait again what is held for rooms that are open to us, as far as we know."""
    rooms = (
        select(OutboxRow.room_id)
        .join(Room, col(Room.room_id) == col(OutboxRow.room_id))
        .where(OutboxRow.state == "held", col(Room.joined), ~col(Room.lacks).contains(Power.SPEAK.value))
        .distinct()
    )
    for room_id in session.exec(rooms).all():
        release(session, room_id or "", now)


def give_up(session: Session, keys: Iterable[str], problem: str) -> None:
    """Park what is held under these keys: it is said in other words."""
    held = update(OutboxRow).where(col(OutboxRow.key).in_(list(keys)), col(OutboxRow.state) == "held")
    session.exec(held.values(state="parked", problem=problem))


def withdraw(session: Session, beginning: str) -> None:
    """Drop what waits under keys that begin so, and its wording: nobody wants it any more."""
    named = col(OutboxRow.key).startswith(beginning, autoescape=True)
    unsent = update(OutboxRow).where(named, col(OutboxRow.state) == "waiting")
    session.exec(unsent.values(state="parked", problem="withdrawn", content=""))


def is_wanted(session: Session, row_id: int) -> bool:
    """Whether a row is still to be done."""
    return session.exec(select(OutboxRow.state).where(OutboxRow.id == row_id)).first() == "waiting"


def _is_answer(row: OutboxRow) -> bool:
    """Whether it answers or reacts to somebody: its key begins with their event's ID, or it says so itself."""
    return row.key.startswith("$") or IN_REPLY in row.content


def is_held(session: Session, key: str) -> bool:
    """Whether the row under this key is held."""
    held = select(OutboxRow.id).where(OutboxRow.key == key, OutboxRow.state == "held")
    return session.exec(held).first() is not None


def sent_as(session: Session, key: str) -> tuple[str | None, str | None]:
    """The event that a row became, and which other account sent it; None: none did."""
    found = session.exec(select(OutboxRow.event_id, OutboxRow.sender).where(OutboxRow.key == key)).first()
    return found or (None, None)


def stands_in(session: Session, key: str, us: str) -> str | None:
    """The room in which a post of ours stands, or is to stand; None where it does not, or another account sent it."""
    ours = or_(col(OutboxRow.sender).is_(None), OutboxRow.sender == us)
    return session.exec(select(OutboxRow.room_id).where(OutboxRow.key == key, ours)).first()


def events_of(session: Session, keys: Collection[str]) -> dict[str, str]:
    """The events that these rows became, by key; without those that were never sent."""
    statement = select(OutboxRow.key, OutboxRow.event_id).where(col(OutboxRow.key).in_(list(keys)))
    return {key: event_id for key, event_id in session.exec(statement) if event_id is not None}


def key_of(session: Session, event_id: str) -> str | None:
    """The key of the row that became this event; None when it is not one of ours."""
    key: str | None = ask(session, KEY_OF, event=event_id).scalar()
    return key


def room_of(session: Session, event_id: str) -> str | None:
    """The room in which this event of ours stands; None when it is not one of ours."""
    return session.exec(select(OutboxRow.room_id).where(OutboxRow.event_id == event_id)).first()


def told(session: Session, beginnings: Collection[str]) -> list[tuple[str, str, str]]:
    """What was sent under keys that begin so and stands in rooms that we are in: key, room and person, latest first."""
    named = or_(*(col(OutboxRow.key).startswith(each, autoescape=True) for each in beginnings))
    statement = (
        select(OutboxRow.key, OutboxRow.room_id, OutboxRow.person)
        .join(Room, col(Room.room_id) == col(OutboxRow.room_id))
        .where(named, OutboxRow.state == "sent", col(OutboxRow.event_id).is_not(None), col(Room.joined))
    )
    found = session.exec(statement.order_by(col(OutboxRow.id).desc()))
    return [(key, room_id or "", person or "") for key, room_id, person in found]


def told_alone(session: Session, person: str, beginnings: Collection[str], since: datetime) -> bool:
    """Whether anything under keys that begin so was said to a person alone, at `since` (UTC) or later."""
    named = or_(*(col(OutboxRow.key).startswith(each, autoescape=True) for each in beginnings))
    lately = (OutboxRow.person == person, OutboxRow.created_at >= since)  # what else was ever said is much
    return session.exec(select(OutboxRow.id).where(*lately, named)).first() is not None


def is_waiting(session: Session, beginning: str) -> bool:
    """Whether anything under a key that begins so is still to be done."""
    named = col(OutboxRow.key).startswith(beginning, autoescape=True)
    return session.exec(select(OutboxRow.id).where(named, OutboxRow.state == "waiting")).first() is not None


def last_problem(session: Session, beginning: str) -> str | None:
    """Why the last row under a key that begins so is parked or held."""
    named = col(OutboxRow.key).startswith(beginning, autoescape=True)
    return session.exec(select(OutboxRow.problem).where(named).order_by(col(OutboxRow.id).desc())).first()


def stored_at(session: Session, key: str) -> datetime | None:
    """When we decided to say what stands under this key (UTC)."""
    return session.exec(select(OutboxRow.created_at).where(OutboxRow.key == key)).first()


def said_at(session: Session, event_id: str) -> datetime | None:
    """When we decided to say what became this event (UTC); None when it is not one of ours."""
    return session.exec(select(OutboxRow.created_at).where(OutboxRow.event_id == event_id)).first()
