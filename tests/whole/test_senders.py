"""`zwischenstand send` beside `zwischenstand run`, as they are started, on a real homeserver and PostgreSQL."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.demo.homeserver import Homeserver
from tests.crash.process import PATIENCE, Bot, Installation
from tests.faults.oracle import NOTED
from tests.faults.world import World

ROOMS, COMMANDS = 3, 8
TOLD = re.compile(r"posts sent: (\d+); refused or given back: (\d+)")


@dataclass(frozen=True)
class Sending(Installation):
    """The same installation, for a process that sends."""

    @property
    def arguments(self) -> list[str]:
        return ["send", *super().arguments[1:]]


@asynccontextmanager
async def _sender(world: World) -> AsyncIterator[Bot]:
    ours = world.installation
    async with await Bot.start(Sending(ours.folder, ours.user_id, ours.url)) as sender:
        await sender.said.until("ready to send for ")
        yield sender


async def _stopped(sender: Bot) -> int:
    """Stop it in order; how many posts it has sent."""
    sender.process.terminate()
    assert await sender.ended() == 0, sender.said.transcript
    [(sent, _)] = TOLD.findall(sender.said.transcript)
    return int(sent)


@pytest.mark.timeout(600)
async def test_senders_answer_for_a_real_bot(homeserver: Homeserver, postgres_database: str, tmp_path: Path) -> None:
    """Two of them; one is killed, one stopped in order, and the bot goes on without."""
    async with (
        World.made(homeserver, tmp_path, random.Random(9), database=postgres_database) as world,
        world.bot() as bot,
    ):
        rooms = [await world.founded(bot)] + [await world.open_room(f"Raum {number}") for number in range(1, ROOMS)]
        await asyncio.gather(*(world.anna.wait_for(room, world.from_us, timeout=PATIENCE) for room in rooms))
        async with _sender(world) as first, _sender(world) as second:
            await bot.said.until("senders that run: 2")
            asked = await _talk(world, rooms)
            await world.answered()
            await first.kill()
            asked += await _talk(world, rooms)
            await world.answered()
            assert await _stopped(second) > 0, "it has sent some of them"
        await bot.said.until("senders that run: 0")
        asked += await _talk(world, rooms)
        await world.answered()
        histories = await world.histories()
        assert [world.oracle.faults(each) for each in histories] == [(0, 0)] * len(histories)
        assert (world.oracle.missing(histories), world.oracle.twice(histories)) == ([], [])
        assert len(world.oracle.ideas(histories)) == len(asked) == 3 * ROOMS * COMMANDS
        for room in rooms:
            said = [
                str(event["content"].get("body", "")) for event in world.oracle.ours(await world.oracle.history(room))
            ]
            numbers = [int(found[1]) for body in said if (found := NOTED.match(body))]
            assert numbers == sorted(numbers), "in the order of the room"


async def _talk(world: World, rooms: list[str]) -> list[str]:
    """Ideas in all rooms in turn, as quickly as one can."""
    return [await world.anna.say(room, f"!idee Nummer {number}") for number in range(COMMANDS) for room in rooms]
