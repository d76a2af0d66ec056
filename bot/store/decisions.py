"""What was decided, who dissents, and what was said to that."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from bot.store.tables import Ballot, Consultation, CounterPosition, Decision, Dissent


def add_decision(session: Session, decision: Decision) -> None:
    """Store what a ballot decided."""
    session.add(decision)
    session.flush()


def decision(session: Session, ballot_id: int) -> Decision | None:
    """What a ballot decided, once it is published."""
    return session.exec(select(Decision).where(Decision.ballot_id == ballot_id)).first()


def by_id(session: Session, decision_id: int) -> Decision:
    """The decision with this database ID."""
    return session.get_one(Decision, decision_id)


def by_number(session: Session, network_id: int, number: int) -> Decision | None:
    """B2."""
    return session.exec(select(Decision).where(Decision.network_id == network_id, Decision.number == number)).first()


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[tuple[Decision, Ballot, Consultation]]:
    """A network's decisions, the latest first, each with its ballot; only those of one room if given."""
    statement = (
        select(Decision, Ballot, Consultation)
        .join(Ballot, col(Ballot.id) == col(Decision.ballot_id))
        .join(Consultation, col(Consultation.id) == col(Ballot.consultation_id))
        .where(Decision.network_id == network_id)
    )
    if room_id is not None:
        statement = statement.where(Consultation.room_id == room_id)
    return session.exec(statement.order_by(col(Decision.number).desc())).all()


def add_dissents(session: Session, dissents: Iterable[Dissent]) -> None:
    """Store dissents; each gets its ID."""
    session.add_all(dissents)
    session.flush()


def dissent_by_number(session: Session, network_id: int, number: int) -> Dissent | None:
    """V2."""
    return session.exec(select(Dissent).where(Dissent.network_id == network_id, Dissent.number == number)).first()


def dissents(session: Session, decision_id: int) -> Sequence[Dissent]:
    """Who dissents from a decision, by number."""
    return session.exec(select(Dissent).where(Dissent.decision_id == decision_id).order_by(col(Dissent.number))).all()


def add_counter_position(session: Session, position: CounterPosition) -> None:
    """Store a counter-position."""
    session.add(position)
    session.flush()


def counter_positions(session: Session, dissent_id: int) -> Sequence[CounterPosition]:
    """What was said to a dissent, in order."""
    statement = select(CounterPosition).where(CounterPosition.dissent_id == dissent_id)
    return session.exec(statement.order_by(col(CounterPosition.id))).all()
