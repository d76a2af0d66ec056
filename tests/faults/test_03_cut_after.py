"""Row 3: the homeserver has taken a post, and its answer never reaches the bot. The post stands once."""

import asyncio

import pytest

from tests.crash.process import PATIENCE
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.world import World


@pytest.mark.row(3, small=120, full=900)
async def test_an_answer_that_never_came_makes_no_second_post(world: World, row: Row) -> None:
    """Every way in which an answer can get lost, at every post of a row of them; the bot goes on by itself."""
    ways = (How.CUT_AFTER, How.TRUNCATED, How.CUT_AFTER, How.DRIP)
    async with world.bot() as bot:
        room = await world.founded(bot)
        for number in range(row.pick(40, 500)):
            way = ways[number % len(ways)]
            world.proxy.heals()
            world.proxy.breaks(way, lambda asked: asked.sends, times=1 + number % 3, seconds=0.2)
            await world.people[number % 3].ask(room, f"!idee Nummer {number}", timeout=PATIENCE)
            row.count("posts cut")
        world.proxy.heals()
        await asyncio.sleep(1)
        await world.oracle.drained()
    histories = await world.histories()
    row.must("lost", sum(world.oracle.faults(each)[0] for each in histories))
    row.must("twice", sum(world.oracle.faults(each)[1] for each in histories) + len(world.oracle.twice(histories)))
    assert world.oracle.ideas(histories) == list(range(1, row.figures["posts cut"] + 1))
    assert not world.oracle.missing(histories)
