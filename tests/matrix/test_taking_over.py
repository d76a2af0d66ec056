"""Two machines, one PostgreSQL, one device: whoever leads reads and writes on, and the other can move no ratchet."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from vodozemac import MegolmMessage

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import Fenced, TryAgain, Unsigned
from bot.matrix.account import recovery
from bot.matrix.account.store import store_of
from bot.matrix.crypto.ciphers import MEGOLM
from tests.crash.process import Bot, Installation
from tests.matrix.anna import Anna
from tests.matrix.conftest import PASSWORD, Recorder, encrypted_room
from tests.matrix.sealed import on_server, post, read
from tests.matrix.tables import leading

NewSettings = Callable[[], Awaitable[Matrix]]


def elsewhere(settings: Matrix, name: str = "anderswo") -> Matrix:
    """Another machine: nothing is there but the key file."""
    folder = settings.store.parent.with_name(name)
    folder.mkdir()
    shutil.copy(settings.key_file, folder / settings.key_file.name)
    return settings.model_copy(update={"store": folder / settings.store.name})


async def place(person: Anna, room: str, event_id: str) -> tuple[str, str, int]:
    """Which key of whose device locks an event: device, session, index."""
    content: dict[str, Any] = (await on_server(person, room, event_id))["content"]
    index = MegolmMessage.from_base64(content["ciphertext"]).message_index()
    return content["device_id"], content["session_id"], index


async def test_the_other_machine_goes_on_as_the_same_device(
    new_settings: NewSettings, postgres_database: str, anna: Anna
) -> None:
    settings = await new_settings()
    us = settings.user_id
    first = Recorder(settings, lease=leading(postgres_database, us, 1))
    await first.start()
    room = await encrypted_room(anna, first)
    await anna.say(room, "eins")
    await first.until_said(room, "eins")
    said = [await first.account.send(post(room, f"{number}")) for number in range(3)]
    await first.unfollow()  # it does nothing any more, and has said goodbye to nobody
    await anna.say(room, "inzwischen")
    assert {file.name for file in settings.store.parent.iterdir()} == {settings.key_file.name}, "nothing is left there"

    second = Recorder(elsewhere(settings), token=first.token, lease=leading(postgres_database, us, 2))
    await second.start()
    assert second.account.device_id == first.account.device_id
    assert second.account.fingerprints == first.account.fingerprints
    await second.until_said(room, "inzwischen")
    said += [await second.account.send(post(room, f"noch {number}")) for number in range(3)]
    assert all([(await read(anna, event_id)).decrypted for event_id in said])
    places = [await place(anna, room, event_id) for event_id in said]
    assert len(set(places)) == len(places), "no index of a session locks twice"
    assert {device for device, _, _ in places} == {second.account.device_id}

    before = _keys(second)
    with pytest.raises(Fenced):  # now the other wakes
        first.account._client.store.save_account(first.account._client.olm.account)
    with pytest.raises(TryAgain):
        await first.account.send(post(room, "zu spät"))
    assert _keys(second) == before
    await second.stop()
    await first.stop()


def _keys(bot: Recorder) -> list[Any]:
    database = bot.account._client.store.database
    queries = ("SELECT * FROM accounts", "SELECT * FROM olmsessions ORDER BY session_id")
    return [database.execute_sql(query).fetchall() for query in queries]


async def test_as_processes(
    homeserver: Homeserver, anna: Anna, tmp_path: Path, postgres_database: str, new_settings: NewSettings
) -> None:
    """kill -9, and a machine that has nothing but the key file answers what was said meanwhile."""
    us, person = (await new_settings()).user_id, str(anna.client.user_id)
    machines = [
        Installation.make(
            tmp_path / name,
            homeserver.url,
            us,
            person,
            f'password = "{PASSWORD}"',
            encrypted=True,
            database=postgres_database,
        )
        for name in ("eins", "zwei")
    ]
    async with await Bot.start(machines[0]) as first:
        await first.ready()
        room = await room_with(anna, us)
        answers = [await answer_to(anna, room, us, "!hilfe")]
        shutil.copy(machines[0].folder / "crypto.key", machines[1].folder / "crypto.key")
        async with await Bot.start(machines[1]) as second:
            await second.said.until("standby")
            await first.kill()
            answers.append(await answer_to(anna, room, us, "!status"))
            await second.ready()
            answers.append(await answer_to(anna, room, us, "!hilfe"))
    assert all(answer.decrypted for answer in answers)
    places = [await place(anna, room, answer.event_id) for answer in answers]
    assert len({device for device, _, _ in places}) == 1
    assert len(set(places)) == len(places)
    assert not list(machines[1].folder.glob("crypto/*.db"))


async def room_with(anna: Anna, us: str) -> str:
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": MEGOLM}}
    created = await anna.client.room_create(name="Runde", invite=[us], initial_state=[encryption])
    room = str(created.room_id)
    await anna.until(lambda: room in anna.client.rooms and us in anna.client.rooms[room].users)
    await anna.until(lambda: not anna.client.rooms[room].users[us].invited)
    await anna.until(lambda: bool(list(anna.client.device_store.active_user_devices(us))))
    return room


async def answer_to(anna: Anna, room: str, us: str, words: str) -> Any:
    """The one event of the bot's that relates to what is said now; the bot may be away for a while."""
    content = {"msgtype": "m.text", "body": words}
    sent = await anna.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)

    def answers() -> list[Any]:
        return [each for each in anna.events if each.sender == us and sent.event_id in str(each.source.get("content"))]

    async with asyncio.timeout(90):
        while not answers():
            await anna.sync()
    return answers()[0]


async def test_seeds_that_are_lost_come_back_by_the_recovery_key(
    new_settings: NewSettings, postgres_database: str
) -> None:
    settings = await new_settings()
    bot = Recorder(settings, lease=leading(postgres_database, settings.user_id))
    await bot.sign_in()
    before = bot.account.fingerprints
    await bot.account.close()
    with store_of(settings, postgres_database).seeds.showing() as key:
        assert key is not None
    with psycopg.connect(postgres_database) as connection:
        connection.execute("DELETE FROM keys.secret WHERE name = 'signing-keys'")
    with pytest.raises(Unsigned, match=r"signing-keys in the table keys\.secret \(database\.url\) is missing"):
        await bot.sign_in()
    prints = await recovery.recover(settings, lambda: key, leading(postgres_database, settings.user_id, 2))
    assert prints == before
    assert not settings.signing_file.exists()
