"""Who has voted until now, and how many: the one thing that may be known before the close, however votes are cast.

The announcement is edited for it at most once a minute, and only if it changed: never for each vote.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.context import Scope
from bot.domain.consultation import Visibility
from bot.domain.counting import Cast, counted
from bot.store import consultations, votes
from bot.store import turnout as stored
from bot.store.tables import Ballot, Consultation, Elector

MOST_NAMED = 50
MOST_ASKED = 100  # electors whose votes are read one elector at a time; of more, all votes are
MOST_COMPARED = 500  # electors and ballots; where more was heard within a minute, something has changed


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


def voted(consultation: Consultation, ballot: Ballot, scope: Scope) -> set[int]:
    """The electors for whom a vote counts until now: by the rule, but without asking it about each single vote.

    Whoever took nothing back, and said something that counts by itself, has a vote that counts, whichever it is.
    """
    terms = consultations.terms(consultation, ballot)
    is_valid = lru_cache(maxsize=1_000)(terms.is_valid)
    sure, unclear = set[int](), set[int]()
    for elector, answer, took_back in stored.said(scope.session, ballot.id or 0, terms):
        (sure if not took_back and answer is not None and is_valid(answer) else unclear).add(elector)
    return sure | counted(_of(unclear, ballot, scope), terms).keys()


def _of(electors: Collection[int], ballot: Ballot, scope: Scope) -> list[Cast]:
    """The votes for these electors."""
    if len(electors) > MOST_ASKED:
        return [each for each in votes.votes(scope.session, ballot.id or 0) if each.elector in electors]
    return [each for elector in electors for each in votes.votes_of(scope.session, ballot.id or 0, elector)]


def lacking(consultation: Consultation, scope: Scope) -> dict[int, list[Ballot]]:
    """By elector, the ballots on which no vote of theirs counts until now; who has voted on all is left out."""
    missing: dict[int, list[Ballot]] = {}
    everybody = [elector.id or 0 for elector in votes.electors(scope.session, consultation.id or 0)]
    for ballot in consultations.ballots(scope.session, consultation.id or 0):
        have = voted(consultation, ballot, scope)
        for elector in everybody:
            if elector not in have:
                missing.setdefault(elector, []).append(ballot)
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
    ballots = {each.id or 0: each for each in consultations.ballots(scope.session, consultation.id or 0)}
    new = stored.heard_since(scope.session, ballots, consultation.turnout_shown)
    return len(new) > MOST_COMPARED or any(
        _differs(consultation, ballots[ballot], elector, scope) for ballot, elector in new
    )


def _differs(consultation: Consultation, ballot: Ballot, elector: int, scope: Scope) -> bool:
    """Whether a vote of this elector counts now and none did then, or the other way round."""
    terms, shown = consultations.terms(consultation, ballot), consultation.turnout_shown
    then = stored.heard_until(scope.session, ballot.id or 0, elector, shown)
    cast = votes.votes_of(scope.session, ballot.id or 0, elector)
    return bool(counted(cast, terms)) != bool(counted([each for each in cast if each.id in then], terms))
