"""Rooms, and who is in them."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, personal


class Room(SQLModel, table=True):
    """A room the bot is or was in: a working group's, or a direct chat with one person.

    In a direct chat `chosen_network_id` is the network last spoken about, for people who belong to several. `successor`
    is the room a tombstone names, `successor_by` who set it. `lacks` are the powers we do not have, comma-separated.
    `name` is what the room is called, by its own word. `zone` (IANA) holds where it is not the network's; in a direct
    chat it is that person's.

    `reads_after` is set while the room goes from one account to another (`bot.store.relocation`): the event after
    which it is the other account's, or from which on it is still to be read. What comes meanwhile is not handled.
    """

    room_id: str = Field(primary_key=True)
    network_id: int | None = Field(default=None, foreign_key="network.id", index=True)
    direct_with: str | None = person_id(Erasure.STAYS, about=True, default=None, index=True)
    name: str | None = None
    language: str | None = None
    zone: str | None = personal(Erasure.EMPTY, default=None)
    joined: bool = True
    invited_by: str = person_id()
    since: datetime = moment()
    last_digest_at: datetime | None = moment(default=None)
    chosen_network_id: int | None = None
    chosen_at: datetime | None = moment(default=None)
    successor: str | None = Field(default=None, index=True)
    successor_by: str | None = person_id(default=None)
    lacks: str = ""
    reads_after: str | None = None


class RoomMember(SQLModel, table=True):
    """Somebody is joined in a room now."""

    __tablename__ = "room_member"
    room_id: str = Field(primary_key=True)
    person: str = person_id(Erasure.STAYS, about=True, primary_key=True, index=True)
