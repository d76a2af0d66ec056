"""`!bericht`: the digest of this room, now or as a preview of Monday's."""

from bot.command import Command, Form, Nothing, W
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.procedures import digest
from bot.procedures.finding import require_room


def now(args: Nothing, ctx: Context) -> Answer:
    """Post the digest now; the next one starts from here."""
    require_room(ctx)
    return digest.post_now(ctx)


def preview(args: Nothing, ctx: Context) -> Answer:
    """Show what the next one would say."""
    require_room(ctx)
    return digest.as_text(digest.compose(ctx.room, ctx), ctx.room, ctx.house.prefix, preview=True)


COMMAND = Command(
    W("bericht", "digest", ("wochenbericht",)),
    (
        Form(
            verb=W("jetzt", "now"),
            args=Nothing,
            run=now,
            needs=Role.MODERATOR,
            does=W("veröffentlicht den Wochenbericht sofort", "posts the digest now"),
            examples=(W("bericht jetzt", "digest now"),),
        ),
        Form(
            verb=W("vorschau", "preview"),
            listed=False,
            args=Nothing,
            run=preview,
            needs=Role.MEMBER,
            does=W("zeigt, was der nächste Bericht sagen wird", "shows what the next digest will say"),
            examples=(W("bericht vorschau", "digest preview"),),
        ),
        Form(
            args=Nothing,
            run=preview,
            needs=Role.MEMBER,
            does=W("zeigt den Bericht, wie er jetzt aussähe", "shows the digest as it would be now"),
            examples=(W("bericht", "digest"),),
        ),
    ),
)
