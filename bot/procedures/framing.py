"""A consultation is made or changed before it opens: its title, times and electorate, around the ballots it holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from bot.context import Context
from bot.domain.consultation import State, Step, Visibility
from bot.effects import Effect
from bot.errors import UserError
from bot.language.dates import Moment
from bot.language.durations import read_durations
from bot.language.names import fold
from bot.procedures import drafting, electorates, opening, sourcing
from bot.procedures.asking import read_date
from bot.procedures.consultations import step
from bot.procedures.groups import work_changed
from bot.store import consultations, networks
from bot.store.tables import Ballot, Consultation

LONGEST_TITLE: Final = 200
USUAL_REMINDER: Final = "1 Tag"
NOW: Final = frozenset({"sofort", "now", "jetzt", "immediately", "at once", "gleich"})
DRAFT: Final = frozenset({"entwurf", "draft", "als entwurf", "as a draft", "as draft", "noch nicht"})
_RULES: Final = ("rule", "base", "quorum", "quorum_of")


class Form(drafting.Lines, Protocol):
    """The lines of the whole form, as typed; `more` are those of further ballots, with their numbers."""

    @property
    def title(self) -> str | None: ...
    @property
    def closes(self) -> str | None: ...
    @property
    def opens(self) -> str | None: ...
    @property
    def electorate(self) -> str | None: ...
    @property
    def visibility(self) -> str | None: ...
    @property
    def reminder(self) -> str | None: ...
    @property
    def touches(self) -> str | None: ...
    @property
    def more(self) -> Sequence[tuple[int, drafting.Lines]]: ...


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was typed, and what is needed to ask back.

    `spellings` are those of a field's name, as compared; `again` makes the command with the options of the ballot of
    this number set to its argument; `assumed` collects dates (UTC) among the options that were given without a time.
    """

    form: Form
    spellings: Callable[[str], frozenset[str]]
    again: Callable[[int, str], str]
    assumed: list[datetime] = field(default_factory=list)

    def hand(self, number: int, ctx: Context) -> drafting.Hand:
        """For the ballot of this number."""
        return drafting.Hand(ctx, partial(self.again, number), self.assumed)


@dataclass(frozen=True, slots=True)
class Framed:
    """What came of it: the moments that were read, a consultation of the same title, who could vote as it is now."""

    consultation: Consultation
    ballots: tuple[Ballot, ...]
    opens: Moment | None
    closes: Moment | None
    entitled: int
    twin: Consultation | None = None
    effects: tuple[Effect, ...] = ()


def new(typed: Typed, ctx: Context) -> Framed:
    """Make a consultation; it opens at once or when it says, or stays a draft. Raises UserError, Question."""
    title, keys = sourcing.named(typed.form.title or "")
    blank = Ballot(consultation_id=0, position=1, question="")
    source = sourcing.source(keys, ctx) if keys else sourcing.Source(title, (blank,))
    title = _title(title or source.title)
    twin = consultations.titled(ctx.session, ctx.network_id, title)
    consultation = Consultation(
        network_id=ctx.network_id,
        number=0,
        room_id=ctx.room.room_id,
        title=title,
        state=State.SCHEDULED,
        opens_at=ctx.now,
        closes_at=ctx.now,
        grace_seconds=ctx.house.grace_seconds,
        repeats_id=source.before.id if source.before else None,
        meeting_id=source.meeting.id if source.meeting else None,
        created_by=ctx.person,
        created_at=ctx.now,
    )
    _begin_as(consultation, source.before, typed.form, ctx)
    opens, closes = _frame(consultation, typed, ctx)
    ballots = _ballots(source.ballots, typed, ctx)
    consultation.number = networks.next_number(ctx.session, ctx.network_id, "K")
    consultations.add(ctx.session, consultation)
    _store(consultation, ballots, ctx)
    _touch(consultation, source.before, typed.form.touches, ctx)
    is_draft = consultation.state == State.DRAFT
    step(consultation, Step.DRAFTED if is_draft else Step.SCHEDULED, ctx, by=ctx.person)
    return Framed(
        consultation, tuple(ballots), opens, closes, entitled(consultation, ctx), twin, _go(consultation, ctx)
    )


def change(consultation: Consultation, position: int, typed: Typed, ctx: Context) -> Framed:
    """Change one that has not opened yet; lines of a ballot are meant for that at `position`. Raises UserError."""
    if consultation.state not in (State.DRAFT, State.SCHEDULED):
        raise UserError("drafting.too_late_to_change", consultation=consultation, prefix=ctx.house.prefix)
    form = typed.form
    if form.title is not None:
        consultation.title = _title(form.title)
    if form.electorate is not None:
        drafting.entitle(consultation, form.electorate, ctx)
    opens, closes = _frame(consultation, typed, ctx)
    ballots = list(consultations.ballots(ctx.session, consultation.id or 0))
    drafting.fill(ballots[position - 1], form, typed.hand(1, ctx))
    _further(ballots, typed, ctx)
    _store(consultation, ballots, ctx)
    if form.touches is not None:
        _touch(consultation, None, form.touches, ctx)
    step(consultation, Step.CHANGED, ctx, by=ctx.person)
    effects = _go(consultation, ctx)
    return Framed(consultation, tuple(ballots), opens, closes, entitled(consultation, ctx), effects=effects)


def _title(words: str) -> str:
    if len(words) > LONGEST_TITLE:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST_TITLE, what="title")
    return " ".join(words.split())


def _begin_as(consultation: Consultation, before: Consultation | None, form: Form, ctx: Context) -> None:
    """What holds unless a line says otherwise: as in the round before, or as usual."""
    if before is None or form.electorate is not None:
        drafting.entitle(consultation, form.electorate, ctx)
    else:
        consultation.electorate, consultation.electorate_of = before.electorate, before.electorate_of
    consultation.reminders = before.reminders if before else _reminders(USUAL_REMINDER)
    if before is not None:
        consultation.visibility = before.visibility


def _frame(consultation: Consultation, typed: Typed, ctx: Context) -> tuple[Moment | None, Moment | None]:
    """Times, visibility and reminders; the moments that were read. Raises UserError, Question."""
    form, opens, closes = typed.form, None, None
    if form.opens is not None and fold(form.opens) in DRAFT:
        consultation.state = State.DRAFT
    elif form.opens is not None:
        consultation.state = State.SCHEDULED
        if fold(form.opens) not in NOW:
            opens = read_date(form.opens, ctx, typed.spellings("opens"))
        consultation.opens_at = opens.at if opens else ctx.now
    if form.closes is not None:
        closes = read_date(form.closes, ctx, typed.spellings("closes"))
        consultation.closes_at = closes.at
    if consultation.closes_at <= consultation.opens_at:
        raise UserError("drafting.closes_before_opening", opens=consultation.opens_at, closes=consultation.closes_at)
    consultation.visibility = drafting.visibility(form.visibility, Visibility(consultation.visibility))
    if form.reminder is not None:
        consultation.reminders = _reminders(form.reminder)
    return opens, closes


def _reminders(words: str) -> str:
    return ",".join(str(int(each.total_seconds())) for each in read_durations(words) if each > timedelta())


def _ballots(given: Sequence[Ballot], typed: Typed, ctx: Context) -> list[Ballot]:
    """What is put to the vote. Of several that are given, the lines above the first „Vorlage“ are meant for all."""
    ballots = list(given)
    if len(ballots) > 1 and (typed.form.text is not None or typed.form.version is not None):
        raise UserError("drafting.text_for_which", count=len(ballots))
    for ballot in ballots:
        drafting.fill(ballot, typed.form, typed.hand(1, ctx))
    return _further(ballots, typed, ctx)


def _further(ballots: list[Ballot], typed: Typed, ctx: Context) -> list[Ballot]:
    """Ballots with lines of their own: those there are already, and new ones under the rules of the first."""
    known = len(ballots)
    for number, lines in typed.form.more:
        if number > known:
            if lines.question is None:
                raise UserError("drafting.new_without_question", number=number, count=known)
            rules = {name: getattr(ballots[0], name) for name in _RULES}
            ballots.append(Ballot(consultation_id=0, position=0, question="", **rules))
        ballot = ballots[number - 1] if number <= known else ballots[-1]
        drafting.fill(ballot, lines, typed.hand(number, ctx))
    if len(ballots) > drafting.MOST_BALLOTS:
        raise UserError("drafting.too_many_ballots", count=len(ballots), most=drafting.MOST_BALLOTS)
    return ballots


def _store(consultation: Consultation, ballots: Sequence[Ballot], ctx: Context) -> None:
    for position, ballot in enumerate(ballots, 1):
        ballot.consultation_id, ballot.position = consultation.id or 0, position
        consultations.add_ballot(ctx.session, ballot)


def _touch(consultation: Consultation, before: Consultation | None, typed: str | None, ctx: Context) -> None:
    """Keep the projects whose plans a decision would touch: those named, or those of the round before."""
    projects = list(consultations.touched(ctx.session, before.id or 0)) if before else []
    if typed is not None:
        projects = drafting.touched(typed, ctx)
    consultations.touch(ctx.session, consultation.id or 0, [project.id or 0 for project in projects])


def entitled(consultation: Consultation, ctx: Context) -> int:
    """How many could vote if it opened now. Raises UserError if that is nobody; a draft may wait for them."""
    entitled = len(electorates.at_opening(consultation, ctx))
    if not entitled and consultation.state != State.DRAFT:
        raise UserError("drafting.nobody_entitled", consultation=consultation)
    return entitled


def _go(consultation: Consultation, ctx: Context) -> tuple[Effect, ...]:
    """Open it if its time has come, and count it among the room's work."""
    due = consultation.state == State.SCHEDULED and consultation.opens_at <= ctx.now
    opened = opening.open_ballots(consultation, ctx, by=ctx.person) if due else ()
    return (*opened, *work_changed(consultation.room_id, ctx))
