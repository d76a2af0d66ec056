"""Goals of an agenda and guiding principles, and which projects serve them."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlmodel import Session, col, delete, select

from bot.store.tables import Aim, ProjectAim


def add(session: Session, aim: Aim) -> Aim:
    """Store a new one; it gets its ID."""
    session.add(aim)
    session.flush()
    return aim


def by_folded(session: Session, network_id: int, folded: str) -> Aim | None:
    """The one of this name, as compared; retired ones too."""
    return session.exec(select(Aim).where(Aim.network_id == network_id, Aim.folded == folded)).first()


def of_network(session: Session, network_id: int, *, retired: bool = False) -> Sequence[Aim]:
    """A network's goals, then its principles, in the order in which they were named."""
    statement = select(Aim).where(Aim.network_id == network_id)
    if not retired:
        statement = statement.where(col(Aim.retired_at).is_(None))
    return session.exec(statement.order_by(col(Aim.kind), col(Aim.id))).all()


def of_projects(session: Session, project_ids: Collection[int]) -> dict[int, list[Aim]]:
    """By project, what it serves; in the order in which it was named. A project without any is left out."""
    found: dict[int, list[Aim]] = defaultdict(list)
    if project_ids:
        statement = select(ProjectAim.project_id, Aim).join(Aim, col(Aim.id) == col(ProjectAim.aim_id))
        statement = statement.where(col(ProjectAim.project_id).in_(project_ids)).order_by(col(Aim.id))
        for project_id, aim in session.exec(statement):
            found[project_id].append(aim)
    return dict(found)


def set_for(session: Session, project_id: int, aims: Collection[Aim]) -> None:
    """From now on a project serves these, and no others."""
    session.exec(delete(ProjectAim).where(col(ProjectAim.project_id) == project_id))
    session.add_all(ProjectAim(project_id=project_id, aim_id=aim.id or 0) for aim in aims)
    session.flush()
