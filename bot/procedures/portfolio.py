"""What is known of a project changes: whoever says so, it is done here, and kept as its history.

Status updates (light, progress, text) have a history of their own: `reporting`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.context import Scope
from bot.domain.project import AIM_FIELDS, AimKind, listed
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.store import aims, projects
from bot.store.tables import Aim, Project, ProjectChange

JUST_NOW = timedelta(minutes=10)  # so long two people may be editing „at the same time“
MOST_OVERTAKEN = 50  # changes of a project that are looked through for that


@dataclass(frozen=True, slots=True)
class Agenda:
    """A network's aims in force by name as compared, and what projects serve: read once, for many changes."""

    known: Mapping[str, Aim]
    serves: dict[int, list[Aim]]

    @classmethod
    def of(cls, network_id: int, project_ids: Collection[int], scope: Scope) -> "Agenda":
        """Read it for these projects."""
        known = {aim.folded: aim for aim in aims.of_network(scope.session, network_id)}
        return cls(known, aims.of_projects(scope.session, project_ids))


def change(
    project: Project, values: Mapping[str, Any], by: str, cause: str, scope: Scope, agenda: Agenda | None = None
) -> list[str]:
    """Set fields of a project (`bot.language.projects.FIELDS`, as read; of aims the names); those that changed.

    `cause` is the event, or the import, in which somebody said so. Raises UserError for a goal or principle that the
    network does not have.
    """
    changed = []
    for name, value in values.items():
        before, after = _set(project, name, value, scope, agenda)
        if before != after:
            _remember(project, name, (before, after), by, cause, scope)
            changed.append(name)
    if changed:
        project.changed_at = scope.now
    return changed


def set_aims(project: Project, values: Mapping[str, Any], scope: Scope, agenda: Agenda | None = None) -> None:
    """What a new project serves (`AIM_FIELDS`): there is no history of it yet. Raises UserError as `change` does."""
    for name in AIM_FIELDS:
        if values.get(name):
            _set(project, name, values[name], scope, agenda)


def archive(project: Project, by: str, cause: str, scope: Scope, *, archived: bool = True) -> None:
    """Put a project away, or take it out again."""
    change(project, {"archived": archived}, by, cause, scope)


def overtaken(project: Project, names: Iterable[str], by: str, scope: Scope) -> list[ProjectChange]:
    """Of these fields, what somebody else has changed a short time before `by` does; the latest of each, oldest first.

    To be asked before `change`: who edits at the same time learns of it, and both versions stay on record.
    """
    wanted = set(names)
    latest: dict[str, ProjectChange] = {}
    for row in projects.changes(scope.session, project.id or 0, MOST_OVERTAKEN):
        if row.field in wanted and row.at >= scope.now - JUST_NOW:
            latest.setdefault(row.field, row)
    return [row for row in reversed(latest.values()) if row.by != by]


def _set(project: Project, name: str, value: Any, scope: Scope, agenda: Agenda | None) -> tuple[Any, Any]:
    """What was there before, and what is there now; aims in one order, however they were named."""
    if name not in AIM_FIELDS:
        before = getattr(project, name)
        setattr(project, name, value)
        return before, value
    kind, project_id = AIM_FIELDS[name], project.id or 0
    agenda = agenda or Agenda.of(project.network_id, [project_id], scope)
    standing = agenda.serves.get(project_id, [])
    own = [aim for aim in standing if aim.kind == kind]
    known = dict(agenda.known) | {aim.folded: aim for aim in own}  # a retired one may stay, but not come
    named = _aims_named(value or (), kind, {folded: aim for folded, aim in known.items() if aim.kind == kind})
    if own != named:
        agenda.serves[project_id] = [*(aim for aim in standing if aim.kind != kind), *named]
        aims.set_for(scope.session, project_id, agenda.serves[project_id], standing)
    return _names(own), _names(named)


def _names(of: Iterable[Aim]) -> tuple[str, ...]:
    return tuple(aim.name for aim in sorted(of, key=lambda aim: aim.id or 0))


def aims_named(names: Sequence[str], kind: AimKind, network_id: int, scope: Scope) -> list[Aim]:
    """The goals or principles in force of these names. Raises UserError for one that the network does not have."""
    known = {aim.folded: aim for aim in aims.of_network(scope.session, network_id) if aim.kind == kind}
    return _aims_named(names, kind, known)


def _aims_named(names: Sequence[str], kind: AimKind, known: Mapping[str, Aim]) -> list[Aim]:
    """Those of these names, each once. Raises UserError for one that is not known."""
    found: dict[str, Aim] = {}
    for name in names:
        aim = known.get(fold(name))
        if aim is None:
            close = next(iter(nearest(name, [each.name for each in known.values()])), None)
            raise UserError("portfolio.no_aim", name=name, kind=kind, close=close)
        found[aim.folded] = aim
    return list(found.values())


def _remember(project: Project, name: str, values: tuple[Any, Any], by: str, cause: str, scope: Scope) -> None:
    before, after = (None if value is None else written(value) for value in values)
    row = ProjectChange(
        project_id=project.id or 0, at=scope.now, by=by, field=name, before=before, after=after, cause=cause
    )
    projects.add_change(scope.session, row)


def written(value: Any) -> str | None:
    """As the history has it."""
    return listed(value) if isinstance(value, tuple) else str(value)
