"""`zwischenstand check`: what an operator wants to know before the start, one finding a line."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import Mail, Matrix, Settings, load, without_password
from bot.errors import InUse, NotSent, OperatorError, StoreDown, TryAgain, Unreachable, Unsigned
from bot.files import council
from bot.language import synonyms
from bot.mail import SmtpMailer
from bot.matrix.account.examining import Examined, glance
from bot.matrix.account.store import store_of
from bot.matrix.client import Account
from bot.store.database import Database, obstacle
from bot.store.lease import Lease
from bot.store.leased import taken_now
from bot.texts.pages import Pages


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    what: str
    good: bool
    says: str
    shows_secret: bool = False  # meant to, this once; whatever else says one, says it by mistake


def check(config: Path, read: Callable[[Path], Settings] = load) -> Iterator[Finding]:
    """Check everything in the order in which it is needed; what cannot be checked after a fault is left out."""
    try:
        settings = read(config)
    except OperatorError as problem:
        for mistake in str(problem).splitlines():
            yield Finding("configuration", False, mistake)
        return
    yield Finding("configuration", True, str(config))
    yield from _keys_and_records(settings)
    yield from recovery_key(settings.matrix, settings.database.url)
    if settings.mail is not None:
        yield asyncio.run(_mail(settings.mail))
    yield from council_templates(settings.templates)
    yield from own_synonyms(settings.portfolio.synonyms)
    yield from overview_pages(settings)


def _keys_and_records(settings: Settings) -> Iterator[Finding]:
    """Database and homeserver. On PostgreSQL the lease must be ours: who logs in moves the keys on."""
    url = settings.database.url
    with ExitStack() as stack:
        try:
            lease = stack.enter_context(taken_now(url, settings.matrix.user_id))
        except InUse:
            yield Finding("database", True, f"{without_password(url)}, in use by the running bot")
            yield from asyncio.run(_beside(settings))
        except OperatorError as problem:
            yield Finding("database", False, str(problem))
            yield Finding("login", False, "cannot be checked: the keys are in the database")
        else:
            yield _database(settings, lease)
            yield from asyncio.run(_homeserver(settings, lease))


def overview_pages(settings: Settings) -> Iterator[Finding]:
    """The overview pages, where there are any: the operator's own pages and words are read as they would be shown."""
    if settings.web.port is None:
        return
    try:
        Pages(settings.templates)
    except OperatorError as problem:
        yield Finding("overview pages", False, str(problem))
    else:
        yield Finding("overview pages", True, settings.web.base or "")


def council_templates(folder: Path | None) -> Iterator[Finding]:
    """The operator's own templates of council papers, where there are some: each is read as it would be for a paper."""
    own = [folder / place / council.NAME for place in ("de", "en", "")] if folder is not None else []
    for file in own:
        if file.exists():
            try:
                council.read(file)
            except council.Broken as problem:
                yield Finding("council paper", False, str(problem))
            else:
                yield Finding("council paper", True, str(file))


def own_synonyms(file: Path | None) -> Iterator[Finding]:
    """The operator's own file of names of the same thing, where there is one."""
    if file is None:
        return
    try:
        synonyms.read(file)
    except OperatorError as problem:
        yield Finding("synonyms", False, str(problem))
    else:
        yield Finding("synonyms", True, str(file))


def _database(settings: Settings, lease: Lease | None) -> Finding:
    shown = without_password(settings.database.url)
    try:
        database = Database(settings.database.url, lease=lease, account=settings.matrix.user_id)
        try:
            database.migrate()
        finally:
            database.close()
        state = "up to date"
    except InUse:
        state = "in use by the running bot"
    except (OperatorError, StoreDown) as problem:
        return Finding("database", False, str(problem))
    if in_the_way := obstacle(settings.database.url):
        return Finding("database", False, f"{shown}: {in_the_way}")
    return Finding("database", True, f"{shown}, {state}")


async def _beside(settings: Settings) -> list[Finding]:
    """What can be told while the bot runs."""
    held = Finding("login", True, "the running bot holds the session; stop it to check homeserver and login")
    return [held, *await _identity(glance(settings.matrix, store_of(settings.matrix, settings.database.url)))]


async def _homeserver(settings: Settings, lease: Lease | None) -> list[Finding]:
    account = Account(settings.matrix, lease=lease)
    where = settings.matrix.homeserver
    try:
        await account.login()
    except Unreachable as problem:
        return [Finding("homeserver", False, f"{where}: {problem}")]
    except InUse:
        return await _beside(settings)
    except Unsigned as problem:
        signed_in = Finding("login", True, settings.matrix.user_id)
        return [reached(where), signed_in, Finding("cross-signing", False, str(problem))]
    except OperatorError as problem:
        return [reached(where), Finding("login", False, str(problem))]
    else:
        return [
            reached(where),
            Finding("login", True, f"{account.user_id}, device {account.device_id}"),
            Finding("encryption", True, account.encryption()),
            *await _identity(account.examined()),
        ]
    finally:
        await account.close()


def reached(where: str) -> Finding:
    """The homeserver answered; and whether it is asked in clear, which may be meant between containers."""
    url = urlsplit(where)
    clear = url.scheme == "http" and url.hostname not in ("localhost", "127.0.0.1", "::1")
    note = " (in clear: whoever is on the way reads the password; is https possible?)" if clear else ""
    return Finding("homeserver", True, f"{where}{note}")


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


def recovery_key(settings: Matrix, url: str = "") -> Iterator[Finding]:
    """The recovery key, if it waits to be shown. It is forgotten when this is asked to go on: when it was printed."""
    try:
        with store_of(settings, url).seeds.showing() as key:
            if key:
                said = f"{key} (shown this once: write it down, away from this machine)"
                yield Finding("recovery key", True, said, shows_secret=True)
    except (OperatorError, Unreachable) as problem:
        yield Finding("recovery key", False, str(problem))


async def _mail(settings: Mail) -> Finding:
    try:
        return Finding("mail", True, await SmtpMailer(settings).reach())
    except TryAgain as problem:
        return Finding("mail", False, str(problem))
