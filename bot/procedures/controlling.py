"""The controlling file: the portfolio of a group or a network as it stands, and what happened since a day.

Sources: Leipzig 2023 (the outcome of the concepts is a space for monitoring and controlling, not a document);
Stadt.Land.Digital, Lippe 2022 (measures with days of the council and bundled funds).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.consultation import Visibility
from bot.domain.digest import is_stale
from bot.domain.project import AimKind, several
from bot.language.names import fold
from bot.procedures.responsible import OpenTask, waiting
from bot.store import boards, consultations, controlling, decisions, meetings, networks, projects, rooms, tasks
from bot.store.controlling import Told
from bot.store.tables import Aim, Ballot, Consultation, Decision, Project, ProjectChange
from bot.store.tasks import Wanted

LATELY = timedelta(weeks=12)
"""What is told of where nobody said since when, and nobody has met yet."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its ballot („K3.2“). `dissents` is None where nobody may know whether there are any."""

    decision: Decision
    ballot: Ballot
    consultation: Consultation
    short: str
    dissents: int | None
    projects: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All that the file says. `room_id` is None for a whole network, `name` that of the group, if it has one.

    `since` and `at` are UTC.

    `heard` is by project when it was last reported on; `aims` what it serves; `groups` whose room it is in.
    """

    network: str
    room_id: str | None
    name: str | None
    since: datetime
    at: datetime
    zone: ZoneInfo
    projects: Sequence[Project]
    heard: Mapping[int, datetime]
    aims: Mapping[int, Sequence[Aim]]
    groups: Mapping[str, str]
    updates: Sequence[Told]
    changes: Sequence[tuple[ProjectChange, str]]
    measures: Sequence[OpenTask]
    keys: Mapping[int, str]
    decided: Sequence[Decided]

    @property
    def stale(self) -> int:
        """Projects of which nothing was heard for more than four weeks, but for those that rest by their phase."""
        return sum(is_stale(each.phase, self.last_heard(each) or each.created_at, self.at) for each in self.projects)

    @property
    def mean_progress(self) -> float | None:
        """In percent, of the projects of which it is known."""
        known = [each.progress for each in self.projects if each.progress is not None]
        return sum(known) / len(known) if known else None

    @property
    def open_measures(self) -> Sequence[OpenTask]:
        """What is still to be done."""
        return [each for each in self.measures if each.task.state in ("open", "started")]

    def last_heard(self, project: Project) -> datetime | None:
        """When its state was last reported (UTC); None if nobody ever did."""
        return self.heard.get(project.id or 0)

    def served(self, project: Project, kind: AimKind) -> tuple[str, ...]:
        """The names of the goals, or principles, that a project serves."""
        return tuple(aim.name for aim in self.aims.get(project.id or 0, ()) if aim.kind == kind)

    def by_field(self) -> list[tuple[str | None, int]]:
        """Fields of action with how many projects are in each, by name; None, at the end, for those in none.

        One project may be in several. Spellings that mean the same are counted together, under the first of them.
        """
        names: dict[str, str] = {}
        found: Counter[str] = Counter()
        nowhere = 0
        for project in self.projects:
            fields = {fold(name): name for name in several(project.field)}
            nowhere += not fields
            for folded, name in fields.items():
                names.setdefault(folded, name)
                found[folded] += 1
        return [(names[each], found[each]) for each in sorted(found)] + ([(None, nowhere)] if nowhere else [])


def gather(network_id: int, room_id: str | None, name: str | None, since: datetime, scope: Scope) -> Portfolio:
    """The portfolio of one room, or of a whole network; `name` is the group's.

    As many questions to the database for many projects as for one.
    """
    session = scope.session
    found = projects.listed(session, network_id, room_id)
    measures = tasks.listed(session, network_id, Wanted(room_id=room_id))
    theirs = projects.by_ids(session, {task.project_id for task in measures if task.project_id})
    return Portfolio(
        network=networks.by_id(session, network_id).name,
        room_id=room_id,
        name=name,
        since=since,
        at=scope.now,
        zone=scope.network_zone(network_id),
        projects=found,
        heard=boards.heard(session, network_id, room_id),
        aims=controlling.aims(session, network_id, room_id),
        groups={room.room_id: room.name or "" for room in rooms.groups_of_network(session, network_id)},
        updates=controlling.updates(session, network_id, room_id, since),
        changes=controlling.changes(session, network_id, room_id, since),
        measures=waiting(measures, scope),
        keys={number: project.key for number, project in theirs.items()},
        decided=_decided(network_id, room_id, scope),
    )


def _decided(network_id: int, room_id: str | None, scope: Scope) -> list[Decided]:
    """Of a confidential vote no more than its outcome: not even whether anybody dissents."""
    found = decisions.listed(scope.session, network_id, room_id)
    several_ballots = controlling.with_several_ballots(scope.session, network_id)
    dissents = controlling.dissents(scope.session, network_id)
    touched = controlling.touched_by(scope.session, {consultation.id or 0 for _, _, consultation in found})
    return [
        Decided(
            decision,
            ballot,
            consultation,
            consultations.key(consultation, ballot if consultation.id in several_ballots else None),
            None if consultation.visibility == Visibility.CONFIDENTIAL else dissents.get(decision.id or 0, 0),
            touched.get(consultation.id or 0, ()),
        )
        for decision, ballot, consultation in found
    ]


def usual_start(network_id: int, room_id: str | None, scope: Scope) -> datetime:
    """Since when the file tells what happened, if nobody says: since the last meeting (UTC)."""
    last = meetings.last_before(scope.session, network_id, room_id, scope.now)
    return last.starts_at if last is not None else scope.now - LATELY
