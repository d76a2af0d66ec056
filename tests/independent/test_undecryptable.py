"""A room key of matrix-js-sdk gets lost: the client is asked, the user told, and what was said is done once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types
import pytest

import bot.matrix.listening as listening_module
from bot import app
from bot.config import load
from bot.demo.connection import Json
from bot.demo.person import relates_to
from bot.matrix.crypto.machine import Machine
from bot.store import sealed
from tests.crash.process import Installation
from tests.independent.conftest import NewSealedGroup


class Deaf:
    """While it is, nothing that is encrypted for the bot's device reaches it; the homeserver delivers it once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = False
        self.missed = 0
        real = Machine.handle_to_device_event

        def handle(machine: Machine, event: Any) -> Any:
            if self.now and isinstance(event, nio.OlmEvent):
                self.missed += 1
                return None
            return real(machine, event)

        monkeypatch.setattr(Machine, "handle_to_device_event", handle)


@asynccontextmanager
async def running(installation: Installation) -> AsyncIterator[None]:
    """The bot in this process, ready."""
    ready = asyncio.Event()
    settings = load(installation.folder / "config.toml")
    work = asyncio.create_task(app.run(settings, ready.set, tick=0.2))
    try:
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({work, waiting}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), work.exception() if work.done() else "not ready"
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def test_a_lost_key_is_asked_for_and_its_message_answered_once(
    new_sealed_group: NewSealedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "TELL_AFTER", timedelta(seconds=2))
    monkeypatch.setattr(sealed, "ASK_AGAIN", (timedelta(seconds=6),) * 4)
    monkeypatch.setattr(listening_module, "KEYS_EVERY", timedelta(seconds=1))
    monkeypatch.setattr(listening_module, "LONG_POLL", 500)
    deaf = Deaf(monkeypatch)
    group = await new_sealed_group(1)
    anna, us = group.anna, group.installation.user_id
    async with running(group.installation):
        room = await anna.create_room("Runde", invite=[us])
        await anna.wait_for(room, lambda event: event["sender"] == us and event["type"] == "m.room.message", timeout=60)
        deaf.now = True
        asked = await anna.say(room, "!hilfe")
        told = await anna.wait_for(room, lambda event: asked in relates_to(event) and event["sender"] == us, timeout=60)
        assert "kann ich nicht lesen" in told["content"]["body"]
        assert (told["content"]["msgtype"], told["content"]["m.mentions"], told["shield"]) == ("m.notice", {}, 0)
        assert deaf.missed
        deaf.now = False

        def answers(event: Json) -> bool:
            return asked in relates_to(event) and "können Sie hier tun" in event["content"].get("body", "")

        await anna.wait_for(room, answers, timeout=60)
        after = await anna.ask(room, "!hilfe")
        assert "können Sie hier tun" in after["content"]["body"]
    history = await anna.history(room)
    assert len([event for event in history if answers(event)]) == 1
    assert len([event for event in history if "kann ich nicht lesen" in event["content"].get("body", "")]) == 1
