"""Projects, their status updates, and what was said about them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from bot.domain.project import FeedbackKind
from bot.store.statements import ask
from bot.store.tables import Feedback, Idea, Project, ProjectChange, StatusUpdate, Synergy

# What `!status` asks for; built once, see `bot.store.statements`.
BY_FOLDED = select(Project).where(
    col(Project.network_id) == bindparam("network"), col(Project.folded) == bindparam("folded")
)
NEWEST_UPDATES = (
    sa.select(
        *map(col, (StatusUpdate.id, StatusUpdate.at, StatusUpdate.light, StatusUpdate.progress, StatusUpdate.text))
    )
    .where(col(StatusUpdate.project_id) == bindparam("project"))
    .order_by(col(StatusUpdate.at).desc(), col(StatusUpdate.id).desc())
    .limit(bindparam("limit"))
)
COUNT_UPDATES = (
    select(func.count()).select_from(StatusUpdate).where(col(StatusUpdate.project_id) == bindparam("project"))
)
UNANSWERED = (
    select(Feedback.number)
    .where(
        col(Feedback.project_id) == bindparam("project"),
        col(Feedback.answered_at).is_(None),
        col(Feedback.kind) != FeedbackKind.PRAISE,  # praise waits for no answer
    )
    .order_by(col(Feedback.number))
)
_OTHER: Any = aliased(Project)
_ITSELF: Any = bindparam("project")
LINKED_WITH = (
    sa.select(_OTHER.key, _OTHER.owner)
    .select_from(Synergy)
    .join(_OTHER, _OTHER.id == sa.case((col(Synergy.first_id) == _ITSELF, Synergy.second_id), else_=Synergy.first_id))
    .where(or_(col(Synergy.first_id) == _ITSELF, col(Synergy.second_id) == _ITSELF))
    .where(col(Synergy.linked_at).is_not(None), ~_OTHER.archived)
    .order_by(col(Synergy.linked_at))
)


def add(session: Session, project: Project) -> Project:
    """Store a new project; it gets its ID."""
    session.add(project)
    session.flush()
    return project


def by_folded(session: Session, network_id: int, folded: str) -> Project | None:
    """The project of this key, as compared, in a network; archived ones too."""
    return session.exec(BY_FOLDED, params={"network": network_id, "folded": folded}).first()


def keys(session: Session, network_id: int) -> Sequence[str]:
    """The keys of a network's living projects."""
    statement = select(Project.key).where(Project.network_id == network_id, ~col(Project.archived))
    return session.exec(statement.order_by(Project.folded)).all()


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[Project]:
    """A network's living projects; only those of one room if given."""
    statement = select(Project).where(Project.network_id == network_id, ~col(Project.archived))
    if room_id is not None:
        statement = statement.where(Project.room_id == room_id)
    return session.exec(statement.order_by(Project.folded)).all()


def add_update(session: Session, update: StatusUpdate) -> None:
    """Store a status update."""
    session.add(update)
    session.flush()


def remove_update(session: Session, update: StatusUpdate) -> None:
    """Take a status update off the record; nothing may refer to it any more."""
    session.flush()
    session.delete(update)
    session.flush()


def add_change(session: Session, change: ProjectChange) -> None:
    """Store what was changed in a project."""
    session.add(change)


def changes(session: Session, project_id: int, limit: int) -> Sequence[ProjectChange]:
    """The latest changes of a project's fields, newest first."""
    statement = select(ProjectChange).where(ProjectChange.project_id == project_id)
    return session.exec(
        statement.order_by(col(ProjectChange.at).desc(), col(ProjectChange.id).desc()).limit(limit)
    ).all()


def last_state(session: Session, project_id: int) -> tuple[str | None, int | None]:
    """Light and progress (in percent) as the updates of a project have left them."""

    def last(column: Any) -> Any:
        told = select(column).where(StatusUpdate.project_id == project_id, column.is_not(None))
        return session.exec(told.order_by(col(StatusUpdate.at).desc(), col(StatusUpdate.id).desc()).limit(1)).first()

    return last(col(StatusUpdate.light)), last(col(StatusUpdate.progress))


class Told(NamedTuple):
    """A status update as it is shown; `at` is UTC."""

    id: int
    at: datetime
    light: str | None
    progress: int | None
    text: str


def updates(session: Session, project_id: int, limit: int) -> Sequence[Told]:
    """The latest updates of a project, newest first."""
    return [Told._make(row) for row in ask(session, NEWEST_UPDATES, project=project_id, limit=limit)]


def before(session: Session, project_id: int, since: datetime) -> StatusUpdate | None:
    """The last update with a light up to `since` (UTC)."""
    statement = select(StatusUpdate).where(
        StatusUpdate.project_id == project_id, StatusUpdate.at <= since, col(StatusUpdate.light).is_not(None)
    )
    return session.exec(statement.order_by(col(StatusUpdate.id).desc()).limit(1)).first()


def count_updates(session: Session, project_id: int) -> int:
    """How many updates a project has."""
    return int(ask(session, COUNT_UPDATES, project=project_id).scalar_one())


class Linked(NamedTuple):
    """A project that another one is linked with."""

    key: str
    owner: str | None


def linked_with(session: Session, project_id: int) -> Sequence[Linked]:
    """The living projects that one is linked with, in the order of the links (`bot.store.synergies`)."""
    return [Linked._make(row) for row in ask(session, LINKED_WITH, project=project_id)]


def add_feedback(session: Session, feedback: Feedback) -> None:
    """Store a feedback."""
    session.add(feedback)
    session.flush()


def by_ids(session: Session, project_ids: Collection[int]) -> dict[int, Project]:
    """These projects by their database IDs."""
    found = session.exec(select(Project).where(col(Project.id).in_(project_ids))) if project_ids else ()
    return {project.id or 0: project for project in found}


def feedback_by_id(session: Session, feedback_id: int) -> Feedback | None:
    """The feedback with this database ID."""
    return session.get(Feedback, feedback_id)


def feedback_by_number(session: Session, network_id: int, number: int) -> Feedback | None:
    """F12."""
    statement = select(Feedback).where(Feedback.network_id == network_id, Feedback.number == number)
    return session.exec(statement).first()


def feedback_on_project(session: Session, project_id: int) -> Sequence[Feedback]:
    """All feedback on a project, oldest first."""
    return session.exec(select(Feedback).where(Feedback.project_id == project_id).order_by(col(Feedback.id))).all()


def feedback_on_result(session: Session, result_id: int) -> Sequence[Feedback]:
    """All feedback on a result, oldest first."""
    return session.exec(select(Feedback).where(Feedback.result_id == result_id).order_by(col(Feedback.id))).all()


def unanswered_numbers(session: Session, project_id: int) -> Sequence[int]:
    """The numbers of a project's feedback that waits for an answer."""
    numbers: Sequence[int] = ask(session, UNANSWERED, project=project_id).scalars().all()
    return numbers


def project(session: Session, project_id: int) -> Project:
    """The project with this database ID."""
    return session.get_one(Project, project_id)


def add_idea(session: Session, idea: Idea) -> None:
    """Store an idea."""
    session.add(idea)
    session.flush()


def idea_by_number(session: Session, network_id: int, number: int) -> Idea | None:
    """I4."""
    return session.exec(select(Idea).where(Idea.network_id == network_id, Idea.number == number)).first()


def ideas(session: Session, network_id: int, room_id: str | None) -> Sequence[Idea]:
    """A network's ideas, oldest first; only those of one room if given."""
    statement = select(Idea).where(Idea.network_id == network_id)
    if room_id is not None:
        statement = statement.where(Idea.room_id == room_id)
    return session.exec(statement.order_by(col(Idea.id))).all()
