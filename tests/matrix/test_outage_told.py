"""A real homeserver goes down and comes back: the pages say so meanwhile, the coordinator hears of it afterwards."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot import vitals
from bot.config import Database, Matrix, Monitoring, Rooms, Settings
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from bot.domain import health
from bot.store import incidents
from bot.store.database import Database as Store
from schedules import health as watching
from tests.conftest import Newcomer
from tests.running import running

PATIENCE = 60
PASSWORD = "geheim"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes are seconds."""
    monkeypatch.setattr(health, "UNFOLLOWED", timedelta(seconds=2))
    monkeypatch.setattr(health, "CALM", timedelta(seconds=1))
    monkeypatch.setattr(watching, "EVERY", timedelta(seconds=0.2))
    monkeypatch.setattr(vitals, "BLIP", timedelta(seconds=1))


async def until(settings: Settings, fits: Callable[[int, Any], bool]) -> Any:
    """Ask how it is until the answer fits."""
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"http://127.0.0.1:{settings.monitoring.port}/health") as answer:
                told = await answer.json()
                if fits(answer.status, told):
                    return told
            await asyncio.sleep(0.2)


async def settings_for(homeserver: Homeserver, anna: Person, folder: Path) -> Settings:
    us = await homeserver.register(f"zwischenstand-{secrets.token_hex(4)}", PASSWORD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Settings(
        coordinators=(anna.user_id,),
        matrix=Matrix(homeserver=homeserver.url, user_id=us, password=SecretStr(PASSWORD), store=folder / "crypto"),
        database=Database(url=f"sqlite:///{folder}/stand.db"),
        rooms=Rooms(encrypted=False),
        monitoring=Monitoring(port=port),
    )


def on_record(settings: Settings) -> int:
    """How many times that it was away are on record, over or not."""
    with contextlib.closing(Store(settings.database.url, read_only=True)) as store:
        found = store.run_now(lambda session: incidents.latest(session, health.Trouble.HOMESERVER))
    return found.id or 0 if found else 0


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("impatient")
async def test_the_homeserver_goes_down_and_comes_back(
    homeserver: Homeserver, newcomer: Newcomer, tmp_path: Path
) -> None:
    """The bot is stopped while it lasts: the next process tells it, the one after that does not."""
    anna = await newcomer("anna", auto_join=True)
    settings = await settings_for(homeserver, anna, tmp_path)
    async with running(settings):
        told = await until(settings, lambda status, _: status == 200)
        assert told["last_sync"]
        homeserver.kill()
        try:
            told = await until(settings, lambda status, _: status == 503 and on_record(settings) == 1)
        finally:
            await homeserver.start()
    (reason,) = told["reasons"]
    assert reason.startswith("the homeserver cannot be followed since 20")
    async with running(settings):
        room = await anna.wait_for_invite(PATIENCE)
        await anna.wait_for(room, _is_told, timeout=PATIENCE)
        await until(settings, lambda status, _: status == 200)
    async with running(settings):
        for _ in range(6):
            await anna.ask(room, "hilfe", timeout=PATIENCE)
        told = await until(settings, lambda _, told: told["clock_skew_seconds"] is not None)
        assert abs(told["clock_skew_seconds"]) < 10, "both run on this machine"
    said = [event for event in await anna.history(room) if _is_told(event)]
    assert len(said) == 1
    assert "Mein Homeserver war für mich nicht erreichbar, von " in said[0]["content"]["body"]
    assert on_record(settings) == 1


def _is_told(event: dict[str, Any]) -> bool:
    return str(event["content"].get("body", "")).startswith("Wieder in Ordnung")
