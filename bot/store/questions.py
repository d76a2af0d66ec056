"""Questions the bot asked back, waiting for a reply."""

from datetime import datetime

from sqlmodel import Session, col, delete, select

from bot.store.tables import OpenQuestion


def keep(session: Session, outbox_key: str, room_id: str | None, person: str, resume: str, until: datetime) -> None:
    """Keep the command of `person` until then (UTC). `room_id` None: asked in a direct chat, wherever that is."""
    session.add(OpenQuestion(outbox_key=outbox_key, room_id=room_id, person=person, resume=resume, expires_at=until))
    session.flush()


def asked_by(session: Session, outbox_key: str, person: str, now: datetime) -> OpenQuestion | None:
    """The question of this row, if `person` may still answer it."""
    return session.exec(
        select(OpenQuestion).where(
            OpenQuestion.outbox_key == outbox_key, OpenQuestion.person == person, OpenQuestion.expires_at >= now
        )
    ).first()


def latest(session: Session, room_id: str, person: str, now: datetime, *, direct: bool) -> OpenQuestion | None:
    """The last question that `person` may still answer in a direct chat."""
    here = col(OpenQuestion.room_id) == room_id
    place = here | col(OpenQuestion.room_id).is_(None) if direct else here
    return session.exec(
        select(OpenQuestion)
        .where(OpenQuestion.person == person, OpenQuestion.expires_at >= now, place)
        .order_by(col(OpenQuestion.id).desc())
    ).first()


def answered(session: Session, question: OpenQuestion) -> None:
    """The question is settled."""
    session.delete(question)


def forget(session: Session, now: datetime) -> None:
    """Drop what nobody answered in time."""
    session.exec(delete(OpenQuestion).where(col(OpenQuestion.expires_at) < now))
