"""Senders that are killed, stopped, or sent away, and a leader that loses its lease: each post once, in order."""

import asyncio
import logging
import os
import signal
from pathlib import Path

import psycopg
import pytest

from bot.matrix.account.store import Session
from bot.sender import AT_ONCE
from tests.fakes import DEVICE
from tests.scale.leases import BOT
from tests.scale.rooms import EACH, LOOKS, ROOMS, SENDS, Rooms, house, judged, led, world

WITHIN, PATIENCE, RESTS = 2.0, 4.0, 1.0
"""Seconds; in the order in which they stand to each other in `bot.sender` and `bot.sending.handing`."""
BACK_WITHIN = 20.0
"""Seconds from a new session to senders that take posts: both sides look every 2 s; the rest is a busy machine's."""
FENCED_OFF = "UPDATE lease SET fence = fence + 1, holder = '', until = clock_timestamp() WHERE account = %s"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("bot.sending.handing.PATIENCE", PATIENCE)
    monkeypatch.setattr("bot.sending.handing.RESTS", RESTS)
    caplog.set_level(logging.WARNING, "bot.sending.handing")


def taken_back(caplog: pytest.LogCaptureFixture) -> int:
    return sum("was not answered by a sender" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("where", [LOOKS, SENDS])
async def test_senders_that_are_killed_lose_nothing(
    postgres_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    """One of two, time and again, while both have posts under way: not sent yet, or sent and not answered."""
    rooms, wanted = Rooms(), list[str]()
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        senders.begins(WITHIN)
        for lot in "abcd":
            senders.begins(WITHIN)
            await made.present(2)
            with rooms.shut(where):
                wanted += await made.offered(lot)
                await rooms.held(AT_ONCE + 1)
                before = taken_back(caplog)
                victim = senders.processes[-2]
                victim.kill()
                await asyncio.to_thread(victim.join)
                assert await made.under_way() > AT_ONCE, "both had posts under way"
            await made.drained()
            judged(rooms, wanted)
            assert taken_back(caplog) > before, "those of the one that was killed"
        assert rooms.repeated > 0 or where == LOOKS


@pytest.mark.parametrize("where", [LOOKS, SENDS])
async def test_a_sender_that_was_stopped_and_wakes_sends_nothing_twice(
    postgres_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    """Before its posts were sent, or with the answers on their way; then it goes on with others."""
    rooms = Rooms()
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        stopped = senders.begins(WITHIN)
        assert stopped.pid
        await made.present(1)
        with rooms.shut(where):
            wanted = await made.offered("a")
            await rooms.held()
            os.kill(stopped.pid, signal.SIGSTOP)
        await made.drained()
        judged(rooms, wanted)
        assert taken_back(caplog) > 0
        repeated, by_senders = rooms.repeated, rooms.by_senders
        assert (repeated > 0) == (where == SENDS)
        os.kill(stopped.pid, signal.SIGCONT)
        await asyncio.sleep(2 * WITHIN)
        assert (rooms.repeated, rooms.by_senders) == (repeated, by_senders), "what it had taken is too old"
        assert await made.under_way() == 0
        wanted += await made.offered("b")
        await made.drained()
        judged(rooms, wanted)
        assert rooms.by_senders > by_senders, "it sends again"


async def test_a_sender_that_is_told_to_stop_says_what_it_has_sent(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms()
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        stops = senders.begins()
        await made.present(1)
        with rooms.shut(SENDS):
            wanted = await made.offered()
            await rooms.held()
            stops.terminate()
            await asyncio.sleep(0.2)
        await asyncio.to_thread(stops.join)
        sent = rooms.by_senders
        senders.begins()
        await made.drained()
        judged(rooms, wanted)
        assert 0 < sent <= AT_ONCE
        assert rooms.repeated == 0, "nobody had to ask again what became of them"


@pytest.mark.parametrize("where", [LOOKS, SENDS])
async def test_another_leader_takes_over_while_senders_have_posts(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """What they had taken from the first one is not taken for an answer to the second."""
    monkeypatch.setattr("bot.sending.handing.PATIENCE", 60.0)
    rooms = Rooms()
    async with house(postgres_database, rooms, tmp_path) as (settings, senders):
        with rooms.shut(where):
            async with led(settings, rooms) as first:
                for _ in range(2):
                    senders.begins()
                await first.present(2)
                wanted = await first.offered("a")
                await rooms.held(AT_ONCE + 1)
                assert await first.under_way() > AT_ONCE
                with psycopg.connect(postgres_database) as other:
                    other.execute(FENCED_OFF, (BOT,))
            sent = len(rooms.known)
            assert sent == (0 if where == LOOKS else rooms.by_senders)
        async with led(settings, rooms) as second:
            assert await second.box.resume() == ROOMS * EACH, "no answer has reached the first one"
            wanted += await second.offered("b")
            await second.drained()
            judged(rooms, wanted)
            assert rooms.by_senders > sent, "the senders go on for the second"


async def test_a_token_that_is_revoked_loses_nothing_and_senders_go_on_with_the_new_one(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until there is a new one they take nothing, nobody waits for them, and no room pays for it with a pause."""
    monkeypatch.setattr("bot.sending.handing.PATIENCE", 600.0)
    rooms = Rooms()
    rooms.revoked_after = 50
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        for _ in range(2):
            senders.begins()
        await made.present(2)
        wanted = await made.offered("a")
        await made.present(0)
        assert await made.under_way() == 0
        await made.drained()
        judged(rooms, wanted)
        assert made.box._posts["retried"] == 0, "no post was to blame"
        assert len(made.leader.attempts) == ROOMS * EACH - rooms.by_senders
        assert 0 < rooms.strangers <= 2 * AT_ONCE, "nobody goes on asking with it"
        await asyncio.to_thread(made.keys.save, Session(BOT, DEVICE, rooms.token))
        async with asyncio.timeout(BACK_WITHIN):
            await made.present(2)
        itself = len(made.leader.attempts)
        wanted += await made.offered("b")
        await made.drained()
        judged(rooms, wanted)
        assert len(made.leader.attempts) == itself, "all of these went through senders"
        assert rooms.strangers <= 2 * AT_ONCE
