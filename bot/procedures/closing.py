"""A consultation closes: no more votes; the homeserver's list is compared with ours before the result is published.

What the homeserver lists and we never took counts by its sending time (`found_late`). What we count and it does not
list any more was taken back, if the event itself says that its sender did so; a moderator cannot unmake a vote. What
came by /sync, but too late, stays late: the comparison gives nobody a second chance.

A result that does not come within the hour is tried for again each hour, and whoever coordinates is told.
"""

import hashlib
import logging
import re
from datetime import timedelta

from bot.context import Scope
from bot.domain.consultation import State, Step
from bot.effects import Direct, Effect, Reread
from bot.events import Failed, Reaction, Redacted, Related, Undecryptable, Vote
from bot.procedures import comparing, publishing, standing, votes
from bot.procedures.consultations import end_polls, step
from bot.store import consultations, outbox, progress
from bot.store import votes as cast_votes
from bot.store.database import is_down
from bot.store.tables import Consultation
from bot.texts import text

log = logging.getLogger(__name__)

KEY = re.compile(r"consultation/(?P<consultation>\d+)/reread(?:/again [^/]+)?(?P<again>/gone)?")
LOOKED_UP_AT_MOST = 1000  # events that are not listed any more
CHATS_LOOKED_UP_AT_MOST = 20  # of them in direct chats: each is looked for in all of these chats
SOON = timedelta(minutes=5)  # after the grace time: so long a result may take


def close(consultation: Consultation, scope: Scope, *, by: str | None = None) -> tuple[Effect, ...]:
    """No more votes; the native poll ends. The result follows after the grace time."""
    consultation.state = State.CLOSED
    body = {"closes_at": consultation.closes_at.isoformat()}
    step(consultation, Step.CLOSED, scope, by=by, body=body)
    return end_polls(consultation, text("consultations.closed", consultation=consultation), scope)


def reread(consultation: Consultation, scope: Scope, *, again: bool = False) -> tuple[Effect, ...]:
    """After the grace time: compare the homeserver's list of votes with ours; the result follows with the answer.

    Each time that this is done `again` is a question of its own.
    """
    found, key = comparing.places(consultation, scope), _key(consultation)
    key += f"/again {scope.now.isoformat()}" if again else ""
    return (Reread(key=key, of=found.in_rooms + found.in_chats),)


def is_overdue(consultation: Consultation, scope: Scope) -> bool:
    """Whether a result should be out by now, and nothing is under way that could bring it."""
    late = scope.now >= consultations.window(consultation).publish_at + SOON
    return consultation.state == State.CLOSED and late and not outbox.is_waiting(scope.session, _key(consultation))


def overdue(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Try once more, and tell whoever coordinates, once: nobody else would notice, or could help."""
    since = f"overdue {consultation.id} {consultation.closes_at.isoformat()}"
    reference = hashlib.sha256(since.encode()).hexdigest()[:4]  # the same each time, as people are told once
    problem = outbox.last_problem(scope.session, _key(consultation))
    values = {
        "reference": reference,
        "consultation": consultation.id,
        "room_id": consultation.room_id,
        "problem": problem,
    }
    log.error("reference %(reference)s: no result of consultation %(consultation)s: %(problem)s", values)
    told = text("consultations.overdue", consultation=consultation, reference=reference, prefix=scope.house.prefix)
    language = scope.language_of(consultation.room_id)
    return (
        *reread(consultation, scope, again=True),
        *(
            Direct(
                person=person,
                key=f"consultation/{consultation.id}/overdue/{person}",
                text=told,
                network_id=consultation.network_id,
                language=language,
            )
            for person in standing.coordinators(consultation.network_id, scope)
        ),
    )


def related(outcome: Related, scope: Scope) -> tuple[Effect, ...]:
    """What the homeserver has: what we never took is counted as it was sent; what is gone was taken back."""
    consultation, again = _asked(outcome.key, scope)
    if consultation is None:
        return ()
    if again:
        for event in outcome.redacted:
            _take(event, scope)  # if its own sender took it back; that is looked at where the vote is
        return _compared(consultation, scope)
    _found(consultation, outcome, scope)
    consultation.reread_problem = outcome.found.problem or None
    if outcome.found.problem:  # of a post that could not be read, all would be missing
        return _compared(consultation, scope)
    return _gone(consultation, outcome, scope) or _compared(consultation, scope)


def _gone(consultation: Consultation, outcome: Related, scope: Scope) -> tuple[Effect, ...]:
    """Ask what became of votes that are not listed any more; nothing if all are."""
    own, found = consultation.id or 0, comparing.places(consultation, scope)
    gone = sorted(cast_votes.clicked(scope.session, own).keys() - outcome.found.listed)
    chats = {} if found.left_out else cast_votes.clicked(scope.session, own, openly=False)
    unlisted = sorted(chats.keys() - outcome.found.listed)
    if len(gone) > LOOKED_UP_AT_MOST or len(unlisted) > CHATS_LOOKED_UP_AT_MOST:
        consultation.reread_problem = f"{len(gone) + len(unlisted)} events are not listed"
    del gone[LOOKED_UP_AT_MOST:], unlisted[CHATS_LOOKED_UP_AT_MOST:]
    if not gone and not unlisted:
        return ()
    rooms = found.rooms + comparing.chats_of({chats[each] for each in unlisted}, scope)
    return (Reread(key=f"{outcome.key}/gone", gone=(*gone, *unlisted), rooms=rooms),)


def not_related(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """The list could not be read: the result is published, and says so."""
    consultation, _ = _asked(failure.key, scope)
    if consultation is None:
        return ()
    consultation.reread_problem = failure.problem
    return _compared(consultation, scope)


def not_readable(event: Undecryptable, scope: Scope) -> None:
    """Keep that it came while a vote was under way: it may be one, and the result says so."""
    comparing.not_read(event, scope)


def not_taken(event: Vote | Reaction | Redacted, scope: Scope) -> None:
    """Keep that we failed at it: the comparison at the close takes it, or else the result is provisional."""
    comparing.not_read(event, scope)


def readable(event_id: str, scope: Scope) -> None:
    """It came once more, and now we have its key, or do not fail at it."""
    cast_votes.is_read_now(scope.session, event_id)


def taken_back(event: Redacted, scope: Scope) -> bool:
    """Whether its sender may take back by this what was never read; then it is no vote any more.

    Not between a close and its result: a vote cannot be taken back then.
    """
    if not cast_votes.has_unread(scope.session):
        return True
    if consultations.in_states(scope.session, (State.CLOSED,)):
        return False
    cast_votes.take_back_unread(scope.session, event.target, event.sender)
    return True


def _key(consultation: Consultation) -> str:
    return f"consultation/{consultation.id}/reread"


def _asked(key: str, scope: Scope) -> tuple[Consultation | None, bool]:
    """Which consultation waits for the answer, and whether it is the second one."""
    named = KEY.fullmatch(key)
    if named is None:
        return None, False
    consultation = consultations.by_id(scope.session, int(named["consultation"]))
    return (consultation if consultation.state == State.CLOSED else None), bool(named["again"])


def _found(consultation: Consultation, outcome: Related, scope: Scope) -> None:
    """Take what is not on record, whatever became of it before: by the event's ID."""
    known = cast_votes.events(scope.session, consultation.id or 0)
    for event in outcome.found.votes:
        if event.event_id not in known:
            _take(event, scope)
    for unread in outcome.found.unread:
        comparing.keep(unread, consultation.room_id, scope)  # votes of a room that was replaced belong here, too


def _take(event: Vote | Reaction | Redacted, scope: Scope) -> None:
    """Take one; should we fail at it, the others are counted still, and the result is provisional."""
    try:
        with scope.session.begin_nested():
            if progress.claim(scope.session, event, scope.now) is progress.Claim.FORGED:
                return
            votes.on_event(event, scope, found_late=True)
            readable(event.event_id, scope)
    except Exception as failure:
        if is_down(failure):
            raise
        values = {"kind": type(event).__name__, "event_id": event.event_id, "room_id": event.room_id}
        log.exception("%(kind)s %(event_id)s was not taken at the close", values)
        not_taken(event, scope)


def _compared(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    consultation.reread_at = scope.now
    body = {"complete": consultation.reread_problem is None}
    step(consultation, Step.RECONCILED, scope, detail=consultation.reread_problem or "", body=body)
    return publishing.publish(consultation, scope)
