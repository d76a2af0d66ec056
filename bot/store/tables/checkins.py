"""Check-ins: a recurring question, each time it is put, whom it was put to, and what they said."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, quoting, referring


class CheckIn(SQLModel, table=True):
    """Rückfrage. `whom`: see `bot.domain.checkin.Whom`; `group_id`, `phases` and `people` (JSON lists) say whose.

    `questions` is a JSON list. `rule`, `first` and `zone` are a `bot.domain.recurring.Recurrence` (`first` is local
    wall time, ISO 8601); `next_at` is when it is due next, None when it is paused, ended, or never again.
    `deadline_days` and `nudge_days` (before the deadline) are working days; `escalate_after` is how many times somebody
    may miss in a row before who leads is told, 0 never. `place`: room or direct. `missed` is how many times it was not
    put since the last round, because we were away for too long.
    """

    __tablename__ = "check_in"
    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    title: str
    state: str = "active"
    whom: str
    group_id: int | None = Field(default=None, foreign_key="working_group.id")
    phases: str = "[]"
    people: str = quoting(searched=True, default="[]")
    questions: str
    rule: str
    first: str
    zone: str
    next_at: datetime | None = moment(default=None, index=True)
    deadline_days: int = 2
    nudge_days: int = 1
    escalate_after: int = 2
    place: str = "room"
    missed: int = 0
    created_by: str = person_id()
    created_at: datetime = moment()


class CheckInRound(SQLModel, table=True):
    """One time that a check-in was put. `due_at` is its occurrence; closed at the deadline, with a summary.

    `nudge_at` is when those are reminded who have not answered, None if nobody is. `missed` is how many times it was
    not put before, because we were away.
    """

    __tablename__ = "check_in_round"
    __table_args__ = (
        UniqueConstraint("check_in_id", "number"),
        Index("ix_check_in_round_open", "closed_at"),
        Index("ix_check_in_round_opened", "opened_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    check_in_id: int = Field(foreign_key="check_in.id")
    number: int
    due_at: datetime = moment()
    opened_at: datetime = moment()
    deadline: datetime = moment()
    missed: int = 0
    nudge_at: datetime | None = moment(default=None)
    nudged_at: datetime | None = moment(default=None)
    closed_at: datetime | None = moment(default=None)


class CheckInAsk(SQLModel, table=True):
    """Somebody is asked in a round, about a project, a task, or in general; `instead_of` is the absent person.

    `skipped` says why nobody was asked in the end („away“, „left“); `person` is then who should have been.
    """

    __tablename__ = "check_in_ask"
    __table_args__ = (
        Index("ix_check_in_ask_round", "round_id"),
        Index("ix_check_in_ask_person", "person", "round_id"),
        Index("ix_check_in_ask_project", "project_id", "answered_at"),
        referring("check_in_ask", "task_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="check_in_round.id")
    person: str = person_id(about=True)
    instead_of: str | None = person_id(about=True, default=None)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    task_id: int | None = Field(default=None, foreign_key="task.id")
    skipped: str | None = None
    nudged_at: datetime | None = moment(default=None)
    answered_at: datetime | None = moment(default=None)


class CheckInAnswer(SQLModel, table=True):
    """What somebody said to an ask; the latest one holds. `late`: it came after the deadline.

    `no_change` says so expressly. One that says nothing at all was taken back. `status_update_id` is what became of
    it, where it was about a project.
    """

    __tablename__ = "check_in_answer"
    __table_args__ = (referring("check_in_answer", "status_update_id"),)
    id: int | None = Field(default=None, primary_key=True)
    ask_id: int = Field(foreign_key="check_in_ask.id", index=True)
    author: str = person_id(Erasure.PSEUDONYM, about=True)
    at: datetime = moment()
    light: str | None = None
    progress: int | None = None
    text: str = ""
    no_change: bool = False
    late: bool = False
    event_id: str = Field(index=True)
    status_update_id: int | None = Field(default=None, foreign_key="status_update.id")
