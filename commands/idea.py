"""`!idee` and `!ideen`: collect; an idea may become a project (`!projekt neu X aus I4`)."""

from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.procedures.finding import require_room
from bot.procedures.groups import work_changed
from bot.store import networks, projects
from bot.store.tables import Idea
from bot.texts import text

LONGEST = 4000


@dataclass(frozen=True)
class New:
    """The idea, in free words."""

    words: str = rest(W("Text", "text"))


def new(args: New, ctx: Context) -> Answer:
    """Keep an idea."""
    require_room(ctx)
    if len(args.words) > LONGEST:
        raise UserError("inbox.too_long", length=len(args.words), longest=LONGEST, what="text")
    idea = Idea(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "I"),
        room_id=ctx.room.room_id,
        text=args.words,
        author=ctx.person,
        at=ctx.now,
        event_id=ctx.message.event_id,
    )
    projects.add_idea(ctx.session, idea)
    return (Reply(text("idea.kept", idea=idea, prefix=ctx.house.prefix)), *work_changed(idea.room_id, ctx))


def listing(args: Nothing, ctx: Context) -> Answer:
    """The ideas of this room."""
    return text("idea.list", ideas=projects.ideas(ctx.session, ctx.network_id, ctx.only_room), prefix=ctx.house.prefix)


COMMAND = Command(
    W("idee", "idea"),
    (
        Form(
            args=New,
            run=new,
            needs=Role.MEMBER,
            does=W("hält eine Idee fest", "keeps an idea"),
            examples=(W("idee Eine Bürgerkarte für alle Bäder", "idea One card for all public pools"),),
        ),
    ),
)
LIST = Command(
    W("ideen", "ideas"),
    (
        Form(
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt die Ideen dieses Raums", "lists this room's ideas"),
            examples=(W("ideen", "ideas"),),
        ),
    ),
)
