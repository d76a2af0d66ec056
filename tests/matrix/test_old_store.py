"""Keys must never go back, and one account has one bot: what the homeserver has on record of our store decides."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.checkup import check
from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError
from bot.matrix.account import generation
from bot.matrix.account.folder import Folder
from bot.matrix.client import Account
from tests.matrix.conftest import NewBot
from tests.matrix.edge import Edge, edge_of
from tests.matrix.identities import password_of, signed_in
from tests.matrix.stores import (
    copied,
    devices,
    generation_of,
    lose_database,
    lose_session,
    our_session,
    put_back,
    record,
    revoke,
)

NewSettings = Callable[[], Awaitable[Matrix]]


@pytest.fixture
async def edge(homeserver: Homeserver) -> AsyncIterator[Edge]:
    async with edge_of(homeserver.url) as edge:
        yield edge


async def test_each_sign_in_and_each_stop_counts(new_settings: NewSettings) -> None:
    settings = await new_settings()
    account = Account(settings)
    await account.login()
    assert (generation_of(settings), (await record(settings))["generation"]) == (1, 1)
    since = (await record(settings))["since"]
    await account.close()
    assert (generation_of(settings), (await record(settings))["generation"]) == (2, 2)
    await signed_in(settings)
    assert (generation_of(settings), (await record(settings))["generation"]) == (4, 4)
    assert (await record(settings))["since"] == since


async def test_an_old_store_is_refused(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    old = copied(settings, tmp_path / "copy")
    await signed_in(settings)
    put_back(old, settings)
    for _ in range(2):
        with pytest.raises(OperatorError) as refused:
            await signed_in(settings)
        assert f"device {first} has done since: it is at generation 2, the homeserver knows 4" in str(refused.value)
        assert f"Either take {settings.store / 'session.json'} away" in str(refused.value)
    assert await devices(settings) == {first}
    assert generation_of(settings) == 2, "nothing was touched"

    lose_session(settings)  # what the message says
    second = await signed_in(settings)
    assert second != first
    assert await devices(settings) == {second}
    assert (settings.store / f"{settings.user_id}_{first}.db.old").exists()


async def test_old_keys_beside_a_new_session_are_refused(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    device = await signed_in(settings)
    old = copied(settings, tmp_path / "copy")
    await signed_in(settings)
    lose_database(settings)
    name = f"{settings.user_id}_{device}.db"
    shutil.copy(old / name, settings.store / name)
    with pytest.raises(OperatorError, match="is older than what device"):
        await signed_in(settings)


async def test_a_copy_of_the_latest_state_may_be_put_back(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    device = await signed_in(settings)
    put_back(copied(settings, tmp_path / "copy"), settings)
    assert await signed_in(settings) == device


async def test_an_old_store_whose_session_has_ended_is_no_danger(new_settings: NewSettings, tmp_path: Path) -> None:
    """It starts as a new device anyhow."""
    settings = await new_settings()
    first = await signed_in(settings)
    old = copied(settings, tmp_path / "copy")
    await signed_in(settings)
    await revoke(settings)
    put_back(old, settings)
    assert await signed_in(settings) != first


async def test_a_damaged_database_says_what_to_do(new_settings: NewSettings) -> None:
    settings = await new_settings()
    device = await signed_in(settings)
    file = settings.store / f"{settings.user_id}_{device}.db"
    file.write_bytes(b"kein SQLite" * 1000)
    with pytest.raises(OperatorError, match=re.escape(f"{file}: file is not a database; if it is damaged")):
        await signed_in(settings)
    lose_session(settings)
    assert await signed_in(settings) != device
    assert file.exists()


async def test_check_follows_the_same_rule(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    await signed_in(settings)
    config = tmp_path / "config.toml"
    config.write_text(
        f'coordinators = ["@anna:netz.example"]\n[matrix]\nhomeserver = "{settings.homeserver}"\n'
        f'user_id = "{settings.user_id}"\npassword = "{password_of(settings)}"\nstore = "{settings.store}"\n',
        encoding="utf-8",
    )
    old = copied(settings, tmp_path / "copy")
    findings = await asyncio.to_thread(lambda: list(check(config)))
    assert all(finding.good for finding in findings), findings
    assert generation_of(settings) == (await record(settings))["generation"] == 4
    put_back(old, settings)
    findings = await asyncio.to_thread(lambda: list(check(config)))
    (login,) = (finding for finding in findings if finding.what == "login")
    assert not login.good
    assert "is older than what device" in login.says


async def test_the_record_is_kept_while_we_listen(
    new_bot: NewBot, edge: Edge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bot = await new_bot()
    await bot.stop()
    monkeypatch.setattr(generation, "EVERY", 0.05)
    bot.settings = edge.before(bot.settings)
    await bot.start()
    edge.instead[generation.TYPE] = lambda _body: web.json_response({}, status=502)
    async with asyncio.timeout(20):
        while "is not on record, again within the hour" not in caplog.text:  # noqa: ASYNC110 - the log tells nobody
            await asyncio.sleep(0.01)
    edge.instead.clear()
    before = (await record(bot.settings))["generation"]
    async with asyncio.timeout(20):
        while (await record(bot.settings))["generation"] < before + 3:
            pass
    await bot.stop()
    assert generation_of(bot.settings) == (await record(bot.settings))["generation"]


async def test_a_store_that_takes_nothing_for_a_while_stops_nobody(
    new_bot: NewBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Locked here; a full disk is the same to SQLite."""
    bot = await new_bot()
    await bot.stop()
    monkeypatch.setattr(generation, "EVERY", 0.05)
    await bot.start()
    with closing(sqlite3.connect(Folder(bot.settings).database(bot.account.device_id), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(30):
            while "database is locked; make room" not in caplog.text:  # noqa: ASYNC110 - the log tells nobody
                await asyncio.sleep(0.05)
        other.execute("ROLLBACK")
    before = (await record(bot.settings))["generation"]
    async with asyncio.timeout(30):
        while (await record(bot.settings))["generation"] == before:
            pass
    assert bot.task is not None
    assert not bot.task.done()


async def test_a_homeserver_that_is_gone_keeps_nobody_from_stopping(
    new_settings: NewSettings, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "STOP_TIMEOUT", 0.2)
    settings = edge.before(await new_settings())
    account = Account(settings)
    await account.login()
    hanging = asyncio.Event()

    async def silent(_request: web.Request) -> web.StreamResponse:
        await hanging.wait()
        return web.Response()

    monkeypatch.setattr(edge, "handle", silent)
    await account.close()
    hanging.set()


@pytest.mark.parametrize("content", [{"device_id": 3, "generation": "viele"}, {"since": 10**15}, {"leftover": {}}])
async def test_a_record_of_somebody_elses_making_is_replaced(
    content: dict[str, Any], new_settings: NewSettings
) -> None:
    settings = await new_settings()
    device = await signed_in(settings)
    path = f"user/{settings.user_id}/account_data/{generation.TYPE}"
    await our_session(settings).ask("PUT", path, await record(settings) | content)
    assert await signed_in(settings) == device
    assert (await record(settings))["generation"] == generation_of(settings)


async def test_the_generation_lies_in_the_database(new_settings: NewSettings) -> None:
    """So that it goes wherever the keys go; nio keeps off that place."""
    settings = await new_settings()
    device = await signed_in(settings)
    database = sqlite3.connect(settings.store / f"{settings.user_id}_{device}.db")
    assert database.execute("PRAGMA user_version").fetchone() == (2,)
    database.close()
