"""Questions the bot asked back, waiting for a reply. What can no longer be answered is kept for another day.

A question may have a subject: „consultation/12“ makes it a reminder of a vote, „import/3“ the preview of a file. It
does not give way to the next question then, and may be answered again: what the answer sets going knows about that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select, update

from bot.store.tables import OpenQuestion

LAPSED_KEPT: Final = timedelta(days=1)
"""For so long a late answer is told that it is late."""
TABLE = OpenQuestion.__table__  # type: ignore[attr-defined] # SQLModel hides it
COLUMNS = tuple(column.name for column in TABLE.columns if not column.primary_key)
KEEP = sa.insert(TABLE)  # past the ORM: an opening asks 2,000 people at once


def keep(session: Session, question: OpenQuestion, now: datetime) -> None:
    """Keep a question. `room_id` None: asked in a direct chat, wherever that is.

    What its person was asked in that room before can no longer be answered, unless it has a subject.
    """
    if question.subject is None:
        displaced = update(OpenQuestion).where(
            col(OpenQuestion.person) == question.person,
            col(OpenQuestion.room_id) == question.room_id,
            col(OpenQuestion.subject).is_(None),
            col(OpenQuestion.expires_at) >= now,
        )
        session.exec(displaced.values(expires_at=now - timedelta(microseconds=1)))
    session.flush()
    session.connection().execute(KEEP, {name: getattr(question, name) for name in COLUMNS})


def is_reminder(question: OpenQuestion) -> bool:
    """Whether it reminds of a vote."""
    return question.subject is not None and question.subject.startswith("consultation/")


def asked_by(session: Session, outbox_key: str, person: str, now: datetime) -> OpenQuestion | None:
    """The question of this row, if `person` may still answer it."""
    found = put_to(session, outbox_key, person)
    return found if found is not None and found.expires_at >= now else None


def put_to(session: Session, outbox_key: str, person: str) -> OpenQuestion | None:
    """The question of this row that was put to `person`, in time or lapsed."""
    return session.exec(
        select(OpenQuestion).where(OpenQuestion.outbox_key == outbox_key, OpenQuestion.person == person)
    ).first()


def in_direct_chat(session: Session, room_id: str, person: str) -> Sequence[OpenQuestion]:
    """What `person` was asked in this direct chat, in time or lapsed, the last one first."""
    return session.exec(IN_DIRECT_CHAT, params={"person": person, "room_id": room_id}).all()


IN_DIRECT_CHAT = (
    select(OpenQuestion)
    .where(
        OpenQuestion.person == bindparam("person"),
        (col(OpenQuestion.room_id) == bindparam("room_id")) | col(OpenQuestion.room_id).is_(None),
    )
    .order_by(col(OpenQuestion.id).desc())
)


def answered(session: Session, question: OpenQuestion) -> None:
    """The question is settled, and with it whatever else its person was asked on the same subject."""
    if question.subject is not None:
        mine = delete(OpenQuestion).where(col(OpenQuestion.person) == question.person)
        session.exec(mine.where(col(OpenQuestion.subject) == question.subject))
    else:
        session.delete(question)


def that_begin(session: Session, person: str, beginning: str) -> Sequence[OpenQuestion]:
    """What somebody was asked about commands that begin so, wherever that was."""
    mine = select(OpenQuestion).where(OpenQuestion.person == person)
    return session.exec(mine.where(col(OpenQuestion.resume).startswith(beginning, autoescape=True))).all()


def forget(session: Session, before: datetime) -> None:
    """Drop what nobody answered in time, and that was before then (UTC)."""
    session.exec(delete(OpenQuestion).where(col(OpenQuestion.expires_at) < before))
