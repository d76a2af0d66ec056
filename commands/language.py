"""`!sprache`: the language of this room."""

from dataclasses import dataclass

from bot.command import Command, Form, W, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import match
from bot.procedures.finding import require_role
from bot.procedures.standing import at_home
from bot.store import boards
from bot.texts import text

LANGUAGES = {"de": "de", "deutsch": "de", "german": "de", "en": "en", "englisch": "en", "english": "en"}


@dataclass(frozen=True)
class Which:
    """The language, or nothing to read it."""

    name: str | None = word(W("de|en", "de|en"), default=None)


def run(args: Which, ctx: Context) -> Answer:
    """Show or set; in a group's room only a coordinator sets it, in a direct chat everybody for themselves."""
    if args.name is None:
        return text("language.shown", name=ctx.language, prefix=ctx.house.prefix)
    if ctx.room.direct_with is None:
        require_role(Role.MODERATOR, at_home(ctx))
    language = match(args.name, LANGUAGES)
    if language is None:
        raise UserError("language.unknown", name=args.name)
    ctx.room.language = language
    boards.want(ctx.session, (ctx.room.room_id,), ctx.now)
    return text("language.set", name=language)


COMMAND = Command(
    W("sprache", "language"),
    (
        Form(
            args=Which,
            run=run,
            needs=Role.GUEST,
            anywhere=True,
            does=W("zeigt oder ändert die Sprache dieses Raums", "shows or sets this room's language"),
            examples=(W("sprache en", "language de"),),
        ),
    ),
)
