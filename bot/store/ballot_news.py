"""What there is to tell of the consultations of some rooms: each question is put once for all of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, and_, col, or_, select

from bot.domain.consultation import State, Visibility
from bot.domain.counting import Cast
from bot.store import votes
from bot.store.news import SINCE, THESE, Reach, inside
from bot.store.statements import ask
from bot.store.tables import Ballot, CastVote, Consultation, Decision, Elector

VOTES = CastVote.__table__  # type: ignore[attr-defined] # SQLModel hides it
ELECTORS = Elector.__table__  # type: ignore[attr-defined]
BALLOTS = Ballot.__table__  # type: ignore[attr-defined]
CONSULTATIONS = Consultation.__table__  # type: ignore[attr-defined]


def consultations(session: Session, reach: Reach, since: datetime) -> Sequence[Consultation]:
    """Those that take votes, and those whose result has come out after `since` (UTC); what closes first leads."""
    found: Sequence[Consultation] = reach.ask(session, _consultations(limited=reach.limited), since=since)
    return found


@lru_cache
def _consultations(*, limited: bool) -> Any:
    told = and_(Consultation.state == State.PUBLISHED, col(Consultation.published_at) > SINCE)
    wanted = (*inside(Consultation, limited=limited), or_(Consultation.state == State.OPEN, told))
    return select(Consultation).where(*wanted).order_by(col(Consultation.closes_at), col(Consultation.number))


def ballots(session: Session, ids: Collection[int]) -> Sequence[tuple[Ballot, Decision | None]]:
    """The ballots of these consultations in their order, each with what it decided."""
    return session.exec(_BALLOTS, params={"these": list(ids)}).all()


_BALLOTS = (
    select(Ballot, Decision)
    .outerjoin(Decision, col(Decision.ballot_id) == col(Ballot.id))
    .where(col(Ballot.consultation_id).in_(THESE))
    .order_by(col(Ballot.position))
)


class Voter(NamedTuple):
    """An elector, as far as a digest names one."""

    id: int
    consultation_id: int
    person: str | None
    organisation: str | None


def electors(session: Session, ids: Collection[int]) -> list[Voter]:
    """Who may vote on these consultations: people by their Matrix ID, then organisations by name."""
    return [Voter._make(row) for row in ask(session, _ELECTORS, these=list(ids))]


_ELECTORS = (
    sa.select(*(ELECTORS.c[name] for name in Voter._fields))
    .where(ELECTORS.c.consultation_id.in_(THESE))
    .order_by(ELECTORS.c.person.is_(None), ELECTORS.c.person, ELECTORS.c.id)
)


def said(session: Session, ballot_ids: Collection[int]) -> list[tuple[int, int, str | None, bool]]:
    """By ballot and elector: a plain answer, and whether anything was taken back (see `bot.store.turnout.said`).

    Times are judged more strictly than by the rule; where there is no plain answer, the rule must be asked.
    """
    return [(row[0], row[1], row[2], bool(row[3])) for row in ask(session, _SAID, these=list(ballot_ids))]


def _said() -> sa.Select[Any]:
    vote, ballot, consultation = VOTES.c, BALLOTS.c, CONSULTATIONS.c
    plain = sa.and_(
        vote.in_room | vote.informant.is_not(None),
        vote.sent_at >= consultation.opens_at,
        vote.sent_at <= consultation.closes_at,
        vote.received_at <= consultation.closes_at,
        vote.edition >= ballot.valid_edition,
        ballot.valid_since.is_(None) | (vote.sent_at >= ballot.valid_since),
        (consultation.visibility != Visibility.CONFIDENTIAL) | ~vote.openly,
    )
    answer = sa.func.max(sa.case((plain, vote.choice)))
    joined = VOTES.join(BALLOTS, ballot.id == vote.ballot_id).join(
        CONSULTATIONS, consultation.id == ballot.consultation_id
    )
    return (
        sa.select(vote.ballot_id, vote.elector_id, answer, sa.func.count() > sa.func.count(vote.choice))
        .select_from(joined)
        .where(vote.ballot_id.in_(THESE), vote.elector_id.is_not(None))
        .group_by(vote.ballot_id, vote.elector_id)
    )


_SAID = _said()


def casts(session: Session, electors_of: Collection[tuple[int, int]]) -> dict[int, list[Cast]]:
    """The votes on these ballots for these electors (pairs of their IDs), by ballot, in the order received."""
    statement = select(CastVote).where(
        col(CastVote.ballot_id).in_({ballot for ballot, _ in electors_of}),
        col(CastVote.elector_id).in_({elector for _, elector in electors_of}),
    )
    found: dict[int, list[Cast]] = {}
    for row in session.exec(statement.order_by(col(CastVote.id))):
        if (row.ballot_id, row.elector_id) in electors_of:
            found.setdefault(row.ballot_id, []).append(votes.as_cast(row))
    return found
