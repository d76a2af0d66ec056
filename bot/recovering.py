"""`zwischenstand recover`, in words: what an operator is asked and told, one finding a line."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from bot.checkup import Finding, recovery_key
from bot.config import Settings
from bot.errors import OperatorError
from bot.matrix.account import recovery
from bot.matrix.account.store import store_of
from bot.post import Fingerprints
from bot.store.lease import Lease
from bot.store.leased import taken_now

Ask = Callable[[str], str]
"""Asks a question on the terminal; the answer, "" where there is nobody."""


def recovered(settings: Settings, ask: Ask) -> Iterator[Finding]:
    """Bring the identity back by its recovery key. Raises OperatorError, also for what `recovery.recover` says."""

    def question() -> str:
        return ask(f"Recovery key of {settings.matrix.user_id} (also where a passphrase was set besides): ")

    with _leading(settings) as lease:
        prints = asyncio.run(recovery.recover(settings.matrix, question, lease))
    yield Finding("signing keys", True, f"back in {_place(settings)}")
    yield from _outcome(settings, prints)


def renewed(settings: Settings, ask: Ask) -> Iterator[Finding]:
    """Give the identity up for a new one, if a person says yes. Raises OperatorError."""
    if settings.matrix.password is None:
        raise OperatorError(
            "the homeserver wants the password for this: set matrix.password, at least for now. Where nobody signs in "
            "by password: reset the identity of the bot's account with Element (Settings, Encryption), then run "
            "`zwischenstand recover` with the recovery key that Element shows"
        )
    answer = ask(
        f"{settings.matrix.user_id} gets a new identity. Whoever has verified the bot then sees a warning and must "
        f"verify it anew; some clients send it nothing until they do. If {_place(settings)} or the recovery key can be "
        "found, stop here.\nGo on? yes/no: "
    )
    if answer.strip().casefold() not in ("yes", "ja"):
        raise OperatorError("nothing was changed")
    with _leading(settings) as lease:
        prints = asyncio.run(recovery.renew(settings.matrix, lease))
    yield Finding("signing keys", True, f"new ones in {_place(settings)}; whoever verified the bot verifies it anew")
    yield from _outcome(settings, prints)


def with_new_key(settings: Settings) -> Iterator[Finding]:
    """Another recovery key for the identity we have. Raises OperatorError."""
    with _leading(settings) as lease:
        prints = asyncio.run(recovery.new_key(settings.matrix, lease))
    yield from _outcome(settings, prints)


def _leading(settings: Settings) -> AbstractContextManager[Lease | None]:
    """On PostgreSQL, whoever changes keys must lead."""
    return taken_now(settings.database.url, settings.matrix.user_id)


def _place(settings: Settings) -> str:
    """Where the signing keys are."""
    return store_of(settings.matrix, settings.database.url).seeds.place


def _outcome(settings: Settings, prints: Fingerprints) -> Iterator[Finding]:
    old = recovery.set_aside(settings.matrix, settings.database.url)
    if old is not None:
        yield Finding("former signing keys", True, f"kept as {old}; delete them once all is well")
    yield Finding("cross-signing", True, f"device {prints.device_id} signed, master key {prints.master_key}")
    yield from recovery_key(settings.matrix, settings.database.url)
