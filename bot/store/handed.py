"""Rows that the leader has handed to senders, as the leader sees them (PostgreSQL). What senders do: `taking`."""

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from bot.store.tables import HandedRow

TABLE = HandedRow.__table__  # type: ignore[attr-defined] # SQLModel hides it
HANDED, ANSWERED = "zwischenstand_handed", "zwischenstand_answered"
"""What is called out (NOTIFY) when rows are handed over, and when they are answered: to wake up, nothing more."""

PRESENT = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = :name AND datname = current_database() AND usename = current_user"""


class Answer(NamedTuple):
    """What came of a row; `after` in seconds."""

    row_id: int
    outcome: str
    event_id: str | None
    problem: str | None
    after: float | None
    ours: bool


def senders_of(account: str) -> str:
    """What the sessions of an account's senders are called, in the 63 bytes that PostgreSQL keeps of it."""
    return f"zwischenstand sends {sha256(account.encode()).hexdigest()[:16]}"


def clear(session: Session) -> None:
    """Nothing is handed over: a leader begins."""
    session.connection().execute(sa.delete(TABLE))


def present(session: Session, name: str) -> int:
    """How many sessions of this name there are: senders."""
    found: int = session.connection().execute(sa.text(PRESENT), {"name": name}).scalar_one()
    return found


def hand_over(session: Session, rows: Collection[tuple[int, str]], fence: int) -> None:
    """Let senders take these rows (their IDs and rooms), under the number of the lease by which we lead."""
    connection, ids = session.connection(), [row_id for row_id, _ in rows]
    connection.execute(sa.delete(TABLE).where(TABLE.c.row_id.in_(ids)))  # of a commit whose answer was lost
    new = [{"row_id": row_id, "fence": fence, "room_id": room, "taken": False, "ours": False} for row_id, room in rows]
    connection.execute(sa.insert(TABLE), new)
    connection.exec_driver_sql(f"NOTIFY {HANDED}")


def answers(session: Session) -> Sequence[Answer]:
    """What came of rows; they are handed over no more."""
    columns = [getattr(TABLE.c, name) for name in Answer._fields]
    told = sa.delete(TABLE).where(TABLE.c.outcome.is_not(None)).returning(*columns)
    return [Answer(*row) for row in session.connection().execute(told)]


def take_back(session: Session, row_ids: Collection[int], *, untaken: bool = False) -> dict[int, bool]:
    """Rows that were not answered are ours again: those that were not, and whether a sender had taken each.

    With `untaken` only those that none has taken.
    """
    late = sa.delete(TABLE).where(TABLE.c.row_id.in_(list(row_ids)), TABLE.c.outcome.is_(None))
    if untaken:
        late = late.where(~TABLE.c.taken)
    found = session.connection().execute(late.returning(TABLE.c.row_id, TABLE.c.taken))
    return {row.row_id: row.taken for row in found}
