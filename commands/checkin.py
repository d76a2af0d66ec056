"""`!checkin`: a question that comes again and again, to those who know the answer."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, word
from bot.context import Context
from bot.domain.checkin import Place, State, Whom
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.procedures import checkin_showing as showing
from bot.procedures import checkins as procedure
from bot.procedures.checkin_rows import as_list, rhythm
from bot.procedures.finding import check_in_numbered, require_lead_in
from bot.store import checkins, networks
from bot.store.tables import CheckIn
from bot.texts import text
from commands.checkin_form import Change, ChangeOne, New, fill

ROUNDS_SHOWN = 5


@dataclass(frozen=True)
class One:
    """A check-in by its key."""

    short: str = word(W("Check-in", "check-in"), shown="C1")


def new(args: New, ctx: Context) -> Answer:
    """Make a check-in, and say all that was understood: whom it goes to now, when, until when."""
    check_in = CheckIn(
        network_id=ctx.network_id,
        number=0,
        room_id="",
        title=args.title,
        whom=Whom.OWNERS,
        questions=as_list(()),
        rule="",
        first="",
        zone="",
        place=Place.ROOM,
        created_by=ctx.person,
        created_at=ctx.now,
    )
    fill(check_in, args, ctx)
    check_in.number = networks.next_number(ctx.session, ctx.network_id, "C")
    checkins.add(ctx.session, check_in)
    return text("checkin.made", shown=showing.shown(check_in, ctx), changed=False, prefix=ctx.house.prefix)


def show_or_change(args: Change, ctx: Context) -> Answer:
    """One check-in with its last rounds, or what changes in it; without a key all of this room."""
    if args.short is None:
        return listing(Nothing(), ctx)
    if not args.changes:
        return show(One(args.short), ctx)
    check_in = check_in_numbered(args.short, ctx)
    require_lead_in(check_in.room_id, ctx)
    _require_not_ended(check_in, ctx)
    fill(check_in, args, ctx)
    return text("checkin.made", shown=showing.shown(check_in, ctx), changed=True, prefix=ctx.house.prefix)


def show(args: One, ctx: Context) -> Answer:
    """One check-in: all that is set, and its last rounds."""
    check_in = check_in_numbered(args.short, ctx)
    rounds = showing.rounds(check_in, ROUNDS_SHOWN, ctx)
    return text("checkin.shown", shown=showing.shown(check_in, ctx), rounds=rounds, prefix=ctx.house.prefix)


def listing(args: Nothing, ctx: Context) -> Answer:
    """The check-ins of this room, in a direct chat those of the network."""
    found = checkins.listed(ctx.session, ctx.network_id, ctx.only_room)
    return text("checkin.list", entries=[(check_in, rhythm(check_in)) for check_in in found], prefix=ctx.house.prefix)


def pause(args: One, ctx: Context) -> Answer:
    """Put it no more until further notice; a round that is open goes on to its deadline."""
    check_in = _mine(args, ctx)
    was = check_in.state
    check_in.state, check_in.next_at = State.PAUSED, None
    running = checkins.open_round(ctx.session, check_in.id or 0)
    return text(
        "checkin.paused", check_in=check_in, already=was == State.PAUSED, running=running, prefix=ctx.house.prefix
    )


def go_on(args: One, ctx: Context) -> Answer:
    """Put it again from its next time on."""
    check_in = _mine(args, ctx)
    was = check_in.state
    if was == State.PAUSED:
        check_in.state, check_in.next_at, check_in.missed = State.ACTIVE, rhythm(check_in).next(ctx.now), 0
    return text("checkin.going_on", shown=showing.shown(check_in, ctx), already=was == State.ACTIVE)


def run_now(args: One, ctx: Context) -> Answer:
    """Put it at once. Not while a round is open: nobody is asked twice."""
    check_in = _mine(args, ctx)
    running = checkins.open_round(ctx.session, check_in.id or 0)
    if running is not None:
        raise UserError("checkin.still_open", check_in=check_in, round=running)
    found = showing.shown(check_in, ctx, at=ctx.now)
    if found.closes <= ctx.now:
        raise UserError("checkin.too_late_today", check_in=check_in)
    effects = procedure.open_round(check_in, ctx.now, ctx)
    said = text("checkin.put", shown=found, skipped_at=showing.left_out(check_in, found.closes))
    return (Reply(said), *effects)


def end(args: One, ctx: Context) -> Answer:
    """Put it never again; an open round is closed, with its summary."""
    check_in = _mine(args, ctx)
    effects = procedure.end(check_in, ctx)
    return (Reply(text("checkin.is_over", check_in=check_in, closed=bool(effects))), *effects)


def _mine(args: One, ctx: Context) -> CheckIn:
    """One that has not ended, for who leads its room. Raises UserError."""
    check_in = check_in_numbered(args.short, ctx)
    require_lead_in(check_in.room_id, ctx)
    _require_not_ended(check_in, ctx)
    return check_in


def _require_not_ended(check_in: CheckIn, ctx: Context) -> None:
    if check_in.state == State.ENDED:
        raise UserError("checkin.ended", check_in=check_in, prefix=ctx.house.prefix)


def _step(verb: W, run: Callable[[One, Context], Answer], does: W, example: W) -> Form:
    """`!checkin C1 pause` and its like."""
    return Form(
        verb=verb,
        after_key=True,
        args=One,
        run=run,
        does=does,
        examples=(example,),
        needs=Role.MODERATOR,
        leads=True,
        listed=False,
    )


COMMAND = Command(
    W("checkin", "checkin", ("rückfrage", "rückfragen", "check-in", "checkins", "check-ins")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.MODERATOR,
            leads=True,
            does=W("fragt regelmäßig nach dem Stand", "asks regularly how it is going"),
            examples=(
                W(
                    "checkin neu Wochenstand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nFrist: 2 Werktage",
                    "checkin new Weekly status\nWhom: owners\nWhen: every Monday 9:00\nDeadline: 2 working days",
                ),
                W(
                    "checkin neu Stand der Gruppe\nWen: Aktive\nFragen:\n- Was ist geschafft?\n- Was fehlt noch?\n"
                    "Wann: jeden ersten Dienstag im Monat 9:00\nWo: direkt\nErinnerung: keine\nEskalation: keine",
                    "checkin new Group's status\nWhom: active\nQuestions:\n- What is done?\n- What is missing?\n"
                    "When: every first Tuesday of the month 9:00\nWhere: direct\nReminder: none\nEscalation: none",
                ),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            listed=False,
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt die Rückfragen dieses Raums", "lists this room's check-ins"),
            examples=(W("checkin liste", "checkin list"),),
        ),
        _step(
            W("jetzt", "now", ("sofort", "starten", "start")),
            run_now,
            W("fragt sofort", "asks at once"),
            W("checkin C1 jetzt", "checkin C1 now"),
        ),
        _step(
            W("pause", "pause", ("pausieren", "anhalten")),
            pause,
            W("setzt sie aus", "pauses it"),
            W("checkin C1 pause", "checkin C1 pause"),
        ),
        _step(
            W("weiter", "resume", ("fortsetzen", "continue")),
            go_on,
            W("setzt sie fort", "goes on with it"),
            W("checkin C1 weiter", "checkin C1 resume"),
        ),
        _step(
            W("beenden", "end", ("löschen", "stoppen", "schließen", "stop", "delete", "close")),
            end,
            W("beendet sie", "ends it"),
            W("checkin C1 beenden", "checkin C1 end"),
        ),
        Form(
            verb=W("ändern", "change", ("bearbeiten", "edit")),
            listed=False,
            after_key=True,
            args=ChangeOne,
            run=show_or_change,
            needs=Role.MODERATOR,
            leads=True,
            does=W("ändert sie", "changes it"),
            examples=(W("checkin C1 ändern\nFrist: 3 Werktage", "checkin C1 change\nDeadline: 3 working days"),),
        ),
        Form(
            verb=W("zeigen", "show"),
            listed=False,
            after_key=True,
            args=One,
            run=show,
            needs=Role.MEMBER,
            does=W("zeigt eine Rückfrage", "shows a check-in"),
            examples=(W("checkin C1 zeigen", "checkin C1 show"),),
        ),
        Form(
            args=Change,
            run=show_or_change,
            needs=Role.MEMBER,
            does=W("zeigt die Rückfragen, oder ändert eine", "shows check-ins, or changes one"),
            examples=(
                W("checkin", "checkin"),
                W("checkin C1", "checkin C1"),
                W("checkin C1\nFrist: 3 Werktage", "checkin C1\nDeadline: 3 working days"),
            ),
        ),
    ),
)
