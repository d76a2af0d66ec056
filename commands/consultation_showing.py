"""`!konsultation` and `!konsultation K3`: what there is, and one of them in full, as far as it may be told now."""

from dataclasses import dataclass

from bot.command import W, word
from bot.context import Context
from bot.effects import Answer
from bot.errors import UserError
from bot.procedures import consultation_view
from bot.procedures.finding import ballot_numbered, consultation_numbered, number_of
from bot.store import consultations
from bot.texts import text


@dataclass(frozen=True)
class Which:
    """A consultation by its key, or all of this room."""

    short: str | None = word(W("Konsultation", "consultation"), default=None, shown="K3")


@dataclass(frozen=True)
class One:
    """A consultation by its key."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")


def show(args: Which | One, ctx: Context) -> Answer:
    """All of this room, or one in full; of one ballot only if that is named."""
    if args.short is None:
        found = consultations.listed(ctx.session, ctx.network_id, ctx.only_room)
        return text("consultation.list", consultations=found, prefix=ctx.house.prefix)
    whole, dot, _ = args.short.partition(".")
    if number_of(whole, "K") is None:
        raise UserError("finding.unknown", kind="consultation", key=args.short, prefix=ctx.house.prefix)
    consultation = consultation_numbered(whole, ctx)
    ballots = consultations.ballots(ctx.session, consultation.id or 0)
    if dot:
        ballots = [ballot_numbered(args.short, ctx)[1]]
    view = consultation_view.view(consultation, ballots, ctx)
    return text(
        "consultation.shown",
        consultation=consultation,
        seen=view.seen,
        entitled=view.entitled,
        steps=view.steps,
        touched=view.touched,
        tasks=view.tasks,
        reminders=view.reminders,
        before=view.before,
        prefix=ctx.house.prefix,
    )
