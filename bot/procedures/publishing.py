"""The result: counted, decided, recorded, and said once."""

from collections.abc import Sequence

from bot.context import Scope
from bot.domain.consultation import State, Step, Visibility
from bot.domain.deciding import Outcome
from bot.domain.dissent import dissenting
from bot.effects import Effect, Picture, Say
from bot.procedures import charts, dissents, notices, outcome, recording, tasks
from bot.procedures.consultations import step
from bot.procedures.counts import Counted, Electorate, count_of
from bot.store import consultations, decisions, networks
from bot.store.tables import Consultation, Decision

DECIDED = (Outcome.ACCEPTED, Outcome.CHOSEN)  # what leads to tasks


def key_of(consultation: Consultation) -> str:
    """The key of the message with the result."""
    return f"consultation/{consultation.id}/result"


def publish(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Count, record the decisions, and say it all: as text, as charts, by mail; the plans it touches are to be revised.

    The record is complete before it is said: its last hash stands in the message. Minutes that go with it are a step
    of their own (`minutes.attached`).
    """
    own = consultation.id or 0
    electorate = Electorate.of(consultation, scope)
    ballots = consultations.ballots(scope.session, own)
    counted = [count_of(consultation, ballot, scope, electorate=electorate) for ballot in ballots]
    provisional = outcome.unread(consultation, scope) > 0
    decided = [_decided(consultation, each, scope, provisional=provisional) for each in counted]
    consultation.state = State.PUBLISHED
    consultation.published_at = scope.now
    step(consultation, Step.PUBLISHED, scope, body={"provisional": provisional})
    asked = _revisions(consultation, decided, counted, scope)
    whole = outcome.gather(consultation, counted, scope)
    language, key = scope.language_of(consultation.room_id), key_of(consultation)
    pictures = charts.of(whole, language, scope.zone_of(consultation.room_id))
    return (
        Say(room_id=consultation.room_id, key=key, text=outcome.as_text(whole, scope)),
        *(
            Picture(room_id=consultation.room_id, key=f"{key}/chart{number or ''}", chart=chart)
            for number, chart in enumerate(pictures)
        ),
        *asked,
        *notices.published(consultation, counted, scope),
    )


def _decided(consultation: Consultation, counted: Counted, scope: Scope, *, provisional: bool) -> Decision:
    """Write down what a ballot decided: verdicts, numbers, decision, dissents."""
    recording.verdicts(consultation, counted.ballot, counted.found, scope)
    ballot, ruling, outcome_only = counted.ballot, counted.ruling, counted.outcome_only
    recording.result(consultation, ballot, counted.count, ruling, scope, outcome_only=outcome_only)
    decision = Decision(
        network_id=consultation.network_id,
        number=networks.next_number(scope.session, consultation.network_id, "B"),
        ballot_id=counted.ballot.id or 0,
        outcome=counted.ruling.outcome,
        chosen=_chosen(counted),
        provisional=provisional,
        at=scope.now,
    )
    decisions.add_decision(scope.session, decision)
    if consultation.visibility != Visibility.CONFIDENTIAL:
        against = [counted.valid[elector] for elector in dissenting(counted.sheet, counted.ruling, counted.valid)]
        dissents.keep(consultation, decision, counted.ballot, against, scope)
    return decision


def _chosen(counted: Counted) -> str | None:
    """The option that won, in words."""
    if counted.ruling.outcome is not Outcome.CHOSEN:
        return None
    return counted.sheet.options[int(counted.ruling.winners[0]) - 1].label


def _revisions(
    consultation: Consultation, decided: Sequence[Decision], counted: Sequence[Counted], scope: Scope
) -> tuple[Effect, ...]:
    """Once for a consultation: its first decision that changes something leads to the tasks."""
    changing = [(decision, each.ballot) for decision, each in zip(decided, counted, strict=True)]
    changing = [(decision, ballot) for decision, ballot in changing if decision.outcome in DECIDED]
    if not changing:
        return ()
    return tasks.revise_plans(changing[0][0], consultation, [ballot for _, ballot in changing], scope)
