"""Projects are put in order by points (Mainz: which topics come first), and the order becomes their priority."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Context
from bot.domain.answers import Kind
from bot.domain.consultation import State
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures import counts, drafting
from bot.store import consultations, projects
from bot.store.tables import Consultation, Meeting, Project

SEPARATOR = " – "
"""Between a project's key and its title in the name of an option; no key holds a space."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A project in the order that came of the points: its place (equals share one), its points, its priority before."""

    project: Project
    place: int
    points: int


def options(found: Sequence[Project]) -> str:
    """The projects as the options of a ballot. Raises UserError for fewer than two, or too many."""
    if not 2 <= len(found) <= drafting.MOST_OPTIONS:
        raise UserError("prioritising.how_many", count=len(found), most=drafting.MOST_OPTIONS)
    return "\n".join(f"- {_label(project)}" for project in found)


def _label(project: Project) -> str:
    """What stands on a line of its own, and no longer than an option may be."""
    title = " ".join((project.title or "").split())
    room = drafting.LONGEST_OPTION - len(project.key) - len(SEPARATOR)
    return f"{project.key}{SEPARATOR}{title[:room].strip()}" if title else project.key


def placed(consultation: Consultation, meeting: Meeting, ctx: Context) -> list[Placed]:
    """The projects in the order of their points. Raises UserError where there is no such result, or none to be told.

    `meeting` is the one whose projects they are.
    """
    ballot = consultations.ballot(ctx.session, consultation.id or 0)
    if ballot.kind != Kind.POINTS or consultation.state != State.PUBLISHED:
        raise UserError("prioritising.no_points", consultation=consultation, meeting=meeting, prefix=ctx.house.prefix)
    counted = counts.count_of(consultation, ballot, ctx)
    found = []
    for number, option in enumerate(counted.sheet.options, 1):
        key = option.label.partition(SEPARATOR)[0].strip()
        project = projects.by_folded(ctx.session, ctx.network_id, fold(key))
        if project is not None and not project.archived:
            found.append(Placed(project, counted.count.place(str(number)), counted.count.of(str(number)).score))
    if counted.outcome_only or not found or not counted.count.places:
        raise UserError("prioritising.no_points", consultation=consultation, meeting=meeting, prefix=ctx.house.prefix)
    return sorted(found, key=lambda each: (each.place, each.project.folded))


def settle(order: Sequence[Placed]) -> None:
    """The places become the projects' priorities."""
    for each in order:
        each.project.priority = str(each.place)
