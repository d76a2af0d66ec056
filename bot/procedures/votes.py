"""Votes come in: clicked in the native poll, given as a reaction, taken back; and who still owes one.

What is typed comes from `commands.vote`; everything goes on record in `casting`.
"""

from collections.abc import Collection

from bot.context import Scope
from bot.effects import Effect
from bot.errors import UserError
from bot.events import Event, Reaction, Redacted, Vote
from bot.procedures import ballot_talk, electorates, signing_up, taps
from bot.procedures.asked import SUBJECT
from bot.procedures.casting import Said, Taken, counting, take
from bot.store import consultations
from bot.store.tables import Consultation, Elector

__all__ = ["TAKES_VOTES", "Said", "Taken", "awaited", "counting", "on_event", "take", "which_one"]

TAKES_VOTES = taps.TAKES_VOTES


def on_event(event: Event, scope: Scope, *, found_late: bool = False) -> tuple[Effect, ...]:
    """Record a vote by poll or reaction, or take one back.

    A client shows its own click, so nothing is said about one that counts, but to others whom it concerns.
    `found_late`: the homeserver's list had it at the close, and we had not.
    """
    signed = signing_up.on_event(event, scope)
    if signed is not None:
        return signed
    match event:
        case Vote() | Reaction():
            return taps.tapped(event, scope, found_late=found_late)
        case Redacted():
            return taps.taken_back(event, scope, found_late=found_late)
        case _:
            return ()


def awaited(subjects: Collection[str], person: str, scope: Scope) -> set[str]:
    """Of what somebody was reminded of: the subjects that still wait for a vote by this person.

    An organisation's vote is waited for until one counts, whoever of its people gave it.
    """
    return {subject for subject in subjects if _is_awaited(subject, person, scope)}


def _is_awaited(subject: str, person: str, scope: Scope) -> bool:
    consultation, named = _consultation(subject, scope), SUBJECT.fullmatch(subject)
    if consultation.state not in TAKES_VOTES or named is None:
        return False
    elector = scope.session.get(Elector, int(named["elector"])) if named["elector"] else None
    if elector is None:
        spoken = electorates.spoken_for(consultation, person, scope.now, scope)
        if spoken is None:
            return False
        elector = spoken[0]
    ballots = consultations.ballots(scope.session, consultation.id or 0)
    if named["ballot"]:
        ballots = [ballot for ballot in ballots if ballot.position == int(named["ballot"])]
    return any(counting(ballot, elector, scope) is None for ballot in ballots)


def which_one(subjects: Collection[str], scope: Scope) -> UserError:
    """Several things wait for a vote, and it was not said which one is meant."""
    found = {one.id: one for one in (_consultation(subject, scope) for subject in subjects)}
    return ballot_talk.which_one(sorted(found.values(), key=lambda one: one.id or 0), scope)


def _consultation(subject: str, scope: Scope) -> Consultation:
    return consultations.by_id(scope.session, int(subject.split("/")[1]))
