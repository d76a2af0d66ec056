"""A council paper (Gemeinderatsvorlage): what a field of action, some projects or a decision come to, for a council.

Sources: Leipzig 2023 and Stadt.Land.Digital, Lippe 2022 (plans of measures go to the councils, with days and funds);
Modellkommunen Open Government 2017 (dissent stands beside its counter-position).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.context import Context, Scope
from bot.domain.project import several
from bot.domain.task import State
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures import counts, groups, outcome
from bot.procedures.outcome import Shown
from bot.procedures.responsible import OpenTask, waiting
from bot.store import consultations, controlling, meetings, networks, projects, tasks
from bot.store.tables import Ballot, Consultation, Decision, Group, Meeting, Project, StatusUpdate, Task

MOST_PROJECTS = 100
MOST_DECISIONS = 20
DECIDED = frozenset({"accepted", "rejected", "chosen"})


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever asks for the paper says besides; what is None the bot may find out, or leaves to be filled in."""

    occasion: str | None = None
    number: str | None = None
    office: str | None = None
    council: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A decision as its ballot's part of the result shows it, with the consultation it comes from."""

    shown: Shown
    consultation: Consultation

    @property
    def is_decided(self) -> bool:
        """Whether anything was decided: not so below a quorum, or without votes."""
        return self.shown.decision.outcome in DECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """All that a paper says. `field` is the field of action it is about; `decision` the one decision, if it is one's.

    `latest` are the last status updates by project, `left_out` how many earlier decisions have no room.
    """

    network: str
    at: datetime
    zone: ZoneInfo
    given: Given
    field: str | None = None
    decision: Resolved | None = None
    projects: Sequence[Project] = ()
    latest: Mapping[int, StatusUpdate] | None = None
    decisions: Sequence[Resolved] = ()
    left_out: int = 0
    measures: Sequence[OpenTask] = ()
    meeting: Meeting | None = None

    def last(self, project: Project) -> StatusUpdate | None:
        """What was last reported of a project."""
        return (self.latest or {}).get(project.id or 0)

    @property
    def open_measures(self) -> Sequence[OpenTask]:
        """What is still to be done."""
        return [each for each in self.measures if not State(each.task.state).is_settled]

    @property
    def funds(self) -> int | None:
        """The funds that are named for the measures, in cents; None where nobody named any."""
        named = [each.funds for each in self.measures if each.funds is not None]
        return sum(named) if named else None

    @property
    def next_council(self) -> Task | None:
        """The measure that is the next to come before a council; before the one that was named, if one was."""
        asked = fold(self.given.council or "")
        todo = [each.task for each in self.open_measures if asked in ("", fold(each.task.council or ""))]
        ahead = [task for task in todo if task.council_at and task.council_at >= self.at]
        return min(ahead, key=lambda task: task.council_at or self.at, default=None)


def of_group(group: Group, given: Given, ctx: Context) -> Paper:
    """On a working group: what is in its room, and the projects of its field of action wherever they are."""
    place = groups.place_of(group)
    found = [each for each in _living(ctx) if each.room_id == place or _in_field(each, group.name)]
    paper = _about(found, given, ctx, room_id=place)
    return replace(paper, field=group.name)


def of_room(room_id: str, name: str | None, given: Given, ctx: Context) -> Paper:
    """On a room that is no working group's: what is in it; `name` is the room's."""
    paper = _about(projects.listed(ctx.session, ctx.network_id, room_id), given, ctx, room_id=room_id)
    return replace(paper, field=name)


def of_field(name: str, given: Given, ctx: Context) -> Paper | None:
    """On a field of action that has no working group; None if no project is in it."""
    found = [each for each in _living(ctx) if _in_field(each, name)]
    if not found:
        return None
    known = {fold(each): each for each in several(found[0].field)}
    return replace(_about(found, given, ctx), field=known[fold(name)])


def of_projects(found: Sequence[Project], given: Given, ctx: Context) -> Paper:
    """On these projects."""
    return _about(found, given, ctx)


def of_decision(decision: Decision, given: Given, ctx: Context) -> Paper:
    """On one decision: the projects it touches, and what it led to."""
    ballot, consultation = consultations.ballot_with_consultation(ctx.session, decision.ballot_id)
    found = [each for each in consultations.touched(ctx.session, consultation.id or 0) if not each.archived]
    made = tasks.of_consultation(ctx.session, consultation.id or 0)
    resolved = _resolved(ballot, consultation, ctx)
    paper = _about(found, given, ctx, decided=[(decision, ballot, consultation)], measures=made)
    return replace(paper, decision=resolved)


def _living(ctx: Context) -> Sequence[Project]:
    return projects.listed(ctx.session, ctx.network_id, None)


def _in_field(project: Project, name: str) -> bool:
    return fold(name) in map(fold, several(project.field))


def _about(
    found: Sequence[Project],
    given: Given,
    ctx: Context,
    *,
    room_id: str | None = None,
    decided: Sequence[tuple[Decision, Ballot, Consultation]] | None = None,
    measures: Sequence[Task] | None = None,
) -> Paper:
    if len(found) > MOST_PROJECTS:
        raise UserError("council.too_many", count=len(found), most=MOST_PROJECTS)
    own = {each.id or 0 for each in found}
    rows = controlling.decided_on(ctx.session, ctx.network_id, own, room_id) if decided is None else decided
    todo = measures if measures is not None else _measures(own, room_id, ctx)
    return Paper(
        network=networks.by_id(ctx.session, ctx.network_id).name,
        at=ctx.now,
        zone=ctx.network_zone(ctx.network_id),
        given=given,
        projects=found,
        latest=controlling.latest(ctx.session, own),
        decisions=[_resolved(ballot, of, ctx) for _, ballot, of in rows[:MOST_DECISIONS]],
        left_out=max(0, len(rows) - MOST_DECISIONS),
        measures=waiting([task for task in todo if task.state != State.DROPPED], ctx),
        meeting=meetings.last_before(ctx.session, ctx.network_id, room_id, ctx.now),
    )


def _measures(own: Collection[int], room_id: str | None, ctx: Context) -> Iterable[Task]:
    for task in tasks.listed(ctx.session, ctx.network_id):
        if task.project_id in own or (room_id is not None and task.room_id == room_id):
            yield task


def _resolved(ballot: Ballot, consultation: Consultation, scope: Scope) -> Resolved:
    """As `!beschluss` shows it: of a confidential vote nobody's words, and no numbers that would tell who voted how."""
    whole = outcome.gather(consultation, [counts.count_of(consultation, ballot, scope)], scope)
    return Resolved(whole.ballots[0], consultation)
