"""Where the overview begins: the few things that matter most to this person now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.context import Scope
from bot.procedures import overview_agenda, overview_consultations
from bot.procedures.meetings import Sitting
from bot.procedures.overview import Viewer, shared
from bot.procedures.responsible import OpenTask
from bot.store import overview, projects
from bot.store.overview import Narrowed
from bot.store.tables import Consultation, Project

MOST: Final = 10
LATEST: Final = 5


@dataclass(frozen=True, slots=True)
class Start:
    """`lights` and `phases` say how many projects have each; `latest` are those that changed last.

    `own` are the first of `own_count` projects that this person is responsible for, `tasks` the first of `tasks_count`
    that they have to do.
    """

    count: int
    lights: Mapping[str | None, int]
    phases: Mapping[str | None, int]
    latest: Sequence[Project]
    own: Sequence[Project]
    own_count: int
    meeting: Sitting | None
    consultations: Sequence[Consultation]
    tasks: Sequence[OpenTask]
    tasks_count: int


def start(viewer: Viewer, scope: Scope) -> Start:
    """All of it; of a guest only what is shared with them."""
    only = shared(viewer, scope)
    ids = None if only is None else [project.id or 0 for project in only]
    columns = ("light", "phase", "owner", "changed_at")
    rows = overview.candidates(scope.session, viewer.network_id, Narrowed(only=ids), columns)
    latest = [row.id for row in sorted(rows, key=lambda row: row.changed_at, reverse=True)[:LATEST]]
    own = [row.id for row in sorted(rows, key=lambda row: str(row.folded)) if row.owner == viewer.person]
    known = projects.by_ids(scope.session, {*latest, *own[:MOST]})
    tasks, tasks_count = overview_agenda.mine(viewer, MOST, scope)
    return Start(
        len(rows),
        Counter(row.light for row in rows),
        Counter(row.phase for row in rows),
        [known[each] for each in latest],
        [known[each] for each in own[:MOST]],
        len(own),
        overview_agenda.following(viewer, scope),
        overview_consultations.running(viewer, scope),
        tasks,
        tasks_count,
    )
