"""Electorates, votes, and what could not be read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert
from sqlmodel import Session, and_, col, delete, or_, select, update
from sqlmodel.sql.expression import SelectOfScalar

from bot.domain.consultation import Channel
from bot.domain.counting import Cast, Rank, Verdict
from bot.store.tables import Ballot, CastVote, Elector, Unread


def add_electors(session: Session, electors: Iterable[Elector]) -> None:
    """Freeze the electorate in one statement: with the ORM, SQLite takes the rows one by one to tell their IDs."""
    rows = [elector.model_dump(exclude={"id"}) for elector in electors]
    session.connection().execute(insert(Elector.__table__), rows)  # type: ignore[attr-defined] # SQLModel hides it


def electors(session: Session, consultation_id: int) -> Sequence[Elector]:
    """Who may vote: people by their Matrix ID, then organisations by name."""
    statement = select(Elector).where(Elector.consultation_id == consultation_id)
    return session.exec(statement.order_by(col(Elector.person).is_(None), col(Elector.person), col(Elector.id))).all()


def states(session: Session, consultation_id: int) -> list[str | None]:
    """The federal states that the electors are in; None among them if one's is not known."""
    statement = select(Elector.federal_state).where(Elector.consultation_id == consultation_id)
    return list(session.exec(statement.distinct()))


# What each vote asks is put together once: that takes as long as asking it.
_IN = col(Elector.consultation_id) == bindparam("consultation")
_ELECTOR = select(Elector).where(_IN, col(Elector.person) == bindparam("person"))
_ORGANISATION = select(Elector).where(_IN, col(Elector.organisation_id) == bindparam("organisation"))


def elector(session: Session, consultation_id: int, person: str) -> Elector | None:
    """The elector that this person is, if each person has a vote."""
    return session.exec(_ELECTOR, params={"consultation": consultation_id, "person": person}).first()


def elector_organisation(session: Session, consultation_id: int, organisation_id: int) -> Elector | None:
    """The elector that this organisation is."""
    named = {"consultation": consultation_id, "organisation": organisation_id}
    return session.exec(_ORGANISATION, params=named).first()


def record(session: Session, vote: CastVote) -> CastVote:
    """Store a vote event."""
    session.add(vote)
    session.flush()
    return vote


def votes_by_event(session: Session, event_id: str) -> Sequence[CastVote]:
    """The votes that an event was; several, where it spoke of several ballots."""
    return session.exec(select(CastVote).where(CastVote.event_id == event_id).order_by(col(CastVote.id))).all()


def events(session: Session, consultation_id: int) -> set[str]:
    """The events that are votes of a consultation."""
    return set(session.exec(_events(consultation_id)))


def clicked(session: Session, consultation_id: int) -> set[str]:
    """Those that the homeserver lists for a post in a room, as far as we know: not taken back, as far as we heard."""
    in_room = or_(
        CastVote.channel == Channel.POLL, and_(CastVote.channel == Channel.REACTION, col(CastVote.openly).is_(True))
    )
    taken_back = select(CastVote.withdraws).where(col(CastVote.withdraws).is_not(None))
    standing = _events(consultation_id).where(in_room, col(CastVote.withdraws).is_(None))
    return set(session.exec(standing.where(col(CastVote.id).not_in(taken_back))))


def _events(consultation_id: int) -> SelectOfScalar[str]:
    ballots = select(Ballot.id).where(Ballot.consultation_id == consultation_id)
    return select(CastVote.event_id).where(col(CastVote.ballot_id).in_(ballots))


def reactions_of(session: Session, ballot_id: int, elector_id: int, sender: str) -> Sequence[CastVote]:
    """What one sender said by reactions for one elector, and took back of it, in the order received."""
    statement = select(CastVote).where(
        CastVote.ballot_id == ballot_id,
        CastVote.elector_id == elector_id,
        CastVote.sender == sender,
        CastVote.channel == Channel.REACTION,
    )
    return session.exec(statement.order_by(col(CastVote.id))).all()


_AS_CAST = select(
    *(
        CastVote.__table__.c[name]  # type: ignore[attr-defined] # SQLModel hides it
        for name in (
            "id", "elector_id", "sender", "choice", "sent_at", "received_at", "rank", "edition", "offline_since",
            "in_room", "openly", "withdraws", "found_late", "reason", "amendment", "informant", "channel",
        )
    )
)  # fmt: skip


_CAST_FOR = _AS_CAST.where(
    col(CastVote.ballot_id) == bindparam("ballot"), col(CastVote.elector_id) == bindparam("elector")
).order_by(col(CastVote.id))


def votes(session: Session, ballot_id: int) -> list[Cast]:
    """All votes of a ballot in the order received."""
    statement = _AS_CAST.where(col(CastVote.ballot_id) == ballot_id).order_by(col(CastVote.id))
    return [_cast(row) for row in session.exec(statement)]


def votes_of(session: Session, ballot_id: int, elector_id: int) -> list[Cast]:
    """The votes for one elector, in the order received: what a further one is judged beside."""
    return [_cast(row) for row in session.exec(_CAST_FOR, params={"ballot": ballot_id, "elector": elector_id})]


def as_cast(row: CastVote) -> Cast:
    """A vote as the domain counts it."""
    return _cast(
        (
            row.id, row.elector_id, row.sender, row.choice, row.sent_at, row.received_at, row.rank, row.edition,
            row.offline_since, row.in_room, row.openly, row.withdraws, row.found_late, row.reason, row.amendment,
            row.informant, row.channel,
        )
    )  # fmt: skip


def _cast(row: Any) -> Cast:
    (
        own, elector_id, sender, choice, sent_at, received_at, rank, edition, offline_since, in_room, openly, withdraws,
        found_late, reason, amendment, informant, channel,
    ) = row  # fmt: skip
    return Cast(
        id=own,
        elector=elector_id,
        sender=sender,
        choice=choice,
        sent_at=sent_at,
        received_at=received_at,
        rank=Rank(rank),
        edition=edition,
        offline_since=offline_since,
        in_room=in_room,
        openly=openly,
        withdraws=withdraws,
        found_late=found_late,
        reason=reason,
        amendment=amendment,
        informant=informant,
        channel=channel,
    )


def settle(session: Session, found: Mapping[int, Verdict]) -> None:
    """Write the verdict on each vote down, at the close."""
    by_verdict: dict[Verdict, list[int]] = {}
    for vote_id, verdict in found.items():
        by_verdict.setdefault(verdict, []).append(vote_id)
    for verdict, ids in by_verdict.items():
        for start in range(0, len(ids), 5_000):
            session.exec(
                update(CastVote).where(col(CastVote.id).in_(ids[start : start + 5_000])).values(verdict=verdict)
            )


class Heard(NamedTuple):
    """A vote as the minutes list it; times are UTC."""

    id: int
    elector_id: int | None
    sender: str
    choice: str | None
    sent_at: datetime
    received_at: datetime
    rank: int
    edition: int
    reason: str | None
    amendment: str | None
    informant: str | None
    channel: str
    offline_since: datetime | None
    found_late: bool
    record_position: int | None
    verdict: str | None


def heard(session: Session, ballot_id: int) -> list[Heard]:
    """All votes of a ballot in the order received, for the minutes."""
    columns = (CastVote.__table__.c[name] for name in Heard._fields)  # type: ignore[attr-defined] # SQLModel hides it
    statement = select(*columns).where(col(CastVote.ballot_id) == ballot_id).order_by(col(CastVote.id))
    return [Heard._make(row) for row in session.exec(statement)]


def record_positions(session: Session, ballot_id: int) -> dict[int, int]:
    """Where each vote of a ballot stands in the record, by the vote's ID."""
    statement = select(col(CastVote.id), col(CastVote.record_position)).where(
        CastVote.ballot_id == ballot_id, col(CastVote.record_position).is_not(None)
    )
    return {vote or 0: position or 0 for vote, position in session.exec(statement)}


def add_unread(session: Session, unread: Unread) -> None:
    """Keep that an event could not be decrypted; once is enough."""
    if session.get(Unread, unread.event_id) is None:
        session.add(unread)
        session.flush()


def is_read_now(session: Session, event_id: str) -> None:
    """It could be decrypted after all."""
    session.exec(delete(Unread).where(col(Unread.event_id) == event_id))


def unread(session: Session, room_id: str, since: datetime, until: datetime) -> Sequence[Unread]:
    """What was sent to a room in that time (UTC) and could not be decrypted."""
    statement = select(Unread).where(Unread.room_id == room_id, Unread.sent_at >= since, Unread.sent_at <= until)
    return session.exec(statement.order_by(col(Unread.sent_at))).all()
