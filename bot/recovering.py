"""`zwischenstand recover`, in words: what an operator is asked and told, one finding a line."""

import asyncio
from collections.abc import Callable, Iterator

from bot.checkup import Finding, recovery_key
from bot.config import Matrix
from bot.errors import OperatorError
from bot.matrix.account import recovery
from bot.post import Fingerprints

Ask = Callable[[str], str]
"""Asks a question on the terminal; the answer, "" where there is nobody."""


def recovered(settings: Matrix, ask: Ask) -> Iterator[Finding]:
    """Bring the identity back by its recovery key. Raises OperatorError, also for what `recovery.recover` says."""

    def question() -> str:
        return ask(f"Recovery key of {settings.user_id} (also where a passphrase was set besides): ")

    prints = asyncio.run(recovery.recover(settings, question))
    yield Finding("signing keys", True, f"back in {settings.signing_file}")
    yield from _outcome(settings, prints)


def renewed(settings: Matrix, ask: Ask) -> Iterator[Finding]:
    """Give the identity up for a new one, if a person says yes. Raises OperatorError."""
    if settings.password is None:
        raise OperatorError(
            "the homeserver wants the password for this: set matrix.password, at least for now. Where nobody signs in "
            "by password: reset the identity of the bot's account with Element (Settings, Encryption), then run "
            "`zwischenstand recover` with the recovery key that Element shows"
        )
    answer = ask(
        f"{settings.user_id} gets a new identity. Whoever has verified the bot then sees a warning and must verify it "
        f"anew; some clients send it nothing until they do. If {settings.signing_file} or the recovery key can be "
        "found, stop here.\nGo on? yes/no: "
    )
    if answer.strip().casefold() not in ("yes", "ja"):
        raise OperatorError("nothing was changed")
    prints = asyncio.run(recovery.renew(settings))
    yield Finding(
        "signing keys", True, f"new ones in {settings.signing_file}; whoever verified the bot verifies it anew"
    )
    yield from _outcome(settings, prints)


def with_new_key(settings: Matrix) -> Iterator[Finding]:
    """Another recovery key for the identity we have. Raises OperatorError."""
    prints = asyncio.run(recovery.new_key(settings))
    yield from _outcome(settings, prints)


def _outcome(settings: Matrix, prints: Fingerprints) -> Iterator[Finding]:
    old = recovery.set_aside(settings)
    if old is not None:
        yield Finding("former signing keys", True, f"kept as {old}; delete them once all is well")
    yield Finding("cross-signing", True, f"device {prints.device_id} signed, master key {prints.master_key}")
    yield from recovery_key(settings)
