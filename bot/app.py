"""The composition root: the one place that knows every part, and puts them together."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Self

from bot import standby
from bot.clock import Clock
from bot.config import Settings
from bot.context import House, Scope
from bot.errors import StoreDown, Unreachable
from bot.events import Batch
from bot.files.draw import draw
from bot.files.sheets import read
from bot.inbox import Inbox
from bot.keeping import Arrived, Keeping
from bot.language import synonyms
from bot.mail import SmtpMailer
from bot.matrix.account.store import store_of
from bot.matrix.client import Account
from bot.others import Others
from bot.parsing import Commands
from bot.posting import Posting
from bot.procedures import hearing, relocating
from bot.procedures.searching import compared
from bot.procedures.weighing_apart import weighed_apart
from bot.restored import by_time
from bot.sending.delivery import Delivery, Tools
from bot.sending.handing import Handing
from bot.sending.outbox import Outbox
from bot.store import progress
from bot.store.database import Database
from bot.store.lease import Lease
from bot.store.outbox import Row
from bot.texts import Texts
from bot.turns import Turns
from bot.vitals import Vitals
from commands import ALL
from schedules import JOBS, health, relocations, sending

log = logging.getLogger(__name__)
TURNS_TO_SEND = 3  # of the event loop, from an offered row to its PUT
LONGEST_PAUSE = 60.0  # seconds between attempts to reach the homeserver or the database


def house_of(settings: Settings) -> House:
    """What handlers need of the settings."""
    return House(
        us=settings.matrix.user_id,
        prefix=settings.prefix,
        language=settings.language,
        zone=settings.zone,
        grace_seconds=settings.voting.grace_seconds,
        coordinators=settings.coordinators,
        servers=settings.servers,
        encrypted=settings.rooms.encrypted,
        mail=settings.mail is not None,
        templates=settings.templates,
        federal_state=settings.federal_state,
        web=settings.web.base,
        synonyms=settings.portfolio.synonyms,
        widget=settings.web.base is not None and bool(settings.web.element),
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """The bot, put together and signed in, not yet running."""

    database: Database
    account: Account
    inbox: Inbox
    outbox: Outbox
    clock: Clock
    vitals: Vitals
    house: House
    others: Others
    handing: Handing | None = None

    @classmethod
    async def assemble(
        cls,
        settings: Settings,
        database: Database,
        account: Account,
        vitals: Vitals,
        lease: Lease | None = None,
    ) -> Self:
        """Put the bot together. `account` is signed in."""
        house = replace(house_of(settings), fingerprints=account.fingerprints, throughput=vitals.throughput)
        posting = Posting(Texts(settings.templates), account.device_id)
        commands = Commands(ALL)
        mailer = SmtpMailer(settings.mail) if settings.mail else None
        search, weigh = partial(compared, synonyms=house.synonyms), partial(weighed_apart, database.url, house)
        tools = Tools(draw, read, mailer, encrypt=house.encrypted, search=search, weigh=weigh)

        def offer(rows: Sequence[Row]) -> None:
            """The two need each other: the inbox's answers go out, what came of them comes back in."""
            outbox.offer(rows)

        others = Others()
        inbox = Inbox(database, commands, posting, house, hearing.on_event, offer, vitals, others)
        handing = Handing(database, lease) if lease is not None else None
        outbox = Outbox(database, Delivery(database, account, tools, house.us, inbox.came, handing), vitals)
        own = (health.job(vitals, database.folder, settings.monitoring.room), sending.job(), relocations.job(others))
        jobs = (*JOBS, *own)
        clock = Clock(database, jobs, posting, house, outbox.offer, account.nothing_waiting, vitals=vitals)
        return cls(database, account, inbox, outbox, clock, vitals, house, others, handing)


async def run(settings: Settings, ready: Callable[[], None] | None = None, tick: float = 1.0) -> None:
    """Run the bot until it is cancelled, then stop in order. `tick` is in seconds.

    Raises OperatorError when only a person can mend what is wrong.
    """
    if settings.portfolio.synonyms is not None:  # ours are read where they are needed: 0.2 s of every start
        synonyms.read(settings.portfolio.synonyms)
    vitals = Vitals()
    us = settings.matrix.user_id
    lease = Lease.of(settings.database.url, us)
    database = Database(settings.database.url, vitals=vitals, lease=lease, account=us)
    work = partial(_lead, settings, database, vitals, lease, ready, tick)
    try:
        if lease is None:
            database.migrate()
        async with _watched(settings, database, vitals):
            if lease is None:
                await work()
                return
            with suppress(Unreachable):  # said now, and not when it is to take over
                store_of(settings.matrix, settings.database.url).require_key()
            store = settings.matrix.store
            with standby.predecessor(store.with_name(f"{store.name}.standing"), lease.holder) as gone:
                await standby.lead(lease, vitals, work, gone)
    finally:
        database.close()


async def _lead(
    settings: Settings,
    database: Database,
    vitals: Vitals,
    lease: Lease | None,
    ready: Callable[[], None] | None,
    tick: float,
) -> None:
    """The only process with this account: keys, migrations and everything that is sent are ours alone."""
    account = Account(settings.matrix, vitals, lease)
    try:
        if lease is not None:
            await asyncio.to_thread(database.migrate)  # may take minutes; a loop that stands still gives the lease up
        async with _shown(settings, database):
            await _until_reached(account.login, vitals)
            parts = await Parts.assemble(settings, database, account, vitals, lease)
            await _follow(parts, settings, ready, tick)
    finally:
        await account.close()


@asynccontextmanager
async def _watched(settings: Settings, database: Database, vitals: Vitals) -> AsyncIterator[None]:
    """With the pages on how the bot is, if they are wanted; from before the login on, which may have to wait."""
    if settings.monitoring.port is None:
        yield
        return
    from bot.monitoring.figures import Gathering  # noqa: PLC0415 - its libraries cost memory that most bots need not spend
    from bot.monitoring.pages import Pages  # noqa: PLC0415

    pages = Pages(settings.monitoring, vitals, Gathering(vitals, database, house_of(settings)))
    await pages.open()
    try:
        yield
    finally:
        await pages.close()


@asynccontextmanager
async def _shown(settings: Settings, database: Database) -> AsyncIterator[None]:
    """With the overview pages, if they are wanted."""
    if settings.web.port is None:
        yield
        return
    from bot.web.application import Setting  # noqa: PLC0415 - its libraries cost memory that most bots need not spend
    from bot.web.server import Server  # noqa: PLC0415

    house, homeserver = house_of(settings), settings.matrix.homeserver
    server = Server(Setting(settings=settings.web, database=database, house=house, homeserver=homeserver))
    await server.open()
    try:
        yield
    finally:
        await server.close()


async def _until_reached(login: Callable[[], Awaitable[None]], vitals: Vitals) -> None:
    """Log in as soon as the homeserver is there."""
    pause = 1.0
    while True:
        asked_at = datetime.now(UTC)
        try:
            return await login()
        except Unreachable as problem:
            vitals.sync_failed(asked_at)
            values = {"problem": problem, "wait_seconds": pause}
            log.warning("the homeserver does not answer: %(problem)s; again in %(wait_seconds).0f s", values)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            pause = min(pause * 2, LONGEST_PAUSE)


async def _follow(parts: Parts, settings: Settings, ready: Callable[[], None] | None, tick: float) -> None:
    us = settings.matrix.user_id
    parts.database.when_back(parts.outbox.look_again)
    known = await parts.database.run(lambda session: progress.account(session, us))
    await parts.database.run(lambda s: relocating.notice(parts.others, Scope(s, datetime.now(UTC), parts.house)))
    await parts.clock.begin()
    if parts.handing is not None:
        await parts.handing.begin()
    left = await parts.outbox.resume()
    if left:
        log.info("taking up %(posts)s posts that an earlier run left", {"posts": left})
    started, turns = False, Turns(parts.inbox.matters)

    async def handle(batch: Batch) -> bool:
        nonlocal started
        if batch.unread:
            await _until_stored(parts.inbox, batch, in_turn=False)
            return turns.waiting
        for part in turns.take(batch) if started else (by_time(batch),):
            await _until_stored(parts.inbox, part, in_turn=not started)
        for _ in range(TURNS_TO_SEND):
            await asyncio.sleep(0)  # let the answers go out before we ask for more: half a millisecond of each answer
        if not started:
            started = parts.vitals.ready = True
            parts.clock.start(tick)
            values = {"user_id": us, "device_id": parts.account.device_id}
            log.info("ready: caught up as %(user_id)s on %(device_id)s", values)
            if ready:
                ready()
        return turns.waiting

    try:
        token, alive_at = (known.token, known.alive_at) if known else (None, None)
        arrived = Arrived(parts.database, us, parts.others)
        await parts.account.listen(handle, token, alive_at, Keeping(parts.database), arrived)
    finally:
        parts.clock.stop()
        await parts.outbox.stop()
        if parts.handing is not None:
            await parts.handing.end()


async def _until_stored(inbox: Inbox, batch: Batch, *, in_turn: bool) -> None:
    """A database that is locked or full stops the inbox, and nothing else: the batch is handled once it is back."""
    pause = 1.0
    while True:
        try:
            return await inbox.handle(batch, in_turn=in_turn)
        except StoreDown as problem:
            values = {"problem": problem, "wait_seconds": pause}
            log.error("the database does not take anything: %(problem)s; again in %(wait_seconds).0f s", values)  # noqa: TRY400 - the reason says it
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
