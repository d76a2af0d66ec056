"""A status update: what somebody reports of a project becomes its state, and is kept as its history.

Both `!status` and the answers to check-ins report here. „Keine Änderung“ is no update: it stands with the answers.
"""

from dataclasses import dataclass

from bot.context import Scope
from bot.errors import UserError
from bot.language.lights import StatusWords
from bot.store import projects
from bot.store.tables import Project, StatusUpdate

LONGEST = 2000  # characters of a text


@dataclass(frozen=True, slots=True)
class Reported:
    """An update, and light and progress (in percent) that held before it."""

    update: StatusUpdate
    before: tuple[str | None, int | None]


def report(project: Project, said: StatusWords, author: str, event_id: str, scope: Scope) -> Reported:
    """Store an update; what it does not name stays as it was. Whether the author may is for the caller to know.

    Raises UserError for a text that is too long.
    """
    require_length(said.text)
    made = reported(project, said, author, event_id, scope)
    projects.add_update(scope.session, made.update)
    return made


def reported(project: Project, said: StatusWords, author: str, event_id: str, scope: Scope) -> Reported:
    """The same, not stored yet: for many at once."""
    before = (project.light, project.progress)
    project.changed_at = scope.now
    project.light = said.light or project.light
    project.progress = said.progress if said.progress is not None else project.progress
    update = StatusUpdate(
        project_id=project.id or 0,
        author=author,
        at=scope.now,
        light=said.light,
        progress=said.progress,
        text=said.text,
        event_id=event_id,
    )
    return Reported(update, before)


def take_back(update: StatusUpdate, scope: Scope) -> bool:
    """Undo an update, as if it had never been made. False if something was reported since: then it stays."""
    if projects.updates(scope.session, update.project_id, 1)[0].id != update.id:
        return False
    project = projects.project(scope.session, update.project_id)
    projects.remove_update(scope.session, update)
    project.light, project.progress = projects.last_state(scope.session, update.project_id)
    project.changed_at = scope.now
    return True


def require_length(text: str) -> None:
    """Raises UserError for a text that is longer than any update may be."""
    if len(text) > LONGEST:
        raise UserError("inbox.too_long", length=len(text), longest=LONGEST, what="text")
