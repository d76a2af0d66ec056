"""The tables. Everything belongs to a network; a vote knows for whom it is cast.

Only `bot.store` builds queries on them. Times are aware UTC in Python and naive UTC in the database.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Index, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; the same on SQLite, which keeps no zone, and on PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time whose zone is unknown: a wrong hour in a deadline is a lost vote."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def moment(**kwargs: Any) -> Any:
    """A column for a point in time."""
    return Field(sa_type=UtcDateTime, **kwargs)


class Network(SQLModel, table=True):
    """Verbund: one association of organisations, strictly apart from the others."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    founder: str
    created_at: datetime = moment()


class Counter(SQLModel, table=True):
    """The last short number given out in a network, by kind (K, F, I, E, …)."""

    network_id: int = Field(foreign_key="network.id", primary_key=True)
    kind: str = Field(primary_key=True)
    last: int


class RoleGrant(SQLModel, table=True):
    """A role given to a person, in the whole network or in one room; withdrawn ones stay on record."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_person", "network_id", "person"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    room_id: str | None = None
    person: str
    role: str
    granted_by: str
    granted_at: datetime = moment()
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = moment(default=None)


class Organisation(SQLModel, table=True):
    """Organisation/Kommune: who has a vote. `folded` is the name as compared."""

    __table_args__ = (UniqueConstraint("network_id", "folded"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    name: str
    folded: str
    level: str | None = None
    inhabitants: int | None = None
    federal_state: str | None = None
    bench: str | None = None
    weight: int = 1
    parent_id: int | None = Field(default=None, foreign_key="organisation.id")
    email: str | None = None
    created_by: str
    created_at: datetime = moment()


class Mandate(SQLModel, table=True):
    """Mandat: who speaks for an organisation, as holder or deputy, from when to when; ended ones stay on record."""

    __table_args__ = (Index("ix_mandate_person", "network_id", "person"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    organisation_id: int = Field(foreign_key="organisation.id", index=True)
    person: str
    speaks: str
    starts_at: datetime = moment()
    ends_at: datetime | None = moment(default=None)
    given_by: str
    given_at: datetime = moment()


class Absence(SQLModel, table=True):
    """A person is away from when to when."""

    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    person: str = Field(index=True)
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    said_at: datetime = moment()


class Room(SQLModel, table=True):
    """A room the bot is or was in: a working group's, or a direct chat with one person."""

    room_id: str = Field(primary_key=True)
    network_id: int | None = Field(default=None, foreign_key="network.id", index=True)
    direct_with: str | None = Field(default=None, index=True)
    name: str | None = None
    language: str | None = None
    joined: bool = True
    invited_by: str
    since: datetime = moment()
    last_digest_at: datetime | None = moment(default=None)


class RoomMember(SQLModel, table=True):
    """Somebody is joined in a room now."""

    __tablename__ = "room_member"
    room_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True, index=True)


class Project(SQLModel, table=True):
    """Projekt: one undertaking with its owner and its state. `folded` is the key as compared."""

    __table_args__ = (UniqueConstraint("network_id", "folded"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    room_id: str = Field(index=True)
    key: str
    folded: str
    title: str | None = None
    goal: str | None = None
    owner: str | None = None
    organisation: str | None = None
    field: str | None = None
    phase: str | None = None
    funding: str = "unknown"
    priority: str | None = None
    partners: str | None = None
    milestone: str | None = None
    light: str | None = None
    progress: int | None = None
    archived: bool = False
    idea_number: int | None = None
    created_by: str
    created_at: datetime = moment()


class StatusUpdate(SQLModel, table=True):
    """Statusmeldung: what an owner reported; the history is kept."""

    __tablename__ = "status_update"
    __table_args__ = (Index("ix_status_update_project_at", "project_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    author: str
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
    author: str
    at: datetime = moment()
    event_id: str
    answer: str | None = None
    answer_reason: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = moment(default=None)


class Idea(SQLModel, table=True):
    """Idee: may become a project."""

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    text: str
    author: str
    at: datetime = moment()
    event_id: str
    project_id: int | None = Field(default=None, foreign_key="project.id")


class Result(SQLModel, table=True):
    """Ergebnis of a meeting: a definition, a principle, a Leitsatz …; its wording is in its versions."""

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    room_id: str = Field(index=True)
    kind: str
    latest_version: int = 1


class ResultVersion(SQLModel, table=True):
    """One wording of a result; never changed once written."""

    __tablename__ = "result_version"
    result_id: int = Field(foreign_key="result.id", primary_key=True)
    version: int = Field(primary_key=True)
    text: str
    author: str
    at: datetime = moment()
    event_id: str


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
    created_by: str
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
    person: str | None = None
    organisation: str | None = None
    weight: int = 1


class CastVote(SQLModel, table=True):
    """Every vote event that ever came, in the order received. Never changed but by its sender taking it back."""

    __tablename__ = "cast_vote"
    __table_args__ = (UniqueConstraint("event_id", "ballot_id"),)
    id: int | None = Field(default=None, primary_key=True)
    ballot_id: int = Field(foreign_key="ballot.id", index=True)
    elector_id: int | None = Field(default=None, foreign_key="elector.id")
    sender: str
    choice: str | None = None
    reason: str | None = None
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


class OpenQuestion(SQLModel, table=True):
    """The bot asked back; `resume` is the command with `{answer}` where the reply goes, to be run in the network.

    A reminder names what it is about (`subject`: "consultation/12") and may be answered again as long as it is kept;
    any other question is settled by its answer.
    """

    __tablename__ = "open_question"
    id: int | None = Field(default=None, primary_key=True)
    outbox_key: str = Field(unique=True)
    room_id: str | None = Field(default=None, index=True)
    network_id: int | None = Field(default=None, foreign_key="network.id")
    person: str
    resume: str
    subject: str | None = None
    expires_at: datetime = moment()


class HandledEvent(SQLModel, table=True):
    """An event that changed something or was answered; a replay stops here."""

    __tablename__ = "handled_event"
    event_id: str = Field(primary_key=True)
    at: datetime = moment()


class OutboxRow(SQLModel, table=True):
    """One thing to do on the homeserver. `key` is its natural key; the transaction ID is derived from it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_unsent", "state", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    transaction: str = Field(unique=True)
    room_id: str | None = Field(default=None, index=True)
    person: str | None = None
    action: str
    event_type: str = ""
    content: str = "{}"
    refers_to: str | None = None
    device_id: str
    first_attempt_at: datetime = moment()
    created_at: datetime = moment()
    state: str = "waiting"
    event_id: str | None = Field(default=None, index=True)
    problem: str | None = None


class Occurrence(SQLModel, table=True):
    """A due time of a schedule that was claimed; the primary key makes it happen once."""

    schedule: str = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    done_at: datetime = moment()


class Account(SQLModel, table=True):
    """How far we have handled what the homeserver told this account."""

    user_id: str = Field(primary_key=True)
    token: str | None = None
    alive_at: datetime = moment()
