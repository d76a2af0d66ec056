"""A homeserver that knows two requests, a leader on a real PostgreSQL, and processes that send for it."""

import asyncio
import contextlib
import multiprocessing
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import sqlalchemy as sa
from aiohttp import web

from bot.config import Database as DatabaseSettings
from bot.config import Matrix, Settings
from bot.contents import gist
from bot.errors import Fenced
from bot.matrix.account.store import Session, Store, store_of
from bot.post import Post, Stands
from bot.sending.delivery import Delivery, Tools
from bot.sending.handing import Handing
from bot.sending.outbox import Outbox
from bot.store.database import Database
from bot.store.handed import TABLE
from tests.fakes import DEVICE
from tests.outboxes import draw, read, report, row, store
from tests.scale import sending
from tests.scale.leases import BOT, leading
from tests.sending import FakeSender

TAKEN = sa.select(sa.func.count()).where(TABLE.c.taken)
ROOMS, EACH = 40, 10
LOOKS, SENDS = "looks", "sends"
"""Where a request may be kept waiting: whether the room is encrypted, or the post itself, which stands by then."""


class Rooms:
    """What stands in the rooms. Refuses one in `refusing` for a moment, of those that are new to it."""

    def __init__(self, refusing: int = 0) -> None:
        self.bodies: dict[str, list[str]] = defaultdict(list)
        self.known: dict[str, tuple[str, str]] = {}
        """Room and event by transaction."""
        self.forbidden: set[str] = set()
        self.sealed: set[str] = set()
        self.looked = asyncio.Event()
        self.token = "syt_token"
        self.revoked_after: int | None = None
        """So many events: the token is void from then on."""
        self.refused = self.repeated = self.strangers = self.by_senders = 0
        self._refusing = refusing
        self._chance = random.Random(3)
        self._gate: str | None = None
        self._waiting = 0
        self._opened = asyncio.Event()

    def take(self, room: str, transaction: str, body: str) -> str:
        """The event, the first one for a transaction that is known."""
        if transaction in self.known:
            self.repeated += 1
        else:
            self.known[transaction] = (room, f"$event{len(self.known)}")
            self.bodies[room].append(body)
        return self.known[transaction][1]

    @contextmanager
    def shut(self, where: str) -> Iterator[None]:
        """Whoever asks for that waits until the block ends."""
        self._gate, self._waiting, self._opened = where, 0, asyncio.Event()
        try:
            yield
        finally:
            self._gate = None
            self._opened.set()

    async def held(self, least: int = 1) -> None:
        """Return when so many wait."""
        async with asyncio.timeout(30):
            while self._waiting < least:  # noqa: ASYNC110 - of other processes
                await asyncio.sleep(0.01)

    async def _pass(self, where: str) -> None:
        if self._gate == where:
            self._waiting += 1
            await self._opened.wait()

    async def send(self, request: web.Request) -> web.Response:
        room, transaction, content = request.match_info["room"], request.match_info["txn"], await request.json()
        if self.revoked_after is not None and len(self.known) >= self.revoked_after:
            self.token, self.revoked_after = "syt_new", None
        if request.headers["Authorization"] != f"Bearer {self.token}":
            self.strangers += 1
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN"}, status=401)
        if room in self.forbidden:
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "no"}, status=403)
        if transaction not in self.known and self._refusing and self._chance.randrange(self._refusing) == 0:
            self.refused += 1
            return web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 50}, status=429)
        self.by_senders += 1
        event_id = self.take(room, transaction, content["body"])
        await self._pass(SENDS)
        await asyncio.sleep(0.002)
        return web.json_response({"event_id": event_id})

    async def encryption(self, request: web.Request) -> web.Response:
        if request.match_info["room"] in self.sealed:
            self.looked.set()
            return web.json_response({"algorithm": "m.megolm.v1.aes-sha2"})
        await self._pass(LOOKS)
        return web.json_response({"errcode": "M_NOT_FOUND"}, status=404)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        app = web.Application()
        app.router.add_put("/_matrix/client/v3/rooms/{room}/send/{type}/{txn}", self.send)
        app.router.add_get("/_matrix/client/v3/rooms/{room}/state/m.room.encryption/", self.encryption)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class Itself(FakeSender):
    """What the leader sends itself goes to the same homeserver."""

    rooms: Rooms

    async def send(self, post: Post) -> str:
        self.attempts.append(post)
        return self.rooms.take(post.room_id, post.transaction, post.content["body"])

    async def standing(self, room_id: str, since: datetime) -> dict[str, Stands]:
        """What stands in a room, by transaction; all of it."""
        known = self.rooms.known.items()
        return {transaction: Stands(event_id, gist({})) for transaction, (at, event_id) in known if at == room_id}


def settings_of(url: str, homeserver: str, folder: Path) -> Settings:
    matrix = Matrix(homeserver=homeserver, user_id=BOT, password="geheim", store=folder / "crypto")
    return Settings(coordinators=("@anna:example.org",), matrix=matrix, database=DatabaseSettings(url=url))


class Led:
    """A leader's part of it."""

    def __init__(self, keys: Store, database: Database, handing: Handing, box: Outbox, leader: Itself) -> None:
        self.keys, self.database, self.handing, self.box, self.leader = keys, database, handing, box, leader

    async def offered(self, lot: str = "") -> list[str]:
        """A lot of posts; what is to stand in each room, in order."""
        new = [row(f"{lot}{number:03}", f"!{room}:example.org") for number in range(EACH) for room in range(ROOMS)]
        for number, each in enumerate(new):
            each.key, each.transaction = f"k{lot}{number}", f"t{lot}{number}"
        self.box.offer(await store(self.database, *new))
        return [f"{lot}{number:03}" for number in range(EACH)]

    async def present(self, count: int) -> None:
        """Return when the leader knows of so many senders."""
        async with asyncio.timeout(30):
            while self.handing._present != count:  # noqa: ASYNC110 - of other processes
                await asyncio.sleep(0.05)

    async def drained(self) -> None:
        """Return when nothing waits any more."""
        await asyncio.wait_for(self.box.drained(), 90)

    async def under_way(self) -> int:
        """How many posts senders have taken."""
        return await self.database.run(lambda session: session.connection().execute(TAKEN).scalar_one())


@asynccontextmanager
async def led(settings: Settings, rooms: Rooms) -> AsyncIterator[Led]:
    """One that leads, from now on."""
    url = settings.database.url
    with leading(url, lasts=5) as candidate:
        keys = store_of(settings.matrix, url, candidate.lease)
        await asyncio.to_thread(keys.open)
        await asyncio.to_thread(keys.save, Session(BOT, DEVICE, rooms.token))
        database = Database(url, lease=candidate.lease)
        database.migrate()
        leader = Itself()
        leader.rooms = rooms
        handing = Handing(database, candidate.lease)
        box = Outbox(database, Delivery(database, leader, Tools(draw, read), BOT, report, handing))
        await handing.begin()
        try:
            yield Led(keys, database, handing, box, leader)
        finally:
            with contextlib.suppress(Fenced):  # then nothing is written down any more
                await box.stop()
            await handing.end()
            database.close()


class Senders:
    """Processes that do nothing but send."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.processes: list[BaseProcess] = []

    def begins(self, within: float | None = None) -> BaseProcess:
        """One more; it gives posts up after so many seconds."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.scale.sending"])
        settings = self.settings
        values = (settings.database.url, settings.matrix.homeserver, str(settings.matrix.store.parent), within)
        process = context.Process(target=sending.begin, args=values, daemon=True)
        process.start()
        self.processes.append(process)
        return process

    def end(self) -> None:
        """All of them, also those that are stopped."""
        for process in self.processes:
            process.kill()
            process.join()


@asynccontextmanager
async def house(url: str, rooms: Rooms, folder: Path) -> AsyncIterator[tuple[Settings, Senders]]:
    """The homeserver, and who may send to it."""
    async with rooms.serving() as address:
        settings = settings_of(url, address, folder)
        senders = Senders(settings)
        try:
            yield settings, senders
        finally:
            senders.end()


@asynccontextmanager
async def world(url: str, rooms: Rooms, folder: Path) -> AsyncIterator[tuple[Led, Senders]]:
    """The same with a leader."""
    async with house(url, rooms, folder) as (settings, senders), led(settings, rooms) as made:
        yield made, senders


def judged(rooms: Rooms, wanted: list[str]) -> None:
    """Each post stands once, in the order of its room."""
    assert len(rooms.bodies) == ROOMS
    assert all(said == wanted for said in rooms.bodies.values()), rooms.bodies
