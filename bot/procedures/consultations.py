"""The life of a consultation: opened, reminded of, closed, published. Set in motion by a command or by the clock."""

from collections.abc import Sequence
from datetime import timedelta

from bot.context import Scope
from bot.domain.chart import Bar, BarChart
from bot.domain.consultation import Cast, Choice, State, Tally, Verdict, counted, tally, verdicts
from bot.effects import Direct, Effect, EndPoll, Picture, Poll, Say
from bot.store import consultations, results, rooms
from bot.store.tables import Ballot, Consultation, Decision, Elector
from bot.texts import text

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
    result = results.by_id(scope.session, ballot.result_id) if ballot.result_id else None
    announced = text(
        "consultations.opened",
        consultation=consultation,
        ballot=ballot,
        result=result,
        entitled=len(people),
        prefix=scope.house.prefix,
    )
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
    """Tell those who have not voted, each by direct message; a bare „ja“ answers it."""
    seconds = int(before_close.total_seconds())
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    message = text("consultations.reminder", consultation=consultation, ballot=ballot)
    return tuple(
        Direct(
            person=elector.person,
            key=f"consultation/{consultation.id}/reminder/{seconds}/{elector.person}",
            text=message,
            resume=f"stimme K{consultation.number} {{answer}}",
            resume_until=consultation.closes_at + timedelta(days=1),
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


def _refused(votes: list[Cast], found: dict[int, Verdict]) -> list[tuple[Cast, Verdict]]:
    return [(vote, found[vote.id]) for vote in votes if found[vote.id].is_refusal]


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
