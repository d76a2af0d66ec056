"""`!konsultation`: put a question to the vote, and run it."""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.command import Command, Form, W, line, required, rest, word
from bot.context import Context
from bot.domain.consultation import State, counted
from bot.domain.roles import Role
from bot.effects import Answer, Effect, Reply, Say
from bot.errors import UserError
from bot.language.dates import Moment
from bot.language.durations import read_durations
from bot.language.names import fold
from bot.procedures import consultations as life
from bot.procedures.asking import read_date
from bot.procedures.finding import consultation_numbered, number_of, require_lead_in, require_room, result_numbered
from bot.procedures.groups import work_changed
from bot.store import consultations, networks, results
from bot.store.tables import Ballot, Consultation, Result
from bot.texts import Text, text

LONGEST_TITLE = 200
LONGEST_QUESTION = 500
DEFAULT_REMINDER = "1 Tag"
SATURDAY = 5
NOW = frozenset({"sofort", "now", "jetzt"})


@dataclass(frozen=True, kw_only=True)
class New:
    """The form; what is missing is asked for."""

    title: str = rest(W("Titel", "title"))
    question: str = required(W("Frage", "Question"), sample=W("Stimmen Sie zu?", "Do you agree?"))
    closes: str = required(W("Schluss", "Close", ("Ende", "Deadline")), sample=W("12.12. 12:00", "12.12. 12:00"))
    text: str | None = line(W("Text", "Text"))
    version: str | None = line(W("Fassung", "Version"))
    kind: str | None = line(W("Art", "Kind"))
    opens: str | None = line(W("Offen ab", "Opens"))
    electorate: str | None = line(W("Wahlberechtigt", "Electorate"))
    rule: str | None = line(W("Regel", "Rule"))
    base: str | None = line(W("Basis", "Base"))
    quorum: str | None = line(W("Quorum", "Quorum"))
    visibility: str | None = line(W("Sichtbarkeit", "Visibility"))
    reminder: str | None = line(W("Erinnerung", "Reminder"))


# What this release does for each of these fields; anything else is refused rather than silently done otherwise.
SUPPORTED = {
    "kind": {"zustimmung", "approval", "approve"},
    "electorate": {"personen", "persons", "people", "organisationen", "organisations"},  # persons where none is known
    "rule": {"einfache mehrheit", "simple majority"},
    "base": {"gueltige", "valid"},
    "quorum": {"keins", "keines", "none", "ohne"},
    "visibility": {"offen", "open"},
}


@dataclass(frozen=True)
class Which:
    """A consultation by its key, or all of this room."""

    short: str | None = word(W("Konsultation", "consultation"), default=None, shown="K3")


@dataclass(frozen=True)
class One:
    """A consultation by its key."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")


@dataclass(frozen=True)
class Extend:
    """A consultation and its new close."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    closes: str = rest(W("Datum", "date"))


def new(args: New, ctx: Context) -> Answer:
    """Make a consultation; it opens at once or when it says."""
    require_room(ctx)
    args = _from_results(args)
    _check(args)
    opens = Moment(ctx.now, assumed_time=False)
    if args.opens and fold(args.opens) not in NOW:
        opens = read_date(args.opens, ctx, _spellings("opens"))
    closes = read_date(args.closes, ctx, _spellings("closes"))
    if closes.at <= opens.at:
        raise UserError("consultation.closes_before_opening", opens=opens.at, closes=closes.at)
    twin = consultations.titled(ctx.session, ctx.network_id, args.title)
    consultation, ballot = _make(args, opens.at, closes.at, ctx)
    made = text(
        "consultation.created",
        consultation=consultation,
        ballot=ballot,
        assumed_opening=opens.assumed_time,
        assumed_time=closes.assumed_time,
        weekend=_on_a_weekend(closes, ctx),
        now=ctx.now,
        twin=twin,
        prefix=ctx.house.prefix,
    )
    opened = life.open_ballot(consultation, ctx) if opens.at <= ctx.now else ()
    return (Reply(made), *opened, *work_changed(consultation.room_id, ctx))


def _make(args: New, opens_at: datetime, closes_at: datetime, ctx: Context) -> tuple[Consultation, Ballot]:
    """Store a consultation with its one ballot; the wording is frozen from here on."""
    result, wording, version = _wording(args, ctx)
    consultation = Consultation(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "K"),
        room_id=ctx.room.room_id,
        title=args.title,
        state=State.SCHEDULED,
        opens_at=opens_at,
        closes_at=closes_at,
        grace_seconds=ctx.house.grace_seconds,
        reminders=_reminders(args.reminder),
        created_by=ctx.person,
        created_at=ctx.now,
    )
    consultations.add(ctx.session, consultation)
    ballot = Ballot(
        consultation_id=consultation.id or 0,
        position=1,
        question=args.question,
        text=wording,
        result_id=result.id if result else None,
        result_version=version,
    )
    return consultation, consultations.add_ballot(ctx.session, ballot)


def _check(args: New) -> None:
    if len(args.title) > LONGEST_TITLE:
        raise UserError("inbox.too_long", length=len(args.title), longest=LONGEST_TITLE)
    if len(args.question) > LONGEST_QUESTION:
        raise UserError("inbox.too_long", length=len(args.question), longest=LONGEST_QUESTION)
    if args.visibility and fold(args.visibility) in ("geheim", "secret"):
        raise UserError("consultation.no_secret_election")
    for name, known in SUPPORTED.items():
        value = getattr(args, name)
        if value and fold(value) not in known:
            raise UserError("consultation.not_yet", field=New.__dataclass_fields__[name].metadata["name"], value=value)


FROM_RESULTS = re.compile(r"(.*\S)\s+(?:aus|from)\s+((?:[ET]\s?\d+[\s,]*)+)", re.IGNORECASE)


def _from_results(args: New) -> New:
    """`neu Titel aus E4`: the same as `Fassung: E4`."""
    found = FROM_RESULTS.fullmatch(args.title)
    if found is None or args.version is not None:
        return args
    named = re.findall(r"[ET]\s?\d+", found[2], re.IGNORECASE)
    if len(named) > 1 or named[0][0].upper() == "T":
        raise UserError("consultation.one_result_only", named=found[2].strip())
    return dataclasses.replace(args, title=found[1], version=named[0])


def _wording(args: New, ctx: Context) -> tuple[Result | None, str, int | None]:
    """The text that is frozen: given here, or a result's version (`E9/2`)."""
    if args.version is None:
        return None, args.text or "", None
    short, _, number = args.version.partition("/")
    result = result_numbered(short, ctx)
    wanted = int(number.strip()[:6]) if number.strip().isdecimal() else result.latest_version
    version = results.version(ctx.session, result.id or 0, wanted)
    if version is None:
        raise UserError("consultation.no_version", result=result, wanted=wanted)
    return result, version.text, wanted


def _reminders(words: str | None) -> str:
    durations = read_durations(words if words is not None else DEFAULT_REMINDER)
    return ",".join(str(int(duration.total_seconds())) for duration in durations if duration > timedelta())


def _spellings(name: str) -> frozenset[str]:
    """How a field of the form may be called, as compared."""
    spellings: frozenset[str] = New.__dataclass_fields__[name].metadata["name"].folded()
    return spellings


def _on_a_weekend(moment: Moment, ctx: Context) -> bool:
    return moment.at.astimezone(ctx.house.zone).weekday() >= SATURDAY


def show(args: Which | One, ctx: Context) -> Answer:
    """All of this room, or one in full."""
    if args.short is None:
        found = consultations.listed(ctx.session, ctx.network_id, ctx.only_room)
        return text("consultation.list", consultations=found, prefix=ctx.house.prefix)
    if number_of(args.short, "K") is None:
        raise UserError("finding.unknown", kind="consultation", key=args.short, prefix=ctx.house.prefix)
    consultation = consultation_numbered(args.short, ctx)
    ballot = consultations.ballot(ctx.session, consultation.id or 0)
    votes = consultations.votes(ctx.session, ballot.id or 0)
    return text(
        "consultation.shown",
        consultation=consultation,
        ballot=ballot,
        voted=len(counted(votes, consultations.window(consultation))),
        entitled=len(consultations.electors(ctx.session, consultation.id or 0)),
        decision=consultations.decision(ctx.session, ballot.id or 0),
        prefix=ctx.house.prefix,
    )


def open_now(args: One, ctx: Context) -> Answer:
    """Open before the set time."""
    consultation = _in_state(args, ctx, State.SCHEDULED)
    if not life.is_in_its_room(consultation, ctx):
        raise UserError("consultation.kept_out", consultation=consultation)
    consultation.opens_at = ctx.now
    return (Reply(text("consultation.opened", consultation=consultation)), *life.open_ballot(consultation, ctx))


def close_now(args: One, ctx: Context) -> Answer:
    """Close before the set time; what is under way may still arrive within the grace time."""
    consultation = _in_state(args, ctx, State.OPEN)
    consultation.closes_at = ctx.now
    return (Reply(text("consultation.closed", consultation=consultation)), *life.close(consultation, ctx))


def extend(args: Extend, ctx: Context) -> Answer:
    """Move the close, with notice to everybody."""
    consultation = _in_state(One(args.short), ctx, State.OPEN, State.SCHEDULED)
    until = read_date(args.closes, ctx)
    if until.at <= consultation.closes_at:
        raise UserError("consultation.not_later", closes=consultation.closes_at)
    consultation.closes_at = until.at
    said = text(
        "consultation.extended",
        consultation=consultation,
        assumed_time=until.assumed_time,
        weekend=_on_a_weekend(until, ctx),
    )
    return (Reply(said), *_notice(said, consultation, ctx), *life.announce_again(consultation, ctx))


def _notice(said: Text, consultation: Consultation, ctx: Context) -> tuple[Effect, ...]:
    """What is decided elsewhere is told in the room where the vote is held."""
    if ctx.room.room_id == consultation.room_id:
        return ()
    return (Say(room_id=consultation.room_id, key=f"{ctx.message.event_id}/notice", text=said),)


def cancel(args: One, ctx: Context) -> Answer:
    """Call it off."""
    consultation = _in_state(args, ctx, State.OPEN, State.SCHEDULED)
    said = text("consultation.cancelled", consultation=consultation)
    return (Reply(said), *_notice(said, consultation, ctx), *life.cancel(consultation, ctx))


def _in_state(args: One, ctx: Context, *states: State) -> Consultation:
    consultation = consultation_numbered(args.short, ctx)
    require_lead_in(consultation.room_id, ctx)
    if consultation.state not in states:
        raise UserError("consultation.wrong_state", consultation=consultation)
    return consultation


def _step(verb: W, run: Callable[[One, Context], Answer], does: W, example: W) -> Form:
    """`!konsultation K3 schließen` and its like."""
    return Form(
        verb=verb,
        after_key=True,
        args=One,
        run=run,
        does=does,
        examples=(example,),
        needs=Role.MODERATOR,
        leads=True,
    )


COMMAND = Command(
    W("konsultation", "consultation", ("abstimmung", "konsultationen", "consultations")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.MODERATOR,
            does=W("stellt eine Frage zur Abstimmung", "puts a question to the vote"),
            examples=(
                W(
                    "konsultation neu Open-Government-Definition\nFrage: Stimmen Sie der Definition zu?\n"
                    "Fassung: E9/2\nSchluss: 12.12. 12:00\nErinnerung: 3 Tage, 1 Tag",
                    "consultation new Open government definition\nQuestion: Do you agree to the definition?\n"
                    "Version: E9/2\nClose: 12.12. 12:00\nReminder: 3 days, 1 day",
                ),
            ),
        ),
        _step(
            W("öffnen", "open"),
            open_now,
            W("öffnet sie vor der Zeit", "opens it early"),
            W("konsultation K3 öffnen", "consultation K3 open"),
        ),
        _step(
            W("schließen", "close"),
            close_now,
            W("schließt sie vor der Zeit", "closes it early"),
            W("konsultation K3 schließen", "consultation K3 close"),
        ),
        _step(
            W("absagen", "cancel"),
            cancel,
            W("sagt sie ab", "calls it off"),
            W("konsultation K3 absagen", "consultation K3 cancel"),
        ),
        Form(
            verb=W("verlängern", "extend"),
            after_key=True,
            args=Extend,
            run=extend,
            needs=Role.MODERATOR,
            leads=True,
            does=W("verlängert sie", "extends it"),
            examples=(W("konsultation K3 verlängern 19.12. 12:00", "consultation K3 extend 19.12. 12:00"),),
        ),
        Form(
            verb=W("zeigen", "show"),
            listed=False,
            after_key=True,
            args=One,
            run=show,
            needs=Role.MEMBER,
            does=W("zeigt eine Konsultation", "shows a consultation"),
            examples=(W("konsultation K3 zeigen", "consultation K3 show"),),
        ),
        Form(
            args=Which,
            run=show,
            needs=Role.MEMBER,
            does=W("zeigt die Konsultationen dieses Raums", "lists this room's consultations"),
            examples=(W("konsultation", "consultation"), W("konsultation K3", "consultation K3")),
        ),
    ),
)
