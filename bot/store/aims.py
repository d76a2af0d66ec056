"""Goals of an agenda and guiding principles, and which projects serve them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, func, select

from bot.store.many import put
from bot.store.statements import ask
from bot.store.tables import Aim, Project, ProjectAim

# What `!status` asks for; built once, see `bot.store.statements`.
OF_PROJECT = (
    select(Aim.kind, Aim.name)
    .join(ProjectAim, col(Aim.id) == col(ProjectAim.aim_id))
    .where(col(ProjectAim.project_id) == bindparam("project"))
    .order_by(col(Aim.id))
)


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


class Served(NamedTuple):
    """What a project serves, as it is named to people."""

    kind: str
    name: str


def of_project(session: Session, project_id: int) -> Sequence[Served]:
    """What a project serves, in the order in which it was named."""
    return [Served._make(row) for row in ask(session, OF_PROJECT, project=project_id)]


def counts(session: Session, network_id: int) -> dict[int, int]:
    """How many living projects serve each of a network's aims; one that none serves is left out."""
    statement = (
        select(ProjectAim.aim_id, func.count())
        .join(Project, col(Project.id) == col(ProjectAim.project_id))
        .where(Project.network_id == network_id, ~col(Project.archived))
        .group_by(col(ProjectAim.aim_id))
    )
    return dict(session.exec(statement).all())


def serving(session: Session, aim_id: int) -> Sequence[Project]:
    """The living projects that serve one, by key."""
    statement = select(Project).join(ProjectAim, col(Project.id) == col(ProjectAim.project_id))
    statement = statement.where(ProjectAim.aim_id == aim_id, ~col(Project.archived))
    return session.exec(statement.order_by(Project.folded)).all()


def set_for(session: Session, project_id: int, aims: Collection[Aim], before: Collection[Aim]) -> None:
    """From now on a project serves these, and no others; `before` are those that it serves until now."""
    wanted, standing = ({aim.id or 0 for aim in each} for each in (aims, before))
    if gone := standing - wanted:
        session.flush()
        session.exec(
            delete(ProjectAim).where(col(ProjectAim.project_id) == project_id, col(ProjectAim.aim_id).in_(gone))
        )
    session.add_all(ProjectAim(project_id=project_id, aim_id=aim_id) for aim_id in sorted(wanted - standing))


def serve(session: Session, pairs: Collection[tuple[int, int]]) -> None:
    """New projects serve these aims: pairs of their IDs, in one go."""
    rows = [{"project_id": project_id, "aim_id": aim_id} for project_id, aim_id in pairs]
    put(session, ProjectAim.__table__, rows)  # type: ignore[attr-defined] # SQLModel hides it
