"""Consultations, their electorate and their votes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.domain.consultation import Cast, Channel, State, Window, parted
from bot.store.tables import Ballot, CastVote, Consultation, Decision, Elector


def add(session: Session, consultation: Consultation) -> Consultation:
    """Store a new consultation; it gets its ID."""
    session.add(consultation)
    session.flush()
    return consultation


def add_ballot(session: Session, ballot: Ballot) -> Ballot:
    """Store a ballot; it gets its ID."""
    session.add(ballot)
    session.flush()
    return ballot


def by_id(session: Session, consultation_id: int) -> Consultation:
    """The consultation with this database ID."""
    return session.get_one(Consultation, consultation_id)


def by_number(session: Session, network_id: int, number: int) -> Consultation | None:
    """K3."""
    statement = select(Consultation).where(Consultation.network_id == network_id, Consultation.number == number)
    return session.exec(statement).first()


def titled(session: Session, network_id: int, title: str) -> Consultation | None:
    """The latest consultation of exactly this title."""
    statement = select(Consultation).where(Consultation.network_id == network_id, Consultation.title == title)
    return session.exec(statement.order_by(col(Consultation.id).desc())).first()


def of_room(session: Session, room_id: str, states: Iterable[State] = State) -> Sequence[Consultation]:
    """A room's consultations, oldest first."""
    statement = select(Consultation).where(
        Consultation.room_id == room_id, col(Consultation.state).in_([state.value for state in states])
    )
    return session.exec(statement.order_by(col(Consultation.number))).all()


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[Consultation]:
    """A network's consultations, oldest first; only those of one room if given."""
    statement = select(Consultation).where(Consultation.network_id == network_id)
    if room_id is not None:
        statement = statement.where(Consultation.room_id == room_id)
    return session.exec(statement.order_by(col(Consultation.number))).all()


def ballot(session: Session, consultation_id: int) -> Ballot:
    """The first ballot of a consultation."""
    return session.exec(
        select(Ballot).where(Ballot.consultation_id == consultation_id).order_by(col(Ballot.position))
    ).one()


def ballot_with_consultation(session: Session, ballot_id: int) -> tuple[Ballot, Consultation]:
    """A ballot and what it belongs to."""
    found = session.get_one(Ballot, ballot_id)
    return found, session.get_one(Consultation, found.consultation_id)


def window(consultation: Consultation) -> Window:
    """When votes are taken."""
    grace = timedelta(seconds=consultation.grace_seconds)
    return Window(consultation.opens_at, consultation.closes_at, grace)


def add_electors(session: Session, electors: Iterable[Elector]) -> None:
    """Freeze the electorate."""
    session.add_all(electors)
    session.flush()


def electors(session: Session, consultation_id: int) -> Sequence[Elector]:
    """Who may vote: people by their Matrix ID, then organisations by name."""
    statement = select(Elector).where(Elector.consultation_id == consultation_id)
    return session.exec(statement.order_by(col(Elector.person).is_(None), col(Elector.person), col(Elector.id))).all()


def elector(session: Session, consultation_id: int, person: str) -> Elector | None:
    """The elector that this person votes for."""
    statement = select(Elector).where(Elector.consultation_id == consultation_id, Elector.person == person)
    return session.exec(statement).first()


def record(session: Session, vote: CastVote) -> CastVote:
    """Store a vote event."""
    session.add(vote)
    session.flush()
    return vote


def vote_by_event(session: Session, event_id: str) -> CastVote | None:
    """The vote that an event was."""
    return session.exec(select(CastVote).where(CastVote.event_id == event_id)).first()


def votes(session: Session, ballot_id: int) -> list[Cast]:
    """All votes of a ballot in the order received."""
    rows = session.exec(select(CastVote).where(CastVote.ballot_id == ballot_id).order_by(col(CastVote.id))).all()
    return [as_cast(row) for row in rows]


def as_cast(row: CastVote) -> Cast:
    """A vote as the domain counts it."""
    assert row.id is not None  # noqa: S101 - stored
    informant, reason = parted(row.reason or "") if row.channel == Channel.RECORDED else (None, row.reason)
    return Cast(
        id=row.id,
        elector=row.elector_id,
        sender=row.sender,
        choice=row.choice,
        sent_at=row.sent_at,
        received_at=row.received_at,
        offline_since=row.offline_since,
        in_room=row.in_room,
        redacted=row.redacted,
        reason=reason,
        informant=informant,
    )


def add_decision(session: Session, decision: Decision) -> None:
    """Store what a ballot decided."""
    session.add(decision)
    session.flush()


def decision(session: Session, ballot_id: int) -> Decision | None:
    """What a ballot decided, once it is published."""
    return session.exec(select(Decision).where(Decision.ballot_id == ballot_id)).first()


def waiting_to_open(session: Session, now: datetime) -> Sequence[Consultation]:
    """Scheduled ones whose opening has come."""
    return _due(session, State.SCHEDULED, Consultation.opens_at <= now)


def waiting_to_close(session: Session, now: datetime) -> Sequence[Consultation]:
    """Open ones whose close has come."""
    return _due(session, State.OPEN, Consultation.closes_at <= now)


def waiting_for_result(session: Session) -> Sequence[Consultation]:
    """Closed ones whose result is not out yet."""
    return _due(session, State.CLOSED, True)


def open_ones(session: Session) -> Sequence[Consultation]:
    """Those that take votes."""
    return _due(session, State.OPEN, True)


def _due(session: Session, state: State, condition: bool) -> Sequence[Consultation]:
    statement = select(Consultation).where(Consultation.state == state, condition)
    return session.exec(statement.order_by(col(Consultation.id))).all()
