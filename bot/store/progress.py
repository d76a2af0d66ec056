"""How far we are: which events were handled, which occurrences claimed, where the sync stands."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, func, or_, select, update

from bot.events import Event
from bot.store.statements import Statement, ask, insert_once
from bot.store.tables import Account, HandledEvent, Occurrence, OutboxRow

RESTORE = "restore"
"""As if it were a schedule: due when the backup was taken, done when it was restored."""
IN_ONE_QUESTION = 5_000  # values; SQLite takes 32,766
CIPHERTEXT = "megolm "
"""So begins the name of a ciphertext (`bot.events.Event.sealed`)."""
CLAIM_EVENT = insert_once(HandledEvent, "event_id")
CLAIM_OCCURRENCE = insert_once(Occurrence, "schedule", "due_at")

log = logging.getLogger(__name__)


def _upsert_account(dialect: Any) -> Any:
    new = dialect.insert(Account.__table__)  # type: ignore[attr-defined] # SQLModel hides it
    changed = {"token": new.excluded.token, "alive_at": new.excluded.alive_at}
    return new.on_conflict_do_update(index_elements=["user_id"], set_=changed)


SAVE_TOKEN = Statement(_upsert_account)


def claim_event(session: Session, event_id: str, now: datetime) -> bool:
    """Claim an event for handling; False for a replay."""
    return CLAIM_EVENT.run(session, {"event_id": event_id, "at": now}).first() is not None


class Claim(StrEnum):
    """What came of claiming an event."""

    FRESH = "fresh"
    AGAIN = "again"  # it was handled
    FORGED = "forged"  # the same ciphertext was handled as another event: nobody has sent it


def claim(session: Session, event: Event, now: datetime) -> Claim:
    """Claim an event, and the ciphertext that it came in: a homeserver could deliver that anew, as if sent again.

    A forgery is not claimed: else it would count as handled where all that is unhandled is looked at.
    """
    if not claim_event(session, event.event_id, now):
        return Claim.AGAIN
    if event.sealed is None or claim_event(session, event.sealed, now):
        return Claim.FRESH
    session.exec(delete(HandledEvent).where(col(HandledEvent.event_id) == event.event_id))
    log.warning("%(event_id)s repeats what was sent as another event; it is left alone", {"event_id": event.event_id})
    return Claim.FORGED


def unclaimed(session: Session, event_ids: Collection[str]) -> set[str]:
    """Those of these events that were never handled; one question for all of them."""
    wanted, known = list(event_ids), set[str]()
    for start in range(0, len(wanted), IN_ONE_QUESTION):
        some = select(HandledEvent.event_id).where(
            col(HandledEvent.event_id).in_(wanted[start : start + IN_ONE_QUESTION])
        )
        known.update(session.exec(some))
    return set(wanted) - known


def claim_occurrence(session: Session, schedule: str, due_at: datetime, now: datetime) -> bool:
    """Claim a due time of a schedule; False if it was done."""
    values = {"schedule": schedule, "due_at": due_at, "done_at": now}
    return CLAIM_OCCURRENCE.run(session, values).first() is not None


def done_at(session: Session, schedule: str, due_at: datetime) -> datetime | None:
    """When a due time of a schedule was claimed (UTC)."""
    found: datetime | None = ask(session, DONE_AT, schedule=schedule, due_at=due_at).scalar()
    return found


OCCURRENCES = Occurrence.__table__  # type: ignore[attr-defined] # SQLModel hides it
DONE_AT = sa.select(OCCURRENCES.c.done_at).where(
    OCCURRENCES.c.schedule == bindparam("schedule"), OCCURRENCES.c.due_at == bindparam("due_at")
)


def was_done(session: Session, schedule: str, due_at: datetime) -> bool:
    """Whether a due time of a schedule was claimed."""
    return done_at(session, schedule, due_at) is not None


def done(session: Session, schedules: Collection[str]) -> set[tuple[str, datetime]]:
    """Of these schedules the due times (UTC) that were claimed."""
    statement = select(Occurrence.schedule, Occurrence.due_at).where(col(Occurrence.schedule).in_(schedules))
    return {(schedule, due_at) for schedule, due_at in session.exec(statement)} if schedules else set()


def forget(session: Session, before: datetime) -> None:
    """Drop handled events and the wording of sent posts of before then (UTC), occurrences and ciphertexts a year later.

    An occurrence must outlive what it belongs to: a consultation's early reminder is not to come twice.
    """
    year = before - timedelta(days=365)
    old = or_(
        col(HandledEvent.at) < year,
        and_(col(HandledEvent.at) < before, ~col(HandledEvent.event_id).startswith(CIPHERTEXT)),
    )
    session.exec(delete(HandledEvent).where(old))
    session.exec(delete(Occurrence).where(col(Occurrence.done_at) < year))
    sent = update(OutboxRow).where(
        col(OutboxRow.state) == "sent", col(OutboxRow.created_at) < before, col(OutboxRow.content) != ""
    )
    session.exec(sent.values(content=""))


def note_restore(session: Session, taken_at: datetime, now: datetime) -> None:
    """The database is a backup's, of `taken_at` (UTC): what was done since then is not in it."""
    session.add(Occurrence(schedule=RESTORE, due_at=taken_at, done_at=now))
    session.flush()


def restored_from(session: Session, since: datetime) -> datetime | None:
    """Of when the earliest backup is that was restored after `since` (UTC)."""
    marks = select(func.min(col(Occurrence.due_at))).where(Occurrence.schedule == RESTORE, Occurrence.done_at > since)
    return session.exec(marks).one()


def account(session: Session, user_id: str) -> Account | None:
    """Where the sync of this account stands."""
    return session.get(Account, user_id)


def save_token(session: Session, user_id: str, token: str, now: datetime) -> None:
    """Everything up to `token` is handled."""
    SAVE_TOKEN.run(session, {"user_id": user_id, "token": token, "alive_at": now})
