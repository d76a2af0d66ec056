"""What came of a consultation, as the database has it after the result is out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from bot.store import Session
from bot.store.tables import Ballot, CastVote, Consultation, Decision, Elector, RecordEntry
from tests.voting.words import Words


@dataclass(frozen=True)
class OnRecord:
    """A vote as it stands in the database."""

    event: int
    ballot: int
    elector: str | None
    sender: str
    answer: str | None
    rank: int
    verdict: str | None


@dataclass
class Published:
    """What came of it all."""

    rows: list[OnRecord] = field(default_factory=list)
    electors: dict[str, int] = field(default_factory=dict)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)  # as in the record, by ballot
    outcomes: dict[int, str] = field(default_factory=dict)
    message: str = ""
    said: list[str] = field(default_factory=list)  # everything, for whoever looks for a mistake


def read(session: Session, consultation_id: int, events: Mapping[str, int], words: Words, published: Published) -> None:
    """Fill `published`; `events` has the numbers of the history's events by their IDs."""
    consultation = session.get_one(Consultation, consultation_id)
    assert consultation.state == "published", f"it is {consultation.state}"
    names: dict[int | None, str] = {}
    for one in session.exec(select(Elector).where(Elector.consultation_id == consultation_id)):
        names[one.id] = words.name(one.person) if one.person else (one.organisation or "").removesuffix(words.apart)
        published.electors[names[one.id]] = one.weight
    ballots = session.exec(select(Ballot).where(Ballot.consultation_id == consultation_id)).all()
    positions = {each.id: each.position for each in ballots}
    mine = select(CastVote).where(col(CastVote.ballot_id).in_(positions)).order_by(col(CastVote.id))
    published.rows = [
        OnRecord(
            event=events[row.event_id],
            ballot=positions[row.ballot_id],
            elector=names[row.elector_id] if row.elector_id else None,
            sender=words.name(row.sender),
            answer=row.choice,
            rank=row.rank,
            verdict=row.verdict,
        )
        for row in session.exec(mine)
    ]
    for entry in session.exec(select(RecordEntry).where(RecordEntry.consultation_id == consultation_id)):
        body = json.loads(entry.body)
        if body["kind"] == "result":
            published.results[body["body"]["ballot"]] = body["body"]
    for decision in session.exec(select(Decision).where(col(Decision.ballot_id).in_(positions))):
        published.outcomes[positions[decision.ballot_id]] = decision.outcome
