"""Row 7: the homeserver is away for a while. It is not stormed meanwhile, and when it is back all goes out."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.crash.ballots import result_of
from tests.crash.process import PATIENCE
from tests.faults.proxy import Asked, How
from tests.faults.row import Row
from tests.faults.world import World

ROOMS = 5
WAITING = 20
BERLIN = ZoneInfo("Europe/Berlin")
WAYS = (How.STATUS, How.SILENT, How.RESET_BEFORE)
FORM = """!konsultation neu Runde 1
Frage: Stimmen Sie zu?
Text: Alles offen
Schluss: {closes}
Erinnerung: keine
Betrifft: eAkte"""


@pytest.mark.row(7, small=240, full=1200)
async def test_a_homeserver_that_is_away_is_left_in_peace(world: World, row: Row) -> None:
    """Posts wait, something falls due, people talk, and no request gets through: by turns 502, silence, a reset."""
    seconds = row.pick(24, 600)
    async with world.bot() as bot:
        rooms = [await world.founded(bot)] + [await world.open_room(f"Raum {number}") for number in range(1, ROOMS)]
        await world.anna.ask(rooms[0], f"!organisation neu Lindenstadt\nMandat: {world.people[1].user_id}")
        await asyncio.gather(*(_heard(world, room) for room in rooms[1:]))
        closes = datetime.now(BERLIN) + timedelta(seconds=15)
        await world.anna.ask(rooms[0], FORM.format(closes=f"{closes:%d.%m.%Y %H:%M:%S}"), timeout=PATIENCE)
        await _waiting(world, rooms)
        asked = await _away(world, row, rooms, seconds)
        before = time.monotonic()
        await world.anna.wait_for(rooms[0], lambda event: result_of(event) == 1, timeout=PATIENCE)
        await world.answered()
        row.most("seconds until all had gone out, at most", time.monotonic() - before)
        print(Counter(f"{each.method} {each.what.partition('/')[0]}" for each in asked))
        row.most("requests, at most", len(asked))
        row.count("minutes away", seconds // 60)
    histories = await world.histories()
    row.must("lost", sum(world.oracle.faults(each)[0] for each in histories))
    row.must("twice", sum(world.oracle.faults(each)[1] for each in histories) + len(world.oracle.twice(histories)))
    assert not world.oracle.missing(histories)
    assert row.worst["requests, at most"] <= row.pick(20, 40)
    assert row.worst["seconds until all had gone out, at most"] < 60


async def _heard(world: World, room: str) -> None:
    await world.people[1].ask(room, "!hilfe", timeout=PATIENCE)


async def _waiting(world: World, rooms: Collection[str]) -> None:
    """Let twenty answers wait in the outbox: people are heard, and no post gets through."""
    broken = world.proxy.breaks(How.STATUS, lambda asked: asked.sends)
    for number in range(WAITING // len(rooms)):
        await asyncio.gather(*(world.people[1 + number % 2].say(room, "!hilfe") for room in rooms))
    async with asyncio.timeout(PATIENCE):
        while len(world.oracle.unsent()) < WAITING:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.1)
    world.proxy.faults.remove(broken)


async def _away(world: World, row: Row, rooms: Collection[str], seconds: int) -> list[Asked]:
    """For so long nothing gets through, and people go on talking; what was asked of the homeserver meanwhile."""
    ways = list(WAYS)
    row.chance.shuffle(ways)
    before = len(world.proxy.asked)
    for way in ways:
        world.proxy.heals()
        world.proxy.breaks(way)
        await asyncio.gather(*(world.people[1].say(room, "!hilfe") for room in rooms))
        await asyncio.sleep(seconds / len(ways))
    asked = world.proxy.asked[before:]
    world.proxy.heals()
    return asked
