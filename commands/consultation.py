"""`!konsultation`: put a question to the vote, and run it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.consultation import State, Step
from bot.domain.roles import Role
from bot.effects import Answer, Effect, Reply, Say
from bot.errors import Question, UserError
from bot.language.dates import Moment
from bot.language.extensions import put_off, without_to
from bot.procedures import closing, framing, minutes, opening
from bot.procedures import consultations as life
from bot.procedures.asking import read_date
from bot.procedures.finding import consultation_numbered, require_lead_in
from bot.store.tables import Consultation
from bot.texts import Text, text
from commands import consulting, rewording
from commands.consultation_showing import One, Which, show
from commands.consultation_values import VALUES

REASON = re.compile(r"\s*(?:(?:Grund|Begründung|reason)\s*:|weil\b|because\b|denn\b|[-–:,])\s*", re.IGNORECASE)
LONGEST_REASON = 300


@dataclass(frozen=True)
class Extend:
    """A consultation and its new close."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    closes: str = rest(W("Datum", "date"))


@dataclass(frozen=True)
class Cancel:
    """A consultation, and why it is called off."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    reason: str = rest(W("Grund", "reason"), default="", shown="")


def open_now(args: One, ctx: Context) -> Answer:
    """Open before the set time, or what was a draft until now."""
    consultation = _in_state(args, ctx, State.DRAFT, State.SCHEDULED)
    if not life.is_in_its_room(consultation, ctx):
        raise UserError("consultation.kept_out", consultation=consultation)
    if consultation.closes_at <= ctx.now:
        raise UserError("consultation.close_over", consultation=consultation, prefix=ctx.house.prefix)
    consultation.state, consultation.opens_at = State.SCHEDULED, ctx.now
    framing.entitled(consultation, ctx)
    opened = opening.open_ballots(consultation, ctx, by=ctx.person)
    return (Reply(text("consultation.opened", consultation=consultation)), *opened)


def close_now(args: One, ctx: Context) -> Answer:
    """Close before the set time; what is under way may still arrive within the grace time.

    Of one that is closed and without its result, that is tried for again.
    """
    consultation = _in_state(args, ctx, State.OPEN, State.CLOSED)
    if consultation.state == State.CLOSED:
        return _publish_again(consultation, ctx)
    consultation.closes_at = min(ctx.now, consultation.closes_at)  # the clock may be a moment behind
    closed = closing.close(consultation, ctx, by=ctx.person)
    return (Reply(text("consultation.closed", consultation=consultation)), *closed)


def _publish_again(consultation: Consultation, ctx: Context) -> Answer:
    if not closing.is_overdue(consultation, ctx):
        raise UserError("consultation.result_soon", consultation=consultation)
    again = closing.reread(consultation, ctx, again=True)
    return (Reply(text("consultation.result_again", consultation=consultation)), *again)


def extend(args: Extend, ctx: Context) -> Answer:
    """Move the close, with notice to everybody."""
    consultation = _in_state(One(args.short), ctx, State.OPEN, State.SCHEDULED)
    rewording.require_not_over(consultation, ctx)
    later = put_off(args.closes, consultation.closes_at, ctx.house.zone)
    until = Moment(later, assumed_time=False) if later else read_date(without_to(args.closes), ctx)
    if until.at <= consultation.closes_at:
        raise UserError("consultation.not_later", closes=consultation.closes_at)
    consultation.closes_at = until.at
    local = until.at.astimezone(ctx.house.zone).replace(microsecond=0)
    body = {"closes_at": until.at.isoformat()}
    life.step(consultation, Step.EXTENDED, ctx, by=ctx.person, detail=local.isoformat(sep=" "), body=body)
    said = text(
        "consultation.extended",
        consultation=consultation,
        assumed_time=until.assumed_time,
        free_day=consulting.free_day(until, ctx),
    )
    return (Reply(said), *_notice(said, consultation, ctx), *opening.announce_again(consultation, ctx))


def _notice(said: Text, consultation: Consultation, ctx: Context) -> tuple[Effect, ...]:
    """What is decided elsewhere is told in the room where the vote is held."""
    if ctx.room.room_id == consultation.room_id:
        return ()
    return (Say(room_id=consultation.room_id, key=f"{ctx.message.event_id}/notice", text=said),)


def cancel(args: Cancel, ctx: Context) -> Answer:
    """Call it off, with the reason if one is given („Grund: …“, „weil …“)."""
    consultation = _in_state(One(args.short), ctx, State.OPEN, State.SCHEDULED, State.DRAFT)
    begun = REASON.match(args.reason)
    reason = args.reason[begun.end() if begun else 0 :].strip()
    if len(reason) > LONGEST_REASON:
        raise UserError("inbox.too_long", length=len(reason), longest=LONGEST_REASON, what="reason")
    rewording.require_not_over(consultation, ctx)
    was = consultation.state
    said = text("consultation.cancelled", consultation=consultation, was=was, reason=reason)
    notice = () if was == State.DRAFT else _notice(said, consultation, ctx)
    called_off = life.cancel(consultation, ctx, by=ctx.person, reason=reason)
    return (Reply(said), *notice, *called_off, *opening.announce_again(consultation, ctx))


def close_or_cancel(args: One, ctx: Context) -> Answer:
    """„stoppen“ may mean either; one counts the votes, the other throws them away. Raises a Question."""
    consultation = _in_state(args, ctx, State.OPEN, State.SCHEDULED, State.DRAFT)
    resume = f"konsultation K{consultation.number} {{answer}}"
    raise Question("consultation.close_or_cancel", resume=resume, consultation=consultation)


def minutes_of(args: One, ctx: Context) -> Answer:
    """Attach the minutes, once there is something to tell."""
    consultation = _whole(args.short, ctx)
    minutes.require_over(consultation)
    where, key = ctx.room.room_id, ctx.message.event_id
    documents = minutes.documents(consultation, ctx, ctx.language, key=key, room_id=where)
    said = text("consultation.minutes", consultation=consultation, names=[each.name for each in documents])
    return (Reply(said), *documents)


def _in_state(args: One, ctx: Context, *states: State) -> Consultation:
    consultation = _whole(args.short, ctx)
    require_lead_in(consultation.room_id, ctx)
    if consultation.state not in states:
        raise UserError("consultation.wrong_state", consultation=consultation, prefix=ctx.house.prefix)
    return consultation


def _whole(short: str, ctx: Context) -> Consultation:
    """All ballots of a consultation share its life. Raises UserError for one of them („K3.2“)."""
    whole, dot, _ = short.partition(".")
    consultation = consultation_numbered(whole, ctx)
    if dot and short.rstrip(".") != whole:
        raise UserError("consultation.whole_only", consultation=consultation, key=short)
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
            args=consulting.New,
            run=consulting.new,
            needs=Role.MODERATOR,
            does=W("stellt eine Frage zur Abstimmung", "puts a question to the vote"),
            examples=consulting.EXAMPLES,
            details=VALUES,
        ),
        _step(
            W("öffnen", "open", ("eröffnen", "starten", "start", "beginnen")),
            open_now,
            W("öffnet sie vor der Zeit", "opens it early"),
            W("konsultation K3 öffnen", "consultation K3 open"),
        ),
        _step(
            W("schließen", "close", ("beenden", "abschließen", "end", "finish")),
            close_now,
            W("schließt sie vor der Zeit", "closes it early"),
            W("konsultation K3 schließen", "consultation K3 close"),
        ),
        Form(
            verb=W("absagen", "cancel"),
            after_key=True,
            args=Cancel,
            run=cancel,
            needs=Role.MODERATOR,
            leads=True,
            does=W("sagt sie ab", "calls it off"),
            examples=(
                W("konsultation K3 absagen", "consultation K3 cancel"),
                W("konsultation K3 absagen Grund: doppelt", "consultation K3 cancel reason: held twice"),
            ),
        ),
        Form(
            verb=W("stoppen", "stop", ("anhalten", "stopp")),
            listed=False,
            after_key=True,
            args=One,
            run=close_or_cancel,
            needs=Role.MODERATOR,
            leads=True,
            does=W("fragt, ob Sie schließen oder absagen wollen", "asks whether to close it or to call it off"),
            examples=(W("konsultation K3 stoppen", "consultation K3 stop"),),
        ),
        Form(
            verb=W("verlängern", "extend"),
            after_key=True,
            args=Extend,
            run=extend,
            needs=Role.MODERATOR,
            leads=True,
            does=W("verlängert sie", "extends it"),
            examples=(
                W("konsultation K3 verlängern 19.12. 12:00", "consultation K3 extend 19.12. 12:00"),
                W("konsultation K3 verlängern um eine Woche", "consultation K3 extend by one week"),
            ),
        ),
        Form(
            verb=W("ändern", "change", ("bearbeiten", "edit")),
            after_key=True,
            args=consulting.Change,
            run=consulting.change,
            needs=Role.MODERATOR,
            leads=True,
            does=W("ändert sie vor der Eröffnung", "changes it before it opens"),
            examples=(W("konsultation K3 ändern\nQuorum: 60 %", "consultation K3 change\nQuorum: 60 %"),),
        ),
        Form(
            verb=W("fassung", "version", ("reword", "wording")),
            after_key=True,
            args=rewording.Reword,
            run=rewording.run,
            needs=Role.MODERATOR,
            leads=True,
            does=W("stellt eine neue Fassung zur Abstimmung", "puts a new version to the vote"),
            examples=(
                W("konsultation K3 fassung E9/3", "consultation K3 version E9/3"),
                W("konsultation K3.2 fassung\nText: …", "consultation K3.2 version\nText: …"),
            ),
        ),
        Form(
            verb=W("protokoll", "minutes"),
            listed=False,
            after_key=True,
            args=One,
            run=minutes_of,
            needs=Role.MEMBER,
            does=W("hängt das Protokoll an", "attaches the minutes"),
            examples=(W("konsultation K3 protokoll", "consultation K3 minutes"),),
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
