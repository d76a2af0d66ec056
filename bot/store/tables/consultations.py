"""Consultations: ballots, electorate, votes, decisions, dissent, and the record of all of it."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id, personal, quoting, referring


class Consultation(SQLModel, table=True):
    """Konsultation: one or more ballots with an electorate, an opening and a close.

    `electorate` is a `bot.domain.consultation.Franchise`, `electorate_of` what it is limited to: a level, or names and
    Matrix IDs, one a line. A draft may have no times yet. `record_head` is the hash of the last entry of its record.
    """

    __table_args__ = (
        UniqueConstraint("network_id", "number"),
        Index("ix_consultation_state_closes", "state", "closes_at"),
        Index("ix_consultation_state_published", "state", "published_at"),
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
    visibility: str = "open"
    electorate: str = "persons"
    electorate_of: str = quoting(default="")
    reminders: str = ""  # seconds before the close, separated by commas
    repeats_id: int | None = Field(default=None, foreign_key="consultation.id")  # a new round of that one
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id")
    created_by: str = person_id()
    created_at: datetime = moment()
    turnout_shown: int = 0  # what the announcement says
    reread_at: datetime | None = moment(default=None)  # when the homeserver's list of votes was compared with ours
    reread_problem: str | None = None
    published_at: datetime | None = moment(default=None)
    record_length: int = 0
    record_head: str = ""


class Step(SQLModel, table=True):
    """A step in a consultation's life: who took it (None: the clock) and when."""

    __tablename__ = "consultation_step"
    id: int | None = Field(default=None, primary_key=True)
    consultation_id: int = Field(foreign_key="consultation.id", index=True)
    step: str
    by: str | None = person_id(default=None)
    at: datetime = moment()
    detail: str = ""


class Touched(SQLModel, table=True):
    """A project whose plan a decision touches (Modellkommunen 2017: plans are revised after the vote)."""

    __tablename__ = "consultation_project"
    consultation_id: int = Field(foreign_key="consultation.id", primary_key=True)
    project_id: int = Field(foreign_key="project.id", primary_key=True, index=True)


class Ballot(SQLModel, table=True):
    """Abstimmungsvorlage: one question. `text` is frozen; `result_*` say which wording it puts to the vote.

    `options` is a JSON list, see `bot.store.consultations.sheet`. `quorum` is a share in percent. `edition` counts the
    texts that were put to the vote one after the other; votes on those before `valid_edition`, or sent before
    `valid_since`, are void.
    """

    __table_args__ = (UniqueConstraint("consultation_id", "position"), referring("ballot", "result_id"))
    id: int | None = Field(default=None, primary_key=True)
    consultation_id: int = Field(foreign_key="consultation.id")
    position: int
    question: str
    kind: str = "approval"
    text: str = ""
    result_id: int | None = Field(default=None, foreign_key="result.id")
    result_version: int | None = None
    options: str = "[]"
    points: int | None = None
    rule: str = "simple"
    base: str = "valid"
    quorum: int | None = None
    quorum_of: str = "electors"
    edition: int = 1
    valid_edition: int = 1
    valid_since: datetime | None = moment(default=None)


class Edition(SQLModel, table=True):
    """A text that a ballot put to the vote. `carried`: votes on the one before count on."""

    __tablename__ = "ballot_edition"
    ballot_id: int = Field(foreign_key="ballot.id", primary_key=True)
    edition: int = Field(primary_key=True)
    text: str
    result_version: int | None = None
    carried: bool = False
    by: str = person_id()
    at: datetime = moment()


class Elector(SQLModel, table=True):
    """Who may vote, frozen at the opening: an organisation, or a person. What the result is broken down by, too."""

    __table_args__ = (
        UniqueConstraint("consultation_id", "person"),
        UniqueConstraint("consultation_id", "organisation_id"),
        referring("elector", "organisation_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    consultation_id: int = Field(foreign_key="consultation.id", index=True)
    number: int = 0  # among the electors of this consultation, from 1
    person: str | None = person_id(about=True, default=None)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id")
    organisation: str | None = None
    weight: int = 1
    level: str | None = None
    bench: str | None = None
    inhabitants: int | None = None
    federal_state: str | None = None


class CastVote(SQLModel, table=True):
    """Every vote event that ever came, in the order received; never changed but for its `verdict` at the close.

    `choice` is the answer in its canonical form (`bot.domain.answers`); None takes back: what `withdraws` names, or
    else whatever the sender had said. `rank`: holder, deputy or recorded (`bot.domain.counting.Rank`). `found_late`: it
    was only found when the homeserver's list was read again. `option` is what a reaction added, where several stand
    side by side; `choice` is what all of them say together then.
    """

    __tablename__ = "cast_vote"
    __table_args__ = (
        UniqueConstraint("event_id", "ballot_id"),
        Index("ix_cast_vote_elector", "ballot_id", "elector_id"),
        referring("cast_vote", "elector_id"),
        referring("cast_vote", "withdraws"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ballot_id: int = Field(foreign_key="ballot.id")
    elector_id: int | None = Field(default=None, foreign_key="elector.id")
    sender: str = person_id(about=True)
    rank: int = 3
    edition: int = 1
    choice: str | None = None
    reason: str | None = personal(Erasure.STAYS, default=None)  # published with the result
    amendment: str | None = personal(Erasure.STAYS, default=None)
    informant: str | None = personal(Erasure.STAYS, default=None)
    channel: str
    event_id: str
    sent_at: datetime = moment()
    received_at: datetime = moment()
    offline_since: datetime | None = moment(default=None)
    in_room: bool = True
    openly: bool = False  # said where others read it
    withdraws: int | None = Field(default=None, foreign_key="cast_vote.id")
    option: int | None = None
    found_late: bool = False
    record_position: int | None = None  # its entry in the consultation's record
    verdict: str | None = None


class Unread(SQLModel, table=True):
    """An encrypted event that we have no key for: while there are some, a result is provisional."""

    event_id: str = quoting(primary_key=True)
    room_id: str = Field(index=True)
    sender: str = person_id(about=True)
    sent_at: datetime = moment()
    received_at: datetime = moment()


class Decision(SQLModel, table=True):
    """Beschluss: what a ballot decided. `chosen` is the option that won, where there are some."""

    __table_args__ = (UniqueConstraint("network_id", "number"), UniqueConstraint("ballot_id"))
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    ballot_id: int = Field(foreign_key="ballot.id")
    outcome: str
    chosen: str | None = None
    provisional: bool = False
    at: datetime = moment()


class Dissent(SQLModel, table=True):
    """Sondervotum: a reasoned vote against what was decided, kept with its counter-positions."""

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    decision_id: int = Field(foreign_key="decision.id", index=True)
    elector_id: int = Field(foreign_key="elector.id")
    author: str = person_id(about=True)
    text: str = personal(Erasure.STAYS)
    at: datetime = moment()


class CounterPosition(SQLModel, table=True):
    """Gegenposition to a dissent. `organisation` is for whom it was said; one each, the last counts."""

    __tablename__ = "counter_position"
    id: int | None = Field(default=None, primary_key=True)
    dissent_id: int = Field(foreign_key="dissent.id", index=True)
    organisation: str | None = None
    author: str = person_id(about=True)
    text: str = personal(Erasure.STAYS)
    at: datetime = moment()


class RecordEntry(SQLModel, table=True):
    """One entry of a consultation's record, a hash chain (`bot.domain.record`); never changed.

    `body` is the entry's JSON without its hash: what may be known for ever, and commitments to what may be erased.
    """

    __tablename__ = "record_entry"
    consultation_id: int = Field(foreign_key="consultation.id", primary_key=True)
    position: int = Field(primary_key=True)
    body: str
    digest: str


class RecordSecret(SQLModel, table=True):
    """What an entry of the record is committed to, with the salt. Erasing it leaves the chain whole.

    `fields` are never edited, only erased with the row: a value that was replaced would prove the record wrong.
    """

    __tablename__ = "record_secret"
    consultation_id: int = Field(foreign_key="consultation.id", primary_key=True)
    position: int = Field(primary_key=True)
    person: str | None = person_id(Erasure.DELETE_ROW, about=True, default=None)
    salt: str
    fields: str = personal(Erasure.STAYS)  # while the row does
