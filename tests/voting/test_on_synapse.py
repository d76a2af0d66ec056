"""Histories through a real homeserver and a real bot process; the same reference, the same comparison.

`SYNAPSE_HISTORIES=500 .venv/bin/pytest tests/voting/test_on_synapse.py -n 0` gives the figure of the issue.
"""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.demo.connection import quoted
from bot.demo.homeserver import Homeserver
from bot.store.database import Database
from tests.crash.process import PASSWORD, Bot, Installation
from tests.voting.comparing import differences
from tests.voting.generator import make
from tests.voting.history import COORDINATOR, IN_ROOM, ORGANISATIONS
from tests.voting.live import GRACE, Eyes, Lane, Service, playable
from tests.voting.words import Words

HISTORIES = int(os.environ.get("SYNAPSE_HISTORIES", "10"))
LANES = 10  # histories at once, each in a room of its own
SERVER = "netz.example"


@pytest.mark.timeout(300 + HISTORIES * 6)
async def test_the_bot_counts_as_the_reference_does_on_a_homeserver(tmp_path: Path) -> None:
    left = list(range(HISTORIES))
    found: list[str] = []
    begun = time.monotonic()
    async with _stage(tmp_path, min(LANES, -(-HISTORIES // 2))) as (lanes, eyes, service):
        database = Database(f"sqlite:///{eyes.file}", read_only=True)

        async def play(lane: Lane) -> None:
            while left:
                number = left.pop()
                wanted = playable(make(number))
                history, published = await lane.play(wanted, database)
                if wrong := differences(history, published):
                    found.append("\n".join([str(history), *published.said, *wrong]))

        await asyncio.gather(*(play(lane) for lane in lanes))
        database.close()
        took = time.monotonic() - begun
        print(f"{HISTORIES} histories in {took:.0f} s, {service.sent} requests, {len(found)} differ")
    assert not found, "\n\n".join(found[:10])


@asynccontextmanager
async def _stage(folder: Path, count: int) -> AsyncIterator[tuple[list[Lane], Eyes, Service]]:
    """A homeserver, a bot that runs, and rooms with people in them."""
    token = secrets.token_hex(16)
    extra = {"app_service_config_files": [Service.registration(folder, token)]}
    async with Homeserver(folder / "homeserver", server_name=SERVER, extra=extra) as homeserver:
        service = Service(homeserver, token)
        coordinator = f"@{COORDINATOR}:{SERVER}"
        await service.register(COORDINATOR)
        us = await homeserver.register("zwischenstand", PASSWORD)
        installation = Installation.make(folder / "bot", homeserver.url, us, coordinator)
        config = folder / "bot" / "config.toml"
        config.write_text(config.read_text().replace("grace_seconds = 0", f"grace_seconds = {GRACE}"))
        async with await Bot.start(installation) as bot:
            await bot.ready()
            eyes = Eyes(installation.database)
            own = await _direct(service, eyes, coordinator, us)
            lanes = await asyncio.gather(*(_lane(service, eyes, number, us, own) for number in range(1, count + 1)))
            try:
                yield lanes, eyes, service
            finally:
                await service.close()
                eyes.close()
                if bot.process.returncode is not None:
                    print(bot.said.transcript)


async def _lane(service: Service, eyes: Eyes, number: int, us: str, coordinators: str) -> Lane:
    words = _Words(behind=f"-{number}:{SERVER}", apart=f" {number}")
    coordinator = words.person(COORDINATOR)
    people = [words.person(name) for name in IN_ROOM if name != COORDINATOR]
    directs = {COORDINATOR: coordinators}
    await asyncio.gather(*(service.register(person[1:].partition(":")[0]) for person in people))
    rooms = await asyncio.gather(*(_direct(service, eyes, person, us) for person in people))
    directs |= dict(zip(map(words.name, people), rooms, strict=True))
    anybody = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}}
    body = {"name": f"Raum {number}", "preset": "private_chat", "invite": [us], "initial_state": [anybody]}
    room_id = str((await service.call(coordinator, "POST", "/createRoom", body))["room_id"])
    for person in people:
        await service.call(person, "POST", f"/join/{quoted(room_id)}", {})
    await eyes.until("SELECT 1 FROM room WHERE room_id = ? AND network_id IS NOT NULL", room_id)
    lane = Lane(service, eyes, room_id, words, directs)
    for name in ORGANISATIONS:
        await eyes.handled(await lane.command(words.new_organisation(name)))
    return lane


async def _direct(service: Service, eyes: Eyes, person: str, us: str) -> str:
    body = {"preset": "trusted_private_chat", "is_direct": True, "invite": [us]}
    room_id = str((await service.call(person, "POST", "/createRoom", body))["room_id"])
    await eyes.until("SELECT 1 FROM room WHERE room_id = ? AND direct_with = ?", room_id, person)
    return room_id


class _Words(Words):
    """People have the lane's number behind their name; the coordinator is the same everywhere."""

    def person(self, name: str) -> str:
        return f"@{COORDINATOR}:{SERVER}" if name == COORDINATOR else super().person(name)

    def name(self, person: str) -> str:
        return COORDINATOR if person == f"@{COORDINATOR}:{SERVER}" else super().name(person)
