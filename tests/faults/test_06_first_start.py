"""Row 6: the bot is started for the very first time while people talk. What is said from its join on is answered."""

import asyncio
from dataclasses import dataclass

import pytest

from bot.demo.connection import Json
from bot.demo.person import Person
from tests.crash.process import PATIENCE, Nest
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.world import World

LIVES = (0.3, 0.8, 1.3, 2.0)  # seconds until the kill, of the first processes of the bot's life
PAUSE = 0.5  # seconds between two commands in a room


@dataclass
class Talk:
    """Somebody talks in a room until it is over."""

    person: Person
    room: str
    over: bool = False

    async def go_on(self) -> None:
        """One command after the other, answered or not."""
        number = 0
        while not self.over:
            number += 1
            await self.person.say(self.room, f"!idee {number}")
            await asyncio.sleep(PAUSE)


@pytest.mark.row(6, small=240, full=900)
async def test_nothing_is_lost_from_the_first_word_on(world: World, row: Row) -> None:
    """Some rooms have invited the bot before it ever ran, some do meanwhile; it is killed in its first seconds."""
    number = row.pick(4, 20)
    talks = [await _room(world, each, invited=each % 2 == 0) for each in range(number)]
    world.proxy.breaks(How.DELAY, lambda asked: asked.what.startswith("sync"), seconds=1.5)  # much is said meanwhile
    tasks = [asyncio.create_task(talk.go_on()) for talk in talks]
    async with world.nest() as nest:
        inviting = asyncio.create_task(_invite(world, [talk.room for talk in talks[1::2]]))
        await _killed(world, row, nest)
        bot = await nest.fork()
        await bot.ready()
        await inviting
        await _everywhere(world, talks)
        world.proxy.heals()
        await asyncio.sleep(row.pick(4, 30))
        for talk in talks:
            talk.over = True
        await asyncio.gather(*tasks)
        await _until_answered(world, talks)
        await bot.stop()
    histories = [_from_its_join(world, await world.oracle.history(talk.room)) for talk in talks]
    said = sum(len(world.oracle.commands(history)) for history in histories)
    row.count("rooms", number)
    row.count("commands after the join", said)
    row.must("lost", sum(world.oracle.faults(each)[0] for each in histories))
    whole = [await world.oracle.history(talk.room) for talk in talks]
    row.must("twice", sum(world.oracle.faults(each)[1] for each in whole) + len(world.oracle.twice(whole)))
    row.count("commands before it", sum(len(world.oracle.commands(each)) for each in whole) - said)
    assert not world.oracle.missing(whole)
    for history in whole:
        greetings = [e for e in world.oracle.ours(history) if "hier ist Zwischenstand" in e["content"].get("body", "")]
        assert len(greetings) == 1
        assert sum(e["type"] == "m.room.member" and e["sender"] == world.us for e in history) == 1


async def _room(world: World, number: int, *, invited: bool) -> Talk:
    """A room with somebody who talks."""
    person = world.people[number % 3]
    guests = [each.user_id for each in world.people if each is not world.anna]
    room = await world.anna.create_room(f"Raum {number}", invite=[*([world.us] if invited else []), *guests])
    for each in world.people[1:]:
        await each.join(room)
    world.rooms.append(room)
    return Talk(person, room)


async def _invite(world: World, rooms: list[str]) -> None:
    """One after the other, while the bot comes to life and dies."""
    for room in rooms:
        await world.anna.invite(room, world.us)
        await asyncio.sleep(PAUSE)


async def _killed(world: World, row: Row, nest: Nest) -> None:
    """The first lives of the bot are short."""
    for life in LIVES:
        bot = await nest.fork()
        await asyncio.sleep(life * row.chance.uniform(0.7, 1.3))
        await bot.kill()
        row.count("kills in its first seconds")


async def _everywhere(world: World, talks: list[Talk]) -> None:
    """Wait until the bot has said something in each room."""
    await asyncio.gather(*(world.anna.wait_for(talk.room, world.from_us, timeout=PATIENCE) for talk in talks))


async def _until_answered(world: World, talks: list[Talk]) -> None:
    """Wait until everything is answered that was said since the bot's join, and nothing waits."""
    async with asyncio.timeout(2 * PATIENCE):
        for talk in talks:
            while world.oracle.faults(_from_its_join(world, await world.oracle.history(talk.room)))[0]:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
        await world.oracle.drained()


def _from_its_join(world: World, history: list[Json]) -> list[Json]:
    """What stands in the room after the bot's own join, and that itself."""
    joins = [
        place
        for place, event in enumerate(history)
        if event["type"] == "m.room.member"
        and event["state_key"] == world.us
        and event["content"]["membership"] == "join"
    ]
    return history[joins[0] :]
