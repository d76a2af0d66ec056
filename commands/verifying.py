"""`!verifizieren`: the keys by which people can make sure that it is this bot who writes."""

from bot.command import Command, Form, Nothing, W
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.texts import text


def show(args: Nothing, ctx: Context) -> Answer:
    """The account, its master key, the device and its key. They are public: anybody may read them anywhere."""
    return text("verifying.shown", us=ctx.house.us, keys=ctx.house.fingerprints)


COMMAND = Command(
    W("verifizieren", "verify", ("verifikation", "verification", "fingerabdruck", "fingerprint")),
    (
        Form(
            args=Nothing,
            run=show,
            needs=Role.GUEST,
            anywhere=True,
            listed=False,
            does=W("zeigt, woran Sie mich erkennen: meine Schlüssel", "shows what you know me by: my keys"),
            examples=(W("verifizieren", "verify"),),
        ),
    ),
)
