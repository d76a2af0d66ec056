"""Row 5: the bot was away, and much was said. All is read in each room's order; every command is answered once."""

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from benchmarks.fake_homeserver import ANNA
from bot.demo.person import Person, relates_to
from tests.crash.process import PATIENCE, Bot, Fork, Installation, Nest
from tests.faults.conftest import NewWorld
from tests.faults.gaps import Away
from tests.faults.row import Row

PROMISED_WITHIN = 60  # seconds


async def founded(away: Away, bot: Bot | Fork) -> None:
    """The bot has been in all rooms, and a project is there."""
    await bot.ready()
    await away.ask("joined")
    await away.ask("gap", rooms=[0], events=1, commands=1, words="!projekt neu eAkte\nTitel:", people=[ANNA])
    await away.ask("until", answered=1)


async def judged(away: Away, installation: Installation, row: Row) -> None:
    """Every command answered once, in its room's order, and on record; the token is that of the end."""
    told = await away.ask("told")
    answered = [each["about"] for each in told["sent"] if each["about"]]
    times = Counter(answered)
    commands = [each["event_id"] for each in told["said"]]
    row.must("lost", sum(not times[each] for each in commands))
    row.must("twice", sum(times[each] > 1 for each in commands))
    rooms = {each["room"] for each in told["said"]}
    asked = {room: [each["event_id"] for each in told["said"] if each["room"] == room] for room in rooms}
    given = {room: [each["about"] for each in told["sent"] if each["room"] == room and each["about"]] for room in rooms}
    row.must("rooms out of order", sum(asked[room] != given[room] for room in rooms))
    with closing(sqlite3.connect(installation.database, timeout=30)) as database:
        (ideas,) = database.execute("SELECT count(*) FROM idea").fetchone()
        (waiting,) = database.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()
    assert ideas == len(commands) - 1  # the first made the project
    assert waiting == 0


@pytest.mark.row(5, small=240, full=900)
async def test_what_was_said_meanwhile_is_read_in_order(row: Row, tmp_path: Path) -> None:
    """From a homeserver that costs nothing: how long our own work takes, from the start of the process on."""
    rooms, each, commands = 20, row.pick(130, 1000), row.pick(5, 10)
    async with Away.made(rooms, row.seed) as away:
        installation = away.installation(tmp_path)
        async with await Bot.start(installation) as bot:
            await founded(away, bot)
            bot.process.terminate()
            assert await bot.ended() == 0, bot.said.transcript
        await away.ask("gap", events=each, commands=commands, words="!idee Nummer", nonsense=True)
        began = time.monotonic()
        async with await Bot.start(installation) as bot:
            await away.ask("until", answered=1 + rooms * commands)
            row.most("seconds from the start to the last answer", time.monotonic() - began)
            times = psutil.Process(bot.process.pid).cpu_times()
            row.most("seconds of CPU", times.user + times.system)
            await bot.ready()
            bot.process.terminate()
            assert await bot.ended() == 0, bot.said.transcript
        row.count("events", rooms * each)
        row.count("commands", rooms * commands)
        await judged(away, installation, row)
    if row.full:
        assert row.worst["seconds from the start to the last answer"] < PROMISED_WITHIN


@pytest.mark.row(5, small=240, full=900)
async def test_nor_is_anything_lost_that_was_being_caught_up_with(row: Row, tmp_path: Path) -> None:
    """kill -9 in the middle of it, again and again, each time a little later."""
    rooms, each, commands = 20, row.pick(130, 1000), row.pick(5, 10)
    async with Away.made(rooms, row.seed) as away:
        installation = away.installation(tmp_path)
        async with await Nest.start(installation, "tests.faults.hatchery") as nest:
            await nest.told("nest")
            first = await nest.fork()
            await founded(away, first)
            await first.stop()
            await away.ask("gap", events=each, commands=commands, words="!idee Nummer", nonsense=True)
            kills = await _killed(nest, away, row.pick(3, 8), rooms * commands)
            last = await nest.fork()
            await away.ask("until", answered=1 + rooms * commands)
            await last.ready()
            await last.stop()
        row.count("kills in the middle", kills)
        row.count("events", rooms * each)
        row.count("commands", rooms * commands)
        await judged(away, installation, row)


async def _killed(nest: Nest, away: Away, times: int, commands: int) -> int:
    """Kill bots while they catch up: by the commits that they have made of it, or the answers that they have sent."""
    kills = 0
    for number in range(times):
        if number % 2:
            bot = await nest.fork()
            await away.ask("until", answered=1 + commands * number // (2 * times))
            await bot.kill()
        else:
            bot = await nest.fork(die_at=["commit Inbox._stored after", 1 + number // 2 % 2])
            if await bot.ended() != -9:
                continue
        kills += 1
    return kills


@pytest.mark.row(5, small=240, full=900)
async def test_so_it_is_on_a_real_homeserver(new_world: NewWorld, row: Row) -> None:
    """The bot is stopped, people write, more than one answer of /sync shows; and it starts again."""
    talk, every = row.pick(130, 300), 13
    async with new_world(people=3) as world:
        async with world.bot() as bot:
            room = await world.founded(bot)

        async def write(person: Person) -> None:
            for number in range(talk):
                await person.say(room, f"!idee Nummer {number}" if number % every == 0 else f"Dazu, {number}.")

        await asyncio.gather(*map(write, world.people))
        async with world.bot():
            await world.anna.ask(room, "!status", timeout=PATIENCE)
            await world.oracle.drained()
        history = await world.oracle.history(room)
        answers = world.oracle.answers(history)
        given = [about for event in world.oracle.ours(history) for about in relates_to(event) & answers.keys()]
        row.count("events", len(world.people) * talk)
        row.count("commands", len(answers))
        row.must("lost", sum(not each for each in answers.values()))
        row.must("twice", sum(len(each) > 1 for each in answers.values()))
        row.must("rooms out of order", int(given != list(answers)))
