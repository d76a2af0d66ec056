"""Who has voted until now, and how many: the one thing that may be known before the close, however votes are cast.

The announcement is edited for it at most once a minute, and only if it changed: never for each vote.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.domain.consultation import Visibility
from bot.domain.counting import counted
from bot.store import consultations, votes
from bot.store.tables import Ballot, Consultation, Elector

MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Turnout:
    """So many of those entitled have voted on every ballot, and so many others on some.

    `names` are those who have voted on every one; None where that is too many to name, or not to be told.
    """

    entitled: int
    complete: int
    partly: int = 0
    names: Sequence[Elector] | None = None
    people: bool = False
    organisations: bool = False


def lacking(consultation: Consultation, scope: Scope) -> dict[int, list[Ballot]]:
    """By elector, the ballots on which no vote of theirs counts until now; who has voted on all is left out."""
    missing: dict[int, list[Ballot]] = {}
    everybody = votes.electors(scope.session, consultation.id or 0)
    for ballot in consultations.ballots(scope.session, consultation.id or 0):
        cast = votes.votes(scope.session, ballot.id or 0)
        voted = counted(cast, consultations.terms(consultation, ballot))
        for elector in everybody:
            if elector.id not in voted:
                missing.setdefault(elector.id or 0, []).append(ballot)
    return missing


def turnout(consultation: Consultation, scope: Scope) -> Turnout:
    """How many have voted until now."""
    everybody = votes.electors(scope.session, consultation.id or 0)
    several = len(consultations.ballots(scope.session, consultation.id or 0))
    missing = lacking(consultation, scope)
    complete = [elector for elector in everybody if elector.id not in missing]
    partly = sum(0 < len(ballots) < several for ballots in missing.values())
    named = consultation.visibility != Visibility.CONFIDENTIAL and len(complete) <= MOST_NAMED
    return Turnout(
        entitled=len(everybody),
        complete=len(complete),
        partly=partly,
        names=complete if named else None,
        people=any(elector.person for elector in everybody),
        organisations=any(elector.organisation for elector in everybody),
    )


def may_have_changed(consultation: Consultation) -> bool:
    """Whether anything came since the announcement was written: known without counting."""
    return consultation.record_length != consultation.turnout_shown


def has_changed(consultation: Consultation, scope: Scope) -> bool:
    """Whether other electors have voted, or on more ballots, than when the announcement was last written."""
    now, before = Counter[int](), Counter[int]()
    for ballot in consultations.ballots(scope.session, consultation.id or 0):
        terms = consultations.terms(consultation, ballot)
        cast = votes.votes(scope.session, ballot.id or 0)
        positions = votes.record_positions(scope.session, ballot.id or 0)
        earlier = [each for each in cast if positions.get(each.id, 0) <= consultation.turnout_shown]
        if len(earlier) < len(cast):
            now.update(counted(cast, terms).keys())
            before.update(counted(earlier, terms).keys())
    return now != before
