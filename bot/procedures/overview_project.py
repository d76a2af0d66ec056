"""One project in full: its fields, its history a page at a time, feedback, tasks, votes, and what it is linked with.

However long the history, the same few questions are put, and each reads no more than a page of it. A guest is told what
`!projekt` and `!status` tell them: the fields and the latest status updates, and nothing of what others said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.context import Scope
from bot.domain.project import several
from bot.language.names import fold
from bot.language.projects import BY_NAME
from bot.procedures import responsible
from bot.procedures.overview import Viewer, is_guest, shared
from bot.procedures.responsible import OpenTask
from bot.store import aims, answers, overview, projects, shares, synergies, tasks
from bot.store.overview import Place
from bot.store.projects import Told
from bot.store.synergies import Tied
from bot.store.tables import Aim, Consultation, Feedback, Project, ProjectChange, StatusUpdate

SHOWN_TO_GUESTS: Final = 5
"""The latest status updates, as many as `!status` shows."""
ENTRIES: Final = 20
SAID: Final = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the history: a status update, or a change of a field with its values as people write them."""

    place: Place
    update: StatusUpdate | Told | None = None
    change: ProjectChange | None = None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A page of it, newest first. `older` is where the next one begins; None: there is no more, or not for a guest."""

    entries: Sequence[Entry]
    older: Place | None
    newest: bool


@dataclass(frozen=True, slots=True)
class Inside:
    """What only the network sees. `below` is the number that older feedback begins below; None: there is none."""

    feedback: Sequence[Feedback] = ()
    below: int | None = None
    unanswered: Sequence[int] = ()
    tasks: Sequence[OpenTask] = ()
    consultations: Sequence[Consultation] = ()
    linked: Sequence[Tied] = ()
    readers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """A project. `last` is its latest status update, `unchanged` when it was said since that nothing has changed."""

    project: Project
    fields: Sequence[str]
    aims: Sequence[Aim]
    last: Told | None
    unchanged: datetime | None
    history: History
    inside: Inside = field(default_factory=Inside)


def project_of(key: str, viewer: Viewer, scope: Scope) -> Project | None:
    """The living project of this key, if this viewer may see it (`bot.procedures.finding.project_named`)."""
    found = projects.by_folded(scope.session, viewer.network_id, fold(key))
    if found is None or found.archived:
        return None
    only = shared(viewer, scope)
    return found if only is None or found in only else None


def whole(
    key: str, viewer: Viewer, scope: Scope, *, before: Place | None = None, below: int | None = None, language: str
) -> Whole | None:
    """All of it; None where there is no such project for this viewer.

    `before` is where this page of the history begins, `below` the number that feedback is shown from.
    """
    project = project_of(key, viewer, scope)
    if project is None:
        return None
    own, guest = project.id or 0, is_guest(viewer)
    return Whole(
        project,
        several(project.field),
        aims.of_projects(scope.session, [own]).get(own, []),
        next(iter(projects.updates(scope.session, own, 1)), None),
        answers.unchanged_at(scope.session, own),
        _for_guest(own, scope) if guest else _history(own, before, language, scope),
        Inside() if guest else _inside(project, below, scope),
    )


def _for_guest(project_id: int, scope: Scope) -> History:
    found = projects.updates(scope.session, project_id, SHOWN_TO_GUESTS)
    return History([Entry(Place(each.at, True, each.id), each) for each in found], None, True)


def _history(project_id: int, before: Place | None, language: str, scope: Scope) -> History:
    found = overview.history(scope.session, project_id, before, ENTRIES + 1)
    shown = [_entry(place, row, language) for place, row in found[:ENTRIES]]
    return History(shown, shown[-1].place if len(found) > ENTRIES else None, before is None)


def _entry(place: Place, row: StatusUpdate | ProjectChange, language: str) -> Entry:
    if isinstance(row, StatusUpdate):
        return Entry(place, row)
    return Entry(place, None, row, _worded(row.field, row.before, language), _worded(row.field, row.after, language))


def _worded(name: str, value: str | None, language: str) -> str | None:
    """A value in the history as people write it: „in Umsetzung“ for `running`."""
    known = BY_NAME.get(name)
    if value is None or known is None or known.choices is None:
        return value
    return next((known.write(meant, language) for meant in known.choices.values() if str(meant) == value), value)


def _inside(project: Project, below: int | None, scope: Scope) -> Inside:
    session, own = scope.session, project.id or 0
    said = overview.feedback(session, own, below, SAID + 1)
    return Inside(
        said[:SAID],
        said[SAID - 1].number if len(said) > SAID else None,
        projects.unanswered_numbers(session, own),
        responsible.waiting(tasks.open_of_project(session, own), scope),
        overview.touching(session, own),
        synergies.linked_of(session, own),
        shares.readers(session, own),
    )


def place_of(words: str) -> Place | None:
    """A place in the history as it stands in an address; None for what is none."""
    at, _, last = words.rpartition("_")
    try:
        moment, number = datetime.fromisoformat(at), int(last[1:])
        fits = last[:1] in ("m", "a") and moment.tzinfo is not None and 0 < number < 2**63
        return Place(moment.astimezone(UTC), last[0] == "m", number) if fits else None
    except (ValueError, OverflowError):  # none at all, or beyond all years
        return None


def as_words(place: Place) -> str:
    """The same the other way round."""
    return f"{place.at.isoformat()}_{'m' if place.is_update else 'a'}{place.id}"
