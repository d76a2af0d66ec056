"""Whom a check-in is put to: who is responsible, who is away and stands in, who has left.

A project that is finished or paused is asked about no more, a Zukunftsprojekt once in four weeks (`domain.checkin`).
Who is away is not asked but who stands in for them; where nobody does, the project goes without. Who is in none of the
network's rooms any more has left it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.context import Scope
from bot.domain.checkin import ASKED_ABOUT, Skipped, Whom, is_asked_about
from bot.domain.project import Phase
from bot.procedures import absences, responsible
from bot.procedures.checkin_rows import people_of, phases_of
from bot.store import checkins, groups, networks, participations, projects, tasks
from bot.store.tables import CheckIn, Group, Project, Task


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody is to be asked about a project, a task, or in general; or is not, for a reason."""

    person: str
    project: Project | None = None
    task: Task | None = None
    instead_of: str | None = None
    skipped: Skipped | None = None


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom it is put to, and the projects that nobody is responsible for."""

    wanted: Sequence[Wanted]
    ownerless: Sequence[Project] = ()

    @property
    def asked(self) -> list[Wanted]:
        """Those who are asked."""
        return [each for each in self.wanted if each.skipped is None]

    @property
    def people(self) -> list[str]:
        """The people who are asked, each once."""
        return list(dict.fromkeys(each.person for each in self.asked))


def concerned(check_in: CheckIn, at: datetime, scope: Scope) -> Concerned:
    """Whom the check-in is put to at `at` (UTC). The number of questions to the database is the same for any number."""
    wanted, ownerless = _responsible(check_in, at, scope)
    known = [each for each in wanted if ":" in each.person and each.person != scope.house.us]
    return Concerned(_present(known, check_in.network_id, at, scope), ownerless)


def group_of(check_in: CheckIn, scope: Scope) -> Group | None:
    """The group it is about, or the one that went on with its work."""
    group = groups.by_id(scope.session, check_in.group_id) if check_in.group_id is not None else None
    while group is not None and group.merged_into_id is not None:
        group = groups.by_id(scope.session, group.merged_into_id)
    return group


def room_of(check_in: CheckIn, scope: Scope) -> str:
    """The room whose projects and tasks it is about: its group's, else its own."""
    group = group_of(check_in, scope)
    return (group.room_id if group else None) or check_in.room_id


def _responsible(check_in: CheckIn, at: datetime, scope: Scope) -> tuple[list[Wanted], list[Project]]:
    match Whom(check_in.whom):
        case Whom.OWNERS | Whom.EVERYWHERE:
            found = _projects(check_in, at, scope)
            owned = [Wanted(project.owner, project=project) for project in found if project.owner]
            return owned, [project for project in found if not project.owner]
        case Whom.ACTIVE:
            group = group_of(check_in, scope)
            active = participations.active(scope.session, group.id or 0) if group else []
            return [Wanted(each.person) for each in active], []
        case Whom.TASKS:
            waiting = responsible.waiting(tasks.open_of_room(scope.session, room_of(check_in, scope)), scope)
            by_one = [(each.task, each.task.owner or next(iter(each.asked), None)) for each in waiting]
            return [Wanted(person, task=task) for task, person in by_one if person], []
        case Whom.LIST:
            return [Wanted(person) for person in people_of(check_in)], []


def _projects(check_in: CheckIn, at: datetime, scope: Scope) -> list[Project]:
    """The projects that it asks about at `at` (UTC)."""
    room_id = None if check_in.whom == Whom.EVERYWHERE else room_of(check_in, scope)
    phases = phases_of(check_in)
    found = [
        project
        for project in projects.listed(scope.session, check_in.network_id, room_id)
        if project.phase in (phases or ASKED_ABOUT)
    ]
    future = [project.id or 0 for project in found if project.phase == Phase.FUTURE]
    last = checkins.last_asked(scope.session, check_in.id or 0, future)
    zone = scope.zone_of(check_in.room_id, check_in.network_id)
    return [project for project in found if is_asked_about(project.phase, last.get(project.id or 0), at, zone)]


def _present(wanted: Iterable[Wanted], network_id: int, at: datetime, scope: Scope) -> list[Wanted]:
    """The same, with stand-ins for those who are away, and marked who has left."""
    listed = list(wanted)
    here = networks.people_in_rooms(scope.session, network_id)
    there = {each.person for each in listed} & here
    away = absences.away_among(there, network_id, at, scope)
    stand_ins = absences.stand_ins(away, network_id, at, scope) if away else {}
    return list(_each_once(_standing(each, here, away, stand_ins) for each in listed))


def _standing(each: Wanted, here: set[str], away: set[str], stand_ins: dict[str, str | None]) -> Wanted:
    if each.person not in here:
        return replace(each, skipped=Skipped.LEFT)
    if each.person not in away:
        return each
    instead = stand_ins.get(each.person)
    if instead is None:
        return replace(each, skipped=Skipped.AWAY)
    return replace(each, person=instead, instead_of=each.person)


def _each_once(wanted: Iterable[Wanted]) -> Iterator[Wanted]:
    """Who is asked in general, and stands in for somebody besides, is asked once."""
    seen = set[str]()
    for each in sorted(wanted, key=lambda each: each.instead_of is not None):
        general = each.project is None and each.task is None and each.skipped is None
        if not general or each.person not in seen:
            yield each
        if general:
            seen.add(each.person)
