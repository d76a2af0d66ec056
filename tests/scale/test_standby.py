"""What a process does that stands by, and how it ends when another has taken over."""

import asyncio
import io
import logging
import os
import threading
import time
from pathlib import Path

import aiohttp
import pytest
from rich.console import Console

import bot.standby as module
from bot.app import run
from bot.checkup import check
from bot.errors import InUse
from bot.matrix.reach import Away
from bot.matrix.safe import SafeClient
from bot.standby import lead, predecessor
from bot.store.database import Database
from bot.store.lease import Lease
from bot.transfer import Transfer
from bot.vitals import Vitals
from tests.backing_up import US, Installation
from tests.scale.leases import BOT, SHORT, another_takes_over, leading
from tests.test_monitoring import free_port

LONG = 60.0  # seconds


async def test_whoever_waits_says_so_once_and_takes_over(
    postgres_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    vitals, led = Vitals(), asyncio.Event()

    async def work() -> None:
        led.set()
        await asyncio.Event().wait()

    with leading(postgres_database, lasts=LONG) as first:
        second = asyncio.create_task(lead(Lease(postgres_database, BOT, SHORT), vitals, work))
        while not _says_standby(vitals):  # noqa: ASYNC110 - told by another thread
            await asyncio.sleep(0.01)
        await asyncio.sleep(SHORT)
        assert not led.is_set()
        await asyncio.to_thread(first.stop)
        await asyncio.wait_for(led.wait(), 30)
    said = [record.getMessage() for record in caplog.records if record.name == "bot.standby"]
    assert said == [
        f"standby: {first.lease.holder} leads; we take over when it is gone",
        f"taking over: we lead as {BOT}, number 2",
    ]
    assert _says_standby(vitals) is False
    await _cancelled(second)


def _says_standby(vitals: Vitals) -> bool:
    return vitals.standby


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_work_ends_when_another_has_taken_over(postgres_database: str) -> None:
    ended = []

    async def work() -> None:
        another_takes_over(postgres_database)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("in order")

    with pytest.raises(InUse, match="another process has taken over"):
        await lead(Lease(postgres_database, BOT, SHORT), Vitals(), work)
    assert ended == ["in order"]


async def test_who_cannot_end_in_order_ends_all_the_same(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is that of the process, so it is noted here."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(module, "ENDS_WITHIN", 0.05)
    monkeypatch.setattr(os, "_exit", lambda code: loop.call_soon_threadsafe(ended.set) if code else None)

    async def work() -> None:
        another_takes_over(postgres_database)
        while True:
            try:
                await asyncio.wait_for(ended.wait(), 30)
            except asyncio.CancelledError:
                continue  # as what waits for a network that is gone
            return

    with pytest.raises(InUse):
        await lead(Lease(postgres_database, BOT, SHORT), Vitals(), work)
    assert ended.is_set()


@pytest.mark.parametrize("blocked", [False, True])
async def test_a_loop_that_hangs_ends_the_process(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, blocked: bool
) -> None:
    """At once and whatever else holds it up, the log perhaps. The end is noted here."""
    ended: list[int] = []
    monkeypatch.setattr(module, "HANGS_AFTER", SHORT)
    monkeypatch.setattr(module, "LAST_WORDS", 0.05 if blocked else 30)
    monkeypatch.setattr(os, "_exit", ended.append)
    may_say = threading.Event()
    if blocked:
        monkeypatch.setattr(module.log, "critical", lambda *_: may_say.wait(30))

    async def work() -> None:
        for _ in range(3000):
            if ended:
                return
            time.sleep(0.01)  # noqa: ASYNC251 - that is what this is about

    await lead(Lease(postgres_database, BOT, SHORT), Vitals(), work)
    may_say.set()
    assert ended == [1]
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]
    assert blocked or (len(said) == 1 and "hangs for more than" in said[0] and "test_standby.py" in said[0])
    with leading(postgres_database) as next_one:
        assert next_one.lease.fence == 2


async def test_a_loop_that_is_merely_busy_does_not(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)

    async def work() -> None:
        for _ in range(12):
            time.sleep(SHORT / 2)  # noqa: ASYNC251 - as above
            await asyncio.sleep(0)

    monkeypatch.setattr(module, "HANGS_AFTER", 4 * SHORT)
    await lead(Lease(postgres_database, BOT, SHORT), Vitals(), work)
    assert ended == []


async def test_what_the_work_raises_comes_through_and_the_lease_is_free(postgres_database: str) -> None:
    async def work() -> None:
        raise LookupError("ours")

    with pytest.raises(LookupError, match="ours"):
        await lead(Lease(postgres_database, BOT, LONG), Vitals(), work)
    with leading(postgres_database) as next_one:
        assert next_one.lease.fence == 2


async def test_nothing_is_asked_of_the_homeserver_unless_we_lead(postgres_database: str, tmp_path: Path) -> None:
    """Nobody listens at that address: whoever asks there learns so."""
    with leading(postgres_database) as first:
        client = SafeClient("http://127.0.0.1:9", BOT, "DEVICE", tmp_path, "key", first.lease)
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.send("GET", "/_matrix/client/versions")
        client.reach.answered()
        another_takes_over(postgres_database)
        assert first.noted.next() == "lost"
        with pytest.raises(Away, match="not ours now"):
            await client.send("PUT", "/_matrix/client/v3/rooms/!a:b/send/m.room.message/1", data="{}")
        await client.close()


async def test_a_standby_touches_nothing_and_says_how_it_is(postgres_database: str, tmp_path: Path) -> None:
    """Not the keys, not the tables: a newer release may stand by beside an older one."""
    house = Installation(tmp_path / "b", url=postgres_database)
    port = free_port()
    with house.config.open("a") as config:
        config.write(f"[monitoring]\nport = {port}\n")
    with leading(postgres_database, US, LONG):
        bot = asyncio.create_task(run(house.settings))
        status, told = await _health(port)
        assert (status, told["status"], told["reasons"]) == (200, "standby", [])
        await _cancelled(bot)
    assert sorted(file.name for file in house.folder.iterdir()) == ["config.toml"]
    database = Database(postgres_database)
    tables = database.run_now(lambda session: session.connection().exec_driver_sql(TABLES).scalars().all())
    database.close()
    assert tables == ["lease"]


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


async def _health(port: int) -> tuple[int, dict[str, object]]:
    """As soon as it says that it stands by."""
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            try:
                async with session.get(f"http://127.0.0.1:{port}/health") as answer:
                    told = await answer.json()
                    if told["status"] == "standby":
                        return answer.status, told
            except aiohttp.ClientConnectorError:
                pass  # not open yet
            await asyncio.sleep(0.05)
    raise AssertionError("it never says standby")


def test_commands_that_write_wait_for_no_running_bot(postgres_database: str, tmp_path: Path) -> None:
    house = Installation(tmp_path / "b", url=postgres_database)
    people = tmp_path / "people.csv"
    people.write_text("Organisation\nLindenstadt")
    with leading(postgres_database, US, LONG):
        with pytest.raises(InUse, match="direct chat"):
            Transfer(house.settings, Console(file=io.StringIO())).read_in(people, None)
        assert "Stop it first" in house.refusal("outbox", "--retry", "1")
        found = {finding.what: finding for finding in check(house.config)}
        assert found["database"].good
        assert "in use by the running bot" in found["database"].says
        assert "the running bot holds the session" in found["login"].says
    assert Transfer(house.settings, Console(file=io.StringIO())).read_in(people, None) == 0


def test_who_held_the_lease_here_before_is_known_to_be_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "crypto.standing"
    with predecessor(file, "first") as before:
        assert before is None
        with predecessor(file, "beside it") as alive:
            assert alive is None, "it lives: the lock is held"
    with predecessor(file, "second") as before:
        assert before == "first"
    monkeypatch.setattr(module, "BOOT", tmp_path / "boot")
    (tmp_path / "boot").write_text("another machine\n")
    with predecessor(file, "third") as before:
        assert before is None
    with predecessor(tmp_path / "nowhere" / "file", "fourth") as before:
        assert before is None
