"""What the controlling file is made from: what was reported, changed and decided; in few questions, however much."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, or_, select

from bot.store.tables import (
    Aim,
    Ballot,
    Consultation,
    Decision,
    Dissent,
    Project,
    ProjectAim,
    ProjectChange,
    StatusUpdate,
    Touched,
)

IN_ONE_QUESTION = 5_000  # values; SQLite takes 32,766


def _of(network_id: int, room_id: str | None) -> Sequence[Any]:
    return [Project.network_id == network_id, *([Project.room_id == room_id] if room_id is not None else [])]


class Told(NamedTuple):
    """A status update, and the key of its project: without what the ORM adds, for there may be 50,000 of them."""

    at: datetime
    project: str
    light: str | None
    progress: int | None
    text: str
    author: str


def updates(session: Session, network_id: int, room_id: str | None, since: datetime) -> Sequence[Told]:
    """Status updates since then (UTC), oldest first; those of archived projects, too."""
    known = StatusUpdate
    columns: list[Any] = [known.at, Project.key, known.light, known.progress, known.text, known.author]
    statement = sa_select(*columns)
    statement = statement.join(Project, col(Project.id) == col(StatusUpdate.project_id))
    statement = statement.where(*_of(network_id, room_id), col(StatusUpdate.at) >= since)
    rows = session.connection().execute(statement.order_by(col(StatusUpdate.at), col(StatusUpdate.id)))
    return [Told(*row) for row in rows]


def changes(
    session: Session, network_id: int, room_id: str | None, since: datetime
) -> Sequence[tuple[ProjectChange, str]]:
    """What was changed in projects since then (UTC), oldest first, each with its project's key; archived ones, too."""
    statement = select(ProjectChange, Project.key).join(Project, col(Project.id) == col(ProjectChange.project_id))
    statement = statement.where(*_of(network_id, room_id), ProjectChange.at >= since)
    return session.exec(statement.order_by(col(ProjectChange.at), col(ProjectChange.id))).all()


def aims(session: Session, network_id: int, room_id: str | None) -> dict[int, list[Aim]]:
    """By project, what it serves, in the order in which that was named."""
    statement = (
        select(ProjectAim.project_id, Aim)
        .join(Aim, col(Aim.id) == col(ProjectAim.aim_id))
        .join(Project, col(Project.id) == col(ProjectAim.project_id))
        .where(*_of(network_id, room_id))
    )
    found: dict[int, list[Aim]] = {}
    for project_id, aim in session.exec(statement.order_by(col(Aim.id))):
        found.setdefault(project_id, []).append(aim)
    return found


def touched_by(session: Session, consultation_ids: Collection[int]) -> dict[int, list[str]]:
    """By consultation, the keys of the projects that it touches."""
    statement = select(Touched.consultation_id, Project.key).join(Project, col(Project.id) == col(Touched.project_id))
    found: dict[int, list[str]] = {}
    for part in _parts(consultation_ids):
        rows = session.exec(statement.where(col(Touched.consultation_id).in_(part)).order_by(Project.folded))
        for consultation_id, key in rows:
            found.setdefault(consultation_id, []).append(key)
    return found


def with_several_ballots(session: Session, network_id: int) -> set[int]:
    """The consultations of a network that have more than one ballot."""
    statement = (
        select(Ballot.consultation_id)
        .join(Consultation, col(Consultation.id) == col(Ballot.consultation_id))
        .where(Consultation.network_id == network_id)
        .group_by(col(Ballot.consultation_id))
        .having(func.count() > 1)
    )
    return set(session.exec(statement))


def dissents(session: Session, network_id: int) -> dict[int, int]:
    """How many dissent from each decision of a network, by its ID."""
    statement = select(Dissent.decision_id, func.count()).where(Dissent.network_id == network_id)
    return dict(session.exec(statement.group_by(col(Dissent.decision_id))).all())


def decided_on(
    session: Session, network_id: int, project_ids: Collection[int], room_id: str | None
) -> Sequence[tuple[Decision, Ballot, Consultation]]:
    """A network's decisions of consultations that touch one of these projects, or were held in a room; latest first."""
    touching = select(Touched.consultation_id).where(col(Touched.project_id).in_(project_ids))
    statement = (
        select(Decision, Ballot, Consultation)
        .join(Ballot, col(Ballot.id) == col(Decision.ballot_id))
        .join(Consultation, col(Consultation.id) == col(Ballot.consultation_id))
    )
    wanted: Any = col(Consultation.id).in_(touching)
    if room_id is not None:
        wanted = or_(wanted, col(Consultation.room_id) == room_id)
    return session.exec(
        statement.where(Decision.network_id == network_id, wanted).order_by(col(Decision.number).desc())
    ).all()


def latest(session: Session, project_ids: Collection[int]) -> dict[int, StatusUpdate]:
    """The last status update of each of these projects."""
    newest = (
        select(func.max(StatusUpdate.id))
        .where(col(StatusUpdate.project_id).in_(project_ids))
        .group_by(col(StatusUpdate.project_id))
    )
    found = session.exec(select(StatusUpdate).where(col(StatusUpdate.id).in_(newest)))
    return {update.project_id: update for update in found}


def _parts(ids: Collection[int]) -> list[list[int]]:
    ordered = sorted(ids)
    return [ordered[at : at + IN_ONE_QUESTION] for at in range(0, len(ordered), IN_ONE_QUESTION)]
