"""Whether everything that reached the homeserver is handled: what the clock asks before it acts."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.events import Batch
from tests.conftest import Newcomer
from tests.matrix.conftest import NewBot, in_room, quiet, settled


async def test_nothing_waiting_sees_what_the_loop_has_not_handled(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    await quiet(bot)
    gate = asyncio.Event()

    async def held(batch: Batch) -> None:
        await gate.wait()
        await bot.handle(batch)

    await bot.stop()
    await bot.sign_in()
    assert not await settled(bot)  # no token is handled yet
    bot.follow(held)
    await asyncio.sleep(0.3)
    assert await settled(bot)
    await anna.say(room, "!vote ja")
    assert not await settled(bot)
    assert not await settled(bot)
    gate.set()
    await bot.until_said(room, "!vote ja")
    await quiet(bot)


async def test_constant_talk_holds_nothing_up_and_a_vote_before_the_close_is_handled_first(
    new_bot: NewBot, newcomer: Newcomer
) -> None:
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    room, noisy = [await anna.create_room(name, invite=[bot.account.user_id]) for name in ("Runde", "Lärm")]
    await in_room(bot, room)
    await in_room(bot, noisy)
    await anna.invite(noisy, boris.user_id)
    await boris.join(noisy)
    await bot.unfollow()

    async def slow(batch: Batch) -> None:
        await asyncio.sleep(0.2)
        await bot.handle(batch)

    async def chat() -> None:
        while True:
            await boris.say(noisy, "bla")

    bot.follow(slow)
    talk = asyncio.create_task(chat())
    try:
        for number in range(3):
            await anna.say(room, f"!stimme {number}")
            close, busy = datetime.now(UTC), 0
            async with asyncio.timeout(10):
                while not await bot.account.nothing_waiting(close):
                    busy += 1
            assert f"!stimme {number}" in bot.bodies(room)
            assert busy, "somebody talked"
    finally:
        talk.cancel()
        await asyncio.wait({talk})


async def test_an_answer_that_took_its_time_proves_nothing(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives after the vote and does not hold it: the homeserver had begun with it before."""
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    listener = bot.account._parts.listener
    real, on_its_way, arrived = listener._sync, asyncio.Event(), asyncio.Event()

    async def late(token: str | None, *, full: bool, at_once: bool) -> Any:
        answer = await real(token, full=full, at_once=at_once)
        on_its_way.set()
        await arrived.wait()
        return answer

    monkeypatch.setattr(listener, "_sync", late)
    await anna.say(room, "vorher")
    await bot.until_said(room, "vorher")
    await anna.say(room, "noch etwas")
    await on_its_way.wait()
    await anna.say(room, "!stimme ja")
    close = datetime.now(UTC)
    await asyncio.sleep(1.2)
    arrived.set()
    async with asyncio.timeout(10):
        while not await bot.account.nothing_waiting(close):
            pass
    assert "!stimme ja" in bot.bodies(room)


async def test_while_something_waits_for_its_turn_nobody_counts_it_as_handled(
    new_bot: NewBot, newcomer: Newcomer
) -> None:
    """The next batch comes at once, although nothing is new; what is due waits, as after a missed vote."""
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Flut", invite=[bot.account.user_id])
    await in_room(bot, room)
    await bot.unfollow()
    seen: list[bool] = []

    async def handle(batch: Batch) -> bool:
        if len(bot.batches) > started:
            seen.append(await bot.account.nothing_waiting(datetime.now(UTC)))
        await bot.handle(batch)
        return started < len(bot.batches) < started + 4

    started = len(bot.batches) + 1
    bot.follow(handle)
    await bot.until(lambda: len(bot.batches) == started)
    await anna.say(room, "!help")
    await bot.until(lambda: len(bot.batches) == started + 4)
    assert seen == [False] * 3
    await quiet(bot)
