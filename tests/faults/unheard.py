"""Posts that have reached the homeserver, and of which the bot has not heard so; and a homeserver that forgets."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import aiohttp

from bot.demo.homeserver import Homeserver
from tests.crash.process import PATIENCE, Installation, Nest
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.world import World

DAY = 25 * 3600  # seconds; a homeserver knows a transaction for 24 hours
AT_ONCE = 8  # so many posts are under way at a time, and may be lost from sight together


async def rooms(world: World, nest: Nest) -> list[str]:
    """With the bot in them; half of them encrypted."""
    bot = await nest.fork()
    await bot.ready()
    for number in range(AT_ONCE):
        room = await world.anna.create_room(f"Raum {number}", invite=[world.us], encrypted=number % 2 == 1)
        world.rooms.append(room)
    for room in world.rooms:
        await world.anna.wait_for(room, lambda event: event["sender"] == world.us and _is_said(event), timeout=PATIENCE)
    for room in world.rooms:  # a digest that is due would stand in the way of the answers
        await world.anna.ask(room, "!bericht plan aus", timeout=PATIENCE)
    await world.oracle.drained()
    await bot.kill()
    return list(world.rooms)


def _is_said(event: dict[str, object]) -> bool:
    return event["type"] in ("m.room.message", "m.room.encrypted")


async def cut_off(world: World, nest: Nest, rooms: list[str], **orders: object) -> None:
    """Kill the bot when each of its answers stands, and it has not heard so of any."""
    bot = await nest.fork(**orders)
    await bot.ready()
    cut = world.proxy.breaks(How.SILENT_AFTER, lambda asked: asked.sends)
    asked = {room: await world.anna.say(room, "!idee Bänke") for room in rooms}
    await asyncio.gather(*(world.anna.answer_to(room, own, timeout=PATIENCE) for room, own in asked.items()))
    assert cut.hits >= AT_ONCE
    await bot.kill()
    world.proxy.heals()


async def taken_up(world: World, nest: Nest, **orders: object) -> None:
    """The bot comes back, and everything goes out."""
    assert sum(state == "waiting" for _, _, _, state, _ in world.oracle.unsent()) >= AT_ONCE
    bot = await nest.fork(**orders)
    await bot.ready()
    await world.oracle.drained()
    await bot.stop()


async def forget(homeserver: Homeserver) -> None:
    """What it keeps of transactions, in its memory and in its database."""
    await homeserver.stop()
    try:
        with closing(sqlite3.connect(homeserver.folder / "homeserver.db")) as database, database:
            forgotten = database.execute("DELETE FROM event_txn_id_device_id").rowcount
    finally:
        await homeserver.start()
    assert forgotten >= AT_ONCE


def session(installation: Installation) -> dict[str, str]:
    """What the bot keeps of its session."""
    return dict(json.loads(Path(installation.folder / "crypto" / "session.json").read_text()))


async def end_session(world: World) -> None:
    """Log the bot's device out."""
    headers = {"Authorization": f"Bearer {session(world.installation)['access_token']}"}
    address = f"{world.homeserver.url}/_matrix/client/v3/logout"
    async with aiohttp.ClientSession(headers=headers) as client, client.post(address, json={}) as answer:
        assert answer.status == 200


async def judged(world: World, row: Row) -> None:
    """Every command has one answer, every post one row."""
    histories = await world.histories()
    found = [world.oracle.faults(each) for each in histories]
    row.must("lost", sum(lost for lost, _ in found) + len(world.oracle.missing(histories)))
    row.must("twice", sum(twice for _, twice in found) + len(world.oracle.twice(histories)))
