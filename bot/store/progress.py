"""How far we are: which events were handled, which occurrences claimed, where the sync stands."""

from datetime import datetime

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from bot.store.tables import Account, HandledEvent, Occurrence


def _claim(session: Session, table: type[SQLModel], **values: object) -> bool:
    """Insert a row whose primary key must be new; False if it stands already.

    What comes back is asked for: `rowcount` is -1 with PostgreSQL, whatever happened.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(values).on_conflict_do_nothing().returning(literal(1))
    return session.connection().execute(statement).first() is not None


def claim_event(session: Session, event_id: str, now: datetime) -> bool:
    """Claim an event for handling; False for a replay."""
    return _claim(session, HandledEvent, event_id=event_id, at=now)


def claim_occurrence(session: Session, schedule: str, due_at: datetime, now: datetime) -> bool:
    """Claim a due time of a schedule; False if it was done."""
    return _claim(session, Occurrence, schedule=schedule, due_at=due_at, done_at=now)


def was_done(session: Session, schedule: str, due_at: datetime) -> bool:
    """Whether a due time of a schedule was claimed."""
    return session.get(Occurrence, (schedule, due_at)) is not None


def account(session: Session, user_id: str) -> Account | None:
    """Where the sync of this account stands."""
    return session.get(Account, user_id)


def save_token(session: Session, user_id: str, token: str, now: datetime) -> None:
    """Everything up to `token` is handled."""
    row = session.get(Account, user_id)
    if row is None:
        session.add(Account(user_id=user_id, token=token, alive_at=now))
    else:
        row.token, row.alive_at = token, now
