"""Row 12: the room is replaced, or we are put out of it, or out of our account, while posts wait.

What waits moves, or is held and goes out in its order once we are back; nobody is asked again and again; and whoever
runs the bot reads why.
"""

import asyncio
import contextlib
import time

import pytest

from bot.demo.connection import Json, Refused, quoted
from tests.crash.process import PATIENCE, Fork, Nest
from tests.faults.conftest import NewWorld
from tests.faults.oracle import NOTED
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.unheard import end_session
from tests.faults.world import World
from tests.matrix import admin

WAITING = 5  # posts
MOVED_WITHIN = 30  # seconds
HANDFUL = 12  # requests: two for each post, and what it takes to see why
TEXTS = [f"Nummer {number}" for number in range(1, WAITING + 1)]


@pytest.mark.row(12, small=150, full=600)
async def test_what_waits_moves_or_is_held(new_world: NewWorld, row: Row) -> None:
    """Replaced, kicked, banned; each in a room of its own."""
    async with new_world() as world, world.nest() as nest:
        bot = await nest.fork()
        for _ in range(row.pick(1, 5)):
            row.most("seconds until moved", await _replaced(world, await _founded(world, bot)))
            for how in ("kick", "ban"):
                await _put_out(world, nest, await _founded(world, bot), how, row)
        await bot.stop()
        histories = await world.histories()
        row.must("twice", len(world.oracle.twice(histories)))
        row.must("lost", len(world.oracle.missing(histories)))


@pytest.mark.row(12, small=200, full=900)
async def test_without_its_account_the_bot_gives_up_and_says_why(new_world: NewWorld, row: Row) -> None:
    """Token revoked, account locked: what waits goes out at the next start after it was mended; deactivated: never."""
    async with new_world() as world, world.nest() as nest:
        for _ in range(row.pick(1, 5)):
            for shut, reason in ((end_session, "the homeserver has ended our session"), (_lock, "has been locked by")):
                bot = await nest.fork()
                room = await _founded(world, bot)
                await _posts_wait(world, room)
                await shut(world)
                await _gives_up(world, nest, bot, room, reason, row)
                if shut is _lock:
                    await _again_in_vain(world, nest, reason)
                    await _set(world, locked=False)
                row.count("accounts shut")
                bot = await nest.fork()
                await bot.ready()
                await world.oracle.drained()
                await bot.stop()
                assert _noted(await world.oracle.history(room)) == TEXTS
        histories = await world.histories()
        row.must("twice", len(world.oracle.twice(histories)))
        bot = await nest.fork()
        room = await _founded(world, bot)
        await _set(world, deactivated=True)
        await _gives_up(world, nest, bot, room, "the homeserver has ended our session", row)
        await _again_in_vain(world, nest, "refuses the password")  # as the homeserver puts it


async def _founded(world: World, bot: Fork) -> str:
    """A room with a project in it."""
    return await world.founded(bot, f"Akte{'abcdefghijklmnopqrstuvwxyz'[len(world.rooms)]}")


async def _posts_wait(world: World, room: str) -> None:
    """Commands are carried out, their answers do not go out."""
    world.proxy.breaks(How.STATUS, lambda asked: asked.sends)
    for number in range(1, WAITING + 1):
        await world.anna.say(room, f"!idee Nummer {number}")
    await _until(world, "waiting", WAITING)


async def _until(world: World, state: str, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while sum(row[3] == state for row in world.oracle.unsent()) < number:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.1)


async def _replaced(world: World, room: str) -> float:
    """Seconds from the upgrade until everything stands in the new room."""
    await _posts_wait(world, room)
    began = time.monotonic()
    new = await admin.upgrade(world.anna, room)
    world.rooms.append(new)
    with contextlib.suppress(Refused):  # as clients do; it is quicker, and in already
        await world.anna.invite(new, world.us)
    world.proxy.heals()
    await world.anna.wait_for(new, lambda event: _text(event) == TEXTS[-1], timeout=PATIENCE)
    took = time.monotonic() - began
    await world.oracle.drained()
    histories = [await world.oracle.history(each) for each in (room, new)]
    assert [text for history in histories for text in _noted(history)] == TEXTS
    assert took < MOVED_WITHIN
    return took


async def _put_out(world: World, nest: Nest, room: str, how: str, row: Row) -> None:
    await _posts_wait(world, room)
    said = len(nest.said.lines)
    await admin.remove(world.anna, room, world.us, how=how)
    before = len(world.proxy.asked)
    world.proxy.heals()
    await _until(world, "held", WAITING)
    await nest.said.until(f"for {room} is held: ", said)
    await asyncio.sleep(row.pick(3, 30))
    asked = [each for each in world.proxy.asked[before:] if room in each.what]
    row.most("requests to a room that we were put out of", len(asked))
    assert len(asked) <= HANDFUL, asked
    if how == "ban":
        await admin.call(world.anna, "POST", f"/rooms/{quoted(room)}/unban", {"user_id": world.us})
    await world.anna.invite(room, world.us)
    await world.anna.wait_for(room, lambda event: _text(event) == TEXTS[-1], timeout=PATIENCE)
    await world.oracle.drained()
    assert _noted(await world.oracle.history(room)) == TEXTS
    row.count("times put out, and back again")


async def _gives_up(world: World, nest: Nest, bot: Fork, room: str, reason: str, row: Row) -> None:
    """It ends by itself, with the reason as its last words; in the small form somebody speaks, which ends a poll."""
    before, began = len(world.proxy.asked), time.monotonic()
    world.proxy.heals()
    if not row.full:
        await world.anna.say(room, "Guten Morgen")
    assert await bot.ended() == 1
    row.most("seconds until it gave up", time.monotonic() - began)
    row.most("requests without an account", len(world.proxy.asked) - before)
    assert len(world.proxy.asked) - before <= HANDFUL, world.proxy.asked[before:]
    assert reason in nest.said.lines[-1], nest.said.transcript


async def _again_in_vain(world: World, nest: Nest, reason: str) -> None:
    """A start says it as well, and so does `check`."""
    bot = await nest.fork()
    assert await bot.ended() == 1
    assert reason in nest.said.lines[-1], nest.said.transcript
    assert reason in await world.checked()


async def _lock(world: World) -> None:
    await _set(world, locked=True)


async def _set(world: World, **what: bool) -> None:
    await world.oracle.call("PUT", f"/v2/users/{quoted(world.us)}", {**what})


def _text(event: Json) -> str | None:
    """Of an idea that was noted, what it says."""
    body = str(event["content"].get("body", ""))
    return body.partition(": ")[2] if NOTED.match(body) else None


def _noted(history: list[Json]) -> list[str]:
    """The ideas, in the order in which the room was told of them."""
    return [text for event in history if (text := _text(event)) is not None]
