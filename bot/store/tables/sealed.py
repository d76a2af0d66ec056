"""What could not be decrypted yet: the events, and of each session what is done to get its key."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, quoting


class SealedEvent(SQLModel, table=True):
    """An encrypted event that waits for its key. `content` is the event's as JSON; the times are of its arrival."""

    __tablename__ = "sealed_event"
    __table_args__ = (Index("ix_sealed_event_session", "room_id", "session_id"),)
    event_id: str = quoting(primary_key=True)
    room_id: str
    sender: str = person_id(Erasure.DELETE_ROW, about=True)
    session_id: str
    sender_key: str | None = None
    device: str | None = None
    content: str
    sent_at: datetime = moment()
    received_at: datetime = moment()
    offline_since: datetime | None = moment(default=None)


class SealedSession(SQLModel, table=True):
    """A megolm session of somebody, of which we lack the key: what was asked, and what they were told.

    `withheld` is why its device gives us none, by its own word; without room and session that is so for all it sends.
    `ask_at` and `tell_at` are when that is to be done next; None: not (any more).
    """

    __tablename__ = "sealed_session"
    room_id: str = Field(primary_key=True)
    session_id: str = Field(primary_key=True)
    sender: str = person_id(Erasure.DELETE_ROW, about=True, primary_key=True)
    since: datetime = moment()
    withheld: str | None = None
    asked: int = 0
    asked_at: datetime | None = moment(default=None)
    ask_at: datetime | None = moment(default=None, index=True)
    tell_at: datetime | None = moment(default=None, index=True)
    told_at: datetime | None = moment(default=None)
