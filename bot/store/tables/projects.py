"""Projects and what is said of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, UtcDateTime, moment, person_id, personal, quoting, referring


def _as_created(context: Any) -> datetime:
    """What is new changed last when it was made."""
    created: datetime = context.get_current_parameters()["created_at"]
    return created


class Project(SQLModel, table=True):
    """Projekt: one undertaking with its owner and its state. `folded` is the key as compared.

    `field` names its fields of action, with commas between them (`domain.project.several`). `changed_at` is when
    anything of it changed last, a status update included.
    """

    __table_args__ = (
        UniqueConstraint("network_id", "folded"),
        Index("ix_project_changed", "network_id", "changed_at"),
        Index("ix_project_room_changed", "room_id", "changed_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    room_id: str = Field(index=True)
    key: str
    folded: str
    title: str | None = None
    goal: str | None = None
    description: str | None = None
    owner: str | None = person_id(Erasure.EMPTY, about=True, default=None)
    organisation: str | None = None
    field: str | None = None
    phase: str | None = None
    funding: str = "unknown"
    priority: str | None = None
    partners: str | None = None
    milestone: str | None = None
    light: str | None = None
    progress: int | None = None
    influential: bool | None = None
    archived: bool = False
    idea_number: int | None = None
    created_by: str = person_id()
    created_at: datetime = moment()
    changed_at: datetime = Field(default=None, sa_type=UtcDateTime, sa_column_kwargs={"default": _as_created})


class ProjectChange(SQLModel, table=True):
    """A field of a project was changed; None is „nothing“. `cause` is the event in which it was said, or the import."""

    __tablename__ = "project_change"
    __table_args__ = (Index("ix_project_change_project_at", "project_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    at: datetime = moment()
    by: str = person_id(about=True)
    field: str
    before: str | None = quoting(searched=True, default=None)
    after: str | None = quoting(searched=True, default=None)
    cause: str


class Aim(SQLModel, table=True):
    """What projects serve: a goal of the agenda, or a guiding principle (`kind`). `folded` is the name as compared."""

    __table_args__ = (UniqueConstraint("network_id", "folded"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    kind: str
    name: str
    folded: str
    text: str | None = None
    created_by: str = person_id()
    created_at: datetime = moment()
    retired_at: datetime | None = moment(default=None)


class ProjectAim(SQLModel, table=True):
    """A goal or guiding principle that a project serves."""

    __tablename__ = "project_aim"
    project_id: int = Field(foreign_key="project.id", primary_key=True)
    aim_id: int = Field(foreign_key="aim.id", primary_key=True, index=True)


class ProjectShare(SQLModel, table=True):
    """A project that a guest may read; withdrawn ones stay on record."""

    __tablename__ = "project_share"
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    person: str = person_id(about=True, index=True)
    shared_by: str = person_id()
    shared_at: datetime = moment()
    withdrawn_by: str | None = person_id(default=None)
    withdrawn_at: datetime | None = moment(default=None)


class StatusUpdate(SQLModel, table=True):
    """Statusmeldung: what an owner reported; the history is kept."""

    __tablename__ = "status_update"
    __table_args__ = (Index("ix_status_update_project_at", "project_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    author: str = person_id(about=True)
    at: datetime = moment()
    light: str | None = None
    progress: int | None = None
    text: str = ""
    event_id: str


class Feedback(SQLModel, table=True):
    """Feedback on a project or a result, and the owner's answer."""

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    result_id: int | None = Field(default=None, foreign_key="result.id", index=True)
    kind: str
    text: str
    author: str = person_id(about=True)
    at: datetime = moment()
    event_id: str
    answer: str | None = None
    answer_reason: str | None = personal(Erasure.STAYS, default=None)  # the answer was public
    answered_by: str | None = person_id(default=None)
    answered_at: datetime | None = moment(default=None)
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)


class Idea(SQLModel, table=True):
    """Idee: may become a project."""

    __table_args__ = (UniqueConstraint("network_id", "number"), referring("idea", "project_id"))
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    text: str
    author: str = person_id(about=True)
    at: datetime = moment()
    event_id: str
    project_id: int | None = Field(default=None, foreign_key="project.id")


class Result(SQLModel, table=True):
    """Ergebnis of a meeting: a definition, a principle, a Leitsatz …; its wording is in its versions.

    In a workshop it comes from a `round` and a table, and the moderators put it with others of its like (`cluster_id`).
    """

    __table_args__ = (UniqueConstraint("network_id", "number"), referring("result", "merged_into_id"))
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    kind: str
    latest_version: int = 1
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)
    merged_into_id: int | None = Field(default=None, foreign_key="result.id")
    round: int | None = None
    table_number: int | None = None
    cluster_id: int | None = Field(default=None, foreign_key="cluster.id", index=True)


class ResultOrigin(SQLModel, table=True):
    """A result that was merged from others names them, each in the wording it had then."""

    __tablename__ = "result_origin"
    result_id: int = Field(foreign_key="result.id", primary_key=True)
    origin_id: int = Field(foreign_key="result.id", primary_key=True, index=True)
    origin_version: int


class ResultVersion(SQLModel, table=True):
    """One wording of a result; never changed once written."""

    __tablename__ = "result_version"
    result_id: int = Field(foreign_key="result.id", primary_key=True)
    version: int = Field(primary_key=True)
    text: str
    author: str = person_id(about=True)
    at: datetime = moment()
    event_id: str
