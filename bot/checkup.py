"""`zwischenstand check`: what an operator wants to know before the start, one finding a line."""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config import Mail, Matrix, Settings, load
from bot.errors import InUse, NotSent, OperatorError, StoreDown, TryAgain, Unreachable, Unsigned
from bot.mail import SmtpMailer
from bot.matrix.account.examining import Examined, glance
from bot.matrix.account.seeds import Seeds
from bot.matrix.client import Account
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    what: str
    good: bool
    says: str


def check(config: Path) -> Iterator[Finding]:
    """Check everything in the order in which it is needed; what cannot be checked after a fault is left out."""
    try:
        settings = load(config)
    except OperatorError as problem:
        for mistake in str(problem).splitlines():
            yield Finding("configuration", False, mistake)
        return
    yield Finding("configuration", True, str(config))
    yield _database(settings)
    yield from asyncio.run(_homeserver(settings))
    yield from recovery_key(settings.matrix)
    if settings.mail is not None:
        yield asyncio.run(_mail(settings.mail))


def _database(settings: Settings) -> Finding:
    shown = settings.database.url.rpartition("@")[2]
    try:
        database = Database(settings.database.url)
        try:
            database.migrate()
        finally:
            database.close()
    except InUse:
        return Finding("database", True, f"{shown}, in use by the running bot")
    except (OperatorError, StoreDown) as problem:
        return Finding("database", False, str(problem))
    return Finding("database", True, f"{shown}, up to date")


async def _homeserver(settings: Settings) -> list[Finding]:
    account = Account(settings.matrix)
    where = settings.matrix.homeserver
    try:
        await account.login()
    except Unreachable as problem:
        return [Finding("homeserver", False, f"{where}: {problem}")]
    except InUse:
        held = Finding("login", True, "the running bot holds the session; stop it to check homeserver and login")
        return [held, *await _identity(glance(settings.matrix))]
    except Unsigned as problem:
        signed_in = Finding("login", True, settings.matrix.user_id)
        return [Finding("homeserver", True, where), signed_in, Finding("cross-signing", False, str(problem))]
    except OperatorError as problem:
        return [Finding("homeserver", True, where), Finding("login", False, str(problem))]
    else:
        return [
            Finding("homeserver", True, where),
            Finding("login", True, f"{account.user_id}, device {account.device_id}"),
            Finding("encryption", True, account.encryption()),
            *await _identity(account.examined()),
        ]
    finally:
        await account.close()


async def _identity(examination: Awaitable[Examined | None]) -> list[Finding]:
    """Whether people's clients will talk to us, and whether we could come back as who we are."""
    try:
        found = await examination
    except (OperatorError, NotSent) as problem:
        return [Finding("cross-signing", False, str(problem))]
    if found is None:
        return []
    signed = f"device {found.device_id} signed, master key {found.master_key}"
    more = "" if found.one_time_keys else "; the bot adds more as it runs"
    gap = found.unrecoverable and f"{found.unrecoverable}; stop the bot and run `zwischenstand recover --new-key`"
    return [
        Finding("cross-signing", not found.unsigned, found.unsigned or signed),
        Finding("one-time keys", True, f"{found.one_time_keys} on the homeserver{more}"),
        Finding("recovery", not gap, gap or "the signing keys are in secret storage, under the recovery key"),
    ]


def recovery_key(settings: Matrix) -> Iterator[Finding]:
    """The recovery key, if it waits to be shown. It is forgotten when this is asked to go on: when it was printed."""
    try:
        with Seeds(settings).showing() as key:
            if key:
                yield Finding("recovery key", True, f"{key} (shown this once: write it down, away from this machine)")
    except OperatorError as problem:
        yield Finding("recovery key", False, str(problem))


async def _mail(settings: Mail) -> Finding:
    try:
        return Finding("mail", True, await SmtpMailer(settings).reach())
    except TryAgain as problem:
        return Finding("mail", False, str(problem))
