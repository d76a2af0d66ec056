"""Row 3: the homeserver has done what it was asked for, and its answer never reaches the bot. It stands once."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from bot.demo.connection import Json
from tests.crash.ballots import POLL, POLL_END, result_of
from tests.crash.process import PATIENCE
from tests.faults.cutting import Cutting
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.world import World

KEYS = ("login", "logout", "keys", "user", "sendToDevice")
FORM = """!konsultation neu Runde {number}
Frage: Stimmen Sie zu?
Text: Alles offen
Schluss: in 2 Tagen
Erinnerung: keine
Betrifft: {project}"""


@pytest.mark.row(3, small=180, full=900)
async def test_an_answer_that_never_came_makes_no_second_post(world: World, row: Row) -> None:
    """At every post, in several rooms at once; in one room nobody even says that the answer will not come."""
    rooms, posts, silent = row.pick(4, 10), row.pick(40, 500), row.pick(1, 5)
    async with world.bot() as bot:
        places = [await world.founded(bot)] + [await world.open_room(f"Raum {number}") for number in range(1, rooms)]
        quiet = await world.open_room("Stille")
        await asyncio.gather(*(world.anna.wait_for(each, world.from_us, timeout=PATIENCE) for each in (*places, quiet)))
        cutting = Cutting(row.chance, lambda asked: asked.sends and quiet[1:] not in asked.what)
        cutting.begin(world.proxy)
        async with asyncio.TaskGroup() as talk:
            talk.create_task(_silently(world, quiet, silent))
            for number, place in enumerate(places):
                talk.create_task(_talk(world, number, place, posts // rooms))
        world.proxy.heals()
        await world.answered()
    histories = await world.histories()
    row.count("posts cut", len(cutting.things))
    row.count("of them by silence", silent)
    _stands_once(world, row, histories)
    assert len(cutting.things) >= posts
    assert world.oracle.ideas(histories) == list(range(1, silent + posts // rooms * rooms + 1))


@pytest.mark.row(3, small=240, full=900)
async def test_all_that_the_bot_does_stands_once(world: World, row: Row) -> None:
    """Edits, reactions, polls and their ends, pictures, files, rooms, direct chats, invitations, state, joins."""
    async with world.bot() as bot:
        room = await world.founded(bot)
        await world.anna.ask(room, f"!organisation neu Lindenstadt\nMandat: {world.people[1].user_id}")
        cutting = Cutting(row.chance, lambda asked: asked.changes and asked.what.partition("/")[0] not in KEYS)
        cutting.begin(world.proxy)
        for number in range(1, row.pick(1, 6) + 1):
            await _round(world, room, number)
            await _group(world, room, number)
        await world.answered()
        world.proxy.heals()
    print(cutting.cut)
    wanted = {"send/m.room.message", "send/m.reaction", f"send/{POLL}", f"send/{POLL_END}", "upload", "createRoom"}
    assert wanted | {"invite", "join"} <= cutting.cut.keys()
    histories = await world.histories()
    row.count("other requests cut", sum(cutting.cut.values()))
    assert any("m.new_content" in event["content"] for history in histories for event in world.oracle.ours(history))
    _stands_once(world, row, histories)
    row.must("rooms opened twice", _twice(await _names(world)))
    row.must("set or invited twice", sum(_states(world, history) for history in histories))
    row.must("polls or results twice", sum(_twice(_once(world, history)) for history in histories))


def _stands_once(world: World, row: Row, histories: list[list[Json]]) -> None:
    row.must("lost", sum(world.oracle.faults(each)[0] for each in histories) + len(world.oracle.missing(histories)))
    row.must("twice", sum(world.oracle.faults(each)[1] for each in histories) + len(world.oracle.twice(histories)))


async def _talk(world: World, number: int, room: str, times: int) -> None:
    for each in range(times):
        await world.people[number % 3].ask(room, f"!idee {number}.{each}", timeout=PATIENCE)


async def _silently(world: World, room: str, times: int) -> None:
    """The bot waits for a minute for each of these answers."""
    for number in range(times):
        fault = world.proxy.breaks(How.SILENT_AFTER, lambda asked: asked.sends and room[1:] in asked.what, times=1)
        await world.anna.ask(room, f"!idee Stille {number}", timeout=2 * PATIENCE)
        async with asyncio.timeout(2 * PATIENCE):
            await world.oracle.drained()
        assert fault.hits == 1


async def _round(world: World, room: str, number: int) -> None:
    """A consultation, from its opening to its files."""
    await world.anna.ask(room, FORM.format(number=number, project="eAkte"), timeout=PATIENCE)
    await world.anna.wait_for(room, lambda event: event["type"] == POLL and _of(event, number), timeout=PATIENCE)
    await world.people[1].ask(room, f"!stimme K{number} ja", timeout=PATIENCE)
    await world.anna.say(room, f"!konsultation K{number} schließen")
    await world.anna.wait_for(room, lambda event: result_of(event) == number, timeout=2 * PATIENCE)
    await world.anna.say(room, f"!konsultation K{number} protokoll")


async def _group(world: World, room: str, number: int) -> None:
    """A room of its own for a group, with guests."""
    guest = world.people[2].user_id
    await world.anna.ask(room, f"!gruppe neu Akte {number}\nThema: Papier\nEingeladen: {guest}", timeout=2 * PATIENCE)
    await world.anna.ask(room, f"!gruppe Akte {number}\nThema: Holz", timeout=2 * PATIENCE)  # its board is edited
    other = await world.open_room(f"Nebenan {number}")  # the bot joins
    await world.anna.wait_for(other, world.from_us, timeout=2 * PATIENCE)


def _of(poll: Json, number: int) -> bool:
    return str(poll["content"][POLL]["question"]["body"]).startswith(f"K{number} · ")


async def _names(world: World) -> list[str]:
    """What the rooms are called that the bot has opened, and whom its direct chats are with."""
    found = []
    for room in await world.oracle.rooms():
        state = (await world.oracle.call("GET", f"/v1/rooms/{room}/state"))["state"]
        create = next(event for event in state if event["type"] == "m.room.create")
        if create["sender"] == world.us:
            name = next((event["content"]["name"] for event in state if event["type"] == "m.room.name"), "")
            people = sorted(
                e["state_key"] for e in state if e["type"] == "m.room.member" and e["state_key"] != world.us
            )
            found.append(name or f"direct: {people}")
    return found


def _states(world: World, history: list[Json]) -> int:
    """How often we set in a room what we had set already (an invitation, too), with nothing else in between."""
    last: dict[tuple[str, str], tuple[str, object]] = {}
    again = 0
    for event in history:
        if "state_key" in event:
            piece, now = (event["type"], event["state_key"]), (event["sender"], event["content"])
            again += event["sender"] == world.us and last.get(piece) == now
            last[piece] = now
    return again


def _once(world: World, history: list[Json]) -> list[str]:
    """What there is but one of: polls, their ends, results, files and pictures."""
    found = []
    for event in world.oracle.ours(history):
        content = event["content"]
        if "m.new_content" in content:
            continue
        if event["type"] in (POLL, POLL_END) or content.get("msgtype") in ("m.file", "m.image") or result_of(event):
            found.append(f"{event['type']} {content.get('body') or content.get(POLL) or content.get('m.relates_to')}")
    return found


def _twice(things: list[Any]) -> int:
    """How many stand there more than once."""
    return sum(number - 1 for number in Counter(map(str, things)).values())
