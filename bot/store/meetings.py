"""Meetings."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.store.tables import Meeting


def add(session: Session, meeting: Meeting) -> Meeting:
    """Store a new meeting; it gets its ID."""
    session.add(meeting)
    session.flush()
    return meeting


def by_id(session: Session, meeting_id: int) -> Meeting:
    """The meeting with this database ID."""
    return session.get_one(Meeting, meeting_id)


def by_number(session: Session, network_id: int, number: int) -> Meeting | None:
    """T2."""
    return session.exec(select(Meeting).where(Meeting.network_id == network_id, Meeting.number == number)).first()


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[Meeting]:
    """A network's meetings, the earliest first; only those of one room if given."""
    statement = select(Meeting).where(Meeting.network_id == network_id)
    if room_id is not None:
        statement = statement.where(Meeting.room_id == room_id)
    return session.exec(statement.order_by(col(Meeting.starts_at), col(Meeting.number))).all()


def begun(session: Session, room_id: str, by: datetime) -> Meeting | None:
    """The latest meeting of a room that begins no later than `by` (UTC)."""
    statement = select(Meeting).where(Meeting.room_id == room_id, Meeting.starts_at <= by)
    return session.exec(statement.order_by(col(Meeting.starts_at).desc(), col(Meeting.id).desc())).first()
