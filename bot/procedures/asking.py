"""A date or a recurrence in a command: understood, or asked back with the command kept for the answer."""

from datetime import time

from bot.context import Context
from bot.domain.recurring import Recurrence
from bot.errors import Question, UserError
from bot.language.dates import Moment
from bot.language.doubts import ANSWERED, read_answered
from bot.language.kept import literal
from bot.language.names import fold
from bot.language.recurrence_answers import read_answered_recurrence
from bot.language.zones import read_answered_zone


def read_date(words: str, ctx: Context, spellings: frozenset[str] = frozenset()) -> Moment:
    """The moment that `words` of the command name; in the line of the field with these `spellings`, or in the first.

    Raises Question for what is in doubt, past or unreadable; the answer goes behind the date it is about.
    """
    try:
        return ahead(words, ctx)
    except UserError as problem:
        raise Question(problem.text, resume=behind(ctx, spellings), **problem.values) from problem


def read_recurrence(
    words: str, ctx: Context, spellings: frozenset[str] = frozenset(), *, usual: time | None = None
) -> Recurrence:
    """What `words` of the command say comes again; in the line of the field with these `spellings`, or in the first.

    `usual` is the time of day where none is said; without it, that is asked back. Raises Question for what is in doubt,
    missing, impossible or unreadable.
    """
    try:
        return read_answered_recurrence(words, now=ctx.now, zone=ctx.house.zone, usual=usual)
    except UserError as problem:
        raise Question(problem.text, resume=behind(ctx, spellings), **problem.values) from problem


def ahead(words: str, ctx: Context) -> Moment:
    """„morgen“ is meant from when it was written, which may be long before we read it; by then it may be over."""
    moment = read_answered(words, now=min(ctx.message.sent_at, ctx.now), zone=ctx.house.zone)
    if moment.at <= ctx.now:
        raise UserError("dates.past", at=moment.at)
    return moment


def read_zone(words: str, ctx: Context, spellings: frozenset[str] = frozenset()) -> str:
    """The IANA name of the time zone that `words` mean; `spellings` as in `read_date`.

    Raises Question for what is unknown or could be several.
    """
    try:
        return read_answered_zone(words, now=ctx.now)
    except UserError as problem:
        raise Question(problem.text, resume=behind(ctx, spellings), **problem.values) from problem


def behind(ctx: Context, spellings: frozenset[str], joint: str = ANSWERED) -> str:
    """The command with a slot for the answer behind the date in doubt; a search for its words might hit others."""
    lines = ctx.spoken.splitlines()
    at = next((n for n, spoken in enumerate(lines) if n and fold(spoken.partition(":")[0]) in spellings), 0)
    before, behind = "\n".join(lines[: at + 1]), "".join(f"\n{spoken}" for spoken in lines[at + 1 :])
    return f"{literal(before.rstrip())}{joint}{{answer}}{literal(behind)}"
