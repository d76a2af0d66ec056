"""How far we are: which events were handled, which occurrences claimed, where the sync stands."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, select, update

from bot.store.statements import Statement, insert_once
from bot.store.tables import Account, HandledEvent, Occurrence, OutboxRow

IN_ONE_QUESTION = 5_000  # values; SQLite takes 32,766
CLAIM_EVENT = insert_once(HandledEvent, "event_id")
CLAIM_OCCURRENCE = insert_once(Occurrence, "schedule", "due_at")


def _upsert_account(dialect: Any) -> Any:
    new = dialect.insert(Account.__table__)  # type: ignore[attr-defined] # SQLModel hides it
    changed = {"token": new.excluded.token, "alive_at": new.excluded.alive_at}
    return new.on_conflict_do_update(index_elements=["user_id"], set_=changed)


SAVE_TOKEN = Statement(_upsert_account)


def claim_event(session: Session, event_id: str, now: datetime) -> bool:
    """Claim an event for handling; False for a replay."""
    return CLAIM_EVENT.run(session, {"event_id": event_id, "at": now}).first() is not None


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
    row = session.get(Occurrence, (schedule, due_at))
    return row.done_at if row else None


def was_done(session: Session, schedule: str, due_at: datetime) -> bool:
    """Whether a due time of a schedule was claimed."""
    return session.get(Occurrence, (schedule, due_at)) is not None


def forget(session: Session, before: datetime) -> None:
    """Drop handled events and the wording of sent posts from before then (UTC), done occurrences a year later.

    An occurrence must outlive what it belongs to: a consultation's early reminder is not to come twice.
    """
    session.exec(delete(HandledEvent).where(col(HandledEvent.at) < before))
    session.exec(delete(Occurrence).where(col(Occurrence.done_at) < before - timedelta(days=365)))
    sent = update(OutboxRow).where(
        col(OutboxRow.state) == "sent", col(OutboxRow.created_at) < before, col(OutboxRow.content) != ""
    )
    session.exec(sent.values(content=""))


def account(session: Session, user_id: str) -> Account | None:
    """Where the sync of this account stands."""
    return session.get(Account, user_id)


def save_token(session: Session, user_id: str, token: str, now: datetime) -> None:
    """Everything up to `token` is handled."""
    SAVE_TOKEN.run(session, {"user_id": user_id, "token": token, "alive_at": now})
