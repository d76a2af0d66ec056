"""`!konsultation neu` and `ändern`: the form, and the echo of what was understood."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.command import W, blocks, line, required, rest, word
from bot.context import Context
from bot.domain import workdays
from bot.domain.consultation import Visibility
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.language.dates import Moment
from bot.language.fields import FIRST
from bot.language.kept import literal
from bot.procedures import electorates, framing, sourcing
from bot.procedures.consultation_view import reminders, shown
from bot.procedures.finding import ballot_numbered, consultation_numbered, require_lead_in, require_room
from bot.store import consultations
from bot.texts import Text, text

OPENS = W("Offen ab", "Opens", ("Open from", "Öffnung", "Beginn", "Eröffnung", "Start", "Begin"))
BALLOT = W("Vorlage", "Ballot", ("Abstimmungsvorlage",))
TITLE, QUESTION, CLOSES = (
    W("Titel", "Title"),
    W("Frage", "Question"),
    W("Schluss", "Close", ("Ende", "Deadline", "Frist", "Abstimmungsende", "Abstimmungsschluss", "Closes", "Until")),
)
FEW = 5  # with fewer electors, who voted how can be told from the sums
SAMPLE = W("Stimmen Sie zu?", "Do you agree?")

EXAMPLES = (
    W(
        "konsultation neu Open-Government-Definition\nFrage: Stimmen Sie der Definition zu?\n"
        "Fassung: E9/2\nSchluss: 12.12. 12:00\nErinnerung: 3 Tage, 1 Tag",
        "consultation new Open government definition\nQuestion: Do you agree to the definition?\n"
        "Version: E9/2\nClose: 12.12. 12:00\nReminder: 3 days, 1 day",
    ),
    W(
        "konsultation neu Leitsätze aus E4 E7\nSchluss: 12.12. 12:00\nQuorum: 60 %",
        "consultation new Principles from E4 E7\nClose: 12.12. 12:00\nQuorum: 60 %",
    ),
    W(
        "konsultation neu Nächstes Treffen\nFrage: Wo treffen wir uns?\nArt: Auswahl\n"
        "Optionen: Lindenstadt, Ahornfeld\nSchluss: 12.12. 12:00\n"
        "Vorlage 2\nFrage: Wann?\nArt: Termin\nOptionen:\n- 12.1. 10 Uhr\n- 13.1. 10 Uhr",
        "consultation new Next meeting\nQuestion: Where shall we meet?\nKind: choice\n"
        "Options: Lindenstadt, Ahornfeld\nClose: 12.12. 12:00\n"
        "Ballot 2\nQuestion: When?\nKind: dates\nOptions:\n- 12 Jan 10:00\n- 13 Jan 10:00",
    ),
)


def _from_elsewhere(values: Mapping[str, Any]) -> bool:
    """Whether the questions come with what the title names: „aus E4“."""
    return bool(sourcing.named(values.get("title") or "")[1])


@dataclass(frozen=True, kw_only=True)
class Paper:
    """The lines of one ballot."""

    question: str | None = line(QUESTION)
    text: str | None = line(W("Text", "Text"))
    version: str | None = line(W("Fassung", "Version"))
    kind: str | None = line(W("Art", "Kind"))
    options: str | None = line(W("Optionen", "Options", ("Option", "Termine", "Dates", "Möglichkeiten")))
    points: str | None = line(W("Punkte", "Points"))
    rule: str | None = line(W("Regel", "Rule"))
    base: str | None = line(W("Basis", "Base"))
    quorum: str | None = line(W("Quorum", "Quorum"))


@dataclass(frozen=True, kw_only=True)
class Further(Paper):
    """A further ballot of a new consultation."""

    question: str | None = required(QUESTION, sample=SAMPLE, unless=_from_elsewhere)


@dataclass(frozen=True, kw_only=True)
class Head:
    """What comes first in the form."""

    title: str = rest(TITLE)
    question: str | None = required(QUESTION, sample=SAMPLE, unless=_from_elsewhere)
    closes: str = required(CLOSES, sample=W("12.12. 12:00", "12.12. 12:00"))


@dataclass(frozen=True, kw_only=True)
class New(Paper, Head):
    """The form; what is missing is asked for."""

    question: str | None = required(QUESTION, sample=SAMPLE, unless=_from_elsewhere)
    opens: str | None = line(OPENS)
    electorate: str | None = line(W("Wahlberechtigt", "Electorate", ("Stimmberechtigt", "Wahlberechtigte")))
    visibility: str | None = line(W("Sichtbarkeit", "Visibility"))
    reminder: str | None = line(W("Erinnerung", "Reminder", ("Erinnerungen", "Reminders")))
    touches: str | None = line(W("Betrifft", "Touches", ("Projekte", "Projects", "Concerns")))
    more: tuple[tuple[int, Further], ...] = blocks(BALLOT, of=Further, head="question")


@dataclass(frozen=True, kw_only=True)
class Change(Paper):
    """A consultation by its key, or one of its ballots, and the lines that change."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    title: str | None = line(TITLE)
    closes: str | None = line(CLOSES)
    opens: str | None = line(OPENS)
    electorate: str | None = line(W("Wahlberechtigt", "Electorate", ("Stimmberechtigt", "Wahlberechtigte")))
    visibility: str | None = line(W("Sichtbarkeit", "Visibility"))
    reminder: str | None = line(W("Erinnerung", "Reminder", ("Erinnerungen", "Reminders")))
    touches: str | None = line(W("Betrifft", "Touches", ("Projekte", "Projects", "Concerns")))
    more: tuple[tuple[int, Paper], ...] = blocks(BALLOT, of=Paper, head="question")


def new(args: New, ctx: Context) -> Answer:
    """Make a consultation; it opens at once or when it says."""
    require_room(ctx)
    typed = _typed(args, f"konsultation neu {args.title}")
    framed = framing.new(typed, ctx)
    return (Reply(_made(framed, typed, ctx, done="made")), *framed.effects)


def change(args: Change, ctx: Context) -> Answer:
    """Change one that has not opened yet, and say what it is now."""
    consultation = consultation_numbered(args.short.partition(".")[0], ctx)
    require_lead_in(consultation.room_id, ctx)
    position = ballot_numbered(args.short, ctx)[1].position if "." in args.short else 1
    if all(not getattr(args, field.name) for field in dataclasses.fields(args) if field.name != "short"):
        raise UserError("consultation.nothing_to_change", consultation=consultation, prefix=ctx.house.prefix)
    typed = _typed(args, f"konsultation {args.short} ändern")
    framed = framing.change(consultation, position, typed, ctx)
    return (Reply(_made(framed, typed, ctx, done="changed")), *framed.effects)


def _typed(args: New | Change, head: str) -> framing.Typed:
    def again(number: int, options: str) -> str:
        return _again(args, head, number, options)

    return framing.Typed(args, _spellings, again)


def _spellings(name: str) -> frozenset[str]:
    """How a field of the form may be called, as compared."""
    spellings: frozenset[str] = New.__dataclass_fields__[name].metadata["name"].folded()
    return spellings


def _again(args: New | Change, head: str, number: int, options: str) -> str:
    """The command, with the options of one ballot set to these, which hold the slot for the answer."""
    lines = [literal(head)]
    for at, paper in ((FIRST, args), *args.more):
        if at != FIRST:
            lines.append(f"{BALLOT.de} {at}")
        for field in dataclasses.fields(paper):
            value = options if at == number and field.name == "options" else getattr(paper, field.name)
            if field.metadata["kind"] == "line" and value:
                value = value if value is options else literal(value)
                between = "\n" if value.startswith("- ") else " "
                lines.append(f"{field.metadata['name'].de}:{between}{value}")
    return "\n".join(lines)


def _made(framed: framing.Framed, typed: framing.Typed, ctx: Context, *, done: str) -> Text:
    """Everything that was understood."""
    consultation = framed.consultation
    before = consultations.by_id(ctx.session, consultation.repeats_id) if consultation.repeats_id else None
    confidential = consultation.visibility == Visibility.CONFIDENTIAL
    electors = electorates.at_opening(consultation, ctx) if confidential else []
    return text(
        "consultation.made",
        consultation=consultation,
        papers=[shown(ballot, consultation, ctx) for ballot in framed.ballots],
        entitled=framed.entitled,
        touched=consultations.touched(ctx.session, consultation.id or 0),
        reminders=reminders(consultation, ctx),
        assumed_opening=framed.opens is not None and framed.opens.assumed_time,
        assumed_time=framed.closes is not None and framed.closes.assumed_time,
        assumed=typed.assumed,
        free_day=free_day(framed.closes, ctx),
        now=ctx.now,
        twin=framed.twin,
        before=before,
        done=done,
        few=confidential and len(electors) < FEW,
        weighted=confidential and len({each.weight for each in electors}) > 1,
        prefix=ctx.house.prefix,
    )


def free_day(moment: Moment | None, ctx: Context) -> str | None:
    """Why that is no working day: the name of the holiday, or „“ on a weekend; None if it is one, or nothing was said.

    Holidays are those of the federal state that the operator set.
    """
    if moment is None:
        return None
    day: date = moment.at.astimezone(ctx.house.zone).date()
    name = workdays.holiday(day, ctx.house.federal_state, ctx.language)
    return name or ("" if day.weekday() >= workdays.SATURDAY else None)
