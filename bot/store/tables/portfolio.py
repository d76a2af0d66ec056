"""What the portfolio adds to projects: synergies, and the boards that show it in rooms."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import moment, person_id


class Synergy(SQLModel, table=True):
    """Synergie (S5): two projects that resemble each other. The one with the lower ID is the first.

    `terms` (JSON) are the words that explain it. What was said for each is „yes“ or „no“; one „no“ dismisses the pair,
    two „yes“ link it. A pair has one row for ever: what was dismissed does not come back.
    """

    __table_args__ = (UniqueConstraint("network_id", "number"), UniqueConstraint("first_id", "second_id"))
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    first_id: int = Field(foreign_key="project.id")
    second_id: int = Field(foreign_key="project.id", index=True)
    score: float
    terms: str
    found_at: datetime = moment()
    first_said: str | None = None
    first_by: str | None = person_id(default=None)
    first_at: datetime | None = moment(default=None)
    second_said: str | None = None
    second_by: str | None = person_id(default=None)
    second_at: datetime | None = moment(default=None)
    dismissed_at: datetime | None = moment(default=None)
    linked_at: datetime | None = moment(default=None)


class SynergyScan(SQLModel, table=True):
    """Up to which change of its projects a network was searched for synergies."""

    __tablename__ = "synergy_scan"
    network_id: int = Field(foreign_key="network.id", primary_key=True)
    scanned_to: datetime = moment()


class Board(SQLModel, table=True):
    """Tafel: the one pinned message of a room that shows its projects, and is edited.

    `shown` is a fingerprint of what it shows; `edits` numbers its edits.
    """

    room_id: str = Field(primary_key=True)
    network_id: int = Field(foreign_key="network.id", index=True)
    set_up_by: str = person_id()
    set_up_at: datetime = moment()
    shown: str
    edited_at: datetime = moment()
    edits: int = 0
