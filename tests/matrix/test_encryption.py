"""Encrypted rooms, with a second nio as the person's client."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import nio  # type: ignore[import-untyped]
import peewee  # type: ignore[import-untyped]
import pytest

import bot.matrix.listening as listening_module
from bot.errors import TryAgain
from bot.events import Message, Named, Powers, Undecryptable
from bot.post import Post
from tests.matrix.anna import Anna
from tests.matrix.conftest import NewBot, encrypted_room


async def test_both_directions(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    await anna.say(room, "!help")
    await bot.until_said(room, "!help")

    content = {"msgtype": "m.text", "body": "So geht es."}
    post = Post(room, "m.room.message", content, "t1", datetime.now(UTC))
    event_id = await bot.account.send(post)
    await anna.until(lambda: any(e.event_id == event_id for e in anna.events))
    received = next(e for e in anna.events if e.event_id == event_id)
    assert (received.decrypted, received.body) == (True, "So geht es.")
    raw = await anna.client.send("GET", f"/_matrix/client/v3/rooms/{room}/event/{event_id}", headers=_token(anna))
    assert (await raw.json())["type"] == "m.room.encrypted"
    assert await bot.account.send(post) == event_id
    assert await bot.account.find(post) == event_id

    # The same after a restart, from the stored keys, and for what was said meanwhile.
    await bot.stop()
    await anna.say(room, "!status")
    await bot.start()
    await bot.until_said(room, "!status")
    assert not any(isinstance(e, Undecryptable) for e in bot.events(room))


async def test_encrypted_state_changes_nothing(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    await anna.say(room, "vorher")
    olm, client = anna.client.olm, bot.account._client
    before = dict(client.rooms[room].power_levels.users)
    person = anna.client.user_id
    lies: list[tuple[str, str, dict[str, Any]]] = [
        ("m.room.name", "", {"name": "Falsch"}),
        ("m.room.member", "@niemand:netz.example", {"membership": "join"}),
        ("m.room.power_levels", "", {"users": {person: 100}, "events_default": 50}),
        ("m.room.tombstone", "", {"replacement_room": "!falle:netz.example"}),
        ("m.room.redaction", "", {"redacts": "$irgendwas"}),
    ]
    for number, (kind, key, content) in enumerate(lies):
        inside = {"type": kind, "state_key": key, "content": content, "redacts": "$irgendwas"}
        await _raw(anna, room, olm.group_encrypt(room, inside), f"lie{number}")
    # Malformed inside, with a sender of its own choice.
    forged: list[dict[str, Any]] = [{"type": 3, "content": {}, "sender": "@chef:x.example", "event_id": []}, {}]
    for number, wrong in enumerate(forged):
        await _raw(anna, room, olm.group_encrypt(room, wrong), f"bad{number}")
    await anna.say(room, "nachher")
    await bot.until_said(room, "nachher")
    assert bot.bodies(room) == ["vorher", "nachher"]
    assert [e.name for e in bot.events(room) if isinstance(e, Named)] == ["Echt"]
    assert {e.sender for e in bot.events(room)} == {person}
    assert client.rooms[room].name == "Echt"
    assert "@niemand:netz.example" not in client.rooms[room].users
    assert dict(client.rooms[room].power_levels.users) == before
    assert len([e for e in bot.events(room) if isinstance(e, Undecryptable)]) == 2
    assert len([e for e in bot.events(room) if isinstance(e, Powers)]) == 1  # those we found when we came
    assert all(isinstance(e, Message | Named | Powers | Undecryptable) for e in bot.events(room))


async def test_one_time_keys_are_uploaded_again_when_none_are_left(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    wanted = {bot.account.user_id: {bot.account.device_id: "signed_curve25519"}}
    await bot.stop()
    for _ in range(50):
        answer = await anna.client.send(
            "POST", "/_matrix/client/v3/keys/claim", nio.Api.to_json({"one_time_keys": wanted}), _token(anna)
        )
        assert (await answer.json())["one_time_keys"]
    await bot.start()
    await bot.until(lambda: bot.account._client.olm.uploaded_key_count == 50)
    await anna.say(room, "noch da?")
    await bot.until_said(room, "noch da?")


async def test_a_failed_key_share_is_made_up_for(new_bot: NewBot, anna: Anna, monkeypatch: pytest.MonkeyPatch) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    client = bot.account._client
    real = client.send
    failures: list[str] = []

    async def failing(method: str, path: str, *arguments: Any, **options: Any) -> Any:
        kind = next((kind for kind in ("/keys/claim", "/sendToDevice/") if kind in path), None)
        if kind is not None and kind not in failures:
            failures.append(kind)
            raise OSError("broken")
        return await real(method, path, *arguments, **options)

    monkeypatch.setattr(client, "send", failing)
    post = Post(room, "m.room.message", {"msgtype": "m.text", "body": "endlich"}, "t1", datetime.now(UTC))
    for _ in range(2):
        with pytest.raises(TryAgain):
            await asyncio.wait_for(bot.account.send(post), 10)
    event_id = await asyncio.wait_for(bot.account.send(post), 10)
    assert len(failures) == 2
    await anna.until(lambda: any(e.event_id == event_id for e in anna.events))
    assert next(e for e in anna.events if e.event_id == event_id).decrypted


@pytest.mark.parametrize("broken", ["save_session", "save_account", "save_inbound_group_session", "COMMIT"])
async def test_a_full_disk_loses_no_room_key(
    broken: str, new_bot: NewBot, anna: Anna, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Twice: at the first message of an Olm session and at a later one. What was in the same answer comes again."""
    monkeypatch.setattr(listening_module, "FIRST_PAUSE", 0.05)
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    store: Any = bot.account._client.store
    owner, name = (store.database, "commit") if broken == "COMMIT" else (store, broken)
    real = getattr(owner, name)
    for number in range(2):
        failing = Failing(3)
        monkeypatch.setattr(owner, name, failing.before(real))
        await anna.say(room, f"Nr. {number}")
        await bot.until_said(room, f"Nr. {number}")
        assert not any(isinstance(e, Undecryptable) for e in bot.events(room))
        assert not failing.left or (number and broken == "save_account"), "a known session leaves the account alone"
        monkeypatch.setattr(owner, name, real)
        anna.client.olm.rotate_outbound_group_session(room)
    assert "the key store fails" in caplog.text
    assert "malformed to-device" not in caplog.text

    await bot.stop()  # the keys are on the disk as well
    await anna.say(room, "Ende")
    await bot.start()
    await bot.until_said(room, "Ende")


class Failing:
    """Fails a number of times, then does what it was meant to do."""

    def __init__(self, times: int) -> None:
        self.left = times

    def before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def work(*arguments: Any, **options: Any) -> Any:
            if self.left:
                self.left -= 1
                raise peewee.OperationalError("database or disk is full")
            return real(*arguments, **options)

        return work


async def test_a_full_disk_delays_a_post_and_ends_nothing(
    new_bot: NewBot, anna: Anna, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    client = bot.account._client
    monkeypatch.setattr(client.store, "save_inbound_group_session", Failing(1).before(lambda _session: None))
    post = Post(room, "m.room.message", {"msgtype": "m.text", "body": "endlich"}, "t1", datetime.now(UTC))
    with pytest.raises(TryAgain, match="disk is full"):
        await bot.account.send(post)
    monkeypatch.undo()
    await bot.account.send(post)

    failing = Failing(2)
    monkeypatch.setattr(type(client), "should_upload_keys", property(lambda _client: failing.left))
    monkeypatch.setattr(client, "keys_upload", failing.before(client.keys_upload))
    await anna.say(room, "noch da?")
    await bot.until_said(room, "noch da?")
    await anna.say(room, "immer noch?")
    await bot.until_said(room, "immer noch?")
    assert failing.left == 0
    assert "Failed at uploading our keys: OperationalError" in caplog.text


def _token(anna: Anna) -> dict[str, str]:
    return {"Authorization": f"Bearer {anna.client.access_token}"}


async def _raw(anna: Anna, room: str, content: dict[str, Any], transaction: str) -> None:
    """Send an event as it is, without nio encrypting it."""
    path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{transaction}"
    answer = await anna.client.send("PUT", path, nio.Api.to_json(content), _token(anna))
    assert answer.status == 200, await answer.text()
