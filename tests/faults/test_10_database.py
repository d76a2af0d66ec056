"""Row 10: the database is locked, the disk is full, PostgreSQL dies, while commands come.

Nothing that was acknowledged is lost, nothing comes twice, the bot goes on by itself, and its log says what is wrong.
"""

import asyncio
import random
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.crash.process import PATIENCE, Fork, Nest
from tests.faults.conftest import NewWorld
from tests.faults.postgres import Postgres
from tests.faults.row import Row
from tests.faults.world import World

EVERY = 0.4  # seconds between two commands
LOCKED_FOR, FULL_FOR = (6, 30), (3, 30)  # seconds, small and full; a lock is waited for for five


@pytest.mark.row(10, small=200, full=900)
async def test_sqlite_locked_and_the_disk_full(new_world: NewWorld, row: Row) -> None:
    """The bot's database, then its key store is locked by another process; then nothing can be written at all."""
    async with new_world() as world, world.nest() as nest:
        bot = await nest.fork()
        rooms = await _rooms(world, bot)
        keys = next(iter((world.installation.folder / "crypto").glob("*.db")))
        database = world.installation.database
        seconds = row.pick(*LOCKED_FOR)
        await _troubled(world, nest, rooms, lambda: _locked(database), seconds, "database is locked", row)
        new = _new_room(world)  # which needs a key
        await _troubled(world, nest, rooms, lambda: _locked(keys), seconds, "the key store fails", row, new)
        with _locked(database):
            assert "cannot be written: database is locked" in await world.checked()
        full = row.pick(*FULL_FOR)
        await _troubled(world, nest, rooms, lambda: _nothing_written(bot.pid), full, "disk", row)
        row.count("times locked", 2)
        row.count("times full")
        await _judged(world, row)
        await bot.stop()


@pytest.mark.row(10, small=200, full=900)
async def test_postgresql_locked_and_killed(new_world: NewWorld, row: Row) -> None:
    """A table is locked; then the server dies at random, again and again."""
    with Postgres.started() as server:
        async with new_world(database=server.url) as world, world.nest() as nest:
            bot = await nest.fork()
            rooms = await _rooms(world, bot)
            seconds = row.pick(*LOCKED_FOR)
            await _troubled(world, nest, rooms, lambda: _table_locked(server.url), seconds, "lock timeout", row)
            row.count("times locked")
            said = len(nest.said.lines)
            async with _commands(world, rooms):
                for number in range(row.pick(2, 30)):
                    await asyncio.sleep(row.chance.uniform(0.5, 2.0) + number % 3)
                    await _dies(server, row.chance, number)
                    row.count("times PostgreSQL died")
                await asyncio.sleep(1)
            await nest.said.until("the database does not", said)
            await _answered(world, row)
            await _judged(world, row)
            await bot.stop()


async def _rooms(world: World, bot: Fork) -> list[str]:
    """One of them encrypted."""
    clear = await world.founded(bot)
    sealed = await world.anna.create_room("Verschlüsselt", invite=[world.us], encrypted=True)
    world.rooms.append(sealed)
    await world.anna.wait_for(sealed, lambda event: event["sender"] == world.us, timeout=PATIENCE)
    await world.anna.ask(sealed, "!hilfe", timeout=PATIENCE)
    return [clear, sealed]


async def _new_room(world: World) -> None:
    sealed = await world.anna.create_room("Neu", invite=[world.us], encrypted=True)
    world.rooms.append(sealed)
    await world.anna.say(sealed, "!idee von Anfang an")


class _commands:  # noqa: N801 - used like a function
    """Commands come while the block runs."""

    def __init__(self, world: World, rooms: list[str]) -> None:
        self._world, self._rooms = world, rooms

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._talk())

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _talk(self) -> None:
        number = 0
        while True:
            number += 1
            for room in self._rooms:
                await self._world.anna.say(room, f"!idee Nummer {number}")
            await asyncio.sleep(EVERY)


async def _troubled(
    world: World,
    nest: Nest,
    rooms: list[str],
    trouble: Callable[[], AbstractContextManager[None]],
    seconds: float,
    reason: str,
    row: Row,
    besides: Awaitable[None] | None = None,
) -> None:
    """It lasts so many seconds; the log says why; then all is answered."""
    said = len(nest.said.lines)
    async with _commands(world, rooms):
        with trouble():
            if besides:
                await besides
            await asyncio.sleep(seconds)
        await nest.said.until(reason, said)
    await _answered(world, row)


async def _answered(world: World, row: Row) -> None:
    """Every command that came is answered, without anybody's doing."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while sum(world.oracle.faults(each)[0] for each in await world.histories()):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.3)
    row.most("seconds until all was answered", time.monotonic() - began)
    await world.oracle.drained()


async def _judged(world: World, row: Row) -> None:
    histories = await world.histories()
    found = [world.oracle.faults(each) for each in histories]
    row.count("commands", sum(len(world.oracle.commands(each)) for each in histories))
    row.must("lost", sum(lost for lost, _ in found) + len(world.oracle.missing(histories)))
    row.must("twice", sum(twice for _, twice in found) + len(world.oracle.twice(histories)))
    kept = world.oracle.rows("SELECT count(*) FROM idea")[0][0]
    asked = sum("!idee" in str(event) for each in histories for event in world.oracle.commands(each))
    assert kept == asked, "each carried out once"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _nothing_written(pid: int) -> Iterator[None]:
    """No file of that process may grow, or be written at all; what is there can be read."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def _table_locked(url: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE outbox, handled_event IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


async def _dies(server: Postgres, chance: random.Random, number: int) -> None:
    """And is away for up to two seconds."""
    await asyncio.to_thread(server.kill if number % 2 else server.stop_at_once)
    await asyncio.sleep(chance.uniform(0, 2))
    await asyncio.to_thread(server.start)
