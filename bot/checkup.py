"""`zwischenstand check`: what an operator wants to know before the start, one finding a line."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config import Mail, Settings, load
from bot.errors import InUse, OperatorError, StoreDown, TryAgain, Unreachable
from bot.mail import SmtpMailer
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
        return [Finding("login", True, "the running bot holds the session; stop it to check homeserver and login")]
    except OperatorError as problem:
        return [Finding("homeserver", True, where), Finding("login", False, str(problem))]
    else:
        return [
            Finding("homeserver", True, where),
            Finding("login", True, f"{account.user_id}, device {account.device_id}"),
            Finding("encryption", True, account.encryption()),
        ]
    finally:
        await account.close()


async def _mail(settings: Mail) -> Finding:
    try:
        return Finding("mail", True, await SmtpMailer(settings).reach())
    except TryAgain as problem:
        return Finding("mail", False, str(problem))
