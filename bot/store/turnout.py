"""Who has voted until now, asked of the database so that it answers in little more than a line for each elector."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session

from bot.domain.counting import Terms
from bot.store.statements import ask
from bot.store.tables import CastVote

VOTES = CastVote.__table__  # type: ignore[attr-defined] # SQLModel hides it


def said(session: Session, ballot_id: int, terms: Terms) -> list[tuple[int, str | None, bool]]:
    """Of each elector of a ballot for whom anything was said: a plain answer, and whether anything was taken back.

    What is plain counts by the rule of `bot.domain.counting`, seen by itself, if it is an answer of the ballot. Times
    are judged more strictly here than there: where there is no plain answer, that rule must be asked.
    """
    window, columns = terms.window, VOTES.c
    plain = [
        columns.in_room | columns.informant.is_not(None),
        columns.sent_at >= window.opens_at,
        columns.sent_at <= window.closes_at,
        columns.received_at <= window.publish_at,
        columns.edition >= terms.first_edition,
    ]
    if terms.valid_since is not None:
        plain.append(columns.sent_at >= terms.valid_since)
    if terms.confidential:
        plain.append(~columns.openly)
    answer = sa.func.max(sa.case((sa.and_(*plain), columns.choice)))
    took_back = sa.func.count() > sa.func.count(columns.choice)
    mine = sa.and_(columns.ballot_id == ballot_id, columns.elector_id.is_not(None))
    rows = ask(session, sa.select(columns.elector_id, answer, took_back).where(mine).group_by(columns.elector_id)).all()
    return [(elector, choice, bool(back)) for elector, choice, back in rows]


_EARLIER = sa.select(VOTES.c.id).where(
    VOTES.c.ballot_id == bindparam("ballot"),
    VOTES.c.elector_id == bindparam("elector"),
    sa.or_(VOTES.c.record_position.is_(None), VOTES.c.record_position <= bindparam("position")),
)


def heard_since(session: Session, ballot_ids: Iterable[int], position: int) -> Sequence[tuple[int, int]]:
    """For which electors anything was said, on which ballots, since this position of the record: ballot, elector."""
    statement = sa.select(VOTES.c.ballot_id, VOTES.c.elector_id).distinct()
    since = statement.where(
        VOTES.c.ballot_id.in_(list(ballot_ids)), VOTES.c.elector_id.is_not(None), VOTES.c.record_position > position
    )
    return [(row[0], row[1]) for row in ask(session, since)]


def heard_until(session: Session, ballot_id: int, elector_id: int, position: int) -> set[int]:
    """The votes for an elector on record up to this position, by ID."""
    return set(ask(session, _EARLIER, ballot=ballot_id, elector=elector_id, position=position).scalars())
