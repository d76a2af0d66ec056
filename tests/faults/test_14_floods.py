"""Row 14: one person floods the bot. Nothing is dropped, the flood is answered in its order, and others do not wait."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from benchmarks.fake_homeserver import PEOPLE
from bot.demo.connection import Json
from bot.demo.person import Person
from tests.crash.process import PATIENCE, Bot
from tests.faults.conftest import NewWorld
from tests.faults.gaps import Away
from tests.faults.row import Row
from tests.faults.test_05_gaps import founded, judged
from tests.faults.world import World

OTHERS = "seconds until others are answered"
SAME_ROOM = "seconds until others in the same room are answered"
PROMISED_WITHIN = 2  # seconds
AT_ONCE = 8  # rooms that a stranger opens at the same time


@pytest.mark.row(14, small=240, full=600)
async def test_a_flood_that_arrives_at_once_holds_nobody_up(row: Row, tmp_path: Path) -> None:
    """All of one person's commands in one answer of /sync, by a homeserver that costs nothing; others ask meanwhile."""
    flood, others = row.pick(120, 1000), row.pick(4, 12)
    flooder, another, third = PEOPLE[1:4]
    async with Away.made(3, row.seed) as away:
        installation = away.installation(tmp_path)
        async with await Bot.start(installation) as bot:
            await founded(away, bot)
            await away.ask("gap", rooms=[0], events=flood, commands=flood, words="!idee Flut", people=[flooder])
            for number in range(others):
                asks = {"events": 1, "commands": 1, "words": "!idee Frage"}
                await away.ask("gap", rooms=[1 + number % 2], people=[another], **asks)
                await asyncio.sleep(0.2)
            await away.ask("until", answered=1 + flood + others)
            await away.ask("gap", rooms=[0], events=flood, commands=flood, words="!idee Flut", people=[flooder])
            await away.ask("gap", rooms=[0], people=[third], **asks)
            await away.ask("until", answered=2 + 2 * flood + others)
            bot.process.terminate()
            assert await bot.ended() == 0, bot.said.transcript
        told = await away.ask("told")
        answered = {each["about"]: each["at"] for each in reversed(told["sent"])}
        rooms = list(dict.fromkeys(each["room"] for each in told["said"]))
        for each in told["said"][1:-1]:
            if each["room"] != rooms[0]:
                row.most(OTHERS, answered[each["event_id"]] - each["at"])
        row.most(SAME_ROOM, answered[told["said"][-1]["event_id"]] - told["said"][-1]["at"])
        row.count("commands at once", 2 * flood)
        await judged(away, installation, row)
    if row.full:
        assert row.worst[OTHERS] < PROMISED_WITHIN


@pytest.mark.row(14, small=240, full=1800)
async def test_a_flood_of_commands_is_answered_and_so_is_everybody_else(new_world: NewWorld, row: Row) -> None:
    """On a real homeserver, whose own pace is the limit; the flood comes as fast as that takes it."""
    async with new_world(people=4) as world, world.bot() as bot:
        home = await world.founded(bot)
        other = await world.open_room("Karte")
        _, eve, ben, cem = world.people
        over = asyncio.Event()
        asking = [
            asyncio.create_task(_asks(cem, other, over, row, OTHERS)),
            asyncio.create_task(_asks(ben, home, over, row, SAME_ROOM)),
        ]
        for number in range(row.pick(40, 1000)):
            await eve.say(home, f"!idee Flut {number}")
            row.count("commands of one person")
        over.set()
        await asyncio.gather(*asking)
        await world.oracle.drained(600)
        await _nothing_lost(world, row)


@pytest.mark.row(14, small=300, full=2400)
async def test_a_flood_of_invitations_is_followed_or_declined(new_world: NewWorld, row: Row) -> None:
    """By a stranger of a server that is allowed, and then of one that is not; others ask meanwhile."""
    async with new_world(people=2) as world:
        async with world.bot() as bot:
            home = await world.founded(bot)
            stranger = await world.newcomer("fremd")
            await _invitations(world, stranger, home, row, row.pick(12, 1000))
        config = world.installation.folder / "config.toml"
        config.write_text(f'allowed_servers = ["anderswo.example"]\n{config.read_text()}')
        async with world.bot():
            await _invitations(world, stranger, home, row, row.pick(6, 200), allowed=False)
        await _nothing_lost(world, row)


async def _invitations(
    world: World, stranger: Person, home: str, row: Row, count: int, *, allowed: bool = True
) -> None:
    """Every second one to a direct chat. What came of each: joined where that is allowed, else declined."""
    over, slots, rooms = asyncio.Event(), asyncio.Semaphore(AT_ONCE), dict[str, bool]()
    asking = asyncio.create_task(_asks(world.people[1], home, over, row, OTHERS))

    async def invite(number: int) -> None:
        direct = number % 2 == 0
        async with slots:
            room = await stranger.create_room(f"Flut {number}", invite=[world.us], direct=direct)
        rooms[room] = direct and allowed

    await asyncio.gather(*map(invite, range(count)))
    row.count("invitations", count)
    await asyncio.gather(*[_settled(world, stranger, room, wanted) for room, wanted in rooms.items()])
    over.set()
    await asking
    await world.oracle.drained(600)


async def _settled(world: World, stranger: Person, room: str, wanted: bool) -> None:
    """The bot is in the room, or has declined, as it should; whoever invited it sees that without asking."""

    def settled(event: Json) -> bool:
        is_ours = event["type"] == "m.room.member" and event["state_key"] == world.us
        return is_ours and event["content"]["membership"] in ("join", "leave")

    came = await stranger.wait_for(room, settled, timeout=600)
    assert (came["content"]["membership"] == "join") is wanted, came


async def _asks(person: Person, room: str, over: asyncio.Event, row: Row, what: str) -> None:
    """One question after the other; how long the longest answer took, from when the homeserver had the question."""
    while not over.is_set():
        asked = time.monotonic()
        own = await person.say(room, "!idee Und sonst?")
        began = time.monotonic()
        row.most("seconds that the homeserver took to accept a question", began - asked)
        await person.answer_to(room, own, timeout=10 * PATIENCE)
        row.most(what, time.monotonic() - began)
        row.count("questions of others")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1)


async def _nothing_lost(world: World, row: Row) -> None:
    histories = await world.histories()
    row.must("lost", sum(world.oracle.faults(each)[0] for each in histories))
    row.must("twice", sum(world.oracle.faults(each)[1] for each in histories) + len(world.oracle.twice(histories)))
    for history in histories:
        asked = [event["event_id"] for event in world.oracle.commands(history)]
        given = [key for event in world.oracle.ours(history) for key in _about(event)]
        row.must("rooms out of order", int([key for key in given if key in asked] != asked))


def _about(event: dict[str, object]) -> list[str]:
    content = event["content"]
    assert isinstance(content, dict)
    about = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
    return [about] if about else []
