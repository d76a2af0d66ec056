"""kill -9 at any moment: every command is answered once, every vote counts once, the result is posted once.

What happened is read from the room's full history, as a client sees it that shares no code with the bot's; the votes
are counted anew from there.
"""

import asyncio
import os
import random
import re
import secrets
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from bot.demo.connection import Json
from bot.demo.person import POLL_RESPONSE, Person
from tests.crash.conftest import Group, NewGroup
from tests.crash.process import PATIENCE, Bot, Nest

SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(10**6))
KILLS = int(os.environ.get("CRASH_KILLS") or 30)
POLL = "org.matrix.msc3381.poll.start"
WORDS = {"ja": "Ja", "nein": "Nein", "enthaltung": "Enthaltung"}
BUTTONS = {"yes": "Ja", "no": "Nein", "abstain": "Enthaltung"}


@pytest.mark.timeout(240)
async def test_kill_9_loses_nothing_and_doubles_nothing(new_group: NewGroup) -> None:
    print(f"CRASH_SEED={SEED}")
    chance = random.Random(SEED)
    group = await new_group(5)
    async with await Nest.start(group.installation, "tests.crash.nest") as nest:
        await nest.told("nest")
        bot = await nest.fork()
        room = await group.founded(bot)
        poll = await _consultation(group, room)
        await bot.kill()
        await asyncio.gather(*(person.go_offline() for person in group.people[1:]))  # spares the homeserver work

        talking = [asyncio.create_task(_talk(person, room, poll, chance)) for person in group.people]
        closing_kills = KILLS // 5
        await _kill_again_and_again(nest, KILLS - 1 - closing_kills, chance)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

        await group.anna.say(room, "!konsultation K1 schließen")
        await _kill_again_and_again(nest, closing_kills, chance)
    await _answer_the_rest(group, room)
    await _check(group, room)


async def _consultation(group: Group, room: str) -> str:
    form = "!konsultation neu Definition\nFrage: Stimmen Sie zu?\nText: Alles offen\nSchluss: in 2 Tagen"
    await group.anna.ask(room, form)
    poll = await group.anna.wait_for(room, lambda event: event["type"] == POLL)
    return str(poll["event_id"])


async def _kill_again_and_again(nest: Nest, times: int, chance: random.Random) -> None:
    """A third of the kills hit the start, the others the work after it, most of them soon."""
    for _ in range(times):
        bot = await nest.fork()
        if chance.random() < 0.33:
            await asyncio.sleep(chance.uniform(0.05, 0.5))
        else:
            await bot.ready()
            await asyncio.sleep(0.05 + 1.45 * chance.random() ** 3)
        await bot.kill()


async def _talk(person: Person, room: str, poll: str, chance: random.Random) -> None:
    """Commands that write, commands that read, votes by word and by click; until cancelled."""
    acts: list[Callable[[], Awaitable[object]]] = [
        lambda: person.say(room, f"!idee {secrets.token_hex(3)}"),
        lambda: person.say(room, f"!status eAkte {chance.randrange(101)}% Stand"),
        lambda: person.say(room, "!status eAkte"),
        lambda: person.say(room, f"!stimme K1 {chance.choice(list(WORDS))}"),
        lambda: person.vote(room, poll, chance.choice(list(BUTTONS))),
    ]
    while True:
        # What was begun is finished, so that everything said is in the room when we look.
        await asyncio.shield(asyncio.ensure_future(chance.choice(acts)()))
        await asyncio.sleep(chance.uniform(0.05, 0.5))


async def _answer_the_rest(group: Group, room: str) -> None:
    """Let a bot run, in a process from scratch, until it has said everything; then stop it in order."""
    async with await Bot.start(group.installation) as bot:
        picture = asyncio.create_task(
            group.anna.wait_for(room, lambda event: event["content"].get("msgtype") == "m.image", timeout=PATIENCE)
        )
        await bot.ready()
        await group.anna.ask(room, "!status", timeout=PATIENCE)
        await picture
        await group.anna.ask(room, "!status")  # answered in order: whatever was said before is out now
        bot.process.terminate()
        assert await bot.ended() == 0, bot.said.transcript


async def _check(group: Group, room: str) -> None:
    history = await group.anna.history(room)
    answers, commands = group.answers(history), group.commands(history)
    print(f"{len(history)} events, {len(commands)} commands")
    assert len(commands) > KILLS * 2
    wrong = {c["content"]["body"]: answers[c["event_id"]] for c in commands if len(answers[c["event_id"]]) != 1}
    assert not wrong

    said = [event for event in history if group.from_bot(event)]
    kinds = Counter(event["content"].get("msgtype", event["type"]) for event in said)
    assert (kinds[POLL], kinds["org.matrix.msc3381.poll.end"], kinds["m.image"]) == (1, 1, 1)
    [result] = [event["content"]["body"] for event in said if "Beschluss B" in event["content"].get("body", "")]
    votes = _votes(group, history)
    latest = {event["sender"]: choice for event, choice in votes}
    assert _published(result) == latest
    assert _recorded(group) == Counter(event["event_id"] for event, _ in votes)

    kept = [re.match(r"I(\d+) notiert", event["content"].get("body", "")) for event in said]
    ideas = [int(found[1]) for found in kept if found]
    assert sorted(ideas) == list(range(1, len(ideas) + 1))  # an effect carried out twice would leave a hole


def _votes(group: Group, history: list[Json]) -> list[tuple[Json, str]]:
    """Every vote of the room in its order, by word or by click."""
    votes = []
    for event in history:
        if event["type"] == POLL_RESPONSE:
            votes.append((event, BUTTONS[event["content"][POLL_RESPONSE]["answers"][0]]))
        elif (body := event["content"].get("body", "")).startswith("!stimme K1 "):
            votes.append((event, WORDS[body.rpartition(" ")[2]]))
    assert {event["sender"] for event, _ in votes} == {person.user_id for person in group.people}
    return votes


def _published(result: str) -> dict[str, str]:
    """Who voted what, as the result's table says."""
    rows = dict(re.findall(r"^(@\S+)\s+(Ja|Nein|Enthaltung)\s*$", result, flags=re.MULTILINE))
    counts = re.search(r"(\d+) Ja, (\d+) Nein, (\d+) Enthaltung(?:en)?, 0 ohne Stimme", result)
    assert counts is not None, result
    tally = Counter(rows.values())
    assert [int(count) for count in counts.groups()] == [tally[choice] for choice in WORDS.values()]
    return rows


def _recorded(group: Group) -> Counter[str]:
    """The votes on record, replaced ones included."""
    with closing(sqlite3.connect(group.installation.database)) as database:
        return Counter(event_id for (event_id,) in database.execute("SELECT event_id FROM cast_vote"))
