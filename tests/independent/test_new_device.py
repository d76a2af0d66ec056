"""The bot comes back as a new device, for whatever reason: people's clients notice nothing, nothing is said twice."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot.demo.connection import Json
from bot.demo.person import relates_to
from tests.crash.process import PATIENCE, Installation
from tests.independent.conftest import NewSealedGroup
from tests.independent.group import SealedGroup
from tests.independent.sealed import Sealed
from tests.matrix.stores import content_of

Loss = Callable[[SealedGroup], Awaitable[None]]


def folder_of(installation: Installation) -> Path:
    return installation.folder / "crypto"


async def lose_session(group: SealedGroup) -> None:
    (folder_of(group.installation) / "session.json").unlink()


async def lose_folder(group: SealedGroup) -> None:
    shutil.rmtree(folder_of(group.installation))


async def revoke(group: SealedGroup) -> None:
    token = content_of(folder_of(group.installation))["access_token"]
    address = f"{group.anna._server}/_matrix/client/v3/logout"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        assert (await client.post(address, json={})).status == 200


def forget_what_was_sent(group: SealedGroup) -> int:
    """As if each time the process had ended between the homeserver's answer and writing it down."""
    with closing(sqlite3.connect(group.installation.database)) as database, database:
        query = "UPDATE outbox SET state = 'waiting', event_id = NULL WHERE state = 'sent' AND action = 'send'"
        return database.execute(query).rowcount


@pytest.mark.timeout(300)
@pytest.mark.parametrize("lose", [lose_session, lose_folder, revoke])
async def test_people_go_on_as_if_nothing_had_happened(lose: Loss, new_sealed_group: NewSealedGroup) -> None:
    group = await new_sealed_group(2)
    anna, ben, us = *group.people, group.installation.user_id
    async with group.running():
        room = await anna.create_room("Runde", invite=[us, ben.user_id])
        await ben.join(room)
        await anna.wait_for(
            room, lambda event: event["sender"] == us and event["type"] == "m.room.message", timeout=PATIENCE
        )
        asked = [await anna.say(room, "!hilfe"), await ben.say(room, "!idee Bänke am Fluss")]
        for event_id in asked:
            await anna.answer_to(room, event_id, timeout=PATIENCE)
        await ben.do("verify", user=us)
    before = content_of(folder_of(group.installation))["device_id"]
    assert forget_what_was_sent(group) >= len(asked)
    await lose(group)
    async with group.running():
        assert content_of(folder_of(group.installation))["device_id"] != before
        asked.append(await ben.say(room, "!idee Licht am Markt"))
        asked.append(await anna.say(room, "!ideen"))
        for event_id in asked[2:]:
            answer = await ben.answer_to(room, event_id, timeout=PATIENCE)
            assert (answer["sealed"], answer["shield"]) == (True, 0)
        await no_warning(ben, us)
    for person in (anna, ben):
        history = await person.history(room)
        assert {event_id: len(answers(history, event_id, us)) for event_id in asked} == dict.fromkeys(asked, 1)
        assert await person.unread() == {}
    ideas = answers(await anna.history(room), asked[-1], us)[0]["content"]["body"]
    assert "Bänke am Fluss" in ideas
    assert "Licht am Markt" in ideas
    await group.all_is_readable()


async def no_warning(person: Sealed, us: str) -> None:
    """Who has verified the bot still has; its one device is signed."""
    trust = await person.do("trust", user=us)
    assert (trust["verified"], trust["was_verified"], trust["changed"]) == (True, True, False)
    assert list(trust["devices"].values()) == [True]


def answers(history: list[Json], event_id: str, us: str) -> list[Json]:
    """What the bot said to this."""
    return [event for event in history if event["sender"] == us and event_id in relates_to(event)]
