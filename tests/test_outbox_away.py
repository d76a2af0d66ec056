"""The outbox while the database is locked, the homeserver away, or in want of patience."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

import bot.sending.outbox as module
from bot.errors import StoreDown, TryAgain
from bot.post import Post
from bot.sending.outbox import Outbox
from bot.sending.tries import STUCK_AFTER
from bot.store import Session, backlog
from bot.store.database import Database
from tests.fakes import ROOM
from tests.outboxes import (
    OTHER,
    Start,
    confirming_soon,
    once,
    row,
    sent,
    starting,
    states,
    store,
)
from tests.sending import FakeSender

__all__ = ["confirming_soon", "starting"]


async def test_a_locked_database_delays_and_loses_nothing(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = await store(database, row("1"), row("2"))
    failures = 2
    run = database.run

    async def locked(work: Callable[[Session], object]) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreDown("database is locked")
        return await run(work)

    monkeypatch.setattr(database, "run", locked)
    monkeypatch.setattr(asyncio, "sleep", _quickly(asyncio.sleep))
    sender = FakeSender()
    box = start(sender)
    box.offer(rows)
    await asyncio.wait_for(box.drained(), 5)
    monkeypatch.undo()
    assert sender.bodies(ROOM) == ["1", "2"]
    assert await states(database) == {"1": "sent", "2": "sent"}
    assert "does not answer" in caplog.text


def _quickly(sleep: Callable[[float], Awaitable[None]]) -> Callable[[float], Awaitable[None]]:
    return lambda seconds: sleep(min(seconds, 0.005))


async def test_while_the_homeserver_is_away_rows_wait_for_it_and_not_for_a_time(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is tried once; when it is back all go on at once, in order; and a stop waits for nothing."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.005)
    sender = FakeSender()
    sender.there.clear()
    sender.fault = lambda _post: None if sender.there.is_set() else TryAgain("no answer", ours=True)
    box = start(sender)
    rows = [row(f"{number}", f"!raum{number % 4}:example.org") for number in range(12)]
    box.offer(await store(database, *rows))
    await asyncio.sleep(0.1)
    assert len(sender.attempts) == 4
    sender.there.set()
    await asyncio.wait_for(box.drained(), 5)
    assert sender.bodies("!raum1:example.org") == ["1", "5", "9"]
    assert len(sender.attempts) == 4 + 12


async def test_a_stop_does_not_wait_for_a_homeserver_that_is_away(database: Database, start: Start) -> None:
    sender = FakeSender(fault=lambda _post: TryAgain("no answer", ours=True))
    sender.there.clear()
    box = start(sender)
    box.offer(await store(database, row("1")))
    await sender.attempted.wait()
    await asyncio.wait_for(box.stop(), 5)
    assert await states(database) == {"1": "waiting"}


async def test_what_an_account_may_say_is_shared_by_all_rooms(database: Database, start: Start) -> None:
    """The homeserver takes one post a moment; eight rooms that tried by themselves would be refused all the time."""
    loop = asyncio.get_running_loop()
    free_at, refused = loop.time(), 0

    def fault(_post: Post) -> TryAgain | None:
        nonlocal free_at, refused
        if (wait := free_at - loop.time()) > 0:
            refused += 1
            return TryAgain("429", wait, ours=True)
        free_at = loop.time() + 0.02
        return None

    sender = FakeSender(fault=fault)
    rows = [row(f"{number}", f"!raum{number % 8}:example.org") for number in range(40)]
    await sent(start(sender), database, *rows)
    assert refused <= 40 + 8
    assert [sender.bodies(f"!raum{room}:example.org") for room in range(8)] == [
        [f"{number}" for number in range(room, 40, 8)] for room in range(8)
    ]


async def test_a_post_that_the_homeserver_fails_over_is_held_once_others_go(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Synapse answers 500 to some events for ever; the room's later posts must not wait as long."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.002)
    sender = FakeSender(fault=lambda post: TryAgain("500 M_UNKNOWN") if post.transaction == "t-1" else None)
    box = start(sender)
    box.offer(await store(database, row("1"), row("2")))
    async with asyncio.timeout(5):
        while not sender.attempts:  # noqa: ASYNC110 - the first refusal counts, and comes before all that goes out
            await asyncio.sleep(0.001)
    for number in range(STUCK_AFTER - 2):
        await sent_elsewhere(box, database, sender, f"anderswo {number}")
        assert sender.bodies(ROOM) == []
    box.offer(await store(database, row("zuletzt", OTHER)))
    await asyncio.wait_for(box.drained(), 5)
    assert sender.bodies(ROOM) == ["2"]
    assert (await states(database))["1"] == "held"
    assert "outbox row 1 for" in caplog.text
    assert "is held: 500 M_UNKNOWN" in caplog.text
    assert await database.run(backlog.take_untold) == [(ROOM, 1)], "those who run the bot are told, as of parked ones"
    assert await database.run(backlog.oldest_untold) is None


async def sent_elsewhere(box: Outbox, database: Database, sender: FakeSender, key: str) -> None:
    """Another room's post goes out, and then the first is tried again."""
    box.offer(await store(database, row(key, OTHER)))
    tried = len([post for post in sender.attempts if post.room_id == ROOM])
    async with asyncio.timeout(5):
        while key not in sender.bodies(OTHER):  # noqa: ASYNC110 - of the outbox's own tasks
            await asyncio.sleep(0.001)
        while len([post for post in sender.attempts if post.room_id == ROOM]) < tried + 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_a_homeserver_that_takes_nothing_at_all_is_waited_for(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk is full, say: it answers 500 to all posts, and all go out when it is well again."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.001)
    problems = [TryAgain("500 M_UNKNOWN") for _ in range(60)]
    sender = FakeSender(fault=once(*problems))
    await sent(start(sender), database, row("1"), row("2"), row("anderswo", OTHER))
    assert sender.bodies(ROOM) == ["1", "2"]
    assert set((await states(database)).values()) == {"sent"}


async def test_what_is_refused_for_a_day_is_held(database: Database, start: Start) -> None:
    """Where there is no other room to compare with."""
    sender = FakeSender(fault=lambda post: TryAgain("500 M_UNKNOWN") if post.transaction == "t-1" else None)
    old = row("1")
    old.created_at -= timedelta(days=1, hours=1)
    await sent(start(sender), database, old, row("2"))
    assert await states(database) == {"1": "held", "2": "sent"}
