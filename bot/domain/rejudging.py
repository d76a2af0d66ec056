"""Judging again, from the record alone, what can be: the times of each vote, and what the numbers decide. Pure.

Who was entitled, and whether somebody was in the room, is in no record: that would tell who speaks for whom.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain import record
from bot.domain.breakdown import Member, by_class
from bot.domain.consultation import Window
from bot.domain.counting import STANDS_OR_STOOD, Cast, Verdict, in_time
from bot.domain.deciding import Base, Quorum, QuorumOf, Rule, Rules, decide
from bot.domain.recordfile import Entry
from bot.domain.tallies import Count

OF_TIMES = frozenset({Verdict.EARLY, Verdict.LATE, Verdict.ARRIVED_LATE})


def times(entries: Sequence[Entry]) -> Iterator[tuple[int, str]]:
    """Verdicts that do not agree with the times of the votes: the entry's position and what is wrong."""
    window = _window(entries)
    votes = {each.position: each for each in entries if each.kind == record.VOTE}
    for each in entries:
        if each.kind != record.VERDICTS or window is None:
            continue
        for position, verdict in each.body["verdicts"].items():
            vote = votes.get(int(position))
            if vote is None or "sent_at" not in vote.body:
                continue
            said, right = Verdict(verdict), in_time(_cast(vote), window)
            if (said in STANDS_OR_STOOD and right is not Verdict.COUNTED) or (said in OF_TIMES and said is not right):
                yield each.position, f"the vote in entry {position} is said to be {said}, its times say {right}"


def _window(entries: Sequence[Entry]) -> Window | None:
    """From the opening to the close as it was in the end."""
    opened = next((each.body for each in entries if each.kind == "opened"), None)
    closed = next((each.body for each in reversed(entries) if each.kind == "closed"), None)
    if opened is None or closed is None:
        return None
    grace = timedelta(seconds=float(opened["grace_seconds"]))
    return Window(_at(opened["opens_at"]), _at(closed["closes_at"]), grace)


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _cast(vote: Entry) -> Cast:
    """A vote as far as its times go."""
    body, away = vote.body, vote.body.get("offline_since")
    return Cast(
        id=vote.position,
        elector=None,
        sender="",
        choice=None,
        sent_at=_at(body["sent_at"]),
        received_at=_at(body["received_at"]),
        offline_since=_at(away) if away else None,
        found_late=bool(body.get("found_late")),
    )


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a ruling follows from: the ballot as it was opened, who voted what, who objected with a reason."""

    ballot: Mapping[str, Any]
    electors: Sequence[Mapping[str, Any]]
    counted: Mapping[int, str]
    objections: int


def ruling(grounds: Grounds, count: Count) -> dict[str, Any] | None:
    """What the numbers decide, as the entry „result“ has it; None where the record does not hold enough to say."""
    ballot = grounds.ballot
    of = QuorumOf(ballot["quorum_of"]) if ballot["quorum"] is not None else None
    if of is QuorumOf.CLASSES and any("name" not in each for each in grounds.electors):
        return None  # of people only the weight is on record
    quorum = Quorum(ballot["quorum"], of) if of is not None else None
    members = [Member(each["number"], each["weight"], inhabitants=each.get("inhabitants")) for each in grounds.electors]
    found = decide(
        count,
        Rules(Rule(ballot["rule"]), Base(ballot["base"]), quorum),
        objections=grounds.objections,
        classes=by_class(members, dict(grounds.counted)),
    )
    body = record.result_body(ballot["ballot"], count, found)
    return {name: value for name, value in body.items() if name not in ("ballot", "counts")}
