"""The life of a consultation: opened, reminded of, closed, published. Set in motion by a command or by the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import Scope
from bot.domain.chart import Bar, BarChart
from bot.domain.consultation import Cast, Choice, State, Tally, Verdict, counted, tally, verdicts
from bot.effects import Direct, Edit, Effect, EndPoll, Picture, Poll, Say
from bot.procedures import electorates, notices, standing
from bot.store import consultations, moves, networks, results, rooms
from bot.store.tables import Ballot, Consultation, Decision, Elector
from bot.texts import Text, text

LABELS = {
    "de": {Choice.YES: "Ja", Choice.NO: "Nein", Choice.ABSTAIN: "Enthaltung"},
    "en": {Choice.YES: "Yes", Choice.NO: "No", Choice.ABSTAIN: "Abstention"},
}
SILENT = {"de": "ohne Stimme", "en": "not voted"}


def announcement_key(consultation: Consultation) -> str:
    """The key of the message that opened it; reactions on it are votes."""
    return f"consultation/{consultation.id}/announcement"


def poll_key(ballot: Ballot) -> str:
    """The key of the native poll."""
    return f"ballot/{ballot.id}/poll"


def language_of(room_id: str, scope: Scope) -> str:
    """The language of a room."""
    room = rooms.find(scope.session, room_id)
    return (room.language if room else None) or scope.house.language


def is_in_its_room(consultation: Consultation, scope: Scope) -> bool:
    """Whether we are where it is held, and know who else is there."""
    return rooms.is_seen(rooms.find(scope.session, consultation.room_id))


def open_ballot(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Freeze the electorate, announce, open the native poll.

    It is cancelled instead if there is nobody to ask, or if the bot was away during all of its time. Before its close
    it is opened only in a room that we are in (`is_in_its_room`).
    """
    if consultation.closes_at <= scope.now:
        return _missed(consultation, scope)
    electors = electorates.at_opening(consultation, scope)
    if not electors:
        consultation.state = State.CANCELLED
        nobody = text("consultations.nobody_to_ask", consultation=consultation)
        return (Say(room_id=consultation.room_id, key=announcement_key(consultation), text=nobody),)
    consultations.add_electors(scope.session, electors)
    consultation.state = State.OPEN
    planned = _put_off(consultation, scope)
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    announced = _announcement(consultation, scope, planned=planned)
    return (
        Say(room_id=consultation.room_id, key=announcement_key(consultation), text=announced),
        _poll(poll_key(ballot), consultation, ballot, scope),
        *notices.opened(consultation, ballot, scope),
        *electorates.unheard(consultation, scope),
    )


def _put_off(consultation: Consultation, scope: Scope) -> datetime | None:
    """When it was to open (UTC), if we were not in its room then; it opens now, and reminders count from now on."""
    room, planned = rooms.find(scope.session, consultation.room_id), consultation.opens_at
    if room is None or room.since <= planned:
        return None
    consultation.opens_at = scope.now
    return planned


def _missed(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Called off unopened: said where it was to be held, or directly, if that room is closed to us."""
    consultation.state = State.CANCELLED
    if is_in_its_room(consultation, scope):
        missed = text("consultations.missed", consultation=consultation)
        return (Say(room_id=consultation.room_id, key=announcement_key(consultation), text=missed),)
    room = rooms.find(scope.session, consultation.room_id)
    told = text("consultations.kept_out", consultation=consultation, room=room)
    return tuple(
        Direct(
            person=person,
            key=f"consultation/{consultation.id}/kept out/{person}",
            text=told,
            language=room.language if room else None,
        )
        for person in standing.coordinators(consultation.network_id, scope)
    )


def open_again(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Announce an open one, with a poll, in the room that replaces its first; votes given there count as well."""
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    room_id = consultation.room_id
    key = moves.again(announcement_key(consultation), room_id)
    return (
        Say(room_id=room_id, key=key, text=_announcement(consultation, scope, again=True)),
        _poll(moves.again(poll_key(ballot), room_id), consultation, ballot, scope),
    )


def _poll(key: str, consultation: Consultation, ballot: Ballot, scope: Scope) -> Poll:
    labels = LABELS[language_of(consultation.room_id, scope)]
    return Poll(
        room_id=consultation.room_id,
        key=key,
        question=f"K{consultation.number} · {ballot.question}",
        answers=tuple((choice.value, label) for choice, label in labels.items()),
    )


def _announcement(
    consultation: Consultation, scope: Scope, *, again: bool = False, planned: datetime | None = None
) -> Text:
    electors = consultations.electors(scope.session, consultation.id or 0)
    people = sum(elector.person is not None for elector in electors)
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    return text(
        "consultations.opened",
        consultation=consultation,
        ballot=ballot,
        result=results.by_id(scope.session, ballot.result_id) if ballot.result_id else None,
        entitled=people,
        mute=len(electors) - people,
        again=again,
        planned=planned,
        prefix=scope.house.prefix,
    )


def announce_again(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Put the announcement right after a change; a poll cannot be edited, its question names no date."""
    if consultation.state != State.OPEN:
        return ()
    here = moves.again(announcement_key(consultation), consultation.room_id)
    again = moves.is_said(scope.session, here)
    of = here if again else announcement_key(consultation)
    key = f"{of}/until {consultation.closes_at.isoformat()}"
    announced = _announcement(consultation, scope, again=again)
    edited = Edit(room_id=consultation.room_id, key=key, of=of, text=announced)
    return (edited, *notices.extended(consultation, scope))


def close(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """No more votes; the native poll ends. The result follows after the grace time."""
    consultation.state = State.CLOSED
    return _end_polls(consultation, text("consultations.closed", consultation=consultation), scope)


def cancel(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Called off; what was voted until now stays on record and decides nothing."""
    was_open = consultation.state == State.OPEN
    consultation.state = State.CANCELLED
    if not was_open:
        return ()
    ended = _end_polls(consultation, text("consultations.cancelled", consultation=consultation), scope)
    return (*ended, *notices.cancelled(consultation, scope))


def _end_polls(consultation: Consultation, ended: Text, scope: Scope) -> tuple[Effect, ...]:
    """In each room where one stands."""
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    polls = moves.places(scope.session, poll_key(ballot))
    return tuple(EndPoll(room_id=room_id, key=f"{key}/end", of=key, text=ended) for key, room_id in polls)


def silent(consultation: Consultation, scope: Scope) -> list[Elector]:
    """The electors for whom no vote counts until now."""
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    votes = consultations.votes(scope.session, ballot.id or 0)
    voted = counted(votes, consultations.window(consultation))
    everybody = consultations.electors(scope.session, consultation.id or 0)
    return [elector for elector in everybody if elector.id not in voted]


def remind(consultation: Consultation, before_close: timedelta, scope: Scope) -> tuple[Effect, ...]:
    """Tell those who have not voted, each by direct message; a bare „ja“ or a 👍 on it is a vote.

    The close is part of the key: once it is moved, the same reminder is due again.
    """
    key = f"{consultation.closes_at.isoformat()}/{int(before_close.total_seconds())}"
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    message = text("consultations.reminder", consultation=consultation, ballot=ballot)
    return tuple(
        Direct(
            person=elector.person,
            key=f"consultation/{consultation.id}/reminder/{key}/{elector.person}",
            text=message,
            resume=f"stimme K{consultation.number} {{answer}}",
            resume_until=consultation.closes_at + timedelta(days=1),
            network_id=consultation.network_id,
            subject=f"consultation/{consultation.id}",
            language=language_of(consultation.room_id, scope),
        )
        for elector in silent(consultation, scope)
        if elector.person and rooms.is_member(scope.session, consultation.room_id, elector.person)
    )


def publish(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Count, record the decision, and say it: who voted what, what was not counted and why, as text and as a chart."""
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    electors = consultations.electors(scope.session, consultation.id or 0)
    votes = consultations.votes(scope.session, ballot.id or 0)
    window = consultations.window(consultation)
    count = tally(votes, len(electors), window)
    valid = counted(votes, window)
    number = networks.next_number(scope.session, consultation.network_id, "B")
    decision = Decision(
        network_id=consultation.network_id, number=number, ballot_id=ballot.id or 0, outcome=count.outcome, at=scope.now
    )
    consultations.add_decision(scope.session, decision)
    consultation.state = State.PUBLISHED
    consultation.published_at = scope.now
    message = text(
        "consultations.result",
        consultation=consultation,
        ballot=ballot,
        tally=count,
        decision=decision,
        rows=[(elector, valid.get(elector.id or 0)) for elector in electors],
        refused=_refused(votes, verdicts(votes, window), electors),
        away_since=min((vote.offline_since for vote in votes if vote.offline_since), default=None),
    )
    key = f"consultation/{consultation.id}/result"
    chart = _chart(consultation, count, language_of(consultation.room_id, scope))
    return (
        Say(room_id=consultation.room_id, key=key, text=message),
        Picture(room_id=consultation.room_id, key=f"{key}/chart", chart=chart),
        *notices.published(consultation, ballot, count, decision, valid, scope),
    )


@dataclass(frozen=True, slots=True)
class Refused:
    """What one person sent and does not count for one reason: one line, so that nobody can flood the result.

    `organisation` is for whom it was recorded, if it was.
    """

    sender: str
    verdict: Verdict
    count: int
    first: datetime
    last: datetime
    organisation: str | None = None


def _refused(votes: list[Cast], found: dict[int, Verdict], electors: Sequence[Elector]) -> list[Refused]:
    """In the order in which each first came."""
    names = {elector.id: elector.organisation for elector in electors}
    together: dict[tuple[str, Verdict, str | None], list[datetime]] = {}
    for vote in votes:
        if found[vote.id].is_refusal:
            together.setdefault((vote.sender, found[vote.id], names.get(vote.elector)), []).append(vote.received_at)
    return [
        Refused(sender, verdict, len(times), min(times), max(times), organisation)
        for (sender, verdict, organisation), times in together.items()
    ]


def _chart(consultation: Consultation, count: Tally, language: str) -> BarChart:
    labels = LABELS[language]
    bars = (
        Bar(labels[Choice.YES], count.yes, "yes"),
        Bar(labels[Choice.NO], count.no, "no"),
        Bar(labels[Choice.ABSTAIN], count.abstain, "abstain"),
        Bar(SILENT[language], count.silent),
    )
    title = f"K{consultation.number} · {consultation.title}"
    numbers = ", ".join(f"{bar.label}: {bar.value:g}" for bar in bars)
    picture = "Balkendiagramm" if language == "de" else "Bar chart"
    return BarChart(title, bars, f"{picture} {title}. {numbers}.")
