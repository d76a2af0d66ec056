"""Tasks: what is to be done, by whom."""

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from bot.domain.task import State
from bot.store.tables import Ballot, Decision, Task

# What `!status` asks for; built once, see `bot.store.statements`.
OPEN_OF_PROJECT = (
    select(Task)
    .where(col(Task.project_id) == bindparam("project"), col(Task.state) == State.OPEN)
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


def listed(
    session: Session, network_id: int, *, room_id: str | None = None, owner: str | None = None
) -> Sequence[Task]:
    """A network's tasks, what is due first leads; only those of one room, or of one person, if given."""
    statement = select(Task).where(Task.network_id == network_id)
    if room_id is not None:
        statement = statement.where(Task.room_id == room_id)
    if owner is not None:
        statement = statement.where(Task.owner == owner)
    return session.exec(statement.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.number))).all()


def open_of_room(session: Session, room_id: str) -> Sequence[Task]:
    """What is still to be done in a room, what is due first leads."""
    statement = select(Task).where(Task.room_id == room_id, Task.state == State.OPEN)
    return session.exec(statement.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.number))).all()


def open_of_project(session: Session, project_id: int) -> Sequence[Task]:
    """What is still to be done for a project, by number."""
    return session.exec(OPEN_OF_PROJECT, params={"project": project_id}).all()


def of_consultation(session: Session, consultation_id: int) -> Sequence[Task]:
    """What a consultation's decisions led to, by number."""
    statement = (
        select(Task)
        .join(Decision, col(Decision.id) == col(Task.decision_id))
        .join(Ballot, col(Ballot.id) == col(Decision.ballot_id))
        .where(Ballot.consultation_id == consultation_id)
    )
    return session.exec(statement.order_by(col(Task.number))).all()
