"""What is known of a project changes: whoever says so, it is done here, and kept as its history.

Status updates (light, progress, text) have a history of their own: `reporting`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.context import Scope
from bot.domain.project import AimKind, listed
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.store import aims, projects
from bot.store.tables import Aim, Project, ProjectChange

AIMS = {"goals": AimKind.GOAL, "principles": AimKind.PRINCIPLE}


def change(project: Project, values: Mapping[str, Any], by: str, cause: str, scope: Scope) -> list[str]:
    """Set fields of a project (`bot.language.projects.FIELDS`, as read; of aims the names); those that changed.

    `cause` is the event, or the import, in which somebody said so. Raises UserError for a goal or principle that the
    network does not have.
    """
    changed = []
    for name, value in values.items():
        before = _set(project, name, value, scope)
        if before != value:
            _remember(project, name, (before, value), by, cause, scope)
            changed.append(name)
    if changed:
        project.changed_at = scope.now
    return changed


def archive(project: Project, by: str, cause: str, scope: Scope, *, archived: bool = True) -> None:
    """Put a project away, or take it out again."""
    change(project, {"archived": archived}, by, cause, scope)


def _set(project: Project, name: str, value: Any, scope: Scope) -> Any:
    """What was there before."""
    if name not in AIMS:
        before = getattr(project, name)
        setattr(project, name, value)
        return before
    kind, project_id = AIMS[name], project.id or 0
    standing = aims.of_projects(scope.session, [project_id]).get(project_id, [])
    before = tuple(aim.name for aim in standing if aim.kind == kind)
    named = aims_named(value or (), kind, project.network_id, scope)
    aims.set_for(scope.session, project_id, [*(aim for aim in standing if aim.kind != kind), *named])
    return before


def aims_named(names: Sequence[str], kind: AimKind, network_id: int, scope: Scope) -> list[Aim]:
    """The goals or principles of these names. Raises UserError for one that the network does not have."""
    known = {aim.folded: aim for aim in aims.of_network(scope.session, network_id) if aim.kind == kind}
    found = []
    for name in names:
        aim = known.get(fold(name))
        if aim is None:
            close = next(iter(nearest(name, [each.name for each in known.values()])), None)
            raise UserError("portfolio.no_aim", name=name, kind=kind, close=close)
        found.append(aim)
    return found


def _remember(project: Project, name: str, values: tuple[Any, Any], by: str, cause: str, scope: Scope) -> None:
    before, after = (None if value is None else _written(value) for value in values)
    row = ProjectChange(
        project_id=project.id or 0, at=scope.now, by=by, field=name, before=before, after=after, cause=cause
    )
    projects.add_change(scope.session, row)


def _written(value: Any) -> str | None:
    return listed(value) if isinstance(value, tuple) else str(value)
