"""`!verbund`: the network that this room belongs to."""

from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.store import organisations, rooms
from bot.texts import text

LONGEST_NAME = 100


@dataclass(frozen=True)
class Name:
    """What the network is called."""

    name: str = rest(W("Name", "name"))


def show(args: Nothing, ctx: Context) -> Answer:
    """Name, rooms, size and coordinators."""
    return text(
        "network.shown",
        network=ctx.network,
        rooms=rooms.groups_of_network(ctx.session, ctx.network_id),
        people=len(rooms.people_of_network(ctx.session, ctx.network_id)),
        organisations=organisations.count(ctx.session, ctx.network_id),
        coordinators=rooms.coordinators(ctx.session, ctx.network_id),
    )


def rename(args: Name, ctx: Context) -> Answer:
    """Give the network another name; everything it holds stays."""
    before, ctx.network.name = ctx.network.name, _name(args)
    return text("network.renamed", network=ctx.network, before=before)


def _name(args: Name) -> str:
    name = " ".join(args.name.split())
    if len(name) > LONGEST_NAME:
        raise UserError("inbox.too_long", length=len(name), longest=LONGEST_NAME)
    return name


COMMAND = Command(
    W("verbund", "network"),
    (
        Form(
            verb=W("umbenennen", "rename"),
            args=Name,
            run=rename,
            needs=Role.COORDINATOR,
            does=W("benennt den Verbund um", "renames the network"),
            examples=(W("verbund umbenennen Digitale Region", "network rename Digital region"),),
        ),
        Form(
            verb=W("zeigen", "show"),
            args=Nothing,
            run=show,
            does=W("zeigt den Verbund dieses Raums", "shows this room's network"),
            examples=(W("verbund zeigen", "network show"),),
        ),
        Form(
            args=Nothing,
            run=show,
            does=W("zeigt den Verbund dieses Raums", "shows this room's network"),
            examples=(W("verbund", "network"),),
        ),
    ),
)
