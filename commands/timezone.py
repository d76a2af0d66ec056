"""`!zeitzone`: on whose clocks times are read and shown: in this room, or for oneself in the direct chat."""

from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.procedures.asking import read_zone
from bot.procedures.finding import require_role
from bot.procedures.standing import at_home
from bot.texts import text


@dataclass(frozen=True)
class Where:
    """A city, a country or an IANA name; nothing to see what holds."""

    place: str = rest(W("Ort", "city"), default="")


def show_or_set(args: Where, ctx: Context) -> Answer:
    """Show or set the zone; in a group's room its moderators set it, in a direct chat everybody for themselves."""
    if not args.place:
        return _said("shown", ctx)
    _require_may_set(ctx)
    ctx.room.zone = read_zone(args.place, ctx)
    return _said("set", ctx)


def reset(args: Nothing, ctx: Context) -> Answer:
    """Back to the network's zone, or the operator's where the network has none."""
    _require_may_set(ctx)
    ctx.room.zone = None
    return _said("reset", ctx)


def _require_may_set(ctx: Context) -> None:
    if ctx.room.direct_with is None:
        require_role(Role.MODERATOR, at_home(ctx))


def _said(done: str, ctx: Context) -> Answer:
    return text(
        "timezone.said",
        done=done,
        room=ctx.room,
        network=ctx.home,
        zone=ctx.zone_of(ctx.room.room_id).key,
        now=ctx.now,
        prefix=ctx.house.prefix,
    )


COMMAND = Command(
    W("zeitzone", "timezone", ("ortszeit", "time-zone")),
    (
        Form(
            verb=W("zurücksetzen", "reset"),
            args=Nothing,
            run=reset,
            needs=Role.GUEST,
            anywhere=True,
            listed=False,
            does=W("nimmt wieder die Zeitzone des Verbunds", "takes the network's time zone again"),
            examples=(W("zeitzone zurücksetzen", "timezone reset"),),
        ),
        Form(
            args=Where,
            run=show_or_set,
            needs=Role.GUEST,
            anywhere=True,
            does=W("zeigt oder ändert die Zeitzone dieses Raums", "shows or sets this room's time zone"),
            examples=(W("zeitzone", "timezone"), W("zeitzone Wien", "timezone Vienna")),
        ),
    ),
)
