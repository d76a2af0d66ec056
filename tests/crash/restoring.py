"""The story of a restore: a backup is taken while the bot works, the work goes on, the backup is put back."""

import asyncio
import os
import re
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.connection import Json
from bot.demo.person import Person
from tests.crash.ballots import POLL, bodies
from tests.crash.conftest import Group
from tests.crash.process import PATIENCE, Bot, Installation

BEFORE, AFTER, LATER = 10, 25, 5
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
NOTED = re.compile(r"I\d+ notiert")
CLOSES_AFTER = timedelta(seconds=25)


async def play(group: Group) -> None:
    """Two rooms: commands, a consultation that closes, one that begins, a digest; by the clock and by people.

    Nothing of it is lost, and nothing comes twice.
    """
    kept = group.installation.folder.parent / "kept"
    async with await Bot.start(group.installation) as bot:
        room = await group.founded(bot)
        second = await group.anna.create_room("Archiv", invite=[group.installation.user_id])
        await group.anna.wait_for(second, group.from_bot)
        rooms = (room, second)
        await _plan_a_digest(group.anna, room)
        await _consult(group.anna, room, "Vorher", CLOSES_AFTER)
        await _talk(group, rooms, "vorher", BEFORE)
        talking = asyncio.create_task(_talk(group, rooms, "während", AFTER))
        said = await _command(group.installation, "backup", str(kept))
        assert "table outbox" in said
        await talking
        await _talk(group, rooms, "nachher", AFTER)
        await _consult(group.anna, second, "Nachher", timedelta(hours=1))
        await _vote(group.anna, second)
        await group.anna.wait_for(room, _is_result, timeout=PATIENCE)
        await group.anna.wait_for(room, _is_digest, timeout=PATIENCE)
        await _settled(group, rooms)
        before = {each: await group.anna.history(each) for each in rooms}
        await bot.kill()
    said = await _command(group.installation, "restore", "--force", str(kept))
    assert "restored" in said
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        await _talk(group, rooms, "danach", LATER)
        await asyncio.sleep(3)  # the clock does what is due
        bot.process.terminate()
        assert await bot.ended() == 0, bot.said.transcript
    after = {each: await group.anna.history(each) for each in rooms}
    for each in rooms:
        _nothing_twice(group, before[each], after[each])
    _same_numbers(group, list(after.values()))


async def _plan_a_digest(anna: Person, room: str) -> None:
    """At the next full minute that leaves time for the backup; at night by the clocks of Tokyo.

    Between two and three o'clock nothing can be planned: the clocks change then, once a year.
    """
    at = datetime.now(BERLIN) + timedelta(seconds=75)
    if at.hour != 2:
        await anna.ask(room, f"!bericht plan täglich {at:%H:%M}")
        return
    await anna.ask(room, f"!zeitzone {TOKYO}")
    await anna.ask(room, f"!bericht plan täglich {at.astimezone(TOKYO):%H:%M}")
    await anna.ask(room, f"!zeitzone {BERLIN}")  # a plan keeps the zone that it was made in


def _is_digest(event: Json) -> bool:
    return bool(event["content"].get("body", "").startswith("Wochenbericht"))


def _is_result(event: Json) -> bool:
    return bool(event["content"].get("body", "").startswith("K1 · Vorher: "))


async def _consult(anna: Person, room: str, title: str, lasts: timedelta) -> None:
    closes = datetime.now(BERLIN) + lasts
    await anna.ask(
        room,
        f"!konsultation neu {title}\nFrage: Stimmen Sie zu?\nSchluss: {closes:%d.%m.%Y %H:%M:%S}\n"
        "Wahlberechtigt: Personen",
    )


async def _vote(anna: Person, room: str) -> None:
    poll = await anna.wait_for(room, lambda event: event["type"] == POLL)
    await anna.vote(room, poll["event_id"], "yes")


async def _talk(group: Group, rooms: tuple[str, ...], what: str, count: int) -> None:
    """Each command waits for its answer, in turns in both rooms: so the order across rooms is known."""
    for number in range(count):
        await group.anna.ask(rooms[number % len(rooms)], f"!idee {what} {number}", timeout=PATIENCE)


async def _settled(group: Group, rooms: tuple[str, ...]) -> None:
    """Until the bot has nothing more to say."""
    async with asyncio.timeout(PATIENCE):
        counts: list[int] = []
        while len(counts) < 4 or len(set(counts[-4:])) > 1:
            await asyncio.sleep(1)
            counts.append(sum([len(await group.anna.history(each)) for each in rooms]))


async def _command(installation: Installation, command: str, *words: str) -> str:
    arguments = (sys.executable, "-m", "bot", command, "-c", str(installation.folder / "config.toml"), *words)
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=dict(os.environ)
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def _nothing_twice(group: Group, before: list[Json], after: list[Json]) -> None:
    """Everybody's words are answered once; what the bot says besides stood there before, and stands there once."""
    known = {event["event_id"] for event in before}
    answers = group.answers(after)
    for event in group.commands(after):
        assert len(answers[event["event_id"]]) == 1, (event["content"], bodies(answers[event["event_id"]]))
    asked = {event["event_id"] for event in group.commands(after)}
    unasked = [
        event
        for event in filter(group.from_bot, after)
        if event["event_id"] not in known and not any(event in answers[own] for own in asked - known)
    ]
    assert [event for event in unasked if "state_key" not in event] == [], bodies(unasked)
    said = Counter(bodies(event for event in after if group.from_bot(event) and "state_key" not in event))
    ideas = {body: count for body, count in said.items() if NOTED.match(body)}
    assert set(ideas.values()) == {1}, ideas


def _same_numbers(group: Group, histories: list[list[Json]]) -> None:
    """What was carried out again has the number that people have read, and who voted after the backup has voted."""
    with closing(sqlite3.connect(f"file:{group.installation.database}?mode=ro", uri=True)) as database:
        kept = {f"I{number} notiert: {text}" for number, text in database.execute("SELECT number, text FROM idea")}
        votes = "SELECT elector.person, choice FROM cast_vote JOIN elector ON elector.id = elector_id"
        assert database.execute(votes).fetchall() == [(group.anna.user_id, "yes")]
    said = {body for history in histories for body in bodies(filter(group.from_bot, history)) if NOTED.match(body)}
    assert said == kept
