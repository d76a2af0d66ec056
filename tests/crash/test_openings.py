"""kill -9 while rooms are opened: each group has one room, with one welcome and one board in it, and nobody is missing.

Creating a room has no transaction ID. Whether a second one was made is read from the homeserver's own database.
"""

import asyncio
import os
import random
import secrets
import sqlite3
from contextlib import closing

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from tests.crash.conftest import Group, NewGroup
from tests.crash.process import PATIENCE, Bot, Nest
from tests.matrix.admin import get_state

SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(10**6))
KILLS = int(os.environ.get("CRASH_KILLS") or 12)
GROUPS = 6


@pytest.mark.timeout(180)
async def test_a_room_is_opened_once_whatever_dies(new_group: NewGroup, homeserver: Homeserver) -> None:
    print(f"CRASH_SEED={SEED}")
    chance = random.Random(SEED)
    group = await new_group(2)
    anna, ben = group.people
    async with await Nest.start(group.installation, "tests.crash.nest") as nest:
        await nest.told("nest")
        bot = await nest.fork()
        room = await group.founded(bot)
        assert await ben.wait_for_invite() == room
        await bot.kill()
        asking = asyncio.create_task(_ask(anna, room, ben.user_id))
        for _ in range(KILLS):
            bot = await nest.fork()
            await bot.ready()
            await asyncio.sleep(chance.uniform(0.05, 1.2))
            await bot.kill()
        await asking
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        invited = {await ben.wait_for_invite(PATIENCE) for _ in range(GROUPS)}
        rooms = {room_id: await _posts(group, ben, room_id) for room_id in invited}
        bot.process.terminate()
        assert await bot.ended() == 0, bot.said.transcript
    for room_id, posts in rooms.items():
        bodies = [post["content"]["body"] for post in posts]
        assert ["Willkommen" in body for body in bodies] == [True, False], bodies
        pinned = (await get_state(ben, room_id, "m.room.pinned_events"))["pinned"]
        assert sorted(pinned) == sorted(post["event_id"] for post in posts)
    assert _made(homeserver, group.installation.user_id) == len(invited) + 1, "a room for each group, and one space"


async def _ask(anna: Person, room: str, ben: str) -> None:
    for number in range(GROUPS):
        await anna.say(room, f"!gruppe neu {secrets.token_hex(3)} {number}\nEingeladen: {ben}")
        await asyncio.sleep(0.8)


async def _posts(group: Group, ben: Person, room_id: str) -> list[Json]:
    """What the bot has written in a room, once it has pinned it."""
    await ben.join(room_id)
    for _ in range(100):
        history = await ben.history(room_id)
        if any(event["type"] == "m.room.pinned_events" for event in history):
            return [event for event in history if group.from_bot(event) and event["type"] == "m.room.message"]
        await asyncio.sleep(0.2)
    raise TimeoutError(f"nothing was pinned in {room_id}")


def _made(homeserver: Homeserver, creator: str) -> int:
    """How many rooms somebody has created, but for direct chats."""
    [file] = homeserver.folder.glob("*.db")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        count = "SELECT count(*) FROM rooms WHERE creator = ?"
        return int(database.execute(count, (creator,)).fetchone()[0])
