"""`!maßnahmenplan`: a group's measures and the days of the councils on a time line, in chat and as files."""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.language.names import fold
from bot.procedures import plans
from bot.store import groups
from bot.texts import text
from commands.task_listing import ALL, OF_GROUP, room_called


@dataclass(frozen=True, kw_only=True)
class Of:
    """Whose plan."""

    group: str = rest(W("Gruppe", "group"), default="")


def show(args: Of, ctx: Context) -> Answer:
    """The plan of a group, else of this room; in a direct chat, or with „alle“, of the whole network."""
    room_id, name = _whose(args.group.strip(), ctx)
    plan = plans.gather(ctx.network_id, room_id, name, ctx.house.zone, ctx)
    said = Reply(text("plans.shown", plan=plan, prefix=ctx.house.prefix))
    return (said, *plans.documents(plan, ctx)) if plan.entries else said


def _whose(words: str, ctx: Context) -> tuple[str | None, str | None]:
    """A room and the name of its group. Raises UserError for a group that nobody knows."""
    if fold(words) in ALL or (not words and ctx.only_room is None):
        return None, None
    if words:
        of_group = OF_GROUP.fullmatch(words)
        return room_called(of_group[1] if of_group else words, ctx)
    here = groups.of_room(ctx.session, ctx.room.room_id)
    return ctx.room.room_id, here.name if here else ctx.room.name


COMMAND = Command(
    W("maßnahmenplan", "plan", ("massnahmenplan", "maßnahmenpläne", "measures", "zeitplan")),
    (
        Form(
            args=Of,
            run=show,
            needs=Role.MEMBER,
            does=W(
                "zeigt die Maßnahmen einer Gruppe im Zeitverlauf und schickt sie als Datei",
                "shows a group's measures on a time line and sends them as a file",
            ),
            examples=(
                W("maßnahmenplan", "plan"),
                W("maßnahmenplan Digitales", "plan Digitales"),
                W("maßnahmenplan alle", "plan all"),
            ),
        ),
    ),
)
