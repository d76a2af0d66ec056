"""`!tafel`: the pinned board of a room's projects, set up, found again, taken down; in a direct chat the network's."""

from bot.command import Command, Form, Nothing, W
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.procedures import board_showing
from bot.procedures import boards as procedure
from bot.procedures.finding import require_role, require_room
from bot.store import boards
from bot.texts import text


def show(_args: Nothing, ctx: Context) -> Answer:
    """Say where the board of this room is; else set it up, or say it anew where it is lost."""
    if ctx.room.direct_with is not None:
        shows = board_showing.of_network(ctx.network, ctx.house.zone, ctx)
        now, prefix = ctx.now.replace(second=0, microsecond=0), ctx.house.prefix
        return text("board.board", board=shows, name=ctx.network.name, now=now, prefix=prefix, kept=False)
    where = procedure.standing(ctx.room, ctx)
    if where is not None:
        return text("board.stands", where=where, prefix=ctx.house.prefix)
    if boards.find(ctx.session, ctx.room.room_id) is None:
        require_role(Role.MODERATOR, ctx)
    return procedure.set_up(ctx)


def remove(_args: Nothing, ctx: Context) -> Answer:
    """Let this room have none any more."""
    require_room(ctx)
    board = boards.find(ctx.session, ctx.room.room_id)
    if board is None:
        raise UserError("board.missing", prefix=ctx.house.prefix)
    return (Reply(text("board.removed")), *procedure.take_down(board, ctx))


COMMAND = Command(
    W("tafel", "board", ("projekttafel", "project board")),
    (
        Form(
            verb=W("entfernen", "remove", ("löschen", "abhängen", "delete")),
            args=Nothing,
            run=remove,
            needs=Role.MODERATOR,
            does=W("hängt die Projekttafel dieses Raums ab", "takes down this room's project board"),
            examples=(W("tafel entfernen", "board remove"),),
        ),
        Form(
            args=Nothing,
            run=show,
            needs=Role.MEMBER,
            does=W(
                "heftet eine Tafel der Projekte an und hält sie aktuell",
                "pins a board of the projects and keeps it up to date",
            ),
            examples=(W("tafel", "board"),),
        ),
    ),
)
