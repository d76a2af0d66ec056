"""Working groups, and who takes part in them."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, personal


class Group(SQLModel, table=True):
    """Arbeitsgruppe/Handlungsfeld: one room, a topic, people who drive it.

    `folded` is the name as compared, None once the group has ended. `token` names its room before there is one: it is
    part of the alias's proof that a room is this group's. `dormant_since` is when it last lost its last Aktive.
    """

    __tablename__ = "working_group"
    __table_args__ = (UniqueConstraint("network_id", "folded"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    name: str
    folded: str | None
    token: str = Field(unique=True)
    topic: str | None = None
    language: str | None = None
    room_id: str | None = Field(default=None, index=True)
    created_by: str = person_id()
    created_at: datetime = moment()
    origin_id: int | None = Field(default=None, foreign_key="working_group.id")
    merged_into_id: int | None = Field(default=None, foreign_key="working_group.id")
    ended_at: datetime | None = moment(default=None)
    dormant_since: datetime | None = moment(default=None)
    dormant_told_at: datetime | None = moment(default=None)
    suspended_at: datetime | None = moment(default=None)


class GroupName(SQLModel, table=True):
    """A name that a group had until then: its history, and the way from an old name to the new one."""

    __tablename__ = "group_name"
    __table_args__ = (Index("ix_group_name_folded", "network_id", "folded"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    group_id: int = Field(foreign_key="working_group.id", index=True)
    name: str
    folded: str
    until: datetime = moment()
    changed_by: str = person_id()


class Participation(SQLModel, table=True):
    """Somebody is active in a group or follows it, from when to when; ended ones stay on record.

    `email` is where a follower wants the digest instead of a direct message.
    """

    __table_args__ = (
        Index("ix_participation_person", "network_id", "person"),
        Index("ix_participation_of_person", "person"),
    )
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    group_id: int = Field(foreign_key="working_group.id", index=True)
    person: str = person_id(about=True)
    kind: str
    email: str | None = personal(Erasure.EMPTY, default=None)
    since: datetime = moment()
    until: datetime | None = moment(default=None)
    entered_by: str = person_id()
    ended_by: str | None = person_id(default=None)
