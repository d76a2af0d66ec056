"""`!konsultation` and `!konsultation K3`: what there is, and one of them in full, as far as it may be told now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.command import W, word
from bot.context import Context
from bot.domain.consultation import State, Step, Visibility
from bot.domain.counting import counted
from bot.effects import Answer
from bot.errors import UserError
from bot.procedures import electorates
from bot.procedures.finding import ballot_numbered, consultation_numbered, number_of
from bot.store import consultations, decisions, tables, votes
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
    """A ballot as it stands: how many have voted; who, and how (None: not to be told), as far as it may be known."""

    shown: consulting.Shown
    decision: Decision | None
    voted: int
    voters: list[tuple[Elector, str | None]]


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
        reminders=consulting.reminders(consultation),
        before=before,
        prefix=ctx.house.prefix,
    )


def _seen(consultation: Consultation, ballot: Ballot, electors: list[Elector], ctx: Context) -> Seen:
    """Open: who and how at any time. Covered: how only with the result. Confidential: never more than the number."""
    cast = votes.votes(ctx.session, ballot.id or 0)
    valid = counted(cast, consultations.terms(consultation, ballot))
    how = consultation.visibility == Visibility.OPEN or consultation.state == State.PUBLISHED
    voters: list[tuple[Elector, str | None]] = []
    if consultation.visibility != Visibility.CONFIDENTIAL:
        spoken = [(elector, valid[elector.id]) for elector in electors if elector.id in valid]
        voters = [(elector, vote.choice if how else None) for elector, vote in spoken]
    decision = decisions.decision(ctx.session, ballot.id or 0)
    return Seen(consulting.shown(ballot, consultation, ctx), decision, len(valid), voters)


def _steps(consultation: Consultation, ctx: Context) -> list[Taken]:
    """Its life until now."""
    own = consultation.id or 0
    ballots = consultations.ballots(ctx.session, own)
    editions = [edition for each in ballots for edition in consultations.editions(ctx.session, each.id or 0)]
    carried = {edition.at: edition.carried for edition in editions if edition.edition > 1}
    return [_taken(row, carried) for row in consultations.steps(ctx.session, own)]


def _taken(row: tables.Step, carried: Mapping[datetime, bool]) -> Taken:
    step = Step(row.step)
    if step is Step.EXTENDED and row.detail:
        return Taken(step, row.at, row.by, "", until=datetime.fromisoformat(row.detail))
    return Taken(step, row.at, row.by, row.detail, carried=carried.get(row.at) if step is Step.REWORDED else None)
