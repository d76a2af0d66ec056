"""`!konsultation` and `!konsultation K3`: what there is, and one of them in full, as far as it may be told now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.command import W, word
from bot.context import Context
from bot.domain.consultation import State, Step, Visibility
from bot.effects import Answer
from bot.errors import UserError
from bot.procedures import casting, electorates, outcome, turnout
from bot.procedures.consultations import short_of
from bot.procedures.finding import ballot_numbered, consultation_numbered, number_of
from bot.procedures.outcome import Opposed
from bot.store import consultations, decisions, tables, tasks, votes
from bot.store.tables import Ballot, Consultation, Decision, Elector
from bot.texts import text
from commands import consulting

NOT_YET = (State.DRAFT, State.SCHEDULED)


@dataclass(frozen=True)
class Which:
    """A consultation by its key, or all of this room."""

    short: str | None = word(W("Konsultation", "consultation"), default=None, shown="K3")


@dataclass(frozen=True)
class One:
    """A consultation by its key."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")


@dataclass(frozen=True, slots=True)
class Seen:
    """A ballot as it stands: how many have voted; who, and how (None: not to be told), as far as it may be known.

    Only so many voters are named as have room. `dissents` are those from its decision, with what was said to each.
    """

    shown: consulting.Shown
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


def show(args: Which | One, ctx: Context) -> Answer:
    """All of this room, or one in full; of one ballot only if that is named."""
    if args.short is None:
        found = consultations.listed(ctx.session, ctx.network_id, ctx.only_room)
        return text("consultation.list", consultations=found, prefix=ctx.house.prefix)
    whole, dot, _ = args.short.partition(".")
    if number_of(whole, "K") is None:
        raise UserError("finding.unknown", kind="consultation", key=args.short, prefix=ctx.house.prefix)
    consultation = consultation_numbered(whole, ctx)
    ballots = consultations.ballots(ctx.session, consultation.id or 0)
    if dot:
        ballots = [ballot_numbered(args.short, ctx)[1]]
    electors = list(votes.electors(ctx.session, consultation.id or 0))
    if consultation.state in NOT_YET:
        electors = electorates.at_opening(consultation, ctx)
    before = consultations.by_id(ctx.session, consultation.repeats_id) if consultation.repeats_id else None
    return text(
        "consultation.shown",
        consultation=consultation,
        seen=[_seen(consultation, ballot, electors, ctx) for ballot in ballots],
        entitled=len(electors),
        steps=_steps(consultation, ctx),
        touched=consultations.touched(ctx.session, consultation.id or 0),
        tasks=tasks.of_consultation(ctx.session, consultation.id or 0),
        reminders=consulting.reminders(consultation, ctx),
        before=before,
        prefix=ctx.house.prefix,
    )


def _seen(consultation: Consultation, ballot: Ballot, electors: list[Elector], ctx: Context) -> Seen:
    """Open: who and how at any time. Covered: how only with the result. Confidential: never more than the number."""
    voted = turnout.voted(consultation, ballot, ctx)
    how = consultation.visibility == Visibility.OPEN or consultation.state == State.PUBLISHED
    voters: list[tuple[Elector, str | None]] = []
    if consultation.visibility != Visibility.CONFIDENTIAL:
        named = [elector for elector in electors if elector.id in voted][: turnout.MOST_NAMED]
        voters = [(elector, _answer(ballot, elector, ctx) if how else None) for elector in named]
    decision = decisions.decision(ctx.session, ballot.id or 0)
    opposed = list(outcome.opposed(decision, {each.id or 0: each for each in electors}, ctx)) if decision else []
    return Seen(consulting.shown(ballot, consultation, ctx), decision, len(voted), voters, opposed)


def _answer(ballot: Ballot, elector: Elector, ctx: Context) -> str | None:
    vote = casting.counting(ballot, elector, ctx)
    return vote.choice if vote else None


def _steps(consultation: Consultation, ctx: Context) -> list[Taken]:
    """Its life until now."""
    own = consultation.id or 0
    carried = {
        short_of(consultation, each, ctx): iter(
            [edition.carried for edition in consultations.editions(ctx.session, each.id or 0) if edition.edition > 1]
        )
        for each in consultations.ballots(ctx.session, own)
    }
    return [_taken(row, carried) for row in consultations.steps(ctx.session, own)]


def _taken(row: tables.Step, carried: Mapping[str, Iterator[bool]]) -> Taken:
    """A step. `carried` tells of each ballot, by its key, what became of the votes at each new text in turn."""
    step = Step(row.step)
    if step is Step.EXTENDED and row.detail:
        return Taken(step, row.at, row.by, "", until=datetime.fromisoformat(row.detail))
    if step is Step.REWORDED:
        return Taken(step, row.at, row.by, row.detail, carried=next(carried[row.detail.partition(",")[0]], None))
    return Taken(step, row.at, row.by, row.detail)
