"""Digests: when which one goes to whom, and who reads by mail."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, personal


class DigestPlan(SQLModel, table=True):
    """When a digest comes: of a room (`room_id`), or of the whole network to everybody in a role (`audience`).

    A room without a plan has its digest on Mondays at 8:00. `rule`, `first` and `zone` are a
    `bot.domain.recurring.Recurrence`; without a rule there is none. `last_at` is when the last one went out.
    """

    __tablename__ = "digest_plan"
    __table_args__ = (UniqueConstraint("network_id", "room_id", "audience"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    room_id: str | None = Field(default=None, index=True)
    audience: str | None = None
    rule: str | None = None
    first: str = ""
    zone: str = ""
    next_at: datetime | None = moment(default=None, index=True)
    last_at: datetime | None = moment(default=None)
    created_by: str = person_id()
    created_at: datetime = moment()


class Subscriber(SQLModel, table=True):
    """An address on a network's mailing list (Verteiler): somebody without Matrix who gets the network's digest.

    Taken off the list, the row goes: nothing is kept of somebody who wants nothing from us.

    `refused_at` is since when the mail server takes nothing for it; `refusal` its words.
    """

    __table_args__ = (UniqueConstraint("network_id", "email"), {"sqlite_autoincrement": True})  # letters name the ID
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    email: str
    name: str | None = personal(Erasure.STAYS, default=None)
    language: str | None = None
    added_by: str = person_id()
    added_at: datetime = moment()
    refused_at: datetime | None = moment(default=None)
    refusal: str | None = None
