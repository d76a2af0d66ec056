"""Electorates, votes, and what could not be read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, delete, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.domain.consultation import Channel
from bot.domain.counting import Cast, Rank, Verdict
from bot.store.statements import ask
from bot.store.tables import Ballot, CastVote, Elector, Room, Unread

VOTES = CastVote.__table__  # type: ignore[attr-defined] # SQLModel hides it
ELECTORS = Elector.__table__  # type: ignore[attr-defined]
IN_ONE_STATEMENT = 5_000  # values; SQLite takes 32,766


def add_electors(session: Session, electors: Iterable[Elector]) -> None:
    """Freeze the electorate in one statement: with the ORM, SQLite takes the rows one by one to tell their IDs."""
    rows = [elector.model_dump(exclude={"id"}) for elector in electors]
    session.connection().execute(sa.insert(ELECTORS), rows)


def electors(session: Session, consultation_id: int) -> Sequence[Elector]:
    """Who may vote: people by their Matrix ID, then organisations by name."""
    statement = select(Elector).where(Elector.consultation_id == consultation_id)
    return session.exec(statement.order_by(col(Elector.person).is_(None), col(Elector.person), col(Elector.id))).all()


def entitled(session: Session, consultation_id: int) -> int:
    """How many electors there are."""
    counted = sa.select(sa.func.count()).select_from(ELECTORS).where(ELECTORS.c.consultation_id == consultation_id)
    return int(ask(session, counted).scalar_one())


def states(session: Session, consultation_id: int) -> list[str | None]:
    """The federal states that the electors are in; None among them if one's is not known."""
    statement = select(Elector.federal_state).where(Elector.consultation_id == consultation_id)
    return list(session.exec(statement.distinct()))


# What each vote asks is put together once: that takes as long as asking it.
_IN = col(Elector.consultation_id) == bindparam("consultation")
_ELECTOR = select(Elector).where(_IN, col(Elector.person) == bindparam("person"))
_ORGANISATION = select(Elector).where(_IN, col(Elector.organisation_id) == bindparam("organisation"))
_IS_ELECTOR = sa.select(ELECTORS.c.id).where(
    ELECTORS.c.consultation_id == bindparam("consultation"), ELECTORS.c.person == bindparam("person")
)


def elector(session: Session, consultation_id: int, person: str) -> Elector | None:
    """The elector that this person is, if each person has a vote."""
    named = {"consultation": consultation_id, "person": person}
    if ask(session, _IS_ELECTOR, **named).first() is None:
        return None  # the common case where organisations vote, and a fifth of what reading a row costs
    return session.exec(_ELECTOR, params=named).first()


def elector_organisation(session: Session, consultation_id: int, organisation_id: int) -> Elector | None:
    """The elector that this organisation is."""
    named = {"consultation": consultation_id, "organisation": organisation_id}
    return session.exec(_ORGANISATION, params=named).first()


_STORED = [column.name for column in VOTES.columns if not column.primary_key]
_STORE = sa.insert(VOTES)


def record(session: Session, vote: CastVote) -> CastVote:
    """Store a vote event and give it its ID. It is never changed, so the session need not keep it."""
    stored = session.connection().execute(_STORE, {name: getattr(vote, name) for name in _STORED})
    vote.id = (stored.inserted_primary_key or (None,))[0]
    return vote


def votes_by_event(session: Session, event_id: str) -> Sequence[CastVote]:
    """The votes that an event was; several, where it spoke of several ballots."""
    return session.exec(select(CastVote).where(CastVote.event_id == event_id).order_by(col(CastVote.id))).all()


def events(session: Session, consultation_id: int) -> set[str]:
    """The events that are votes of a consultation."""
    return set(session.exec(_events(consultation_id)))


def senders(session: Session, consultation_id: int) -> set[str]:
    """Everybody of whom a vote is on record, whether it counts or not."""
    ballots = select(Ballot.id).where(Ballot.consultation_id == consultation_id)
    return set(session.exec(select(CastVote.sender).where(col(CastVote.ballot_id).in_(ballots)).distinct()))


def clicked(session: Session, consultation_id: int, *, openly: bool = True) -> dict[str, str]:
    """Those that the homeserver lists for posts in rooms, or (not `openly`) for messages to one person, with senders.

    As far as we know: not taken back, as far as we heard.
    """
    reacted = and_(CastVote.channel == Channel.REACTION, col(CastVote.openly).is_(openly))
    in_room = or_(CastVote.channel == Channel.POLL, reacted) if openly else reacted
    taken_back = select(CastVote.withdraws).where(col(CastVote.withdraws).is_not(None))
    ballots = select(Ballot.id).where(Ballot.consultation_id == consultation_id)
    standing = select(CastVote.event_id, CastVote.sender).where(
        col(CastVote.ballot_id).in_(ballots), in_room, col(CastVote.withdraws).is_(None)
    )
    return dict(session.exec(standing.where(col(CastVote.id).not_in(taken_back))).all())


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


def last_of(session: Session, ballot_id: int, sender: str) -> CastVote | None:
    """What one sender said last on a ballot for an elector as its holder or deputy, or for themselves."""
    statement = select(CastVote).where(
        CastVote.ballot_id == ballot_id,
        CastVote.sender == sender,
        CastVote.rank > Rank.RECORDED,
        col(CastVote.elector_id).is_not(None),
        col(CastVote.choice).is_not(None),
    )
    return session.exec(statement.order_by(col(CastVote.id).desc()).limit(1)).first()


_AS_CAST = sa.select(
    *(
        VOTES.c[name]
        for name in (
            "id", "elector_id", "sender", "choice", "sent_at", "received_at", "rank", "edition", "offline_since",
            "in_room", "openly", "withdraws", "found_late", "reason", "amendment", "informant", "channel", "option",
        )
    )
)  # fmt: skip


_CAST_ON = _AS_CAST.where(VOTES.c.ballot_id == bindparam("ballot")).order_by(VOTES.c.id)
_CAST_FOR = _CAST_ON.where(VOTES.c.elector_id == bindparam("elector"))


def votes(session: Session, ballot_id: int) -> list[Cast]:
    """All votes of a ballot in the order received."""
    return [_cast(row) for row in ask(session, _CAST_ON, ballot=ballot_id)]


def votes_of(session: Session, ballot_id: int, elector_id: int) -> list[Cast]:
    """The votes for one elector, in the order received: what a further one is judged beside."""
    return [_cast(row) for row in ask(session, _CAST_FOR, ballot=ballot_id, elector=elector_id)]


def as_cast(row: CastVote) -> Cast:
    """A vote as the domain counts it."""
    return _cast(
        (
            row.id, row.elector_id, row.sender, row.choice, row.sent_at, row.received_at, row.rank, row.edition,
            row.offline_since, row.in_room, row.openly, row.withdraws, row.found_late, row.reason, row.amendment,
            row.informant, row.channel, row.option,
        )
    )  # fmt: skip


_RANKS = {rank.value: rank for rank in Rank}  # calling an enum takes as long as the rest of a vote


def _cast(row: Any) -> Cast:
    (
        own, elector_id, sender, choice, sent_at, received_at, rank, edition, offline_since, in_room, openly, withdraws,
        found_late, reason, amendment, informant, channel, option,
    ) = row  # fmt: skip
    return Cast(
        id=own,
        elector=elector_id,
        sender=sender,
        choice=choice,
        sent_at=sent_at,
        received_at=received_at,
        rank=_RANKS[rank],
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
        option=option,
    )


def settle(session: Session, ballot_id: int, found: Mapping[int, Verdict]) -> None:
    """Write the verdict on each vote of a ballot down, at the close: the most common one on all, then the others."""
    by_verdict: dict[Verdict, list[int]] = {}
    for vote_id, verdict in found.items():
        by_verdict.setdefault(verdict, []).append(vote_id)
    connection = session.connection()
    for number, (verdict, ids) in enumerate(sorted(by_verdict.items(), key=lambda each: -len(each[1]))):
        judged = sa.update(VOTES).values(verdict=verdict)
        if number == 0:
            connection.execute(judged.where(VOTES.c.ballot_id == ballot_id))
            continue
        for start in range(0, len(ids), IN_ONE_STATEMENT):
            connection.execute(judged.where(VOTES.c.id.in_(ids[start : start + IN_ONE_STATEMENT])))


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


_HEARD = (
    sa.select(*(VOTES.c[name] for name in Heard._fields))
    .where(VOTES.c.ballot_id == bindparam("ballot"))
    .order_by(VOTES.c.id)
)


def heard(session: Session, ballot_id: int) -> list[Heard]:
    """All votes of a ballot in the order received, for the minutes."""
    return [Heard._make(row) for row in ask(session, _HEARD, ballot=ballot_id)]


def record_positions(session: Session, ballot_id: int) -> dict[int, int]:
    """Where each vote of a ballot stands in the record, by the vote's ID."""
    statement = sa.select(VOTES.c.id, VOTES.c.record_position).where(
        VOTES.c.ballot_id == bindparam("ballot"), VOTES.c.record_position.is_not(None)
    )
    return {row.id: row.record_position for row in ask(session, statement, ballot=ballot_id)}


_HAS_UNREAD = "has unread"
_ANY_UNREAD = select(Unread.event_id).limit(1)


def add_unread(session: Session, unread: Unread) -> None:
    """Keep that an event could not be decrypted; once is enough."""
    if session.get(Unread, unread.event_id) is None:
        session.add(unread)
        session.flush()
        session.info[_HAS_UNREAD] = True


def has_unread(session: Session) -> bool:
    """Whether there is anything that could not be read; looked up once a transaction."""
    if _HAS_UNREAD not in session.info:
        session.info[_HAS_UNREAD] = ask(session, _ANY_UNREAD).first() is not None
    return bool(session.info[_HAS_UNREAD])


def is_read_now(session: Session, event_id: str) -> None:
    """It could be decrypted after all. Said of every event."""
    if has_unread(session):
        session.exec(delete(Unread).where(col(Unread.event_id) == event_id))


def take_back_unread(session: Session, event_id: str, by: str) -> None:
    """It was redacted; if its sender did so, it counts no longer as what may be a vote."""
    session.exec(delete(Unread).where(col(Unread.event_id) == event_id, col(Unread.sender) == by))


def unread_directly(session: Session, since: datetime, until: datetime) -> Sequence[Unread]:
    """What was sent to us in direct chats in that time (UTC) and could not be read."""
    statement = select(Unread).join(Room, col(Room.room_id) == col(Unread.room_id))
    statement = statement.where(col(Room.direct_with).is_not(None), Unread.sent_at >= since, Unread.sent_at <= until)
    return session.exec(statement.order_by(col(Unread.sent_at))).all()


def unread(session: Session, room_id: str, since: datetime, until: datetime) -> Sequence[Unread]:
    """What was sent to a room in that time (UTC) and could not be decrypted."""
    statement = select(Unread).where(Unread.room_id == room_id, Unread.sent_at >= since, Unread.sent_at <= until)
    return session.exec(statement.order_by(col(Unread.sent_at))).all()
