"""Meetings, and the tasks that lead from one to the next."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id


class Meeting(SQLModel, table=True):
    """Treffen: when and where people meet; what is captured there belongs to it."""

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    title: str
    starts_at: datetime = moment()
    place: str | None = None
    agenda: str | None = None
    created_by: str = person_id()
    created_at: datetime = moment()


class Task(SQLModel, table=True):
    """Aufgabe: what is to be done, by whom, and where it comes from. `mandatory` False is „ggf.“."""

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
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    decision_id: int | None = Field(default=None, foreign_key="decision.id", index=True)
    created_by: str | None = person_id(default=None)
    created_at: datetime = moment()
    done_by: str | None = person_id(default=None)
    done_at: datetime | None = moment(default=None)
