"""A consultation as anybody may see it at this moment, in a chat and on the overview page alike.

The one place that says what is to be told: open, who voted and how at any time; covered, how only with the result;
confidential, never more than the numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import Scope
from bot.domain.answers import Sheet
from bot.domain.consultation import State, Step, Visibility
from bot.domain.counting import counted
from bot.procedures import electorates, outcome, reminding, turnout
from bot.procedures.consultations import short_of
from bot.procedures.outcome import Opposed
from bot.store import ballot_news, consultations, decisions, results, tables, tasks, votes
from bot.store.tables import Ballot, Consultation, Decision, Elector, Project, Result, Task

NOT_YET = (State.DRAFT, State.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Shown:
    """A ballot for the texts: its key, its paper, the result it puts to the vote and what that was merged into."""

    short: str
    ballot: Ballot
    sheet: Sheet
    result: Result | None
    merged: Result | None


@dataclass(frozen=True, slots=True)
class Reminders:
    """How many seconds before the close people are reminded; and what was wished for, but the close is too near."""

    sent: Sequence[int]
    too_near: Sequence[int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A ballot as it stands: how many have voted; who, and how (None: not to be told), as far as it may be known.

    Only so many voters are named as have room. `dissents` are those from its decision, with what was said to each.
    """

    shown: Shown
    decision: Decision | None
    voted: int
    voters: list[tuple[Elector, str | None]]
    dissents: Sequence[Opposed] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A step in its life. `until` is the new close, where it was extended.

    `carried` is whether votes count on, where the text was changed.
    """

    step: Step
    at: datetime
    by: str | None
    detail: str
    until: datetime | None = None
    carried: bool | None = None


@dataclass(frozen=True, slots=True)
class View:
    """All of it. `entitled` is how many have a vote; before it opens, how many would. `before`: the round before."""

    consultation: Consultation
    seen: Sequence[Seen]
    entitled: int
    steps: Sequence[Taken]
    touched: Sequence[Project]
    tasks: Sequence[Task]
    reminders: Reminders
    before: Consultation | None


def view(consultation: Consultation, ballots: Sequence[Ballot], scope: Scope) -> View:
    """A consultation with these of its ballots, as it may be told now."""
    session, own = scope.session, consultation.id or 0
    electors = list(votes.electors(session, own))
    if consultation.state in NOT_YET:
        electors = electorates.at_opening(consultation, scope)
    return View(
        consultation,
        [_seen(consultation, ballot, electors, scope) for ballot in ballots],
        len(electors),
        _steps(consultation, scope),
        consultations.touched(session, own),
        tasks.of_consultation(session, own),
        reminders(consultation, scope),
        consultations.by_id(session, consultation.repeats_id) if consultation.repeats_id else None,
    )


def shown(ballot: Ballot, consultation: Consultation, scope: Scope) -> Shown:
    """A ballot as the texts show it."""
    result = results.by_id(scope.session, ballot.result_id) if ballot.result_id else None
    merged = results.by_id(scope.session, result.merged_into_id) if result and result.merged_into_id else None
    return Shown(short_of(consultation, ballot, scope), ballot, consultations.sheet(ballot), result, merged)


def reminders(consultation: Consultation, scope: Scope) -> Reminders:
    """How many seconds before the close those are reminded who have not voted, as far as the close is far enough."""
    wanted = [int(seconds) for seconds in consultation.reminders.split(",") if seconds]
    sent = [each for each in wanted if reminding.comes(consultation, timedelta(seconds=each), scope)]
    return Reminders(sent, [each for each in wanted if each not in sent])


def _seen(consultation: Consultation, ballot: Ballot, electors: list[Elector], scope: Scope) -> Seen:
    voted = turnout.voted(consultation, ballot, scope)
    how = consultation.visibility == Visibility.OPEN or consultation.state == State.PUBLISHED
    voters: list[tuple[Elector, str | None]] = []
    if consultation.visibility != Visibility.CONFIDENTIAL:
        named = [elector for elector in electors if elector.id in voted][: turnout.MOST_NAMED]
        answers = _answers(consultation, ballot, named, scope) if how else {}
        voters = [(elector, answers.get(elector.id or 0)) for elector in named]
    decision = decisions.decision(scope.session, ballot.id or 0)
    opposed = list(outcome.opposed(decision, {each.id or 0: each for each in electors}, scope)) if decision else []
    return Seen(shown(ballot, consultation, scope), decision, len(voted), voters, opposed)


def _answers(
    consultation: Consultation, ballot: Ballot, electors: Sequence[Elector], scope: Scope
) -> Mapping[int, str | None]:
    """What each of these electors says with the vote that counts, by ID."""
    wanted = {(ballot.id or 0, elector.id or 0) for elector in electors}
    cast = ballot_news.casts(scope.session, wanted).get(ballot.id or 0, []) if wanted else []
    return {own: each.choice for own, each in counted(cast, consultations.terms(consultation, ballot)).items()}


def _steps(consultation: Consultation, scope: Scope) -> list[Taken]:
    """Its life until now."""
    own = consultation.id or 0
    carried = {
        short_of(consultation, each, scope): iter(
            [edition.carried for edition in consultations.editions(scope.session, each.id or 0) if edition.edition > 1]
        )
        for each in consultations.ballots(scope.session, own)
    }
    return [_taken(row, carried) for row in consultations.steps(scope.session, own)]


def _taken(row: tables.Step, carried: Mapping[str, Iterator[bool]]) -> Taken:
    """A step. `carried` tells of each ballot, by its key, what became of the votes at each new text in turn."""
    step = Step(row.step)
    if step is Step.EXTENDED and row.detail:
        return Taken(step, row.at, row.by, "", until=datetime.fromisoformat(row.detail))
    if step is Step.REWORDED:
        return Taken(step, row.at, row.by, row.detail, carried=next(carried[row.detail.partition(",")[0]], None))
    return Taken(step, row.at, row.by, row.detail)
