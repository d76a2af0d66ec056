"""The life of a consultation: opened, reminded of, closed, published. Set in motion by a command or by the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import Scope
from bot.domain.chart import Bar, BarChart
from bot.domain.consultation import Cast, Choice, State, Tally, Verdict, counted, tally, verdicts
from bot.effects import Direct, Edit, Effect, EndPoll, Picture, Poll, Say
from bot.store import consultations, results, rooms
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


def open_ballot(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Freeze the electorate, announce, open the native poll.

    It is cancelled instead if there is nobody to ask, or if the bot was away during all of its time.
    """
    if consultation.closes_at <= scope.now:
        consultation.state = State.CANCELLED
        missed = text("consultations.missed", consultation=consultation)
        return (Say(room_id=consultation.room_id, key=announcement_key(consultation), text=missed),)
    people = [person for person in rooms.members(scope.session, consultation.room_id) if person != scope.house.us]
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    if not people:
        consultation.state = State.CANCELLED
        nobody = text("consultations.nobody_to_ask", consultation=consultation)
        return (Say(room_id=consultation.room_id, key=announcement_key(consultation), text=nobody),)
    electors = [Elector(consultation_id=consultation.id or 0, person=person) for person in people]
    consultations.add_electors(scope.session, electors)
    consultation.state = State.OPEN
    announced = _announcement(consultation, len(people), scope)
    labels = LABELS[language_of(consultation.room_id, scope)]
    return (
        Say(room_id=consultation.room_id, key=announcement_key(consultation), text=announced),
        Poll(
            room_id=consultation.room_id,
            key=poll_key(ballot),
            question=f"K{consultation.number} · {ballot.question}",
            answers=tuple((choice.value, label) for choice, label in labels.items()),
        ),
    )


def _announcement(consultation: Consultation, entitled: int, scope: Scope) -> Text:
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    return text(
        "consultations.opened",
        consultation=consultation,
        ballot=ballot,
        result=results.by_id(scope.session, ballot.result_id) if ballot.result_id else None,
        entitled=entitled,
        prefix=scope.house.prefix,
    )


def announce_again(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Put the announcement right after a change; a poll cannot be edited, its question names no date."""
    if consultation.state != State.OPEN:
        return ()
    entitled = len(consultations.electors(scope.session, consultation.id or 0))
    of = announcement_key(consultation)
    key = f"{of}/until {consultation.closes_at.isoformat()}"
    return (Edit(room_id=consultation.room_id, key=key, of=of, text=_announcement(consultation, entitled, scope)),)


def close(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """No more votes; the native poll ends. The result follows after the grace time."""
    consultation.state = State.CLOSED
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    ended = text("consultations.closed", consultation=consultation)
    key = f"{poll_key(ballot)}/end"
    return (EndPoll(room_id=consultation.room_id, key=key, of=poll_key(ballot), text=ended),)


def cancel(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Called off; what was voted until now stays on record and decides nothing."""
    was_open = consultation.state == State.OPEN
    consultation.state = State.CANCELLED
    if not was_open:
        return ()
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    ended = text("consultations.cancelled", consultation=consultation)
    key = f"{poll_key(ballot)}/end"
    return (EndPoll(room_id=consultation.room_id, key=key, of=poll_key(ballot), text=ended),)


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
    number = rooms.next_number(scope.session, consultation.network_id, "B")
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
        rows=_rows(electors, counted(votes, window)),
        refused=_refused(votes, verdicts(votes, window)),
        away_since=min((vote.offline_since for vote in votes if vote.offline_since), default=None),
    )
    key = f"consultation/{consultation.id}/result"
    chart = _chart(consultation, count, language_of(consultation.room_id, scope))
    return (
        Say(room_id=consultation.room_id, key=key, text=message),
        Picture(room_id=consultation.room_id, key=f"{key}/chart", chart=chart),
    )


def _rows(electors: Sequence[Elector], votes: dict[int, Cast]) -> list[tuple[str, Cast | None]]:
    """Every elector with the vote that counts, or None."""
    return [(elector.person or elector.organisation or "", votes.get(elector.id or 0)) for elector in electors]


@dataclass(frozen=True, slots=True)
class Refused:
    """What one person sent and does not count for one reason: one line, so that nobody can flood the result."""

    sender: str
    verdict: Verdict
    count: int
    first: datetime
    last: datetime


def _refused(votes: list[Cast], found: dict[int, Verdict]) -> list[Refused]:
    """In the order in which each first came."""
    together: dict[tuple[str, Verdict], list[datetime]] = {}
    for vote in votes:
        if found[vote.id].is_refusal:
            together.setdefault((vote.sender, found[vote.id]), []).append(vote.received_at)
    return [Refused(*about, len(times), min(times), max(times)) for about, times in together.items()]


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
