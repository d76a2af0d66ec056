"""Meetings, how people sit there, and what they thought of it afterwards."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id


class Meeting(SQLModel, table=True):
    """Treffen: when and where people meet; what is captured there belongs to it.

    `starts_at` is when its first day begins, `ends_at` when its last one is over, if that was said; what lies between
    is in its `MeetingDay`s. `organisation_id` is who holds a mini-workshop. `kind`: see `bot.domain.meeting.Kind`.
    `uid` and `sequence` name it in calendars (RFC 5545, 3.8.4.7 and 3.8.7.4). `tables` and `rounds` are those of a
    workshop, `round` the one that runs. `next_at` is when the clock next has something to do about it;
    `days_told` as many days as it ever had in a calendar file: those beyond the present ones are called off there.
    """

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    title: str
    starts_at: datetime = moment(index=True)
    ends_at: datetime | None = moment(default=None)
    place: str | None = None
    link: str | None = None
    agenda: str | None = None
    kind: str = "plain"
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id")
    uid: str = ""
    sequence: int = 0
    tables: int | None = None
    rounds: int | None = None
    round: int = 0
    created_by: str = person_id()
    created_at: datetime = moment()
    cancelled_at: datetime | None = moment(default=None)
    summarised_at: datetime | None = moment(default=None)
    next_at: datetime | None = moment(default=None, index=True)
    days_told: int = 1


class MeetingDay(SQLModel, table=True):
    """One day of a meeting that takes several."""

    __tablename__ = "meeting_day"
    meeting_id: int = Field(foreign_key="meeting.id", primary_key=True)
    position: int = Field(primary_key=True)
    starts_at: datetime = moment()
    ends_at: datetime | None = moment(default=None)


class Retrospect(SQLModel, table=True):
    """Rückblick: what somebody thought of a meeting. `about_id` is the view that this one differs from, if any.

    `organisation` is whose they were when they said it.
    """

    __table_args__ = (UniqueConstraint("meeting_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meeting.id")
    number: int
    about_id: int | None = Field(default=None, foreign_key="retrospect.id")
    author: str = person_id(about=True)
    organisation: str | None = None
    text: str
    at: datetime = moment()
    event_id: str
    withdrawn_at: datetime | None = moment(default=None)


class Attendance(SQLModel, table=True):
    """Who takes part in a workshop though they are not in its room, or does not though they are."""

    meeting_id: int = Field(foreign_key="meeting.id", primary_key=True)
    person: str = person_id(Erasure.DELETE_ROW, about=True, primary_key=True)
    takes_part: bool
    said_by: str = person_id()
    said_at: datetime = moment()


class Seat(SQLModel, table=True):
    """Who sits at which table in which round of a workshop (Freiburg: ten tables, four rounds)."""

    meeting_id: int = Field(foreign_key="meeting.id", primary_key=True)
    round: int = Field(primary_key=True)
    person: str = person_id(Erasure.DELETE_ROW, about=True, primary_key=True)
    table_number: int


class Cluster(SQLModel, table=True):
    """A field of action as the moderators made it out of a workshop's results. `group_id`: the group it became."""

    __table_args__ = (UniqueConstraint("meeting_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meeting.id")
    number: int
    name: str
    group_id: int | None = Field(default=None, foreign_key="working_group.id")
    created_by: str = person_id()
    created_at: datetime = moment()


class SignUp(SQLModel, table=True):
    """Somebody wants to drive a field of action, or to follow it (`kind` as in `Participation`).

    `event_id` is where they said so: taking that back takes it back.
    """

    __tablename__ = "sign_up"
    cluster_id: int = Field(foreign_key="cluster.id", primary_key=True)
    person: str = person_id(Erasure.DELETE_ROW, about=True, primary_key=True)
    kind: str
    at: datetime = moment()
    event_id: str = Field(index=True)
