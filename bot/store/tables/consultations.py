"""Consultations, ballots, votes, decisions."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, personal


class Consultation(SQLModel, table=True):
    """Konsultation: one or more ballots with an electorate, an opening and a close."""

    __table_args__ = (
        UniqueConstraint("network_id", "number"),
        Index("ix_consultation_state_closes", "state", "closes_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    title: str
    state: str
    opens_at: datetime = moment()
    closes_at: datetime = moment()
    grace_seconds: float
    reminders: str = ""  # seconds before the close, separated by commas
    created_by: str = person_id()
    created_at: datetime = moment()
    published_at: datetime | None = moment(default=None)


class Ballot(SQLModel, table=True):
    """Abstimmungsvorlage: one question. `text` is frozen; `result_*` say which wording it puts to the vote."""

    __table_args__ = (UniqueConstraint("consultation_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    consultation_id: int = Field(foreign_key="consultation.id")
    position: int
    question: str
    kind: str = "approval"
    text: str = ""
    result_id: int | None = Field(default=None, foreign_key="result.id")
    result_version: int | None = None


class Elector(SQLModel, table=True):
    """Who may vote, frozen at the opening. For whom: a person today; an organisation once there are some."""

    __table_args__ = (UniqueConstraint("consultation_id", "person"),)
    id: int | None = Field(default=None, primary_key=True)
    consultation_id: int = Field(foreign_key="consultation.id", index=True)
    person: str | None = person_id(about=True, default=None)
    organisation: str | None = None
    weight: int = 1


class CastVote(SQLModel, table=True):
    """Every vote event that ever came, in the order received. Never changed but by its sender taking it back."""

    __tablename__ = "cast_vote"
    __table_args__ = (UniqueConstraint("event_id", "ballot_id"),)
    id: int | None = Field(default=None, primary_key=True)
    ballot_id: int = Field(foreign_key="ballot.id", index=True)
    elector_id: int | None = Field(default=None, foreign_key="elector.id")
    sender: str = person_id(about=True)
    choice: str | None = None
    reason: str | None = personal(Erasure.STAYS, default=None)  # published with the result
    channel: str
    event_id: str
    sent_at: datetime = moment()
    received_at: datetime = moment()
    offline_since: datetime | None = moment(default=None)
    in_room: bool = True
    redacted: bool = False


class Decision(SQLModel, table=True):
    """Beschluss: what a ballot decided."""

    __table_args__ = (UniqueConstraint("network_id", "number"), UniqueConstraint("ballot_id"))
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    ballot_id: int = Field(foreign_key="ballot.id")
    outcome: str
    at: datetime = moment()
