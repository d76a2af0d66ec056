"""What the machine itself remembers: what was handled, asked, sent, and how far it is."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, UtcDateTime, moment, person_id, quoting


class OpenQuestion(SQLModel, table=True):
    """The bot asked back; `resume` is the command with `{answer}` where the reply goes, to be run in the network.

    A reminder names what it is about (`subject`: "consultation/12") and may be answered again as long as it is kept;
    any other question is settled by its answer. `asks` is what the answer is: words for the slot, or the network to run
    the command in.
    """

    __tablename__ = "open_question"
    id: int | None = Field(default=None, primary_key=True)
    outbox_key: str = quoting(unique=True)
    room_id: str | None = Field(default=None, index=True)
    network_id: int | None = Field(default=None, foreign_key="network.id")
    person: str = person_id(Erasure.DELETE_ROW, about=True)
    resume: str = quoting()
    asks: str = "words"
    subject: str | None = None
    expires_at: datetime = moment()


class HandledEvent(SQLModel, table=True):
    """An event that changed something or was answered; a replay stops here."""

    __tablename__ = "handled_event"
    event_id: str = quoting(primary_key=True)
    at: datetime = moment()


class OutboxRow(SQLModel, table=True):
    """One thing to do on the homeserver. `key` is its natural key; the transaction ID is derived from it.

    `untold_since` is when it was parked, or held for its own sake, while those who run the bot were not told of it.
    `sender` is the account that sent it, where that is not us: its network has come here from there.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_unsent", "state", "id"), Index("ix_outbox_person", "person", "created_at"))
    id: int | None = Field(default=None, primary_key=True)
    key: str = quoting(unique=True)
    transaction: str = Field(unique=True)
    room_id: str | None = Field(default=None, index=True)
    person: str | None = person_id(Erasure.DELETE_ROW, about=True, default=None)
    action: str
    event_type: str = ""
    content: str = quoting(default="{}")
    refers_to: str | None = quoting(default=None)
    device_id: str
    first_attempt_at: datetime = moment()
    created_at: datetime = moment()
    state: str = "waiting"
    event_id: str | None = Field(default=None, index=True)
    problem: str | None = quoting(default=None)
    untold_since: datetime | None = moment(default=None)
    sender: str | None = None


class HandedRow(SQLModel, table=True):
    """A row of the outbox that the leader under `fence` has handed to whichever sender takes it (PostgreSQL alone).

    `outcome` is what came of it: „stands“, „later“, „rejected“, „barred“; or „back“: a sender cannot send it, the
    leader may. The leader takes the row away with it.
    """

    __tablename__ = "handed"
    row_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    fence: int = Field(sa_type=BigInteger)
    room_id: str
    taken: bool = False
    outcome: str | None = None
    event_id: str | None = None
    problem: str | None = quoting(default=None)
    after: float | None = None
    ours: bool = False


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


class Incident(SQLModel, table=True):
    """A time in which the bot was degraded; `trouble` is one of `bot.domain.health.Trouble`.

    `calm_since`: it has been well since then, perhaps not for good. `told_at` is when a message on it was last stored.
    """

    id: int | None = Field(default=None, primary_key=True)
    trouble: str = Field(index=True)
    began_at: datetime = moment()
    calm_since: datetime | None = moment(default=None)
    ended_at: datetime | None = moment(default=None)
    told_at: datetime | None = moment(default=None)
