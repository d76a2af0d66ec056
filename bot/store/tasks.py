"""Tasks: what is to be done, by whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, func, or_, select, union

from bot.domain.task import SETTLED, UNSETTLED
from bot.store.statements import ask
from bot.store.tables import (
    Ballot,
    Decision,
    Mandate,
    Organisation,
    Participation,
    Person,
    RoleGrant,
    Room,
    RoomMember,
    Task,
    TaskParty,
)

IN_ONE_QUESTION = 5_000  # values; SQLite takes 32,766

# What `!status` asks for; built once, see `bot.store.statements`. No `in_`: a list is put into the words each time.
OPEN_TITLES = (
    select(Task.number, Task.title)
    .where(col(Task.project_id) == bindparam("project"), or_(*(col(Task.state) == each for each in UNSETTLED)))
    .order_by(col(Task.number))
)


def add(session: Session, task: Task) -> Task:
    """Store a new task; it gets its ID."""
    session.add(task)
    session.flush()
    return task


def find(session: Session, task_id: int) -> Task | None:
    """The task with this database ID."""
    return session.get(Task, task_id)


def by_number(session: Session, network_id: int, number: int) -> Task | None:
    """A7."""
    return session.exec(select(Task).where(Task.network_id == network_id, Task.number == number)).first()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a network's tasks: of one room, of one person (a Matrix ID) who is in charge, or of an organisation.

    `organisations` are those that the person speaks for. `settled`: only those done or dropped, or (False) only those
    that are not; None: both. `due_by`: only those due by then (UTC).
    """

    room_id: str | None = None
    person: str | None = None
    organisations: Sequence[int] = ()
    organisation_id: int | None = None
    settled: bool | None = None
    due_by: datetime | None = None


def listed(
    session: Session, network_id: int, wanted: Wanted | None = None, *, first: int = 0, most: int | None = None
) -> Sequence[Task]:
    """A network's tasks, what is due first leads; no more than `most` of them, and `first` are passed over."""
    statement = select(Task).where(Task.network_id == network_id, *_conditions(wanted or Wanted()))
    ordered = statement.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.number))
    return session.exec(ordered.offset(first).limit(most)).all()


def count(session: Session, network_id: int, wanted: Wanted) -> int:
    """How many of a network's tasks these are."""
    statement = select(func.count()).select_from(Task).where(Task.network_id == network_id, *_conditions(wanted))
    return session.exec(statement).one()


def _conditions(wanted: Wanted) -> Iterable[Any]:
    if wanted.room_id is not None:
        yield Task.room_id == wanted.room_id
    if wanted.person is not None:
        yield _in_charge(wanted.person, wanted.organisations)
    if wanted.organisation_id is not None:
        yield col(Task.id).in_(select(TaskParty.task_id).where(TaskParty.organisation_id == wanted.organisation_id))
    if wanted.settled is not None:
        yield col(Task.state).in_(SETTLED if wanted.settled else UNSETTLED)
    if wanted.due_by is not None:
        yield col(Task.due_at) <= wanted.due_by


def _in_charge(person: str, spoken_for: Sequence[int]) -> Any:
    """Whether somebody is in charge, in person or by an organisation they speak for: an SQL condition."""
    parts = select(TaskParty.task_id).where(
        col(TaskParty.responsible),
        or_(TaskParty.person == person, col(TaskParty.organisation_id).in_(spoken_for)),
    )
    return or_(Task.owner == person, col(Task.id).in_(parts))


def open_of_room(session: Session, room_id: str) -> Sequence[Task]:
    """What is still to be done in a room, what is due first leads."""
    statement = select(Task).where(Task.room_id == room_id, col(Task.state).in_(UNSETTLED))
    return session.exec(statement.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.number))).all()


def due_moments(session: Session, now: datetime) -> Sequence[tuple[int, datetime]]:
    """The networks with a reminder that is due at `now` (UTC), and the time of the latest such one.

    Asked every second. Grouped here: SQLite would group by reading all tasks, and mostly there is nothing to group.
    """
    latest: dict[int, datetime] = {}
    for network_id, at in session.exec(DUE_MOMENTS, params={"now": now}):
        if at is not None:
            latest[network_id] = max(at, latest.get(network_id, at))
    return sorted(latest.items())


DUE_MOMENTS = select(Task.network_id, Task.remind_at).where(col(Task.remind_at) <= bindparam("now"))


def to_remind(session: Session, network_id: int, now: datetime) -> Sequence[Task]:
    """The tasks of a network whose reminder is due at `now` (UTC), settled ones too, what is due first leads."""
    statement = select(Task).where(Task.network_id == network_id, col(Task.remind_at) <= now)
    return session.exec(statement.order_by(col(Task.due_at), col(Task.number))).all()


def parties(session: Session, task_ids: Iterable[int]) -> Sequence[tuple[TaskParty, Organisation | None]]:
    """Who else has a part in these tasks, in the order in which they were named."""
    wanted, found = list(task_ids), list[tuple[TaskParty, Organisation | None]]()
    for start in range(0, len(wanted), IN_ONE_QUESTION):
        statement = (
            select(TaskParty, Organisation)
            .outerjoin(Organisation, col(Organisation.id) == col(TaskParty.organisation_id))
            .where(col(TaskParty.task_id).in_(wanted[start : start + IN_ONE_QUESTION]))
        )
        found += session.exec(statement.order_by(col(TaskParty.id))).all()
    return found


def add_party(session: Session, party: TaskParty) -> None:
    """Store that somebody has a part in a task."""
    session.add(party)
    session.flush()


def drop_parties(session: Session, parties: Collection[TaskParty]) -> None:
    """They have none any more."""
    if parties:
        session.exec(delete(TaskParty).where(col(TaskParty.id).in_([each.id for each in parties])))
        session.flush()


def still_there(session: Session, network_id: int, people: Collection[str], at: datetime) -> set[str]:
    """Who of these belongs to a network at `at` (UTC): by a room, a role, a mandate, a group, or a list."""
    if not people:
        return set()
    by_room = (
        select(RoomMember.person)
        .join(Room, col(Room.room_id) == col(RoomMember.room_id))
        .where(Room.network_id == network_id, col(Room.direct_with).is_(None), col(RoomMember.person).in_(people))
    )
    by_role = select(RoleGrant.person).where(
        RoleGrant.network_id == network_id, col(RoleGrant.withdrawn_at).is_(None), col(RoleGrant.person).in_(people)
    )
    by_mandate = select(Mandate.person).where(
        Mandate.network_id == network_id,
        col(Mandate.person).in_(people),
        and_(Mandate.starts_at <= at, or_(col(Mandate.ends_at).is_(None), col(Mandate.ends_at) > at)),
    )
    by_group = select(Participation.person).where(
        Participation.network_id == network_id,
        col(Participation.until).is_(None),
        col(Participation.person).in_(people),
    )
    by_list = select(Person.person).where(Person.network_id == network_id, col(Person.person).in_(people))
    found = union(by_room, by_role, by_mandate, by_group, by_list).subquery()
    return set(session.exec(select(found.c.person)))


def open_of_project(session: Session, project_id: int) -> Sequence[Task]:
    """What is still to be done for a project, by number."""
    statement = select(Task).where(Task.project_id == project_id, col(Task.state).in_(UNSETTLED))
    return session.exec(statement.order_by(col(Task.number))).all()


class Titled(NamedTuple):
    """A task by number and title."""

    number: int
    title: str


def open_titles(session: Session, project_id: int) -> Sequence[Titled]:
    """The same, and no more of it than `!status` says."""
    return [Titled._make(row) for row in ask(session, OPEN_TITLES, project=project_id)]


def of_consultation(session: Session, consultation_id: int) -> Sequence[Task]:
    """What a consultation's decisions led to, by number."""
    statement = (
        select(Task)
        .join(Decision, col(Decision.id) == col(Task.decision_id))
        .join(Ballot, col(Ballot.id) == col(Decision.ballot_id))
        .where(Ballot.consultation_id == consultation_id)
    )
    return session.exec(statement.order_by(col(Task.number))).all()
