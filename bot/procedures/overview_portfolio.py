"""The portfolio as a page lists it: filtered and sorted, a page at a time.

By what Leipzig's concepts (2023) sort projects: fields of action, agenda goals, „finanziert“ or not, „in Umsetzung“,
„in Planung“ or a Zukunftsprojekt, the most influential ones.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.context import Scope
from bot.domain.project import AimKind, Funding, Light, Phase, several
from bot.language.names import fold
from bot.procedures.overview import Leaf, Viewer, leaf, shared
from bot.store import aims, overview, projects
from bot.store.overview import Narrowed
from bot.store.tables import Aim, Project

NOTHING: Final = "-"
"""In a filter: those that have no light, no phase, nobody who is responsible, no organisation."""

SEARCHED: Final = ("key", "title", "goal", "description", "partners", "field", "organisation", "milestone", "priority")
LIGHTS: Final = (Light.RED, Light.YELLOW, Light.GREEN)
CHOICES: Final[Mapping[str, Collection[str]]] = {
    "phase": frozenset({*Phase, NOTHING}),
    "funding": frozenset(Funding),
    "light": frozenset({*Light, NOTHING}),
}
SORTS: Final = ("key", "title", "field", "organisation", "owner", "phase", "funding", "light", "progress", "heard_at")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for; None is any. `aim` is the name of a goal or guiding principle, `text` are words."""

    text: str | None = None
    field: str | None = None
    aim: str | None = None
    phase: str | None = None
    funding: str | None = None
    light: str | None = None
    organisation: str | None = None
    owner: str | None = None
    influential: bool = False
    sort: str = "key"
    descending: bool = False

    @property
    def narrows(self) -> bool:
        """Whether any project may be left out."""
        return dataclasses.replace(self, sort="key", descending=False) != Filters()


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in a filter: what the projects that this reader sees have."""

    fields: Sequence[str]
    goals: Sequence[str]
    principles: Sequence[str]
    organisations: Sequence[str]
    owners: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A project in the list, with what it serves and when it last reported (UTC)."""

    project: Project
    fields: Sequence[str]
    aims: Sequence[Aim]
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A page of it."""

    leaf: Leaf[Row]
    choices: Choices


@dataclass(frozen=True, slots=True)
class Found:
    """What the database found, before it is searched and sorted: that takes longer than asking, and needs no database.

    `columns` are the names of what the rows hold behind ID and key.
    """

    rows: Sequence[Any]
    columns: Sequence[str]
    choices: Choices


def find(filters: Filters, viewer: Viewer, scope: Scope) -> Found:
    """The projects that fit by what the database knows."""
    only = shared(viewer, scope)
    ids = None if only is None else [project.id or 0 for project in only]
    known = _aims(viewer.network_id, ids, scope)
    columns = [*(SEARCHED if filters.text else ()), "field", *([] if filters.sort == "key" else [filters.sort])]
    columns = list(dict.fromkeys(columns))
    wanted = None if filters.aim is None else [aim.id or 0 for aim in known if fold(aim.name) == fold(filters.aim)]
    rows = []
    if wanted is None or wanted:
        narrowed = Narrowed(_equal(filters), wanted or (), ids)
        rows = overview.candidates(scope.session, viewer.network_id, narrowed, columns)
    return Found(rows, columns, _choices(viewer.network_id, ids, known, scope))


def _equal(filters: Filters) -> list[tuple[str, Any]]:
    given = {name: getattr(filters, name) for name in ("phase", "funding", "light", "organisation", "owner")}
    equal: list[tuple[str, Any]] = [
        (name, None if value == NOTHING else value) for name, value in given.items() if value is not None
    ]
    return [*equal, ("influential", True)] if filters.influential else equal


def _aims(network_id: int, only: Collection[int] | None, scope: Scope) -> Sequence[Aim]:
    """Goals and principles that a reader knows of: a guest those of the projects shared with them."""
    if only is None:
        return aims.of_network(scope.session, network_id)
    served = aims.of_projects(scope.session, only).values()
    return list({aim.id: aim for some in served for aim in some}.values())


def _choices(network_id: int, only: Collection[int] | None, known: Sequence[Aim], scope: Scope) -> Choices:
    def values(column: str) -> list[str]:
        return overview.values_of(scope.session, network_id, column, only)

    fields = {fold(name): name for words in sorted(values("field")) for name in several(words)}
    return Choices(
        sorted(fields.values(), key=fold),
        [aim.name for aim in known if aim.kind == AimKind.GOAL],
        [aim.name for aim in known if aim.kind == AimKind.PRINCIPLE],
        sorted(values("organisation"), key=fold),
        sorted(values("owner"), key=fold),
    )


def arrange(found: Found, filters: Filters, number: int) -> Leaf[int]:
    """The IDs of the projects on one page: searched, sorted, counted. Needs no database."""
    at = {name: place for place, name in enumerate(found.columns, start=2)}
    rows = list(found.rows)
    if filters.field is not None:
        named, place = fold(filters.field), at["field"]
        rows = [row for row in rows if named in map(fold, several(row[place]))]
    words = fold(filters.text or "").split()
    if words:
        first, last = at[SEARCHED[0]], at[SEARCHED[-1]] + 1
        rows = [row for row in rows if _holds("\n".join(part for part in row[first:last] if part), words)]
    rows.sort(key=lambda row: str(row[1]), reverse=filters.sort == "key" and filters.descending)
    if filters.sort != "key":
        rows = _sorted(rows, at[filters.sort], _order(filters.sort), descending=filters.descending)
    return leaf([row[0] for row in rows], number)


def _holds(words: str, wanted: Sequence[str]) -> bool:
    folded = fold(words)
    return all(word in folded for word in wanted)


def _sorted(rows: Sequence[Any], place: int, order: Callable[[Any], Any], *, descending: bool) -> list[Any]:
    """What has no such value comes last either way."""
    known = [row for row in rows if row[place] is not None]
    known.sort(key=lambda row: order(row[place]), reverse=descending)
    return [*known, *(row for row in rows if row[place] is None)]


def _order(sort: str) -> Callable[[Any], Any]:
    """By what a column is sorted: red comes before green, a Zukunftsprojekt before what runs."""
    ranks: Mapping[str, Sequence[str]] = {"phase": list(Phase), "funding": list(Funding), "light": LIGHTS}
    if sort in ranks:
        return ranks[sort].index
    return (lambda value: value) if sort in ("progress", "heard_at") else fold


def rows_of(page: Leaf[int], viewer: Viewer, scope: Scope) -> Leaf[Row]:
    """The projects of a page in full. What a guest may read is asked again: it is another transaction."""
    only = shared(viewer, scope)
    ids = page.rows if only is None else [each for each in page.rows if each in {project.id for project in only}]
    known = {own: project for own, project in projects.by_ids(scope.session, ids).items() if not project.archived}
    served = aims.of_projects(scope.session, page.rows)
    heard = overview.heard_at(scope.session, page.rows)
    rows = [
        Row(known[each], several(known[each].field), served.get(each, ()), heard.get(each))
        for each in page.rows
        if each in known
    ]
    return Leaf(rows, page.count, page.number, page.pages)


def portfolio(filters: Filters, number: int, viewer: Viewer, scope: Scope) -> Portfolio:
    """All of it in one transaction."""
    found = find(filters, viewer, scope)
    return Portfolio(rows_of(arrange(found, filters, number), viewer, scope), found.choices)
