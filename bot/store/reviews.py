"""What a review shows of projects: where they stood, what was reported since, what waits for an answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from bot.domain.project import FeedbackKind
from bot.store.tables import Feedback, OutboxRow, Project, StatusUpdate


def updates(
    session: Session, network_id: int, room_id: str | None, since: datetime | None
) -> dict[int, list[StatusUpdate]]:
    """What was reported of each living project of a network after `since` (UTC), oldest first; of one room if given."""
    statement = select(StatusUpdate).join(Project, col(Project.id) == col(StatusUpdate.project_id))
    statement = statement.where(*_living(network_id, room_id))
    if since is not None:
        statement = statement.where(StatusUpdate.at > since)
    found: dict[int, list[StatusUpdate]] = {}
    for update in session.exec(statement.order_by(col(StatusUpdate.at), col(StatusUpdate.id))):
        found.setdefault(update.project_id, []).append(update)
    return found


def lights_before(session: Session, network_id: int, room_id: str | None, at: datetime) -> dict[int, str]:
    """The last light that was reported of each project up to `at` (UTC)."""
    return _last_before(session, network_id, room_id, at, col(StatusUpdate.light))


def progress_before(session: Session, network_id: int, room_id: str | None, at: datetime) -> dict[int, int]:
    """The last progress that was reported of each project up to `at` (UTC), in percent."""
    return _last_before(session, network_id, room_id, at, col(StatusUpdate.progress))


def _last_before(session: Session, network_id: int, room_id: str | None, at: datetime, value: Any) -> dict[int, Any]:
    last = (
        select(func.max(StatusUpdate.id))
        .join(Project, col(Project.id) == col(StatusUpdate.project_id))
        .where(*_living(network_id, room_id), StatusUpdate.at <= at, value.is_not(None))
        .group_by(col(StatusUpdate.project_id))
    )
    statement = select(StatusUpdate.project_id, value).where(col(StatusUpdate.id).in_(last))
    return dict(session.exec(statement).all())


def unanswered(session: Session, network_id: int, room_id: str | None) -> dict[int, list[Feedback]]:
    """The feedback on each living project that waits for an answer, oldest first; praise waits for none."""
    statement = (
        select(Feedback)
        .join(Project, col(Project.id) == col(Feedback.project_id))
        .where(
            *_living(network_id, room_id),
            col(Feedback.answered_at).is_(None),
            Feedback.kind != FeedbackKind.PRAISE,
        )
    )
    found: dict[int, list[Feedback]] = {}
    for feedback in session.exec(statement.order_by(col(Feedback.id))):
        found.setdefault(feedback.project_id or 0, []).append(feedback)
    return found


def feedback_of_meeting(session: Session, meeting_id: int) -> Sequence[tuple[Feedback, Project]]:
    """What was said of projects during a meeting, by project, oldest first."""
    statement = (
        select(Feedback, Project)
        .join(Project, col(Project.id) == col(Feedback.project_id))
        .where(Feedback.meeting_id == meeting_id)
    )
    return session.exec(statement.order_by(Project.folded, col(Feedback.id))).all()


def keys_said(session: Session, beginning: str) -> Sequence[str]:
    """The keys of messages that begin so, sent or about to be."""
    named = col(OutboxRow.key).startswith(beginning, autoescape=True)
    return session.exec(select(OutboxRow.key).where(named)).all()


def _living(network_id: int, room_id: str | None) -> tuple[Any, ...]:
    here = (Project.network_id == network_id, ~col(Project.archived))
    return here if room_id is None else (*here, Project.room_id == room_id)
