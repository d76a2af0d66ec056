"""A consultation closes: no more votes; the homeserver's list is compared with ours before the result is published.

What the homeserver lists and we never heard of counts by its sending time (`found_late`). What we count and it does not
list any more was taken back, if the event itself says that its sender did so; a moderator cannot unmake a vote. What
came by /sync, but too late, stays late: the comparison gives nobody a second chance.
"""

import re

from bot.context import Scope
from bot.domain.consultation import State, Step
from bot.effects import Effect, Reread
from bot.events import Event, Failed, Related, Undecryptable
from bot.procedures import publishing, votes
from bot.procedures.consultations import announcement_key, end_polls, every_key, step
from bot.store import consultations, moves, progress
from bot.store import votes as cast_votes
from bot.store.tables import Consultation, Unread
from bot.texts import text

KEY = re.compile(r"consultation/(?P<consultation>\d+)/reread(?P<again>/gone)?")
LOOKED_UP_AT_MOST = 1000  # events that are not listed any more


def close(consultation: Consultation, scope: Scope, *, by: str | None = None) -> tuple[Effect, ...]:
    """No more votes; the native poll ends. The result follows after the grace time."""
    consultation.state = State.CLOSED
    body = {"closes_at": consultation.closes_at.isoformat()}
    step(consultation, Step.CLOSED, scope, by=by, body=body)
    return end_polls(consultation, text("consultations.closed", consultation=consultation), scope)


def reread(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """After the grace time: compare the homeserver's list of votes with ours; the result follows with the answer.

    Where there is nothing to compare (nothing was ever posted) it is published at once.
    """
    posts = _posts(consultation, scope)
    if not posts:
        return publishing.publish(consultation, scope)
    return (Reread(key=f"consultation/{consultation.id}/reread", of=posts),)


def related(outcome: Related, scope: Scope) -> tuple[Effect, ...]:
    """What the homeserver has: what we never heard of is counted as it was sent; what is gone was taken back."""
    consultation, again = _asked(outcome.key, scope)
    if consultation is None:
        return ()
    if again:
        _taken_back(outcome, scope)
        return _compared(consultation, scope)
    _found(consultation, outcome, scope)
    consultation.reread_problem = outcome.found.problem or None
    gone = cast_votes.clicked(scope.session, consultation.id or 0) - outcome.found.listed
    if not gone or outcome.found.problem:  # of a post that could not be read, all would be missing
        return _compared(consultation, scope)
    if len(gone) > LOOKED_UP_AT_MOST:
        consultation.reread_problem = f"{len(gone)} events are not listed"
    rooms = tuple(dict.fromkeys(room_id for _, room_id in _posts(consultation, scope)))
    return (Reread(key=f"{outcome.key}/gone", gone=tuple(sorted(gone))[:LOOKED_UP_AT_MOST], rooms=rooms),)


def not_related(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """The list could not be read: the result is published, and says so."""
    consultation, _ = _asked(failure.key, scope)
    if consultation is None:
        return ()
    consultation.reread_problem = failure.problem
    return _compared(consultation, scope)


def not_readable(event: Undecryptable, scope: Scope) -> None:
    """Keep that it came while a vote was under way in its room: it may be one, and the result says so."""
    if consultations.of_room(scope.session, event.room_id, (State.OPEN, State.CLOSED)):
        _keep_unread(event, event.room_id, scope)


def readable(event: Event, scope: Scope) -> None:
    """It came once more, and now we have its key."""
    cast_votes.is_read_now(scope.session, event.event_id)


def _keep_unread(event: Undecryptable, room_id: str, scope: Scope) -> None:
    row = Unread(
        event_id=event.event_id,
        room_id=room_id,
        sender=event.sender,
        sent_at=event.sent_at,
        received_at=event.received_at,
    )
    cast_votes.add_unread(scope.session, row)


def _asked(key: str, scope: Scope) -> tuple[Consultation | None, bool]:
    """Which consultation waits for the answer, and whether it is the second one."""
    named = KEY.fullmatch(key)
    if named is None:
        return None, False
    consultation = consultations.by_id(scope.session, int(named["consultation"]))
    return (consultation if consultation.state == State.CLOSED else None), bool(named["again"])


def _posts(consultation: Consultation, scope: Scope) -> tuple[tuple[str, str], ...]:
    """All posts that votes may relate to, in each room where they stand."""
    ballots = consultations.ballots(scope.session, consultation.id or 0)
    keys = [announcement_key(consultation), *(key for ballot in ballots for key in every_key(ballot))]
    return tuple(dict.fromkeys(place for key in keys for place in moves.places(scope.session, key)))


def _found(consultation: Consultation, outcome: Related, scope: Scope) -> None:
    """Take what we never heard of, each once: by the event's ID."""
    known = cast_votes.events(scope.session, consultation.id or 0)
    fresh = [event for event in outcome.found.votes if event.event_id not in known]
    unheard = progress.unclaimed(scope.session, [event.event_id for event in fresh])
    for event in fresh:
        if event.event_id in unheard and progress.claim_event(scope.session, event.event_id, scope.now):
            votes.on_event(event, scope, found_late=True)
            readable(event, scope)
    for unread in outcome.found.unread:
        _keep_unread(unread, consultation.room_id, scope)  # the votes of a room that was replaced belong here, too


def _taken_back(outcome: Related, scope: Scope) -> None:
    """Withdraw what its own sender took back in time; who else did is looked at where the vote is."""
    for event in outcome.redacted:
        if progress.claim_event(scope.session, event.event_id, scope.now):
            votes.on_event(event, scope, found_late=True)


def _compared(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    consultation.reread_at = scope.now
    body = {"complete": consultation.reread_problem is None}
    step(consultation, Step.RECONCILED, scope, detail=consultation.reread_problem or "", body=body)
    return publishing.publish(consultation, scope)
