"""Votes come in: clicked in the native poll, typed, given as a reaction, recorded for somebody; or taken back."""

import dataclasses
import re
from collections.abc import Collection

from bot.context import Scope
from bot.domain.consultation import Cast, Channel, State, Verdict, counted, entry, in_time, judge
from bot.effects import Effect
from bot.errors import UserError
from bot.events import Event, Reaction, Redacted, Vote
from bot.language.votes import choice_of_emoji
from bot.procedures.consultations import silent
from bot.store import consultations, outbox, rooms
from bot.store.tables import Ballot, CastVote, Consultation, Elector

IN_NEW_ROOM = r"(?:/in \S+)?"  # said again where the room was replaced (`bot.store.moves.again`)
POLL = re.compile(rf"ballot/(\d+)/poll{IN_NEW_ROOM}")
ANNOUNCED = re.compile(rf"consultation/(\d+)/(?:announcement{IN_NEW_ROOM}|reminder/.+)")
TAKES_VOTES = (State.OPEN, State.CLOSED)  # closed: what was sent in time may still arrive


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
    elector = consultations.elector(scope.session, ballot.consultation_id, event.sender)
    return _keep(ballot, elector, event, scope, choice=choice, channel=channel, reason=reason)


def record(
    ballot: Ballot, elector: Elector, event: Event, scope: Scope, *, choice: str, informant: str, reason: str
) -> Verdict:
    """Put on record what an organisation told its coordinator, the event's sender. Counts by when it is recorded."""
    kept = entry(informant, reason)
    return _keep(ballot, elector, event, scope, choice=choice, channel=Channel.RECORDED, reason=kept)


def counting(ballot: Ballot, elector: Elector, scope: Scope) -> Cast | None:
    """The vote of an elector that counts until now."""
    _, consultation = consultations.ballot_with_consultation(scope.session, ballot.id or 0)
    votes = consultations.votes(scope.session, ballot.id or 0)
    return counted(votes, consultations.window(consultation)).get(elector.id or 0)


def _keep(
    ballot: Ballot,
    elector: Elector | None,
    event: Event,
    scope: Scope,
    *,
    choice: str | None,
    channel: Channel,
    reason: str | None,
) -> Verdict:
    _, consultation = consultations.ballot_with_consultation(scope.session, ballot.id or 0)
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


def awaited(subjects: Collection[str], person: str, scope: Scope) -> set[str]:
    """Of what somebody was reminded of: the subjects that still wait for a vote of this person."""
    found = {subject: _consultation(subject, scope) for subject in subjects}
    return {
        subject
        for subject, consultation in found.items()
        if consultation.state in TAKES_VOTES
        and any(elector.person == person for elector in silent(consultation, scope))
    }


def which_one(subjects: Collection[str], scope: Scope) -> UserError:
    """Several things wait for a vote, and it was not said which one is meant."""
    found = sorted((_consultation(subject, scope) for subject in subjects), key=lambda one: one.id or 0)
    return UserError("consultations.which_one", consultations=found)


def _consultation(subject: str, scope: Scope) -> Consultation:
    return consultations.by_id(scope.session, int(subject.removeprefix("consultation/")))


def _ballot_of(event_id: str, scope: Scope) -> Ballot | None:
    """The ballot whose poll, announcement or reminder this event is."""
    key = outbox.key_of(scope.session, event_id) or ""
    if found := POLL.fullmatch(key):
        return consultations.ballot_with_consultation(scope.session, int(found[1]))[0]
    if found := ANNOUNCED.fullmatch(key):
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
