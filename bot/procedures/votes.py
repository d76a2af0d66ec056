"""Votes come in: clicked in the native poll, typed, given as a reaction; or taken back."""

import dataclasses
import re

from bot.context import Scope
from bot.domain.consultation import Channel, Verdict, in_time, judge
from bot.effects import Effect
from bot.events import Event, Reaction, Redacted, Vote
from bot.language.votes import choice_of_emoji
from bot.store import consultations, outbox, rooms
from bot.store.tables import Ballot, CastVote

POLL = re.compile(r"ballot/(\d+)/poll")
ANNOUNCEMENT = re.compile(r"consultation/(\d+)/announcement")


def on_event(event: Event, scope: Scope) -> tuple[Effect, ...]:
    """Record a vote by poll or reaction, or take one back. Nothing is posted: the client shows its own click."""
    match event:
        case Vote(poll=poll, answers=answers):
            if (ballot := _ballot_of(poll, scope)) is not None:
                choice = answers[0] if len(answers) == 1 else " ".join(answers) or None
                cast(ballot, event, scope, choice=choice, channel=Channel.POLL)
        case Reaction(target=target, key=emoji):
            choice = choice_of_emoji(emoji)
            if choice is not None and (ballot := _ballot_of(target, scope)) is not None:
                cast(ballot, event, scope, choice=choice, channel=Channel.REACTION)
        case Redacted():
            _take_back(event, scope)
        case _:
            pass
    return ()


def cast(
    ballot: Ballot, event: Event, scope: Scope, *, choice: str | None, channel: Channel, reason: str | None = None
) -> Verdict:
    """Put a vote on record and say whether it counts as it stands. Every vote is kept, counted or not."""
    _, consultation = consultations.ballot_with_consultation(scope.session, ballot.id or 0)
    elector = consultations.elector(scope.session, consultation.id or 0, event.sender)
    row = CastVote(
        ballot_id=ballot.id or 0,
        elector_id=elector.id if elector else None,
        sender=event.sender,
        choice=choice[:200] if choice else None,
        reason=reason,
        channel=channel,
        event_id=event.event_id,
        sent_at=event.sent_at,
        received_at=event.received_at,
        offline_since=event.offline_since,
        in_room=rooms.is_member(scope.session, consultation.room_id, event.sender),
    )
    recorded = consultations.as_cast(consultations.record(scope.session, row))
    return judge(recorded, consultations.window(consultation))


def _ballot_of(event_id: str, scope: Scope) -> Ballot | None:
    """The ballot whose poll or announcement this event is."""
    key = outbox.key_of(scope.session, event_id) or ""
    if found := POLL.fullmatch(key):
        return consultations.ballot_with_consultation(scope.session, int(found[1]))[0]
    if found := ANNOUNCEMENT.fullmatch(key):
        return consultations.ballot(scope.session, int(found[1]))
    return None


def _take_back(event: Redacted, scope: Scope) -> None:
    """A redaction withdraws a vote if the voter did it in time. A moderator cannot unmake somebody else's vote."""
    row = consultations.vote_by_event(scope.session, event.target)
    if row is None or row.sender != event.sender:
        return
    _, consultation = consultations.ballot_with_consultation(scope.session, row.ballot_id)
    window = consultations.window(consultation)
    withdrawal = dataclasses.replace(
        consultations.as_cast(row),
        sent_at=event.sent_at,
        received_at=event.received_at,
        offline_since=event.offline_since,
    )
    if in_time(withdrawal, window) is Verdict.COUNTED:
        row.redacted = True
