"""Networks, who belongs to them, who speaks for whom."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, personal, quoting, referring


class Network(SQLModel, table=True):
    """Verbund: one association of organisations, strictly apart from the others.

    `zone` (IANA) and `federal_state` („BW“) hold where they are not the operator's.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str
    founder: str = person_id()
    created_at: datetime = moment()
    space_id: str | None = None
    zone: str | None = None
    federal_state: str | None = None
    sign_up_days: int = 14


class Counter(SQLModel, table=True):
    """The last short number given out in a network, by kind (K, F, I, E, …)."""

    network_id: int = Field(foreign_key="network.id", primary_key=True)
    kind: str = Field(primary_key=True)
    last: int


class RoleGrant(SQLModel, table=True):
    """A role given to a person, in the whole network or in one room; withdrawn ones stay on record."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index("ix_role_grant_person", "network_id", "person"),
        Index("ix_role_grant_of_person", "person"),
    )
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    room_id: str | None = None
    person: str = person_id(about=True)
    role: str
    granted_by: str = person_id()
    granted_at: datetime = moment()
    withdrawn_by: str | None = person_id(default=None)
    withdrawn_at: datetime | None = moment(default=None)


class Organisation(SQLModel, table=True):
    """Organisation/Kommune: who has a vote. `folded` is the name as compared."""

    __table_args__ = (UniqueConstraint("network_id", "folded"), referring("organisation", "parent_id"))
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
    created_by: str = person_id()
    created_at: datetime = moment()


class Person(SQLModel, table=True):
    """What is known of a person beyond the Matrix ID. `name` is the coordinator's note: it authorises nothing."""

    network_id: int = Field(foreign_key="network.id", primary_key=True)
    person: str = person_id(Erasure.DELETE_ROW, about=True, primary_key=True, index=True)
    name: str | None = personal(Erasure.EMPTY, default=None)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", index=True)
    email: str | None = personal(Erasure.EMPTY, default=None)
    added_by: str = person_id()
    added_at: datetime = moment()


class Mandate(SQLModel, table=True):
    """Mandat: who speaks for an organisation, as holder or deputy, from when to when; ended ones stay on record."""

    __table_args__ = (
        Index("ix_mandate_person", "network_id", "person"),
        Index("ix_mandate_of_person", "person"),
    )
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    organisation_id: int = Field(foreign_key="organisation.id", index=True)
    person: str = person_id(about=True)
    speaks: str
    starts_at: datetime = moment()
    ends_at: datetime | None = moment(default=None)
    given_by: str = person_id()
    given_at: datetime = moment()


class Absence(SQLModel, table=True):
    """A person is away from when to when."""

    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    person: str = person_id(Erasure.DELETE_ROW, about=True, index=True)
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    said_at: datetime = moment()


class PendingImport(SQLModel, table=True):
    """A file of people that waits for its confirmation: its rows as JSON, as they were read."""

    __tablename__ = "pending_import"
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    person: str = person_id(Erasure.DELETE_ROW)
    room_id: str
    name: str
    rows: str = quoting(searched=True)
    at: datetime = moment()
    applied_at: datetime | None = moment(default=None)
