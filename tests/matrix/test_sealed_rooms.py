"""Encrypted rooms: those we open, those that change under us, and who can read what is said there."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest

from bot.demo.homeserver import Homeserver
from bot.errors import Rejected
from bot.events import Echo, Undecryptable
from bot.matrix.crypto.ciphers import MEGOLM
from bot.matrix.safe import SafeClient
from bot.post import NewRoom, Upload
from tests.matrix.anna import Anna
from tests.matrix.conftest import PASSWORD, NewBot, Recorder, WithKeys, encrypted_room, in_room
from tests.matrix.sealed import call, can_read, come_in, is_in, on_server, post, read, set_state

ENCRYPTION = "m.room.encryption"
WORDS = {"msgtype": "m.text", "body": "!hilfe"}


async def plain_room(anna: Anna, bot: Recorder, *initial: dict[str, Any]) -> str:
    created = await anna.client.room_create(name="Runde", invite=[bot.account.user_id], initial_state=list(initial))
    room = str(created.room_id)
    await in_room(bot, room)
    await anna.until(lambda: room in anna.client.rooms and bot.account.user_id in anna.client.rooms[room].users)
    return room


async def algorithm(bot: Recorder, room: str) -> object:
    return (await bot.account._parts.state.content(room, ENCRYPTION) or {}).get("algorithm")


async def test_a_new_device_finds_what_the_lost_one_posted(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    await bot.unfollow()
    wanted = post(room, "gesucht", "t1")
    sent = await bot.account.send(wanted)
    await anna.say(room, "dazwischen")
    sealed = (await on_server(anna, room, sent))["content"]
    await call(anna, "PUT", "rooms", room, "send", "m.room.encrypted", "x", body=sealed | {"zwischenstand.key": "t9"})
    await bot.account.close()

    kept = {"store": bot.settings.store.with_name("neu"), "signing_keys_file": bot.settings.signing_file}
    new = Recorder(bot.settings.model_copy(update=kept), token=bot.token)
    await new.start()
    assert new.account.device_id != sealed["device_id"]
    assert await new.account.find(wanted) == sent
    assert await new.account.find(post(room, "nie gesendet", "t9")) is None, "anybody can write that key"
    await new.until(lambda: any(isinstance(e, Echo) for e in new.events(room)))
    assert [(e.event_id, e.transaction) for e in new.events(room) if isinstance(e, Echo)] == [(sent, "t1")]
    await new.stop()


async def test_rooms_that_we_open_are_encrypted_and_spaces_never(new_bot: NewBot, anna: Anna) -> None:
    bot, person = await new_bot(), str(anna.client.user_id)
    words = {"name": "Runde", "topic": "", "powers": {}}
    key = bot.account.device_id.lower()
    for encrypted in (True, False):
        new = NewRoom(key=f"r/{encrypted}", alias=f"r-{key}-{encrypted}", space=False, encrypted=encrypted, **words)
        room = await bot.account.open_room(new)
        assert await algorithm(bot, room) == (MEGOLM if encrypted else None)
        assert await bot.account._parts.state.content(room, "m.room.history_visibility") == {
            "history_visibility": "shared"
        }
    space = NewRoom(key="s", alias=f"s-{key}", space=True, encrypted=True, **words)
    assert await algorithm(bot, await bot.account.open_room(space)) is None

    direct = await bot.account.open_direct(person, encrypt=True)
    assert await algorithm(bot, direct) == MEGOLM
    await call(anna, "POST", "join", direct, body={})
    await bot.until(lambda: direct in bot.account._client.rooms and is_in(bot, direct, anna))
    sent = await bot.account.send(post(direct, "unter uns"))
    assert (await read(anna, sent)).body == "unter uns"
    assert (await on_server(anna, direct, sent))["type"] == "m.room.encrypted"


async def test_a_direct_chat_stays_as_it_was_opened(new_bot: NewBot, anna: Anna) -> None:
    bot, person = await new_bot(), str(anna.client.user_id)
    direct = await bot.account.open_direct(person, encrypt=False)
    assert await bot.account.open_direct(person, encrypt=True) == direct
    assert await algorithm(bot, direct) is None


async def test_encryption_is_switched_on_and_never_off_again(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await plain_room(anna, bot)
    before = await bot.account.send(post(room, "offen"))
    await set_state(anna, room, ENCRYPTION, {"algorithm": MEGOLM})
    await bot.until(lambda: bot.account._client.rooms[room].encrypted)
    after = await bot.account.send(post(room, "verschlossen"))
    await anna.until(lambda: bool(list(anna.client.device_store.active_user_devices(bot.account.user_id))))
    kinds = [(await on_server(anna, room, event_id))["type"] for event_id in (before, after)]
    assert kinds == ["m.room.message", "m.room.encrypted"]
    assert (await read(anna, after)).body == "verschlossen"
    await bot.stop()

    # A homeserver that lies about it after a restart: the room is said to have no encryption at all.
    await bot.sign_in()
    client = bot.account._client
    timeline = {"events": [], "limited": False, "prev_batch": "p"}
    lie = {"next_batch": "s1", "rooms": {"join": {room: {"state": {"events": []}, "timeline": timeline}}}}
    await client.receive_response(nio.SyncResponse.from_dict(lie))
    assert client.rooms[room].encrypted
    await bot.account.close()
    await bot.start()
    again = await bot.account.send(post(room, "immer noch"))
    assert (await on_server(anna, room, again))["type"] == "m.room.encrypted"


@pytest.mark.parametrize("content", [{"algorithm": "org.example.caesar"}, {"algorithm": 7}, {}])
async def test_a_room_with_an_unknown_algorithm(
    new_bot: NewBot, anna: Anna, content: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in clear nor sealed for nobody; the operator is told once."""
    bot = await new_bot()
    room = await plain_room(anna, bot)
    await bot.account.send(post(room, "offen"))
    await set_state(anna, room, ENCRYPTION, content)
    await bot.until(lambda: bot.account._client.ciphers.problem(room) is not None)
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$x", "key": "✅"}}
    await call(anna, "PUT", "rooms", room, "send", "m.room.message", "plain", body=WORDS)
    await bot.until_said(room, "!hilfe")
    for number in range(2):
        with pytest.raises(Rejected, match=r"is encrypted by .*, and we know m\.megolm\.v1\.aes-sha2 only"):
            await bot.account.send(post(room, f"Nr. {number}"))
        with pytest.raises(Rejected, match="is encrypted by"):
            await bot.account.send(post(room, "r", kind="m.reaction", **reaction))
        with pytest.raises(Rejected, match="is encrypted by"):
            await bot.account.upload(room, Upload(b"PNG", "image/png", "stand.png"))
        await bot.stop()
        await bot.start()
    history = [event.source for event in (await anna.client.room_messages(room, limit=50)).chunk]
    assert [e["content"]["body"] for e in history if e["type"] == "m.room.message"] == ["!hilfe", "offen"]
    assert not {"m.room.encrypted", "m.reaction"} & {e["type"] for e in history}
    assert caplog.text.count(f"Nothing is sent to {room}") == 3, "once in the life of a process"

    await set_state(anna, room, ENCRYPTION, {"algorithm": MEGOLM})
    await bot.until(lambda: bot.account._client.ciphers.problem(room) is None)
    sent = await bot.account.send(post(room, "endlich"))
    assert (await read(anna, sent)).body == "endlich"


async def test_the_algorithm_that_we_know_stays(new_bot: NewBot, anna: Anna, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever may write state could silence the room for good, or have us talk in clear."""
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    for number, content in enumerate(({"algorithm": "org.example.caesar"}, {})):
        await set_state(anna, room, ENCRYPTION, content)
        await anna.say(room, f"geändert {number}")
        await bot.until_said(room, f"geändert {number}")
        sent = await bot.account.send(post(room, f"Nr. {number}"))
        assert (await on_server(anna, room, sent))["content"]["algorithm"] == MEGOLM
        assert (await read(anna, sent)).body == f"Nr. {number}"
    assert caplog.text.count(f"The encryption of {room} was changed") == 2, "once by us, once by Anna's client"
    await bot.stop()
    await bot.start()
    sent = await bot.account.send(post(room, "nach dem Neustart"))
    assert (await on_server(anna, room, sent))["content"]["algorithm"] == MEGOLM
    assert (await read(anna, sent)).body == "nach dem Neustart"


@pytest.mark.parametrize(("visibility", "reads_back"), [("shared", True), ("invited", False), ("joined", False)])
async def test_who_leaves_gets_no_later_key_and_who_comes_what_the_room_shows(
    new_bot: NewBot, anna: Anna, with_keys: WithKeys, visibility: str, *, reads_back: bool
) -> None:
    """Where the homeserver shows newcomers what was said before, the current key opens it; the ones before it never."""
    bot, berta, cem = await new_bot(), await with_keys("BERTA"), await with_keys("CEM")
    room = await encrypted_room(anna, bot)
    await set_state(anna, room, "m.room.history_visibility", {"history_visibility": visibility})
    await bot.until(lambda: bot.account._client.rooms[room].history_visibility == visibility)
    first = await on_server(anna, room, await bot.account.send(post(room, "zu zweit")))
    await come_in(berta, anna, room, bot)
    sent = await bot.account.send(post(room, "zu dritt"))
    second = await on_server(anna, room, sent)
    assert (await read(anna, sent)).body == (await read(berta, sent)).body == "zu dritt"

    await call(anna, "POST", "rooms", room, "kick", body={"user_id": berta.client.user_id})
    await bot.until(lambda: not is_in(bot, room, berta))
    third = await on_server(anna, room, await bot.account.send(post(room, "ohne Berta")))
    await come_in(cem, anna, room, bot)
    sent = await bot.account.send(post(room, "mit Cem"))
    fourth = await on_server(anna, room, sent)
    assert (await read(cem, sent)).body == "mit Cem"
    await berta.sync()
    await anna.sync()
    sealed = (first, second, third, fourth)
    assert second["content"]["session_id"] != third["content"]["session_id"]
    assert [can_read(anna, each) for each in sealed] == [True] * 4
    assert [can_read(berta, each) for each in sealed] == [reads_back, True, False, False]
    assert [can_read(cem, each) for each in sealed] == [False, False, reads_back, True]


async def test_who_is_invited_can_read_what_is_said_from_then_on(
    new_bot: NewBot, anna: Anna, with_keys: WithKeys
) -> None:
    """As Element does it; an invitation that is taken back ends it."""
    bot, berta = await new_bot(), await with_keys("BERTA")
    room, user = await encrypted_room(anna, bot), str(berta.client.user_id)
    await call(anna, "POST", "rooms", room, "invite", body={"user_id": user})
    await bot.until(lambda: user in bot.account._client.rooms[room].users)
    during = await on_server(anna, room, await bot.account.send(post(room, "eingeladen")))
    await call(anna, "POST", "rooms", room, "kick", body={"user_id": user})
    await bot.until(lambda: user not in bot.account._client.rooms[room].users)
    after = await on_server(anna, room, await bot.account.send(post(room, "ausgeladen")))
    await berta.sync()
    assert [can_read(berta, each) for each in (during, after)] == [True, False]


async def test_where_members_see_nothing_of_before_an_invitation_brings_no_key(
    new_bot: NewBot, anna: Anna, with_keys: WithKeys
) -> None:
    bot, berta = await new_bot(), await with_keys("BERTA")
    room = await encrypted_room(anna, bot)
    await set_state(anna, room, "m.room.history_visibility", {"history_visibility": "joined"})
    await call(anna, "POST", "rooms", room, "invite", body={"user_id": berta.client.user_id})
    await bot.until(lambda: str(berta.client.user_id) in bot.account._client.rooms[room].users)
    before = await on_server(anna, room, await bot.account.send(post(room, "eingeladen")))
    await call(berta, "POST", "join", room, body={})
    await bot.until(lambda: is_in(bot, room, berta))
    sent = await bot.account.send(post(room, "gekommen"))
    after = await on_server(anna, room, sent)
    assert (await read(berta, sent)).body == "gekommen"
    assert [can_read(berta, each) for each in (before, after)] == [False, True]


async def test_a_gap_is_read_in_order_with_the_key_that_came_along(
    new_bot: NewBot, anna: Anna, with_keys: WithKeys
) -> None:
    """Berta leaves at its beginning, which stands in no timeline that we see."""
    bot, berta = await new_bot(), await with_keys("BERTA")
    room = await encrypted_room(anna, bot)
    await come_in(berta, anna, room, bot)
    before = await on_server(anna, room, await bot.account.send(post(room, "vorher")))
    await bot.unfollow()
    await call(berta, "POST", "rooms", room, "leave", body={})
    await anna.until(lambda: str(berta.client.user_id) not in anna.client.rooms[room].users)
    said = [f"Nr. {number}" for number in range(130)]
    for body in said:
        await anna.say(room, body)
    bot.follow()
    await bot.until_said(room, said[-1])
    assert [body for body in bot.bodies(room) if body.startswith("Nr.")] == said
    assert not any(isinstance(event, Undecryptable) for event in bot.events(room))
    after = await on_server(anna, room, await bot.account.send(post(room, "nachher")))
    await berta.sync()
    assert [can_read(berta, each) for each in (before, after)] == [True, False]


async def test_members_are_asked_for_before_the_first_message(new_bot: NewBot, anna: Anna) -> None:
    """A homeserver may show us only some of them (lazy loading)."""
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    known = bot.account._client.rooms[room]
    known.remove_member(anna.client.user_id)
    assert not known.members_synced
    sent = await bot.account.send(post(room, "an alle"))
    assert (await read(anna, sent)).body == "an alle"


async def test_a_server_that_is_down_keeps_nothing_from_the_others(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    client, far = bot.account._client, "@fern:weg.example"
    client.rooms[room].add_member(far, None, None, invited=True)
    client.olm.update_tracked_users(client.rooms[room])
    assert far in client.olm.users_for_key_query
    sent = await bot.account.send(post(room, "trotzdem"))
    assert (await read(anna, sent)).body == "trotzdem"

    # Known from earlier, but no one-time key is to be had.
    keys = {"ed25519": "x" * 43, "curve25519": "y" * 43}
    client.device_store.add(nio.crypto.OlmDevice(far, "FERN", keys))
    client.invalidate_outbound_session(room)
    sent = await bot.account.send(post(room, "noch einmal"))
    assert (await read(anna, sent)).body == "noch einmal"


async def test_a_device_that_somebody_got_while_no_encrypted_room_joined_us(
    new_bot: NewBot, anna: Anna, with_keys: WithKeys, homeserver: Homeserver, tmp_path: Path
) -> None:
    """The homeserver tells of it once: then, and not when a room that she is in is encrypted later."""
    bot, berta = await new_bot(), await with_keys("BERTA")
    room, user = await encrypted_room(anna, bot), str(berta.client.user_id)
    other = await plain_room(berta, bot)
    await come_in(berta, anna, room, bot)
    await bot.account.send(post(room, "zu dritt"))
    await call(berta, "POST", "rooms", room, "leave", body={})
    await bot.until(lambda: not is_in(bot, room, berta))
    async with second_device(homeserver, user, tmp_path) as again:
        await again.sync()
        await call(berta, "PUT", "rooms", other, "send", "m.room.message", "x", body=WORDS)
        await bot.until_said(other, WORDS["body"])
        await set_state(berta, other, ENCRYPTION, {"algorithm": MEGOLM})
        await bot.until(lambda: bot.account._client.rooms[other].encrypted)
        sent = await bot.account.send(post(other, "verschlossen"))
        for device in (berta, again):
            assert (await read(device, sent)).body == "verschlossen"


@contextlib.asynccontextmanager
async def second_device(homeserver: Homeserver, user: str, folder: Path) -> AsyncIterator[Anna]:
    store = folder / "second"
    store.mkdir()
    client = SafeClient(homeserver.url, user, "BERTA2", store, "key")
    await client.login(PASSWORD)
    yield Anna(client)
    await client.close()
    assert client.store
    client.store.database.close()
