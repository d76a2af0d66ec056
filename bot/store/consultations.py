"""Consultations, their ballots, and the steps in their life."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.domain import answers
from bot.domain.answers import Kind, Option, Sheet
from bot.domain.consultation import State, Visibility, Window
from bot.domain.counting import Terms
from bot.store.tables import Ballot, Consultation, Edition, Project, Step, Touched


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


def find(session: Session, consultation_id: int) -> Consultation | None:
    """The same, if it is here."""
    return session.get(Consultation, consultation_id)


def by_number(session: Session, network_id: int, number: int) -> Consultation | None:
    """K3."""
    return session.exec(BY_NUMBER, params={"network_id": network_id, "number": number}).first()


BY_NUMBER = select(Consultation).where(
    Consultation.network_id == bindparam("network_id"), Consultation.number == bindparam("number")
)


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


def key(consultation: Consultation, ballot: Ballot | None) -> str:
    """„K3“ for all of it, „K3.2“ for one ballot."""
    return f"K{consultation.number}.{ballot.position}" if ballot else f"K{consultation.number}"


def closed_since(session: Session, network_id: int, since: datetime, states: Collection[str]) -> Sequence[Consultation]:
    """A network's consultations in one of these states that closed after `since` (UTC)."""
    of_network = select(Consultation).where(Consultation.network_id == network_id, col(Consultation.closes_at) > since)
    return session.exec(of_network.where(col(Consultation.state).in_(states)).order_by(col(Consultation.number))).all()


def ballot(session: Session, consultation_id: int, position: int = 1) -> Ballot:
    """A ballot of a consultation; the first unless said otherwise. Raises NoResultFound where there is none."""
    statement = select(Ballot).where(Ballot.consultation_id == consultation_id, Ballot.position == position)
    return session.exec(statement).one()


def ballots(session: Session, consultation_id: int) -> Sequence[Ballot]:
    """All ballots of a consultation, in their order."""
    return session.exec(BALLOTS, params={"consultation_id": consultation_id}).all()


BALLOTS = select(Ballot).where(Ballot.consultation_id == bindparam("consultation_id")).order_by(col(Ballot.position))


def has_several(session: Session, consultation_id: int) -> bool:
    """Whether it puts more than one ballot to the vote."""
    return session.exec(SECOND, params={"consultation_id": consultation_id}).first() is not None


SECOND = select(Ballot.id).where(Ballot.consultation_id == bindparam("consultation_id"), Ballot.position == 2)


def ballot_with_consultation(session: Session, ballot_id: int) -> tuple[Ballot, Consultation]:
    """A ballot and what it belongs to."""
    found = session.get_one(Ballot, ballot_id)
    return found, session.get_one(Consultation, found.consultation_id)


def sheet(ballot: Ballot) -> Sheet:
    """The paper that one votes on."""
    return _sheet(ballot.kind, ballot.options, ballot.points)


@lru_cache(maxsize=1_000)
def _sheet(kind: str, options: str, points: int | None) -> Sheet:
    """Each vote asks for it several times."""
    listed = tuple(
        Option(each["label"], datetime.fromisoformat(each["at"]) if each.get("at") else None)
        for each in json.loads(options)
    )
    return Sheet(Kind(kind), listed, points)


def options_as_stored(options: Iterable[Option]) -> str:
    """Options as they stand in `Ballot.options`."""
    return json.dumps(
        [{"label": each.label, "at": each.at.isoformat() if each.at else None} for each in options], ensure_ascii=False
    )


def terms(consultation: Consultation, ballot: Ballot) -> Terms:
    """What this ballot's votes are judged by."""
    paper = sheet(ballot)
    return Terms(
        window=window(consultation),
        is_valid=lambda answer: answers.is_valid(answer, paper),
        first_edition=ballot.valid_edition,
        valid_since=ballot.valid_since,
        confidential=consultation.visibility == Visibility.CONFIDENTIAL,
    )


def window(consultation: Consultation) -> Window:
    """When votes are taken."""
    grace = timedelta(seconds=consultation.grace_seconds)
    return Window(consultation.opens_at, consultation.closes_at, grace)


def add_step(session: Session, step: Step) -> None:
    """Keep what happened in a consultation's life."""
    session.add(step)
    session.flush()


def steps(session: Session, consultation_id: int) -> Sequence[Step]:
    """What happened, in order."""
    return session.exec(select(Step).where(Step.consultation_id == consultation_id).order_by(col(Step.id))).all()


def add_edition(session: Session, edition: Edition) -> None:
    """Keep a text that is put to the vote."""
    session.add(edition)
    session.flush()


def editions(session: Session, ballot_id: int) -> Sequence[Edition]:
    """The texts that a ballot put to the vote, in order."""
    return session.exec(select(Edition).where(Edition.ballot_id == ballot_id).order_by(col(Edition.edition))).all()


def touch(session: Session, consultation_id: int, project_ids: Iterable[int]) -> None:
    """The decision touches these projects' plans, and no others."""
    session.exec(delete(Touched).where(col(Touched.consultation_id) == consultation_id))
    session.add_all(Touched(consultation_id=consultation_id, project_id=each) for each in dict.fromkeys(project_ids))
    session.flush()


def touched(session: Session, consultation_id: int) -> Sequence[Project]:
    """The projects whose plans the decision touches, by key."""
    statement = select(Project).join(Touched, col(Touched.project_id) == col(Project.id))
    return session.exec(statement.where(Touched.consultation_id == consultation_id).order_by(Project.folded)).all()


def waiting_to_open(session: Session, now: datetime) -> Sequence[Consultation]:
    """Scheduled ones whose opening has come."""
    return session.exec(TO_OPEN, params={"now": now}).all()


def waiting_to_close(session: Session, now: datetime) -> Sequence[Consultation]:
    """Open ones whose close has come."""
    return session.exec(TO_CLOSE, params={"now": now}).all()


def waiting_for_result(session: Session) -> Sequence[Consultation]:
    """Closed ones whose result is not out yet."""
    return session.exec(CLOSED).all()


def open_ones(session: Session) -> Sequence[Consultation]:
    """Those that take votes."""
    return session.exec(OPEN).all()


def open_of(session: Session, network_id: int) -> Sequence[Consultation]:
    """Those of a network that take votes, what closes first leads."""
    statement = select(Consultation).where(Consultation.network_id == network_id, Consultation.state == State.OPEN)
    return session.exec(statement.order_by(col(Consultation.closes_at), col(Consultation.number))).all()


def published_since(session: Session, since: datetime) -> Sequence[Consultation]:
    """Those whose result has come out since then (UTC)."""
    return session.exec(PUBLISHED, params={"since": since}).all()


def in_states(session: Session, states: Iterable[State]) -> Sequence[Consultation]:
    """All in one of these states, oldest first."""
    statement = select(Consultation).where(col(Consultation.state).in_([state.value for state in states]))
    return session.exec(statement.order_by(col(Consultation.id))).all()


def _in_state(state: State, *conditions: Any) -> SelectOfScalar[Consultation]:
    """Asked every second, all of them."""
    return select(Consultation).where(Consultation.state == state, *conditions).order_by(col(Consultation.id))


TO_OPEN = _in_state(State.SCHEDULED, Consultation.opens_at <= bindparam("now"))
TO_CLOSE = _in_state(State.OPEN, Consultation.closes_at <= bindparam("now"))
CLOSED, OPEN = _in_state(State.CLOSED), _in_state(State.OPEN)
PUBLISHED = _in_state(State.PUBLISHED, col(Consultation.published_at) >= bindparam("since"))
