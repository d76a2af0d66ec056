"""Who answers for a task: its owner, further persons, organisations; whom to ask where none of them can be reached.

An organisation answers by whoever holds its mandate; where nobody does, by its deputies.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.domain.organisations import Mandate, Speaks
from bot.domain.roles import Role
from bot.domain.task import State
from bot.procedures import absences, standing
from bot.store import networks, organisations, rooms, tasks
from bot.store.tables import Organisation, Task, TaskParty


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's part in a task: a person's or an organisation's. `funds` are in cents.

    `speakers` are who answers for an organisation.
    """

    person: str | None
    organisation: Organisation | None
    contribution: str | None
    funds: int | None
    responsible: bool
    speakers: tuple[str, ...] = ()

    @property
    def contributes(self) -> bool:
        """Whether it is shown among those who take part; else it says only who is in charge."""
        return not self.responsible or self.contribution is not None or self.funds is not None


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task with everybody who has a part in it, and how it stands at a time.

    `gone` are those in charge who do not belong to the network. `leads` are whom to ask where the owner is one of
    them, or where nobody is in charge who could be reached.
    """

    task: Task
    leads: Sequence[str] = ()
    overdue: bool = False
    parts: Sequence[Part] = ()
    gone: Collection[str] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """The persons in charge by name, the owner first."""
        others = [part.person for part in self.parts if part.responsible and part.person]
        return tuple(dict.fromkeys([*([self.task.owner] if self.task.owner else []), *others]))

    @property
    def bodies(self) -> tuple[Part, ...]:
        """The organisations in charge."""
        return tuple(part for part in self.parts if part.responsible and part.organisation is not None)

    @property
    def contributors(self) -> tuple[Part, ...]:
        """Who takes part, with contributions and funds."""
        return tuple(part for part in self.parts if part.contributes)

    @property
    def funds(self) -> int | None:
        """The funds of all together, in cents; None where nobody named any."""
        named = [part.funds for part in self.parts if part.funds is not None]
        return sum(named) if named else None

    @property
    def asked(self) -> tuple[str, ...]:
        """Whom it is asked of: everybody in charge who belongs to the network."""
        speakers = [person for part in self.bodies for person in part.speakers]
        return tuple(person for person in dict.fromkeys([*self.people, *speakers]) if person not in self.gone)


def waiting(found: Sequence[Task], scope: Scope) -> list[OpenTask]:
    """Tasks of one network, in their order, with who is in charge. As many questions for many as for one: five."""
    if not found:
        return []
    network_id = found[0].network_id
    parts = _parts(found, network_id, scope)
    named = {task.owner for task in found if task.owner} | {part.person for all_ in parts.values() for part in all_}
    people = {person for person in named if person is not None}
    there = tasks.still_there(scope.session, network_id, people, scope.now)
    known = [
        OpenTask(
            task,
            overdue=not _is_settled(task) and task.due_at is not None and task.due_at < scope.now,
            parts=parts.get(task.id or 0, ()),
            gone=people - there,
        )
        for task in found
    ]
    return _led(known, network_id, scope)


def _is_settled(task: Task) -> bool:
    return State(task.state).is_settled


def _parts(found: Iterable[Task], network_id: int, scope: Scope) -> Mapping[int, Sequence[Part]]:
    rows = tasks.parties(scope.session, [task.id or 0 for task in found])
    mandates: Sequence[Mandate] = ()
    if any(row.responsible and body is not None for row, body in rows):
        mandates = organisations.mandates_of_network(scope.session, network_id, scope.now)
    speakers = _speakers([each for each in mandates if each.holds(scope.now)])
    parts: dict[int, list[Part]] = defaultdict(list)
    for row, body in rows:
        parts[row.task_id].append(_part(row, body, speakers))
    return parts


def _part(row: TaskParty, body: Organisation | None, speakers: Mapping[int, tuple[str, ...]]) -> Part:
    able = speakers.get(body.id or 0, ()) if body is not None and row.responsible else ()
    return Part(row.person, body, row.contribution, row.funds, row.responsible, able)


def _speakers(mandates: Sequence[Mandate]) -> Mapping[int, tuple[str, ...]]:
    """By organisation: its holders, else its deputies."""
    holders, deputies = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    for each in mandates:
        (holders if each.speaks is Speaks.HOLDER else deputies)[each.organisation_id].append(each.person)
    return {body: tuple(dict.fromkeys(people)) for body, people in ({**deputies, **holders}).items()}


def _led(known: Sequence[OpenTask], network_id: int, scope: Scope) -> list[OpenTask]:
    """The same, with whom to ask where nobody can be reached; asked for only if there is such a task."""
    orphans = [
        each for each in known if not _is_settled(each.task) and (not each.asked or each.task.owner in each.gone)
    ]
    if not orphans:
        return list(known)
    coordinators = standing.coordinators(network_id, scope)
    moderators = defaultdict[str, list[str]](list)
    for person, room in networks.moderations(scope.session, network_id):
        moderators[room.room_id].append(person)
    lost = {id(each) for each in orphans}
    return [
        OpenTask(each.task, moderators.get(each.task.room_id) or coordinators, each.overdue, each.parts, each.gone)
        if id(each) in lost
        else each
        for each in known
    ]


def leads(network_id: int, room_id: str, scope: Scope) -> Sequence[str]:
    """Who leads a room: its moderators; where there are none, who coordinates the network."""
    moderators = networks.holders(scope.session, network_id, Role.MODERATOR, room_id)
    return moderators or standing.coordinators(network_id, scope)


def spoken_for(person: str, network_id: int, scope: Scope) -> list[int]:
    """The organisations that somebody speaks for now, as holder or as deputy."""
    return [each.organisation_id for each in organisations.spoken_at(scope.session, network_id, person, scope.now)]


def may_settle(task: Task, person: str, scope: Scope) -> bool:
    """Whether somebody is in charge of a task: by name, for an organisation, or in the place of who is away."""
    if task.owner == person:
        return True
    own = spoken_for(person, task.network_id, scope)
    rows = [row for row, _ in tasks.parties(scope.session, [task.id or 0]) if row.responsible]
    if any(row.person == person or (row.organisation_id is not None and row.organisation_id in own) for row in rows):
        return True
    return person in stand_ins(waiting([task], scope)[0].asked, task.network_id, scope).values()


def stand_ins(people: Collection[str], network_id: int, scope: Scope) -> dict[str, str | None]:
    """Those of these people who are away now, each with who is asked in their place."""
    away = absences.away_among(people, network_id, scope.now, scope)
    return absences.stand_ins(away, network_id, scope.now, scope) if away else {}


def of_person(person: str, network_id: int, scope: Scope, *, settled: bool | None = False) -> Sequence[Task]:
    """The tasks of a network that somebody is in charge of; only what is still to be done unless told otherwise."""
    wanted = tasks.Wanted(person=person, organisations=spoken_for(person, network_id, scope), settled=settled)
    return tasks.listed(scope.session, network_id, wanted)


def places(found: Sequence[Task], network_id: int, scope: Scope) -> Mapping[str, str]:
    """Where tasks are to be done: the names of their rooms, by room; nothing where that is the same for all."""
    wanted = {task.room_id for task in found}
    known = rooms.groups_of_network(scope.session, network_id) if len(wanted) > 1 else []
    return {room.room_id: room.name for room in known if room.name and room.room_id in wanted}
