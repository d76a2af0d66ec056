"""When people are away."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from bot.store.tables import Absence


def add(session: Session, absence: Absence) -> None:
    """Store that somebody is away."""
    session.add(absence)
    session.flush()


def away(session: Session, network_id: int, at: datetime) -> set[str]:
    """Who is away at `at` (UTC)."""
    statement = select(Absence.person).where(
        Absence.network_id == network_id, Absence.starts_at <= at, Absence.ends_at > at
    )
    return set(session.exec(statement))


def of_person(session: Session, network_id: int, person: str, after: datetime) -> Sequence[Absence]:
    """When a person is away from `after` (UTC) on, the earliest first; also what has begun by then."""
    statement = select(Absence).where(
        Absence.network_id == network_id, Absence.person == person, Absence.ends_at > after
    )
    return session.exec(statement.order_by(col(Absence.starts_at), col(Absence.id))).all()


def remove(session: Session, rows: Iterable[Absence]) -> None:
    """Take absences back, as if they had never been reported."""
    for row in rows:
        session.delete(row)
    session.flush()


def forget(session: Session, before: datetime) -> None:
    """Drop what was over before then (UTC): nobody asks any more who was away."""
    session.exec(delete(Absence).where(col(Absence.ends_at) < before))
