"""What a typed vote says, and for whom: read, or asked back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Context
from bot.domain.answers import Problem, Sheet
from bot.domain.counting import Rank
from bot.domain.organisations import Speaks, in_force
from bot.domain.roles import Role
from bot.errors import Question, UserError
from bot.language.ballots import Read, read_answer
from bot.language.courtesies import is_courtesy, without_greeting
from bot.language.kept import literal
from bot.language.names import fold
from bot.language.recorded import Recorded, for_another, likely_name, named_within, names, read_recorded
from bot.language.votes import is_conditional, is_given_expressly
from bot.procedures import electorates
from bot.procedures.consultations import short_of
from bot.procedures.finding import organisation_named, require_role
from bot.store import consultations, organisations
from bot.store.tables import Ballot, Consultation, Elector, Organisation

LONGEST_REASON = 4000  # characters, also of an amendment
LONGEST_INFORMANT = 200

Answered = tuple[Ballot, Sheet, Read]


@dataclass(frozen=True, slots=True)
class Voice:
    """For whom a vote is said: for oneself, if nothing is set; for an organisation that was named, with what rank."""

    organisation: Organisation | None = None
    elector: Elector | None = None
    rank: Rank = Rank.HOLDER

    @property
    def records(self) -> bool:
        """Whether somebody enters what an organisation has told them."""
        return self.rank is Rank.RECORDED


@dataclass(frozen=True, slots=True)
class Wish:
    """A typed vote: on which ballots, for whom, in what words. `at_once`: expressly on all of several.

    `rest`: on those alone that were not voted on until now. `tell`: it did not name them, so its author is told.
    """

    consultation: Consultation
    ballots: Sequence[Ballot]
    voice: Voice
    words: str
    at_once: bool = False
    rest: bool = False
    tell: bool = False

    def again(self, ctx: Context, *, short: str | None = None) -> str:
        """The beginning of the command that says it once more."""
        named = f" für {literal(self.voice.organisation.name)}" if self.voice.organisation else ""
        return f"stimme {short or self.short(ctx)}{named}"

    def short(self, ctx: Context) -> str:
        """„K3“ or „K3.2“; „K3 alle“ where it is about several."""
        if len(self.ballots) > 1:
            return f"K{self.consultation.number} {'alle übrigen' if self.rest else 'alle'}"
        return short_of(self.consultation, self.ballots[0], ctx)


def voice_of(consultation: Consultation, words: str, sheets: Sequence[Sheet], ctx: Context) -> tuple[Voice, str]:
    """For whom these words vote, and what else they say. „für“ without a name is a yes.

    The name may come first („Lindenstadt stimmt zu“) or behind the answer („ja für Lindenstadt (…)“), too.
    Raises UserError for who may not, for a name that is unknown, and for an organisation that has no vote here.
    """
    behind_for = for_another(words)
    if behind_for is None:
        for name, said in (
            ()
            if any(_read(words, sheet, ctx).answer for sheet in sheets)
            else named_within(without_greeting(words), sheets)
        ):
            known = organisations.by_folded(ctx.session, ctx.network_id, fold(name))
            if known is not None:
                return _for_organisation(consultation, known, said, sheets, ctx), said
        return Voice(), words
    for name, behind in names(behind_for):
        known = organisations.by_folded(ctx.session, ctx.network_id, fold(name))
        if known is not None:
            return _for_organisation(consultation, known, behind, sheets, ctx), behind
    if ctx.role is not Role.COORDINATOR or any(_read(words, sheet, ctx).answer for sheet in sheets):
        return Voice(), words
    known = organisation_named(likely_name(behind_for, sheets[0]), ctx)
    return _for_organisation(consultation, known, "", sheets, ctx), ""


def _for_organisation(
    consultation: Consultation, known: Organisation, behind: str, sheets: Sequence[Sheet], ctx: Context
) -> Voice:
    """Whoever speaks for it votes; the coordinator records, and so does one who says who told them."""
    at = ctx.message.sent_at if ctx.message.offline_since else ctx.message.received_at
    spoken = organisations.spoken_at(ctx.session, ctx.network_id, ctx.person, at)
    own = next((each.speaks for each in in_force(spoken, at) if each.organisation_id == known.id), None)
    told = any(_recorded(behind, sheet, ctx).informant for sheet in sheets)
    if own is None or (ctx.role is Role.COORDINATOR and told):
        require_role(Role.COORDINATOR, ctx)
        own = None
    elector = electorates.elector_of(consultation, known, ctx)
    if elector is None:
        raise UserError("vote.no_elector", consultation=consultation, organisation=known)
    ranks = {Speaks.HOLDER: Rank.HOLDER, Speaks.DEPUTY: Rank.DEPUTY, None: Rank.RECORDED}
    return Voice(known, elector, ranks[own])


def read_all(wish: Wish, ctx: Context) -> tuple[list[Answered], str]:
    """The answer to each ballot, and who told it and how.

    Raises UserError or Question for what is missing, not understood, too long, or not valid for all of several ballots.
    """
    found = [(ballot, sheet, _recorded_or_own(wish, sheet, ctx)) for ballot, sheet in _papers(wish)]
    informant = found[0][2].informant if wish.voice.records else ""
    if len(found) > 1:
        _require_for_all(wish, found, ctx)
    ballot, sheet, said = found[0]
    if said.choice is None:
        raise _not_understood(wish, ballot, sheet, said, ctx)
    for _, _, each in found:
        _require_at_most(LONGEST_REASON, each.read.reason)
        _require_at_most(LONGEST_REASON, each.read.amendment)
    _require_at_most(LONGEST_INFORMANT, informant)
    reads = [(ballot, sheet, each.read) for ballot, sheet, each in found]
    if wish.voice.records and not informant:
        raise _who_told(wish, reads, said.spoken, ctx)
    return reads, informant


def what_is_clear(wish: Wish, ctx: Context) -> tuple[list[Answered], str]:
    """The same without any question: nothing unless it is understood, whole and short enough."""
    try:
        return read_all(wish, ctx)
    except UserError:
        return [], ""


def _require_for_all(wish: Wish, found: Sequence[tuple[Ballot, Sheet, Recorded]], ctx: Context) -> None:
    """Raises a Question whether one answer is meant for all ballots, or says that it cannot be."""
    shorts = [short_of(wish.consultation, ballot, ctx) for ballot, _, _ in found]
    if not all(said.choice for _, _, said in found):
        named = [(short, ballot, sheet) for short, (ballot, sheet, _) in zip(shorts, found, strict=True)]
        words, prefix = found[0][2].spoken, ctx.house.prefix
        raise UserError("votes.which_ballot", consultation=wish.consultation, named=named, words=words, prefix=prefix)
    if wish.at_once:
        return
    organisation = wish.voice.organisation
    raise Question(
        "votes.for_all",
        resume=literal(f"{wish.again(ctx)} {wish.words}"),
        consultation=wish.consultation,
        organisation=organisation.name if organisation else None,
        given=[(short, ballot, said.choice, sheet) for short, (ballot, sheet, said) in zip(shorts, found, strict=True)],
        rest=wish.rest,
    )


def _not_understood(wish: Wish, ballot: Ballot, sheet: Sheet, said: Recorded, ctx: Context) -> Question:
    """What to ask back: how they vote, what was meant, or whether an incomplete ranking may be completed."""
    short, organisation, read = short_of(wish.consultation, ballot, ctx), wish.voice.organisation, said.read
    told = f" ({literal(said.informant)})" if said.informant else ""
    if read.completed is not None and read.problem is Problem.INCOMPLETE:
        because = f" {literal(read.reason)}" if is_given_expressly(read.reason) else ""
        if read.reason and not because:
            because = f" Begründung: {literal(read.reason)}"
        return Question(
            "vote.incomplete",
            resume=f"{wish.again(ctx)} {read.completed}{because}{told}",
            short=short,
            sheet=sheet,
            about=read.about,
            completed=read.completed,
            prefix=ctx.house.prefix,
        )
    resume = f"{wish.again(ctx)} {{answer}}{told}"
    if not said.spoken.strip():
        return Question(
            "vote.which_answer",
            resume=resume,
            short=short,
            ballot=ballot,
            organisation=organisation,
            sheet=sheet,
            prefix=ctx.house.prefix,
        )
    return Question(
        "vote.not_understood",
        resume=resume,
        consultation=wish.consultation,
        short=short,
        sheet=sheet,
        problem=read.problem or Problem.MALFORMED,
        about="" if is_courtesy(said.spoken) else read.about,
        conditional=is_conditional(said.spoken),
    )


def _who_told(wish: Wish, reads: Sequence[Answered], spoken: str, ctx: Context) -> Question:
    shorts = [short_of(wish.consultation, ballot, ctx) for ballot, _, _ in reads]
    return Question(
        "vote.who_told",
        resume=f"{wish.again(ctx)} {literal(spoken)} ({{answer}})",
        consultation=wish.consultation,
        shorts=shorts,
        answer=reads[0][2].answer,
        sheet=reads[0][1],
        organisation=wish.voice.organisation,
    )


def _papers(wish: Wish) -> list[tuple[Ballot, Sheet]]:
    return [(ballot, consultations.sheet(ballot)) for ballot in wish.ballots]


def _recorded_or_own(wish: Wish, sheet: Sheet, ctx: Context) -> Recorded:
    if wish.voice.records:
        return _recorded(wish.words, sheet, ctx)
    return Recorded(_read(wish.words, sheet, ctx), "", wish.words)


def _read(words: str, sheet: Sheet, ctx: Context) -> Read:
    return read_answer(words, sheet, zone=ctx.house.zone)


def _recorded(words: str, sheet: Sheet, ctx: Context) -> Recorded:
    return read_recorded(words, sheet, zone=ctx.house.zone)


def _require_at_most(longest: int, words: str) -> None:
    if len(words) > longest:
        raise UserError("inbox.too_long", length=len(words), longest=longest, what="text")
