"""Row 16: what the homeserver rejects for good, and what we choke on. Set aside with its reason; all else goes on."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.store import outbox
from bot.store.database import Database
from bot.store.outbox import Row as Waiting
from tests.crash.process import PATIENCE, Bot
from tests.faults.poisoned import POISON
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.world import World

JSON = {"Content-Type": "application/json"}
MESSAGE = "m.room.message"
BY_PROXY = {"M_TOO_LARGE": (413, "parked"), "M_BAD_JSON": (400, "parked"), "M_FORBIDDEN": (403, "held")}


def waiting(key: str, room: str, content: dict[str, Any], kind: str = MESSAGE, of: str | None = None) -> Waiting:
    """A row as the bot would have stored it."""
    now = datetime.now(UTC)
    return Waiting(
        key=key,
        transaction=f"t-{key}".replace("/", "-"),
        action="send",
        device_id="",
        first_attempt_at=now,
        created_at=now,
        room_id=room,
        event_type=kind,
        content=json.dumps(content),
        refers_to=of,
    )


def said(words: str, **more: Any) -> dict[str, Any]:
    """A notice's content."""
    return {"msgtype": "m.notice", "body": words, "m.mentions": {}, **more}


def poisons(room: str) -> dict[str, Waiting]:
    """What Synapse itself rejects for good, by its key. (What it answers 500 to, see the outbox's own tests.)"""
    rows = (
        waiting("long", room, said("x" * 70_000)),
        waiting("fraction", room, said("x", part=1.5)),  # no canonical JSON
        waiting("kind", room, said("x"), kind="k" * 300),
        waiting("levels", room, {"users": "x"}, kind="m.room.power_levels"),
    )
    return {row.key: row for row in rows}


def referring(room: str, key: str) -> list[Waiting]:
    """An edit, a reaction and a message in a thread, of what was never sent."""
    edit = said("* x", **{"m.new_content": said("x"), "m.relates_to": {"rel_type": "m.replace"}})
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "key": "👍"}}
    thread = said("x", **{"m.relates_to": {"rel_type": "m.thread", "is_falling_back": True}})
    return [
        waiting(f"{key}/edit", room, edit, of=key),
        waiting(f"{key}/reaction", room, reaction, "m.reaction", of=key),
        waiting(f"{key}/thread", room, thread, of=key),
    ]


@pytest.mark.row(16, small=180, full=900)
async def test_what_synapse_rejects_is_parked_and_the_room_goes_on(world: World, row: Row) -> None:
    """Rows with each kind of poison, what refers to them, and innocent ones in between, in every room."""
    async with world.bot() as bot:
        rooms = [await world.founded(bot)]
        rooms += [await world.open_room(f"Raum {number}") for number in range(1, row.pick(2, 20))]
        await asyncio.gather(*(world.anna.wait_for(room, world.from_us, timeout=PATIENCE) for room in rooms))
    new: list[Waiting] = []
    for number, room in enumerate(rooms):
        for key, poison in poisons(room).items():
            poison.key, poison.transaction = f"{number}/{key}", f"{number}-{poison.transaction}"
            after = waiting(f"{number}/{key}/after", room, said(f"nach {key}"))
            new += [poison, *referring(room, poison.key), after]
    _store(world, new)
    async with world.bot() as bot:
        await asyncio.gather(*(world.anna.ask(room, "!hilfe", timeout=PATIENCE) for room in rooms))
        await world.oracle.drained()
        if row.full:
            await _told(world)
        transcript = "\n".join(bot.said.lines)
    rows = {key: (own, state, problem) for own, key, _, state, problem in world.oracle.unsent()}
    kinds = len(poisons("")) * len(rooms)
    row.count("poison rows", kinds)
    row.must("not set aside with their reason", kinds * 4 - sum(bool(each[2]) for each in rows.values()))
    assert {state for _, state, _ in rows.values()} == {"parked"}
    for own, _, problem in rows.values():
        assert f"outbox row {own}" in transcript
        assert "is parked" in transcript
        assert "refers to" in problem or problem.startswith(("4", "413")), problem
    histories = [await world.oracle.history(room) for room in rooms]
    after = [
        event for history in histories for event in history if str(event["content"].get("body", "")).startswith("nach ")
    ]
    row.must("innocent posts lost", kinds - len(after))
    row.must("posted twice", len(world.oracle.twice(histories)))
    row.must("commands lost", sum(world.oracle.faults(each)[0] for each in histories))


async def _told(world: World) -> None:
    """Besides the log there is one message to those who run the bot, which waits a minute for more of the kind."""
    world.anna.auto_join = True
    async with asyncio.timeout(3 * PATIENCE):
        while not world.oracle.rows("SELECT id FROM outbox WHERE key LIKE 'incident/%' AND state = 'sent'"):  # noqa: ASYNC110
            await asyncio.sleep(1)


@pytest.mark.row(16, small=120, full=300)
@pytest.mark.parametrize("code", BY_PROXY)
async def test_one_post_is_refused_and_the_next_goes_out(world: World, row: Row, code: str) -> None:
    """What somebody between us and the homeserver, or a module in it, refuses; in one of two rooms."""
    status, state = BY_PROXY[code]
    body = json.dumps({"errcode": code, "error": "Nein"}).encode()
    async with world.bot() as bot:
        bad = await world.founded(bot)
        good = await world.open_room("Nebenan")
        await world.anna.wait_for(good, world.from_us, timeout=PATIENCE)
        refused = world.proxy.breaks(
            How.STATUS, lambda asked: asked.sends and bad[1:] in asked.what, status=status, body=body, headers=JSON
        )
        asked = await world.anna.say(bad, "!hilfe")
        await world.anna.ask(good, "!hilfe", timeout=PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while not world.oracle.unsent():  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)
            while world.oracle.unsent()[0][3] == "waiting":  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)
        world.proxy.heals()
        await world.anna.ask(bad, "!ideen", timeout=PATIENCE)
        transcript = "\n".join(bot.said.lines)
    [(own, _, _, was, problem)] = world.oracle.unsent()
    assert (was, refused.hits) == (state, 2 if state == "held" else 1)
    assert code in problem
    assert f"outbox row {own}" in transcript
    row.count("poison rows")
    row.must(
        "innocent posts lost",
        sum(
            not about
            for event, about in world.oracle.answers(await world.oracle.history(bad)).items()
            if event != asked
        ),
    )


@pytest.mark.row(16, small=120, full=300)
async def test_an_event_that_we_choke_on_stops_nothing(world: World, row: Row) -> None:
    """Handling it raises, after it has written: undone, answered under a number, and the next events are handled."""
    async with await Bot.start(world.installation, "tests.faults.poisoned") as bot:
        room = await world.founded(bot)
        times = row.pick(5, 100)
        for number in range(times):
            await world.people[number % 3].say(room, f"!idee {POISON}")
            sign = await world.people[0].say(room, f"!idee Gut {number}")
            await world.people[1].react(room, sign, POISON)
            await world.people[2].say(room, "!ideen")
        await world.answered()
        transcript = "\n".join(bot.said.lines)
    async with world.bot() as bot:
        await world.anna.ask(room, "!ideen", timeout=PATIENCE)
    histories = await world.histories()
    row.count("events that nobody can handle", 2 * times)
    row.must("commands lost", sum(world.oracle.faults(each)[0] for each in histories))
    row.must("answered twice", sum(world.oracle.faults(each)[1] for each in histories))
    assert world.oracle.ideas(histories) == list(range(1, times + 1))
    assert transcript.count("Message") >= times
    assert POISON not in "\n".join(bot.said.lines)


def _store(world: World, rows: list[Waiting]) -> None:
    database = Database(f"sqlite:///{world.installation.database}")
    try:
        for each in rows:
            database.run_now(lambda session, each=each: outbox.insert(session, each))
    finally:
        database.close()
