"""The latest status update of each project, where it names what it lacks."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, or_, select

from bot.store.tables import Project, StatusUpdate

LABELS = ("bedarf", "need", "hindernis", "obstacle")


def latest(session: Session, network_id: int) -> Sequence[tuple[Project, StatusUpdate]]:
    """A network's living projects with their latest update that has a text, as far as it may name a need; by key.

    A mere light („gelb“) says nothing of what a project lacks, and settles nothing.
    """
    newest = (
        select(func.max(StatusUpdate.id))
        .where(col(StatusUpdate.project_id) == col(Project.id), col(StatusUpdate.text) != "")
        .correlate(Project)
        .scalar_subquery()
    )
    said = func.lower(col(StatusUpdate.text))
    statement = (
        select(Project, StatusUpdate)
        .join(StatusUpdate, col(StatusUpdate.id) == newest)
        .where(
            Project.network_id == network_id,
            ~col(Project.archived),
            or_(*(said.contains(f"{label}", autoescape=True) for label in LABELS)),
        )
    )
    return session.exec(statement.order_by(Project.folded)).all()
