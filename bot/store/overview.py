"""What the overview pages ask of projects: thousands in a list, and one with a history of any length.

Rows are read as bare columns, and only those that the question needs: 5,000 whole projects take ten times as long.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from bot.store.statements import ask
from bot.store.tables import (
    Consultation,
    Feedback,
    Group,
    Participation,
    Project,
    ProjectAim,
    ProjectChange,
    StatusUpdate,
    Touched,
)

PROJECTS = Project.__table__  # type: ignore[attr-defined] # SQLModel hides it
UPDATES = StatusUpdate.__table__  # type: ignore[attr-defined]
IN_ONE_QUESTION = 5_000  # values; SQLite takes 32,766


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which of a network's living projects. `equal` are columns and their values, of which None is „nothing“.

    `aims` are goals and principles of which all are served; `only` the projects there are at all for this reader.
    """

    equal: Sequence[tuple[str, Any]] = ()
    aims: Sequence[int] = ()
    only: Collection[int] | None = None


def candidates(session: Session, network_id: int, narrowed: Narrowed, columns: Iterable[str]) -> list[Any]:
    """The ID, the key as compared and these columns of all such projects, as rows.

    The column `heard_at` is when the last status update came (UTC).
    """
    chosen = [_heard_at() if name == "heard_at" else PROJECTS.c[name] for name in columns]
    rows: list[Any] = []
    for some in _portions(narrowed.only):
        statement = sa.select(PROJECTS.c.id, PROJECTS.c.folded, *chosen).where(*_conditions(network_id, narrowed, some))
        rows += ask(session, statement).all()
    return rows


def _heard_at() -> Any:
    last = sa.select(sa.func.max(UPDATES.c.at)).where(UPDATES.c.project_id == PROJECTS.c.id)
    return last.correlate(PROJECTS).scalar_subquery().label("heard_at")


def _portions(only: Collection[int] | None) -> Iterable[Sequence[int] | None]:
    if only is None:
        return (None,)
    wanted = list(only)
    return [wanted[start : start + IN_ONE_QUESTION] for start in range(0, len(wanted), IN_ONE_QUESTION)]


def _conditions(network_id: int, narrowed: Narrowed, some: Sequence[int] | None) -> list[Any]:
    found = [PROJECTS.c.network_id == network_id, ~PROJECTS.c.archived]
    found += [_is(PROJECTS.c[name], value) for name, value in narrowed.equal]
    for aim in narrowed.aims:
        found.append(PROJECTS.c.id.in_(select(ProjectAim.project_id).where(ProjectAim.aim_id == aim)))
    if some is not None:
        found.append(PROJECTS.c.id.in_(some))
    return found


def _is(column: Any, value: Any) -> Any:
    return column.is_(None) if value is None else column == value


def values_of(session: Session, network_id: int, column: str, only: Collection[int] | None) -> list[str]:
    """The different values of a column, in no order; „nothing“ is none."""
    found: set[str] = set()
    for some in _portions(only):
        of = PROJECTS.c[column]
        statement = sa.select(of).distinct().where(*_conditions(network_id, Narrowed(), some), of.is_not(None))
        found.update(ask(session, statement).scalars())
    return list(found)


def heard_at(session: Session, project_ids: Collection[int]) -> dict[int, datetime]:
    """When the last status update of these projects came (UTC); those without any are left out."""
    statement = sa.select(UPDATES.c.project_id, sa.func.max(UPDATES.c.at)).group_by(UPDATES.c.project_id)
    rows = ask(session, statement.where(UPDATES.c.project_id.in_(list(project_ids)))) if project_ids else ()
    return dict(row for row in rows)


class Place(NamedTuple):
    """A place in the history of a project: what came at `at` (UTC) as a status update or (not) as a change, by ID."""

    at: datetime
    is_update: bool
    id: int


def history(
    session: Session, project_id: int, before: Place | None, limit: int
) -> list[tuple[Place, StatusUpdate | ProjectChange]]:
    """A project's status updates and changes, newest first, from before a place on; no more than `limit` are read."""
    found: list[tuple[Place, StatusUpdate | ProjectChange]] = [
        (Place(row.at, True, row.id or 0), row) for row in _newest(session, StatusUpdate, project_id, before, limit)
    ]
    found += [
        (Place(row.at, False, row.id or 0), row) for row in _newest(session, ProjectChange, project_id, before, limit)
    ]
    return sorted(found, key=lambda each: each[0], reverse=True)[:limit]


H = TypeVar("H", StatusUpdate, ProjectChange)


def _newest(session: Session, table: type[H], project_id: int, before: Place | None, limit: int) -> Sequence[H]:
    statement = select(table).where(table.project_id == project_id, *_before(table, before))
    return session.exec(statement.order_by(col(table.at).desc(), col(table.id).desc()).limit(limit)).all()


def _before(table: type[StatusUpdate] | type[ProjectChange], place: Place | None) -> Iterable[Any]:
    """At one time updates come after changes, as `Place` is compared."""
    if place is None:
        return
    is_update = table is StatusUpdate
    yield col(table.at) <= place.at  # what the index is searched by
    if is_update == place.is_update:
        yield or_(col(table.at) < place.at, col(table.id) < place.id)
    elif is_update:
        yield col(table.at) < place.at


def feedback(session: Session, project_id: int, below: int | None, limit: int) -> Sequence[Feedback]:
    """The latest feedback on a project, newest first; only what has a number below `below` if given."""
    statement = select(Feedback).where(Feedback.project_id == project_id)
    if below is not None:
        statement = statement.where(col(Feedback.number) < below)
    return session.exec(statement.order_by(col(Feedback.number).desc()).limit(limit)).all()


def touching(session: Session, project_id: int) -> Sequence[Consultation]:
    """The consultations whose decisions touch a project's plan, newest first."""
    statement = select(Consultation).join(Touched, col(Touched.consultation_id) == col(Consultation.id))
    return session.exec(statement.where(Touched.project_id == project_id).order_by(col(Consultation.id).desc())).all()


def taking_part(session: Session, network_id: int) -> dict[int, list[tuple[str, str]]]:
    """By living group of a network who takes part now, and how: persons and kinds, who began first in front."""
    statement = (
        select(Participation.group_id, Participation.person, Participation.kind)
        .join(Group, col(Group.id) == col(Participation.group_id))
        .where(
            Participation.network_id == network_id,
            col(Participation.until).is_(None),
            col(Group.ended_at).is_(None),
        )
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for group_id, person, kind in session.exec(statement.order_by(col(Participation.id))):
        found.setdefault(group_id, []).append((person, kind))
    return found
