"""`!abwesend`: anybody says when they are away, sees it, takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time

from bot.command import Command, Form, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import Question, UserError
from bot.language.doubts import ANSWERED
from bot.language.kept import SLOT, literal
from bot.language.names import fold
from bot.language.spans import Doubt, Edges, Span, between, edges_of
from bot.procedures import absences
from bot.store.tables import Absence
from bot.texts import text

END_OF_WORK = time(18)  # what a deadline without a time of day means
ALL = frozenset({"alle", "alles", "all", "both", "beide"})


@dataclass(frozen=True)
class Away:
    """From when to when; nothing to see what is noted."""

    words: str = rest(W("von Datum bis Datum", "from date to date"), default="")


@dataclass(frozen=True)
class Which:
    """Which of several, by its number in the list."""

    number: str = rest(W("Nummer", "number"), default="")


@dataclass(frozen=True)
class Back:
    """„wieder da“, “back again”."""

    words: str = rest(W("da", "again"), default="")


def away(args: Away, ctx: Context) -> Answer:
    """Say that one is away; others learn it where an answer is waited for, and whoever stands in is asked instead."""
    if not args.words:
        return text("absence.mine", absences=absences.mine(ctx), now=ctx.now, prefix=ctx.house.prefix)
    edges = edges_of(args.words)
    span = _read(edges, ctx)
    if span.end is None:
        resume = _again(replace(edges, end=SLOT))
        raise Question("absence.until_when", resume=resume, start=span.start)
    if span.end <= ctx.now:
        raise UserError("dates.past", at=span.end)
    return text("absence.noted", noted=absences.report(span.start, span.end, ctx), prefix=ctx.house.prefix)


def _read(edges: Edges, ctx: Context) -> Span:
    """The time that is meant. Raises Question for an edge in doubt; the answer goes behind it."""
    try:
        return between(edges, now=min(ctx.message.sent_at, ctx.now), zone=ctx.house.zone, begun=True)
    except Doubt as doubt:
        said = {each: literal(getattr(edges, each)) for each in ("start", "end", "day")}
        said[doubt.edge] += f"{ANSWERED}{SLOT}"
        again, days = _again(Edges(**said)), _are_days(doubt, ctx)
        if days and doubt.text == "dates.past":
            raise Question("absence.past", resume=again, **doubt.values) from doubt
        if days and doubt.text == "dates.ambiguous":
            raise Question("absence.ambiguous", resume=again, **doubt.values) from doubt
        raise Question(doubt.text, resume=again, **doubt.values) from doubt


def _are_days(doubt: Doubt, ctx: Context) -> bool:
    """Whether days were meant and no times of day: then none is shown."""
    values = doubt.values
    moments = values.get("candidates") or [values["at"]] if "at" in values or "candidates" in values else []
    said_so = f"{END_OF_WORK:%H}" in str(values.get("typed", ""))
    return not said_so and all(moment.astimezone(ctx.house.zone).time() == END_OF_WORK for moment in moments)


def _again(edges: Edges) -> str:
    """The command as it would have been typed."""
    if edges.day:
        return f"abwesend {edges.day}"
    start = f" von {edges.start}" if edges.start else ""
    return f"abwesend{start} bis {edges.end}" if edges.end else f"abwesend{start}"


def withdraw(args: Which, ctx: Context) -> Answer:
    """Take an absence back, which may have begun; of several the one whose number is given, or all."""
    found = absences.mine(ctx)
    if not found:
        raise UserError("absence.nothing", prefix=ctx.house.prefix)
    taken = found if len(found) == 1 or fold(args.number) in ALL else _numbered(args.number, found)
    if not taken:
        raise Question("absence.which", resume=f"abwesend zurücknehmen {SLOT}", absences=found, now=ctx.now)
    shown = _copies(taken)
    absences.take_back(taken, ctx)
    return text("absence.taken_back", absences=shown, left=absences.mine(ctx), now=ctx.now)


def _numbered(typed: str, found: Sequence[Absence]) -> Sequence[Absence]:
    number = typed.strip(" .)")
    known = number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= len(found)
    return [found[int(number[:3]) - 1]] if known else []


def back(args: Back, ctx: Context) -> Answer:
    """End the absence that goes on."""
    found = absences.mine(ctx)
    running = [each for each in found if each.starts_at <= ctx.now]
    if not running:
        raise UserError("absence.not_away", absences=found, now=ctx.now, prefix=ctx.house.prefix)
    shown = _copies(running)
    absences.take_back(running, ctx)
    return text("absence.taken_back", absences=shown, left=absences.mine(ctx), now=ctx.now)


def _copies(rows: Sequence[Absence]) -> list[Absence]:
    """As they were: what is said of them comes after they were changed."""
    return [Absence(**row.model_dump()) for row in rows]


COMMAND = Command(
    W("abwesend", "away", ("abwesenheit", "absent")),
    (
        Form(
            verb=W("zurücknehmen", "withdraw", ("löschen", "aufheben", "cancel")),
            args=Which,
            run=withdraw,
            needs=Role.MEMBER,
            listed=False,
            does=W("nimmt eine Abwesenheit zurück", "takes an absence back"),
            examples=(W("abwesend zurücknehmen", "away withdraw"),),
        ),
        Form(
            verb=W("wieder", "back", ("zurück",)),
            args=Back,
            run=back,
            needs=Role.MEMBER,
            listed=False,
            does=W("beendet Ihre Abwesenheit", "ends your absence"),
            examples=(W("abwesend wieder da", "away back"),),
        ),
        Form(
            args=Away,
            run=away,
            needs=Role.MEMBER,
            does=W("meldet, wann Sie abwesend sind", "says when you are away"),
            examples=(W("abwesend von 1.8. bis 15.8.", "away from 1.8. to 15.8."), W("abwesend", "away")),
        ),
    ),
)
