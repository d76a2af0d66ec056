"""Row 8: the homeserver limits how much an account may say, as Synapse does by default. All is said, in order."""

import asyncio
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import relates_to
from tests.crash.process import PATIENCE
from tests.faults.conftest import NewWorld
from tests.faults.row import Row
from tests.faults.world import World

ROOMS = 4
PER_SECOND = 0.2
DEFAULTS: dict[str, Any] = {"rc_message": {"per_second": PER_SECOND, "burst_count": 10}}
GENEROUS = {"messages_per_second": 1000, "burst_count": 10_000}


@pytest.mark.row(8, small=240, full=2700)
async def test_the_default_limits_lose_and_mix_up_nothing(new_world: NewWorld, row: Row, tmp_path: Path) -> None:
    """People, who are not limited here, ask much at once in several rooms; the bot may answer every five seconds."""
    posts = row.pick(12, 200)
    async with (
        Homeserver(tmp_path / "synapse", extra=DEFAULTS) as homeserver,
        new_world(people=ROOMS, homeserver=homeserver) as world,
    ):
        for person in world.people:
            await world.oracle.call("POST", f"/v1/users/{person.user_id}/override_ratelimit", GENEROUS)
        async with world.bot() as bot:
            rooms = [await world.open_room(f"Raum {number}") for number in range(ROOMS)]
            await asyncio.gather(*(world.anna.wait_for(room, world.from_us, timeout=PATIENCE) for room in rooms))
            before, process = len(world.proxy.asked), psutil.Process(bot.process.pid)
            spent = process.cpu_times()
            said = await asyncio.gather(
                *(_talk(world, number, room, posts // ROOMS) for number, room in enumerate(rooms))
            )
            await world.answered(PATIENCE + 2 * posts / PER_SECOND)
            sends = [asked for asked in world.proxy.asked[before:] if asked.sends]
            now = process.cpu_times()
            row.most("seconds of CPU", now.user + now.system - spent.user - spent.system)
            print(Counter(asked.what.partition("/")[0] for asked in world.proxy.asked[before:]))
        histories = await world.histories()
        row.count("posts", posts)
        row.must("lost", sum(world.oracle.faults(each)[0] for each in histories))
        row.must("twice", sum(world.oracle.faults(each)[1] for each in histories) + len(world.oracle.twice(histories)))
        row.must(
            "out of order", sum([await _mixed_up(world, room, ids) for room, ids in zip(rooms, said, strict=True)])
        )
        row.most("requests a post, at most", len(sends) / posts)
    assert row.worst["requests a post, at most"] <= 2.2
    assert row.worst["seconds of CPU"] < row.pick(8, 60)


async def _talk(world: World, number: int, room: str, times: int) -> list[str]:
    """All that is asked in a room, as quickly as one can."""
    return [await world.people[number].say(room, "!hilfe") for _ in range(times)]


async def _mixed_up(world: World, room: str, asked: list[str]) -> int:
    """How many answers stand before that to an earlier question."""
    ours: list[Json] = world.oracle.ours(await world.oracle.history(room))
    places = [asked.index(about) for event in ours for about in relates_to(event) & set(asked)]
    return sum(later < earlier for earlier, later in itertools.pairwise(places))
