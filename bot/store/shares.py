"""Which projects a guest may read. Shares that were withdrawn stay on record."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.store.tables import Project, ProjectShare


def share(session: Session, project: Project, person: str, by: str, now: datetime) -> bool:
    """Share a project with a person; False if it is already."""
    if _standing(session, project, person) is not None:
        return False
    session.add(ProjectShare(project_id=project.id or 0, person=person, shared_by=by, shared_at=now))
    session.flush()
    return True


def withdraw(session: Session, project: Project, person: str, by: str, now: datetime) -> bool:
    """Share a project no longer with a person; False if it was not shared."""
    row = _standing(session, project, person)
    if row is None:
        return False
    row.withdrawn_by, row.withdrawn_at = by, now
    session.flush()
    return True


def of_person(session: Session, network_id: int, person: str, room_id: str | None = None) -> Sequence[Project]:
    """A network's living projects that are shared with a person, by key; only those of one room if given."""
    statement = (
        select(Project)
        .join(ProjectShare, col(ProjectShare.project_id) == col(Project.id))
        .where(
            Project.network_id == network_id,
            ~col(Project.archived),
            ProjectShare.person == person,
            col(ProjectShare.withdrawn_at).is_(None),
        )
    )
    if room_id is not None:
        statement = statement.where(Project.room_id == room_id)
    return session.exec(statement.order_by(Project.folded)).all()


def withdraw_all(session: Session, network_id: int, person: str, by: str, now: datetime) -> list[Project]:
    """Nothing of a network is shared with a person any longer, archived projects neither; what was, by key."""
    statement = (
        select(ProjectShare, Project)
        .join(Project, col(ProjectShare.project_id) == col(Project.id))
        .where(
            Project.network_id == network_id, ProjectShare.person == person, col(ProjectShare.withdrawn_at).is_(None)
        )
    )
    shared = session.exec(statement.order_by(Project.folded)).all()
    for row, _ in shared:
        row.withdrawn_by, row.withdrawn_at = by, now
    session.flush()
    return [project for _, project in shared]


def readers(session: Session, project_id: int) -> Sequence[str]:
    """With whom a project is shared."""
    statement = select(ProjectShare.person).where(
        ProjectShare.project_id == project_id, col(ProjectShare.withdrawn_at).is_(None)
    )
    return session.exec(statement.order_by(ProjectShare.person)).all()


def _standing(session: Session, project: Project, person: str) -> ProjectShare | None:
    statement = select(ProjectShare).where(
        ProjectShare.project_id == project.id, ProjectShare.person == person, col(ProjectShare.withdrawn_at).is_(None)
    )
    return session.exec(statement).first()
