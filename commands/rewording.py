"""`!konsultation K3 fassung`: a new text while votes are taken, or before."""

import re
from dataclasses import dataclass

from bot.command import W, line, rest, word
from bot.context import Context
from bot.domain.consultation import State, Step
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.names import fold
from bot.procedures import drafting, rewording
from bot.procedures.consultations import short_of, step
from bot.procedures.finding import ballot_numbered, require_lead_in
from bot.procedures.rewording import Wording
from bot.procedures.sourcing import result_version
from bot.store.tables import Ballot, Consultation
from bot.texts import text

VERSION = re.compile(r"E\s?\d{1,6}(?:\s?/\s?\d{1,6})?", flags=re.IGNORECASE)
VOTES_LINE = re.compile(r"\s*(?:stimmen|votes)\s*:", flags=re.IGNORECASE)
TEXT = re.compile(r"text\s*:\s*(.+)", flags=re.IGNORECASE | re.DOTALL)
VOID = frozenset(
    {"verfallen", "verfallen lassen", "ungueltig", "neu abstimmen", "verwerfen", "void", "discard", "drop"}
)
CARRIED = frozenset(
    {"uebernehmen", "uebernommen", "behalten", "gelten weiter", "weiter", "carry", "carry over", "keep"}
)


@dataclass(frozen=True)
class Reword:
    """A ballot, and the text that is put to the vote from now on; what becomes of votes on the old one."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    version: str | None = rest(W("Fassung", "version"), default=None, shown="E9/3")
    text: str | None = line(W("Text", "Text"))
    question: str | None = line(W("Frage", "Question"))
    votes: str | None = line(W("Stimmen", "Votes"))


def run(args: Reword, ctx: Context) -> Answer:
    """Put it to the vote; what becomes of votes given so far is asked."""
    consultation, ballot = ballot_numbered(args.short, ctx)
    require_lead_in(consultation.room_id, ctx)
    if consultation.state not in (State.OPEN, State.DRAFT, State.SCHEDULED):
        raise UserError("consultation.wrong_state", consultation=consultation, prefix=ctx.house.prefix)
    require_not_over(consultation, ctx)
    wording = _wording(args, ballot, ctx)
    short = short_of(consultation, ballot, ctx)
    if rewording.is_same(ballot, wording):
        raise UserError("consultation.same_text", short=short)
    if consultation.state != State.OPEN:
        rewording.put(ballot, wording, ctx)
        step(consultation, Step.CHANGED, ctx, by=ctx.person)
        return text("consultation.reworded", short=short, ballot=ballot, carried=None, voted=0)
    voted = rewording.has_votes(consultation, ballot, ctx)
    carried = _carried(args, short, voted, ctx)
    posted = rewording.reword(consultation, ballot, wording, ctx, carried=carried)
    said = text("consultation.reworded", short=short, ballot=ballot, carried=carried, voted=voted)
    return (Reply(said), *posted)


def require_not_over(consultation: Consultation, ctx: Context) -> None:
    """The close may have come before the clock has closed it: from then on nothing about the vote changes.

    As with votes: what reached us after the close is late; of what came while we were away, what was sent after it.
    Raises UserError.
    """
    at = ctx.message.sent_at if ctx.message.offline_since is not None else ctx.now
    if consultation.state == State.OPEN and consultation.closes_at <= at:
        raise UserError("consultation.over", consultation=consultation, prefix=ctx.house.prefix)


def _wording(args: Reword, ballot: Ballot, ctx: Context) -> Wording:
    """The text that is given, or a result's version. Raises UserError; a Question where there is neither."""
    version, given = args.version, args.text
    if version is not None and (found := TEXT.fullmatch(version)):
        version, given = None, found[1]
    if given is not None and VERSION.fullmatch(given):
        version, given = given, None
    if version is not None and given is not None:
        raise UserError("drafting.text_or_version")
    if args.question is not None and len(args.question) > drafting.LONGEST_QUESTION:
        raise UserError("inbox.too_long", length=len(args.question), longest=drafting.LONGEST_QUESTION, what="question")
    if version is not None:
        result, number, words = result_version(version, ctx)
        return Wording(words, result, number, args.question)
    if given is None:
        resume = f"{literal(ctx.spoken)}\nText: {{answer}}"
        raise Question("consultation.which_text", resume=resume, ballot=ballot)
    if len(given) > drafting.LONGEST_TEXT:
        raise UserError("inbox.too_long", length=len(given), longest=drafting.LONGEST_TEXT, what="text")
    return Wording(given, question=args.question)


def _carried(args: Reword, short: str, voted: int, ctx: Context) -> bool:
    """Whether votes on the old text count on. What was said holds without any, too: a click may be under way.

    Raises a Question while votes count and nobody has said.
    """
    answer = fold(args.votes or "").strip(" .!")
    if answer in CARRIED:
        return True
    if answer in VOID or not voted:
        return False
    before = "\n".join(row for row in ctx.spoken.splitlines() if not VOTES_LINE.match(row))
    resume = f"{literal(before)}\nStimmen: {{answer}}"
    raise Question("consultation.void_or_carried", resume=resume, short=short, voted=voted)
