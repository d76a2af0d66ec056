"""`!treffen T2 …` for workshops: rounds at tables, who sits where, and what came of it."""

import re
from dataclasses import dataclass

from bot.command import Form, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.lists import MATRIX_ID
from bot.language.names import fold
from bot.procedures import workshop as work
from bot.procedures.finding import meeting_numbered, person_named, require_lead_in
from bot.procedures.meetings import require_standing
from bot.store.tables import Meeting
from bot.texts import text
from commands import clustering
from commands.meeting_values import Which, verb

ROUNDS = re.compile(r"(\d{1,4})\s*(?:Runden?|rounds?)(?!\w)|(?:Runden?|rounds?)\s*:?\s*(\d{1,4})", re.IGNORECASE)
TABLES = re.compile(r"(\d{1,4})\s*(?:Tische?n?|tables?)(?!\w)|(?:Tische?|tables?)\s*:?\s*(\d{1,4})", re.IGNORECASE)
WITHOUT = re.compile(r"(?:^|[\s,;])(?:ohne|without)\s+(.+)$", re.IGNORECASE | re.DOTALL)
NEXT = frozenset({"", "weiter", "naechste", "next", "start", "starten", "beginnen"})
PART = frozenset({"dabei", "attending", "teil", "mit"})


@dataclass(frozen=True)
class Plan:
    """How many rounds at how many tables, and who sits at none of them."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("4 Runden, 10 Tische", "4 rounds, 10 tables"), default="")


@dataclass(frozen=True)
class Round:
    """Which round; the next one where none is named."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("1|weiter", "1|next"), default="")


@dataclass(frozen=True)
class Who:
    """Whom it is about: who writes, unless somebody else is named."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("@person:server", "@person:server"), default="")


def plan(args: Plan, ctx: Context) -> Answer:
    """Plan the rounds, or show the plan."""
    meeting = meeting_numbered(args.short, ctx)
    if not args.words:
        if not meeting.rounds:
            raise _how_many(meeting, args, ctx)
        return text("workshop.plan", plan=work.planned(meeting, ctx), done=False, prefix=ctx.house.prefix)
    _require_lead(meeting, ctx)
    out = WITHOUT.search(args.words)
    numbers = args.words[: out.start()] if out else args.words
    rounds, tables = _number(ROUNDS, numbers) or meeting.rounds, _number(TABLES, numbers) or meeting.tables
    left = TABLES.sub("", ROUNDS.sub("", numbers)).strip(" ,;.+&x×")
    if _number(TABLES, numbers) == 0 or _number(ROUNDS, numbers) == 0:
        rounds, tables = _number(ROUNDS, numbers) or 0, _number(TABLES, numbers) or 0
    elif rounds is None or tables is None or fold(left) not in ("", "und", "and", "an", "at", "mit", "with"):
        raise _how_many(meeting, args, ctx)
    for person in _people(out[1], ctx) if out else ():
        work.stay_away(meeting, person, ctx.person, ctx)
    made = work.arrange(meeting, rounds, tables, ctx)
    return text("workshop.plan", plan=made, done=True, prefix=ctx.house.prefix)


def begin(args: Round, ctx: Context) -> Answer:
    """Begin a round: every table gets its message."""
    meeting = meeting_numbered(args.short, ctx)
    _require_lead(meeting, ctx)
    number = None
    if fold(args.words) not in NEXT:
        digits = args.words.strip(" .")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 5):
            raise UserError("workshop.which_round", meeting=meeting, words=args.words, prefix=ctx.house.prefix)
        number = int(digits)
    made, tables = work.begin(meeting, number, ctx)
    return (Reply(text("workshop.begun", plan=made, prefix=ctx.house.prefix)), *tables)


def take_part(args: Who, ctx: Context) -> Answer:
    """Take part in the workshop, though one is not in the room or said otherwise before."""
    meeting, person = _about(args.short, args.words, ctx)
    table = work.take_part(meeting, person, ctx.person, ctx)
    other = None if person == ctx.person else person
    return text("workshop.takes_part", meeting=meeting, person=other, table=table, prefix=ctx.house.prefix)


def stay_away(args: Who, ctx: Context) -> Answer:
    """„nicht dabei“: sit at no table."""
    first, _, others = args.words.partition(" ")
    if fold(first) not in PART:
        raise UserError("workshop.not_what", meeting=meeting_numbered(args.short, ctx), prefix=ctx.house.prefix)
    meeting, person = _about(args.short, others, ctx)
    work.stay_away(meeting, person, ctx.person, ctx)
    return text("workshop.stays_away", meeting=meeting, person=None if person == ctx.person else person)


def seat(args: Who, ctx: Context) -> Answer:
    """At which tables one sits."""
    meeting = meeting_numbered(args.short, ctx)
    person = person_named(args.words, ctx) if args.words else ctx.person
    return text(
        "workshop.seats",
        meeting=meeting,
        person=None if person == ctx.person else person,
        seats=work.seats_of(meeting, person, ctx),
        prefix=ctx.house.prefix,
    )


def results(args: Which, ctx: Context) -> Answer:
    """What the tables found out."""
    meeting = meeting_numbered(args.short, ctx)
    return text("workshop.results", meeting=meeting, tables=work.by_table(meeting, ctx), prefix=ctx.house.prefix)


def _require_lead(meeting: Meeting, ctx: Context) -> None:
    require_lead_in(meeting.room_id, ctx)
    if meeting.cancelled_at is not None:
        raise UserError("workshop.cancelled", meeting=meeting)


def _about(short: str, words: str, ctx: Context) -> tuple[Meeting, str]:
    """The meeting, and whom it is about: others are spoken for by who leads it."""
    meeting = meeting_numbered(short, ctx)
    require_standing(meeting)
    person = person_named(words, ctx) if words.strip() else ctx.person
    if person != ctx.person:
        require_lead_in(meeting.room_id, ctx)
    if person == ctx.house.us:
        raise UserError("workshop.not_us")
    return meeting, person


def _people(words: str, ctx: Context) -> list[str]:
    """The Matrix IDs behind „ohne“. Raises UserError where something else stands there."""
    return [person_named(each, ctx) for each in re.split(r"[\s,;]+(?:(?:und|and)\s+)?", words.strip()) if each]


def _number(pattern: re.Pattern[str], words: str) -> int | None:
    """The number that stands with the word, if it stands there once."""
    found = [int(found[1] or found[2]) for found in pattern.finditer(words)]
    return found[0] if len(found) == 1 else None


def _how_many(meeting: Meeting, args: Plan, ctx: Context) -> Question:
    out = WITHOUT.search(args.words)
    behind = f" {literal(out[0].strip())}" if out and MATRIX_ID.search(out[0]) else ""
    resume = f"treffen T{meeting.number} werkstatt {{answer}}{behind}"
    return Question("workshop.how_many", resume=resume, meeting=meeting, prefix=ctx.house.prefix)


VERBS: tuple[Form, ...] = (
    verb(
        W("werkstatt", "workshop", ("tische", "tables")),
        plan,
        W("plant Runden an Tischen, in denen man sich neu mischt", "plans rounds at tables, mixed anew each time"),
        W("treffen T2 werkstatt 4 Runden, 10 Tische", "meeting T2 workshop 4 rounds, 10 tables"),
        W(
            "treffen T2 werkstatt 4 Runden, 10 Tische ohne @cem:example.org",
            "meeting T2 workshop 4 rounds, 10 tables without @cem:example.org",
        ),
        needs=Role.MEMBER,
        args=Plan,
    ),
    verb(
        W("runde", "round"),
        begin,
        W("beginnt die nächste Runde", "begins the next round"),
        W("treffen T2 runde 1", "meeting T2 round 1"),
        W("treffen T2 runde weiter", "meeting T2 round next"),
        needs=Role.MODERATOR,
        args=Round,
    ),
    verb(
        W("platz", "seat", ("tisch", "table", "sitz")),
        seat,
        W("zeigt, an welchen Tischen Sie sitzen", "shows at which tables you sit"),
        W("treffen T2 platz", "meeting T2 seat"),
        needs=Role.MEMBER,
        args=Who,
    ),
    verb(
        W("dabei", "attending"),
        take_part,
        W("meldet Sie zur Werkstatt an", "signs you up for the workshop"),
        W("treffen T2 dabei", "meeting T2 attending"),
        needs=Role.MEMBER,
        args=Who,
    ),
    verb(
        W("nicht", "not"),
        stay_away,
        W("meldet Sie von der Werkstatt ab", "signs you off the workshop"),
        W("treffen T2 nicht dabei", "meeting T2 not attending"),
        needs=Role.MEMBER,
        args=Who,
    ),
    verb(
        W("ergebnisse", "results"),
        results,
        W("zeigt die Ergebnisse nach Runde und Tisch", "lists the results by round and table"),
        W("treffen T2 ergebnisse", "meeting T2 results"),
        needs=Role.MEMBER,
    ),
    *clustering.VERBS,
)
