"""The record of a consultation: an append-only chain, and the secrets that its commitments are about."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.domain import record
from bot.store.tables import Ballot, CastVote, Consultation, RecordEntry, RecordSecret

ADD_ENTRY = sa.insert(RecordEntry.__table__)  # type: ignore[attr-defined] # SQLModel hides it
ADD_SECRET = sa.insert(RecordSecret.__table__)  # type: ignore[attr-defined]


def append(
    session: Session,
    consultation: Consultation,
    kind: str,
    at: datetime,
    body: Mapping[str, Any],
    *,
    private: Mapping[str, str] | None = None,
    person: str | None = None,
) -> int:
    """Add an entry at the end, at the position that is returned; costs the same however long the record is.

    `private` enters as salted commitments only; it can be erased when `person` has their data erased.
    """
    position = consultation.record_length + 1
    salt, hidden = secrets.token_hex(16), {name: value for name, value in (private or {}).items() if value}
    written = record.entry(
        position,
        kind,
        at.isoformat(),
        consultation.record_head,
        body,
        {name: record.commitment(salt, name, value) for name, value in hidden.items()},
    )
    digest, place = record.digest(written), {"consultation_id": consultation.id, "position": position}
    session.connection().execute(ADD_ENTRY, {**place, "body": written, "digest": digest})
    if hidden:
        secret = {"person": person, "salt": salt, "fields": record.canonical(hidden)}
        session.connection().execute(ADD_SECRET, place | secret)
    consultation.record_length, consultation.record_head = position, digest
    return position


def entries(session: Session, consultation_id: int) -> list[tuple[str, str]]:
    """The whole record, in order: digest and body of each entry."""
    statement = select(col(RecordEntry.digest), col(RecordEntry.body))
    found = statement.where(RecordEntry.consultation_id == consultation_id).order_by(col(RecordEntry.position))
    return [(digest, body) for digest, body in session.exec(found)]


def opened(session: Session, consultation_id: int, *, votes: bool = True) -> list[tuple[int, str, str]]:
    """What was committed to and has not been erased: position, salt, and fields as canonical JSON.

    Without `votes` that of votes is left out: those of a confidential consultation.
    """
    statement = select(col(RecordSecret.position), col(RecordSecret.salt), col(RecordSecret.fields))
    statement = statement.where(RecordSecret.consultation_id == consultation_id)
    if not votes:
        ballots = select(Ballot.id).where(Ballot.consultation_id == consultation_id)
        cast = select(CastVote.record_position).where(col(CastVote.ballot_id).in_(ballots))
        statement = statement.where(col(RecordSecret.position).not_in(cast.where(col(CastVote.record_position) > 0)))
    found = session.exec(statement.order_by(col(RecordSecret.position)))
    return [(position, salt, fields) for position, salt, fields in found]


def last_of(session: Session, consultation_id: int, kind: str) -> RecordEntry | None:
    """The latest entry of a kind."""
    named = col(RecordEntry.body).contains(f'"kind":"{kind}","position":', autoescape=True)
    statement = select(RecordEntry).where(RecordEntry.consultation_id == consultation_id, named)
    return session.exec(statement.order_by(col(RecordEntry.position).desc()).limit(1)).first()


def of_kind(session: Session, consultation_id: int, kind: str) -> list[Mapping[str, Any]]:
    """The bodies of all entries of a kind, in order."""
    named = col(RecordEntry.body).contains(f'"kind":"{kind}","position":', autoescape=True)
    statement = select(col(RecordEntry.body)).where(RecordEntry.consultation_id == consultation_id, named)
    return [json.loads(body)["body"] for body in session.exec(statement.order_by(col(RecordEntry.position)))]
