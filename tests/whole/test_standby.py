"""Two machines with one account, one PostgreSQL, a real homeserver: whatever happens to the leader, the other goes on.

The machines share nothing but the database and the file with the key. Commands come all the time, in the clear and
encrypted. Each machine leads in turn: one is killed, one is stopped and wakes later, one is cut off from the database.
"""

import asyncio
import os
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.demo.connection import quoted
from bot.demo.homeserver import Homeserver
from tests.crash.conftest import bytecode
from tests.crash.process import PATIENCE, Fork, Installation, Nest
from tests.faults.world import World
from tests.scale.wire import Wire

__all__ = ["bytecode"]
EVERY = 0.5  # seconds between two commands
AT_MOST, BUSY = 10.0, 60.0  # seconds until the other leads on a quiet machine, and more on a busy one


@asynccontextmanager
async def _commands(world: World, room: str) -> AsyncIterator[None]:
    """Commands come while the block runs."""

    async def talk() -> None:
        number = 0
        while True:
            number += 1
            await world.anna.say(room, f"!idee Nummer {number}")
            await asyncio.sleep(EVERY)

    talking = asyncio.create_task(talk())
    try:
        yield
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


class Machine:
    """Where bots hatch that share nothing with another machine's but database and key file."""

    def __init__(self, nest: Nest) -> None:
        self.nest = nest
        self._heard = 0

    async def begins(self) -> Fork:
        """One more bot."""
        self._heard = len(self.nest.said.lines)
        return await self.nest.fork()

    async def says(self, words: str) -> None:
        """Wait until this machine's latest bot has said so."""
        await self.nest.said.until(words, self._heard)

    async def fenced(self, bot: Fork) -> None:
        """It ends by itself, and says why."""
        assert await bot.ended() == 1
        await self.says("another process has taken over")


class Pair:
    """The leader, and how the other one comes to lead."""

    def __init__(self, world: World, sealed: str, leader: Fork) -> None:
        self.leader = leader
        self.took: dict[str, float] = {}
        self._world = world
        self._sealed = sealed

    async def handed_over(self, how: str, other: Machine, blow: Callable[[Fork], Awaitable[None]]) -> Fork:
        """A bot of the other stands by, the leader is struck; the one that led, when the other has answered."""
        before, second = self.leader, await other.begins()
        await other.says("standby: ")
        began = time.monotonic()
        await blow(before)
        await other.says("taking over: ")
        self.took[f"{how}: leads"] = time.monotonic() - began
        await other.says("ready: ")
        self.took[f"{how}: caught up"] = time.monotonic() - began
        await self._world.anna.ask(self._sealed, "!hilfe", timeout=PATIENCE)
        self.leader = second
        return before


async def _killed(bot: Fork) -> None:
    await bot.kill()


async def _stopped(bot: Fork) -> None:
    os.kill(bot.pid, signal.SIGSTOP)


@asynccontextmanager
async def _machine(world: World, name: str, url: str) -> AsyncIterator[tuple[Path, Machine]]:
    """Another machine: the same configuration, but for how it reaches the database. Its folder."""
    first = world.installation
    folder = world.folder / name
    folder.mkdir()
    text = (first.folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text.replace(first.url, url))
    async with await Nest.start(Installation(folder, first.user_id, first.url), "tests.crash.nest") as nest:
        await nest.told("nest", patience=3 * PATIENCE)
        yield folder, Machine(nest)


@pytest.mark.timeout(600)
async def test_whatever_happens_to_the_leader(
    homeserver: Homeserver, postgres_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = World.made(homeserver, tmp_path, random.Random(9), database=postgres_database)
    async with AsyncExitStack() as stack:
        wire = stack.enter_context(Wire.before(postgres_database))
        world = await stack.enter_async_context(made)
        here, one = await stack.enter_async_context(_machine(world, "one", postgres_database))
        there, two = await stack.enter_async_context(_machine(world, "two", wire.url))
        leader = await one.begins()
        room = await world.founded(leader)
        sealed = await world.anna.create_room("Verschlüsselt", invite=[world.us], encrypted=True)
        world.rooms.append(sealed)
        await world.anna.wait_for(sealed, lambda event: event["sender"] == world.us, timeout=PATIENCE)
        await world.anna.ask(sealed, "!hilfe", timeout=PATIENCE)
        shutil.copy(here / "crypto.key", there)
        pair = Pair(world, sealed, leader)
        async with _commands(world, room):
            await pair.handed_over("kill -9", two, _killed)

            async def cut(_bot: Fork) -> None:
                wire.cut()

            cut_off = await pair.handed_over("network cut", one, cut)
            wire.mend()
            await two.fenced(cut_off)
            stopped = await pair.handed_over("SIGSTOP", two, _stopped)
            os.kill(stopped.pid, signal.SIGCONT)
            await one.fenced(stopped)
        await world.answered()
        histories = await world.histories()
        commands = len(world.oracle.commands(histories[0])) + len(world.oracle.commands(histories[1]))
        found = [world.oracle.faults(each) for each in histories]
        assert found == [(0, 0)] * len(found), "none without an answer, none with two"
        assert (world.oracle.missing(histories), world.oracle.twice(histories)) == ([], [])
        ideas = world.oracle.ideas(histories)
        assert ideas == list(range(1, len(ideas) + 1))
        devices = await world.oracle.call("GET", f"/v2/users/{quoted(world.us)}/devices")
        assert devices["total"] == 1, "the same device all the time"
        await pair.leader.stop()
    with capsys.disabled():
        print(f"\n  {commands} commands, {len(ideas)} ideas")
        for what, seconds in pair.took.items():
            print(f"  {what} after {seconds:.1f} s (aim: {AT_MOST:.0f})")
    assert max(seconds for what, seconds in pair.took.items() if "leads" in what) < AT_MOST + BUSY
