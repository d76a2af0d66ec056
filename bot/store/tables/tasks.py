"""Tasks and measures: what leads from one meeting to the next."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, referring


class Task(SQLModel, table=True):
    """Aufgabe/Maßnahme: what is to be done, by whom, and where it comes from. `mandatory` False is „ggf.“.

    `owner` is the person in charge, whom questions go to; everybody else who has a part in it is a `TaskParty`.
    `council` is the body that decides on it („Gemeinderat“), on the day of `council_at`: local midnight where no time
    of day was given. `note` is what was said as it was last settled: why it was dropped, where its outcome is.
    `remind_at` is when whoever is in charge is reminded next (`bot.domain.task.reminder_after`).
    """

    __table_args__ = (UniqueConstraint("network_id", "number"), Index("ix_task_room_state", "room_id", "state"))
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str
    title: str
    state: str = "open"
    owner: str | None = person_id(Erasure.EMPTY, about=True, default=None)
    due_at: datetime | None = moment(default=None)
    mandatory: bool = True
    council: str | None = None
    council_at: datetime | None = moment(default=None)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    decision_id: int | None = Field(default=None, foreign_key="decision.id", index=True)
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)
    feedback_id: int | None = Field(default=None, foreign_key="feedback.id", index=True)
    created_by: str | None = person_id(default=None)
    created_at: datetime = moment()
    done_by: str | None = person_id(default=None)
    done_at: datetime | None = moment(default=None)
    note: str | None = None
    remind_at: datetime | None = moment(default=None, index=True)


class TaskParty(SQLModel, table=True):
    """A further person or an organisation that has a part in a task: what they contribute, and their funds in cents.

    Either `person` or `organisation_id` is set. Who is `responsible` may settle it, and is reminded of it, as its owner
    is. Stadt.Land.Digital, Lippe 2022: municipalities divide the work and
    bundle funds.
    """

    __tablename__ = "task_party"
    __table_args__ = (referring("task_party", "organisation_id"),)
    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id", index=True)
    person: str | None = person_id(Erasure.DELETE_ROW, about=True, default=None)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id")
    contribution: str | None = None
    funds: int | None = Field(default=None, sa_type=BigInteger)
    responsible: bool = False
