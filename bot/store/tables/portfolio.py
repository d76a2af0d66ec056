"""What the portfolio adds to projects: synergies, and the boards that show it in rooms."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import moment, person_id, quoting


class Synergy(SQLModel, table=True):
    """Synergie (S5): two projects that resemble each other. The one with the lower ID is the first.

    `terms` (JSON) are the words that explain it, in pairs: as each project calls it. Who was asked for each is noted,
    so that a new owner is asked again. What was said for each is „yes“ or „no“; one „no“ dismisses the pair, two „yes“
    link it. A pair that somebody was asked about has one row for ever: what was dismissed does not come back.
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
    first_asked: str | None = person_id(default=None)
    second_asked: str | None = person_id(default=None)
    first_said: str | None = None
    first_by: str | None = person_id(default=None)
    first_at: datetime | None = moment(default=None)
    second_said: str | None = None
    second_by: str | None = person_id(default=None)
    second_at: datetime | None = moment(default=None)
    reason: str | None = quoting(default=None)
    dismissed_at: datetime | None = moment(default=None)
    linked_at: datetime | None = moment(default=None)


class SynergyScan(SQLModel, table=True):
    """Up to which change of its projects a network was searched for synergies; None: never yet.

    No other search begins before `wait_until`: one is under way, or has failed. `propose_at` is when owners are told of
    what was found next; None: there is nothing to tell.
    """

    __tablename__ = "synergy_scan"
    network_id: int = Field(foreign_key="network.id", primary_key=True)
    scanned_to: datetime | None = moment(default=None)
    wait_until: datetime | None = moment(default=None)
    propose_at: datetime | None = moment(default=None, index=True)


class Board(SQLModel, table=True):
    """Tafel: the one pinned message of a room that shows its projects, and is edited.

    `post` is the key of that message, said at `set_up_at`; `shown` a fingerprint of what it shows, with all that was
    changed until `edited_at`; `edits` numbers its edits. `next_at` is when it is looked at in any case: what it says of
    ages changes by itself.
    """

    room_id: str = Field(primary_key=True)
    network_id: int = Field(foreign_key="network.id", index=True)
    set_up_by: str = person_id()
    set_up_at: datetime = moment()
    post: str
    shown: str
    edited_at: datetime = moment()
    next_at: datetime = moment(index=True)
    edits: int = 0
