"""Answers to check-ins, by what they are about and by the message or reaction that gave them."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from bot.store.statements import ask
from bot.store.tables import CheckInAnswer, CheckInAsk, StatusUpdate

LOOKED_AT = 20  # questions about a project that were answered last; an answer with news in it is a status update anyway

# What `!status` asks for; built once, see `bot.store.statements`.
_ASKED = (
    select(CheckInAsk.id)
    .where(col(CheckInAsk.project_id) == bindparam("project"), col(CheckInAsk.answered_at).is_not(None))
    .order_by(col(CheckInAsk.answered_at).desc())
    .limit(LOOKED_AT)
)
_UNCHANGED = select(func.max(CheckInAnswer.at)).where(
    col(CheckInAnswer.ask_id).in_(_ASKED), col(CheckInAnswer.no_change)
)
_REPORTED = select(func.max(StatusUpdate.at)).where(col(StatusUpdate.project_id) == bindparam("project"))
LATEST = select(_UNCHANGED.scalar_subquery(), _REPORTED.scalar_subquery())


def says_something(answer: CheckInAnswer) -> bool:
    """Whether an answer stands; one that was taken back says nothing."""
    return bool(answer.light or answer.progress is not None or answer.text or answer.no_change)


def of_event(session: Session, event_id: str) -> list[CheckInAnswer]:
    """What one message or reaction answered: several questions, if it named them, each once."""
    statement = select(CheckInAnswer).where(CheckInAnswer.event_id == event_id)
    return list(session.exec(statement.order_by(col(CheckInAnswer.id))))


def standing(session: Session, ask_id: int) -> CheckInAnswer | None:
    """The latest answer to a question that was not taken back."""
    statement = select(CheckInAnswer).where(CheckInAnswer.ask_id == ask_id).order_by(col(CheckInAnswer.id).desc())
    return next((each for each in session.exec(statement) if says_something(each)), None)


def blank(answer: CheckInAnswer) -> None:
    """Take an answer back: who gave it and when is kept, what it said is not. Its ID is never given again."""
    answer.light, answer.progress, answer.text, answer.no_change = None, None, "", False
    answer.status_update_id = None


def update_of(session: Session, answer: CheckInAnswer) -> StatusUpdate | None:
    """What became of an answer that was about a project."""
    return session.get(StatusUpdate, answer.status_update_id) if answer.status_update_id else None


def unchanged_at(session: Session, project_id: int) -> datetime | None:
    """When it was last said of a project that nothing had changed (UTC), if that was its latest report."""
    at: datetime | None
    reported: datetime | None
    at, reported = ask(session, LATEST, project=project_id).one()
    return at if at is not None and (reported is None or at > reported) else None
