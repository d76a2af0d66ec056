"""Rows of things to do on the homeserver."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update

from bot.store.statements import insert_once
from bot.store.tables import OutboxRow

TABLE = OutboxRow.__table__  # type: ignore[attr-defined] # SQLModel hides it
PRIVATE = ("file", "mail")  # actions whose content is dropped once it has served
INSERT = insert_once(OutboxRow, "key")
CONFIRM = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"))
    .values(state="sent", event_id=bindparam("event"), room_id=bindparam("room"))
)
EMPTY = update(TABLE).where(TABLE.c.id == bindparam("row")).values(content="")
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


FIELDS = tuple(field.name for field in fields(Row) if field.name not in ("id", "event_id"))


def insert(session: Session, row: Row) -> bool:
    """Store a row and give it its ID. False if its key was used before: then it stands already."""
    row.id = INSERT.run(session, {name: getattr(row, name) for name in FIELDS} | {"state": "waiting"}).scalar() or 0
    return row.id != 0


def waiting(session: Session) -> list[Row]:
    """Everything that was not sent, oldest first."""
    rows = session.exec(select(OutboxRow).where(OutboxRow.state == "waiting").order_by(col(OutboxRow.id)))
    return [Row(id=row.id or 0, **{name: getattr(row, name) for name in FIELDS}) for row in rows]


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


def park(session: Session, row_id: int, problem: str) -> None:
    """The homeserver will never take this row; keep it with the reason."""
    row = session.get_one(OutboxRow, row_id)
    row.state, row.problem = "parked", problem
    if row.action in PRIVATE:
        row.content = ""


def event_of(session: Session, key: str) -> str | None:
    """The event that a row became."""
    return session.exec(select(OutboxRow.event_id).where(OutboxRow.key == key)).first()


def key_of(session: Session, event_id: str) -> str | None:
    """The key of the row that became this event; None when it is not one of ours."""
    return session.exec(select(OutboxRow.key).where(OutboxRow.event_id == event_id)).first()
