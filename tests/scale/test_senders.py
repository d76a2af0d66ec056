"""Several senders beside a leader: each post once, the order of each room kept, whoever is killed meanwhile."""

import asyncio
import multiprocessing
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.config import Database as DatabaseSettings
from bot.config import Matrix, Settings
from bot.matrix.account.store import Session, store_of
from bot.post import Post
from bot.sending.delivery import Delivery, Tools
from bot.sending.handing import Handing
from bot.sending.outbox import Outbox
from bot.store.database import Database
from tests.fakes import DEVICE
from tests.outboxes import draw, read, report, row, store
from tests.scale import sending
from tests.scale.leases import BOT, leading
from tests.sending import FakeSender

ROOMS, EACH = 20, 15


class Rooms:
    """A homeserver that knows two requests. Refuses one in `refusing` for a moment, of those that are new to it."""

    def __init__(self, refusing: int = 0) -> None:
        self.bodies: dict[str, list[str]] = defaultdict(list)
        self.known: dict[str, str] = {}
        self.forbidden: set[str] = set()
        self.sealed: set[str] = set()
        self.looked = asyncio.Event()
        self.refused = 0
        self.repeated = 0
        self._refusing = refusing
        self._chance = random.Random(3)

    async def send(self, request: web.Request) -> web.Response:
        room, transaction, content = request.match_info["room"], request.match_info["txn"], await request.json()
        if request.headers["Authorization"] != "Bearer syt_token":
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN"}, status=401)
        if transaction in self.known:
            self.repeated += 1
            return web.json_response({"event_id": self.known[transaction]})
        if room in self.forbidden:
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "no"}, status=403)
        if self._refusing and self._chance.randrange(self._refusing) == 0:
            self.refused += 1
            return web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 50}, status=429)
        self.known[transaction] = f"$event{len(self.known)}"
        self.bodies[room].append(content["body"])
        await asyncio.sleep(0.002)
        return web.json_response({"event_id": self.known[transaction]})

    async def encryption(self, request: web.Request) -> web.Response:
        if request.match_info["room"] in self.sealed:
            self.looked.set()
            return web.json_response({"algorithm": "m.megolm.v1.aes-sha2"})
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

    async def send(self, post: Post) -> str:
        self.attempts.append(post)
        known = self.rooms.known
        if post.transaction not in known:
            known[post.transaction] = f"$event{len(known)}"
            self.rooms.bodies[post.room_id].append(post.content["body"])
        return known[post.transaction]

    rooms: Rooms


def settings_of(url: str, homeserver: str, folder: Path) -> Settings:
    matrix = Matrix(homeserver=homeserver, user_id=BOT, password="geheim", store=folder / "crypto")
    return Settings(coordinators=("@anna:example.org",), matrix=matrix, database=DatabaseSettings(url=url))


class World:
    def __init__(self, settings: Settings, database: Database, box: Outbox, leader: Itself) -> None:
        self.settings, self.database, self.box, self.leader = settings, database, box, leader
        self.processes: list[multiprocessing.process.BaseProcess] = []

    def begins(self) -> multiprocessing.process.BaseProcess:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.scale.sending"])
        values = (self.settings.database.url, self.settings.matrix.homeserver, str(self.settings.matrix.store.parent))
        process = context.Process(target=sending.begin, args=values, daemon=True)
        process.start()
        self.processes.append(process)
        return process


@asynccontextmanager
async def world(url: str, rooms: Rooms, folder: Path) -> AsyncIterator[World]:
    async with rooms.serving() as address:
        settings = settings_of(url, address, folder)
        with leading(url, lasts=5) as candidate:
            keys = store_of(settings.matrix, url, candidate.lease)
            await asyncio.to_thread(keys.open)
            await asyncio.to_thread(keys.save, Session(BOT, DEVICE, "syt_token"))
            database = Database(url, lease=candidate.lease)
            database.migrate()
            leader = Itself()
            leader.rooms = rooms
            handing = Handing(database, candidate.lease)
            box = Outbox(database, Delivery(database, leader, Tools(draw, read), BOT, report, handing))
            await handing.begin()
            made = World(settings, database, box, leader)
            try:
                yield made
            finally:
                await box.stop()
                await handing.end()
                for process in made.processes:
                    process.kill()
                    process.join()
                database.close()


async def present(made: World, count: int) -> None:
    handing = made.box._delivery._handing
    assert handing is not None
    async with asyncio.timeout(30):
        while handing._present != count:  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.05)


async def offered(made: World) -> list[str]:
    new = [row(f"{number:03}", f"!{room}:example.org") for number in range(EACH) for room in range(ROOMS)]
    for number, each in enumerate(new):
        each.key, each.transaction = f"k{number}", f"t{number}"
    made.box.offer(await store(made.database, *new))
    return [f"{number:03}" for number in range(EACH)]


def judged(rooms: Rooms, wanted: list[str]) -> None:
    assert len(rooms.bodies) == ROOMS
    assert all(said == wanted for said in rooms.bodies.values()), rooms.bodies


async def test_senders_send_each_once_and_in_order(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms(refusing=40)
    async with world(postgres_database, rooms, tmp_path) as made:
        for _ in range(3):
            made.begins()
        await present(made, 3)
        wanted = await offered(made)
        await asyncio.wait_for(made.box.drained(), 90)
        judged(rooms, wanted)
        assert rooms.refused > 0, "the homeserver refused some"
        assert made.leader.attempts == [], "the leader sent none itself"


async def test_senders_that_are_killed_lose_nothing(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sending.handing.PATIENCE", 1.5)
    rooms, chance = Rooms(), random.Random(7)
    async with world(postgres_database, rooms, tmp_path) as made:
        for _ in range(3):
            made.begins()
        await present(made, 3)
        wanted = await offered(made)
        drained = asyncio.ensure_future(made.box.drained())
        for _ in range(4):
            await asyncio.sleep(0.2)
            victim = chance.choice([each for each in made.processes if each.is_alive()])
            victim.kill()
            made.begins()
        await asyncio.wait_for(drained, 90)
        judged(rooms, wanted)


async def test_a_room_that_is_encrypted_or_closed_is_the_leaders_affair(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms()
    rooms.forbidden.add("!zu:example.org")
    async with world(postgres_database, rooms, tmp_path) as made:
        made.leader.encrypted.add("!geheim:example.org")
        made.begins()
        await present(made, 1)
        new = await store(
            made.database, row("a", "!geheim:example.org"), row("b", "!zu:example.org"), row("c", "!auf:example.org")
        )
        made.box.offer(new)
        await asyncio.wait_for(made.box.drained(), 30)
        assert [post.room_id for post in made.leader.attempts] == ["!geheim:example.org"]
        assert rooms.bodies["!auf:example.org"] == ["c"]
        assert "!zu:example.org" not in rooms.bodies


async def test_a_room_that_is_encrypted_after_the_leaders_look_gets_nothing_in_the_clear(
    postgres_database: str, tmp_path: Path
) -> None:
    rooms = Rooms()
    rooms.sealed.add("!geheim:example.org")
    async with world(postgres_database, rooms, tmp_path) as made:
        made.begins()
        await present(made, 1)
        made.box.offer(await store(made.database, row("a", "!geheim:example.org")))
        await asyncio.wait_for(rooms.looked.wait(), 30)
        assert not rooms.known
        made.leader.encrypted.add("!geheim:example.org")  # the sync has told it
        await asyncio.wait_for(made.box.drained(), 30)
        assert [post.room_id for post in made.leader.attempts] == ["!geheim:example.org"]
        assert len(rooms.known) == 1


async def test_without_senders_the_leader_sends(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms()
    async with world(postgres_database, rooms, tmp_path) as made:
        wanted = await offered(made)
        await asyncio.wait_for(made.box.drained(), 60)
        judged(rooms, wanted)
        assert len(made.leader.attempts) == ROOMS * EACH
