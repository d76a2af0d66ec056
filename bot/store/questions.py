"""Questions the bot asked back, waiting for a reply."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from bot.store.tables import OpenQuestion


def keep(session: Session, question: OpenQuestion, now: datetime) -> None:
    """Keep a question. `room_id` None: asked in a direct chat, wherever that is.

    It takes the place of what its person was asked in that room before; reminders stay.
    """
    forget(session, now)
    if question.subject is None:
        session.exec(
            delete(OpenQuestion).where(
                col(OpenQuestion.person) == question.person,
                col(OpenQuestion.room_id) == question.room_id,
                col(OpenQuestion.subject).is_(None),
            )
        )
    session.add(question)
    session.flush()


def asked_by(session: Session, outbox_key: str, person: str, now: datetime) -> OpenQuestion | None:
    """The question of this row, if `person` may still answer it."""
    return session.exec(
        select(OpenQuestion).where(
            OpenQuestion.outbox_key == outbox_key, OpenQuestion.person == person, OpenQuestion.expires_at >= now
        )
    ).first()


def in_direct_chat(session: Session, room_id: str, person: str, now: datetime) -> Sequence[OpenQuestion]:
    """What `person` may still answer in this direct chat, the last one first."""
    place = (col(OpenQuestion.room_id) == room_id) | col(OpenQuestion.room_id).is_(None)
    return session.exec(
        select(OpenQuestion)
        .where(OpenQuestion.person == person, OpenQuestion.expires_at >= now, place)
        .order_by(col(OpenQuestion.id).desc())
    ).all()


def answered(session: Session, question: OpenQuestion) -> None:
    """The question is settled."""
    session.delete(question)


def forget(session: Session, now: datetime) -> None:
    """Drop what nobody answered in time."""
    session.exec(delete(OpenQuestion).where(col(OpenQuestion.expires_at) < now))
