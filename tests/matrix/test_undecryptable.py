"""What cannot be read yet: asked for, kept, opened when the key comes; and keys that nobody may slip us."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest

from bot.config import Matrix
from bot.events import Batch, Message, Unsealed, Withheld
from bot.matrix.crypto.machine import Machine
from bot.store import sealed
from bot.store.database import Database
from bot.turns import Turns
from tests.matrix.anna import Anna
from tests.matrix.conftest import WithKeys, encrypted_room
from tests.matrix.patience import Astray, Patient, by_olm, forward, raw, to_device, token


@pytest.fixture
async def bot(new_settings: Callable[[], Awaitable[Matrix]], database: Database) -> AsyncIterator[Patient]:
    made = Patient(await new_settings(), database=database)
    await made.start()
    yield made
    await made.stop()


async def lost(anna: Anna, bot: Patient, room: str, *bodies: str) -> Astray:
    """Anna says something whose key does not arrive."""
    astray = Astray(anna, bot.account.user_id)
    before = len(bot.unread(room))
    async with astray.going():
        for body in bodies:
            await anna.say(room, body)
    await bot.until(lambda: len(bot.unread(room)) == before + len(bodies))
    return astray


async def requests(anna: Anna, room: str) -> list[nio.RoomKeyRequest]:
    """The requests for keys that reach Anna."""
    found: list[nio.RoomKeyRequest] = []
    real = anna.client.olm._handle_key_requests

    def heard(event: Any) -> None:
        if isinstance(event, nio.RoomKeyRequest) and event.room_id == room:
            found.append(event)
        real(event)

    anna.client.olm._handle_key_requests = heard
    try:
        await anna.until(lambda: bool(found))
    finally:
        anna.client.olm._handle_key_requests = real
    return found


async def test_a_key_that_comes_late_opens_what_waits_first(bot: Patient, anna: Anna) -> None:
    room = await encrypted_room(anna, bot)
    astray = await lost(anna, bot, room, "!eins", "!zwei")
    first, second = bot.unread(room)
    assert first.sender_key == anna.client.olm.account.identity_keys["curve25519"]
    assert (first.device, first.session_id) == (anna.client.device_id, second.session_id)

    await bot.unfollow()  # so that the key and what is said with it come in one answer
    await astray.arrive()
    await anna.say(room, "!drei")
    bot.follow()
    await bot.until_said(room, "!drei")
    assert bot.read_late(room) == ["!eins", "!zwei"]
    batch = next(each for each in bot.batches if any(isinstance(h, Unsealed) for h in each.happenings))
    kinds = [type(each) for each in batch.happenings if isinstance(each, Unsealed | Message)]
    assert kinds == [Unsealed, Unsealed, Message]
    (opened, _) = bot.unsealed(room)
    assert opened is not None
    assert (opened.received_at, opened.sent_at, opened.event_id) == (first.received_at, first.sent_at, first.event_id)
    assert opened.offline_since is None
    assert opened.sealed == f"megolm {first.sender_key}/{first.session_id}/0"

    await anna.say(room, "!vier")
    await bot.until_said(room, "!vier")
    assert len(bot.unsealed(room)) == 2, "once"


async def test_a_key_that_comes_while_some_of_what_it_opens_waits_for_its_turn(bot: Patient, anna: Anna) -> None:
    """Who says a lot at once is heard in several turns (`bot.turns`); what is not kept yet must not miss its key."""
    room = await encrypted_room(anna, bot)
    await bot.unfollow()
    astray, turns = Astray(anna, bot.account.user_id), Turns(at_once=1)
    async with astray.going():
        for body in ("!eins", "!zwei", "!drei"):
            await anna.say(room, body)

    async def handle(batch: Batch) -> bool:
        for part in turns.take(batch):
            await bot.handle(replace(part, token=part.token or batch.token))
        if bot.unread(room):
            await astray.arrive()
        return turns.waiting

    bot.follow(handle)
    await bot.until(lambda: len(bot.unread(room)) == 3)
    await bot.until(lambda: sorted(bot.read_late(room)) == ["!drei", "!eins", "!zwei"])  # their order is the inbox's


async def test_a_key_is_asked_for_and_forwarded(bot: Patient, anna: Anna) -> None:
    room = await encrypted_room(anna, bot)
    await lost(anna, bot, room, "!eins")
    (asked, *_) = await requests(anna, room)
    (unread,) = bot.unread(room)
    assert (asked.sender, asked.requesting_device_id) == (bot.account.user_id, bot.account.device_id)
    assert (asked.session_id, asked.sender_key) == (unread.session_id, unread.sender_key)
    await forward(anna, bot, room, "given")
    await bot.until(lambda: bot.read_late(room) == ["!eins"])
    assert not bot.olm.outgoing_key_requests
    await forward(anna, bot, room, "again")
    await anna.say(room, "!zwei")
    await bot.until_said(room, "!zwei")
    assert bot.read_late(room) == ["!eins"]

    # The next life has the key, and asks nobody.
    await bot.stop()
    await bot.start()
    assert not bot.olm.outgoing_key_requests
    await anna.say(room, "!drei")
    await bot.until_said(room, "!drei")


def group_encrypted(person: Anna, room: str, session_id: str, said: dict[str, Any]) -> dict[str, Any]:
    """Locked with the session that the person uses in the room."""
    olm = person.client.olm
    olm.outbound_group_sessions[room].shared = True
    content: dict[str, Any] = olm.group_encrypt(room, said)
    assert content["session_id"] == session_id
    return content


async def test_nobody_can_slip_us_a_key(bot: Patient, with_keys: WithKeys) -> None:
    """Neither somebody else's, nor one nobody was asked for, nor under another name."""
    anna, mallory = await with_keys("ANNA"), await with_keys("MALLORY")
    room = await encrypted_room(anna, bot)
    await lost(anna, bot, room, "!eins")
    await requests(anna, room)
    group = anna.client.olm.outbound_group_sessions[room]
    key = next(each for each in anna.client.olm.inbound_group_store if each.id == group.id)
    stolen = {"session_id": key.id, "session_key": key.export_session(0), "room_id": room}

    # Mallory has the key, as everybody in the room has, and says whose it is; then that it is hers.
    await anna.client.room_invite(room, mallory.client.user_id)
    await mallory.client.join(room)
    bot.olm.users_for_key_query.add(mallory.client.user_id)
    await mallory.until(lambda: room in mallory.client.rooms)
    mallory.client.olm.create_outbound_group_session(room)
    own = mallory.client.olm.account.identity_keys["curve25519"]
    await forward(mallory, bot, room, "m1", **stolen, sender_key=key.sender_key, sender_claimed_ed25519_key=key.ed25519)
    await forward(mallory, bot, room, "m2", **stolen, sender_key=own)
    shared = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": room, "session_id": key.id}
    await by_olm(mallory, bot, "m.room_key", shared | {"session_key": group.session_key}, "m3")
    # Of Anna's device, but not the session that was asked for: another one, in another room, of another algorithm.
    anna.client.olm.create_outbound_group_session("!woanders:x")
    await forward(anna, bot, "!woanders:x", "a1")
    await forward(anna, bot, room, "a2", room_id="!woanders:x")
    await forward(anna, bot, room, "a3", algorithm="m.megolm.v2")
    await forward(anna, bot, room, "a4", session_key="kaputt")
    await forward(anna, bot, room, "a5", session_id="andere")
    # What Mallory repeats under her own name is hers, and no word of Anna's.
    (unread,) = bot.unread(room)
    await raw(mallory, room, dict(unread.content) | {"sender_key": own, "device_id": "MALLORY"}, "copy")
    await raw(mallory, room, dict(unread.content), "swapped")
    await bot.until(lambda: len(bot.unread(room)) + len(bot.bodies(room)) >= 3)
    assert bot.read_late(room) == []
    assert {each.sender for each in bot.events(room) if isinstance(each, Message)} <= {mallory.client.user_id}
    assert bot.olm.inbound_group_store.get(room, key.sender_key, key.id) is None

    await forward(anna, bot, room, "right")
    await bot.until(lambda: bot.read_late(room) == ["!eins"])
    assert [each.sender for each in bot.unsealed(room) if each] == [anna.client.user_id]
    # Nor can a homeserver put another name on what Anna has locked.
    said = {"type": "m.room.message", "room_id": room, "content": {"msgtype": "m.text", "body": "!falsch"}}
    await raw(mallory, room, group_encrypted(anna, room, key.id, said), "signed by another")
    await raw(
        anna, room, group_encrypted(anna, room, key.id, said | {"content": {"msgtype": "m.text", "body": "!zwei"}}), "z"
    )
    await bot.until_said(room, "!zwei")
    assert "!falsch" not in bot.bodies(room)
    assert not any(
        each.sender == mallory.client.user_id and each.sealed == f"megolm {key.sender_key}/{key.id}/0"
        for each in bot.events(room)
    )


async def test_it_dies_between_the_key_and_the_handling(bot: Patient, anna: Anna) -> None:
    """The key is on disk; the answer in which it came is read again, and with it the message that it came in."""
    room = await encrypted_room(anna, bot)
    astray = await lost(anna, bot, room, "!eins")
    bot.dies_of = lambda batch: any(isinstance(each, Unsealed) for each in batch.happenings)
    await astray.arrive()
    await bot.died()
    assert bot.read_late(room) == []

    await bot.start()
    assert bot.read_late(room) == ["!eins"], "with the first answer"
    await anna.say(room, "!zwei")
    await bot.until_said(room, "!zwei")
    assert bot.read_late(room) == ["!eins"]


async def test_it_dies_after_the_key_was_stored_and_before_the_message_was_kept(bot: Patient, anna: Anna) -> None:
    """Message and key come in one answer, which is read again: ordinary, and not twice."""
    room = await encrypted_room(anna, bot)
    bot.dies_of = lambda batch: any(isinstance(each, Message) for each in batch.happenings)
    await anna.say(room, "!eins")
    await bot.died()
    await bot.start()
    assert bot.bodies(room) == ["!eins"]


async def test_why_a_key_is_withheld(bot: Patient, with_keys: WithKeys) -> None:
    anna, mallory = await with_keys("ANNA"), await with_keys("MALLORY")
    room = await encrypted_room(anna, bot)
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "code": "m.unverified",
        "reason": "…",
        "room_id": room,
        "sender_key": anna.client.olm.account.identity_keys["curve25519"],
        "session_id": "geheim",
    }
    us = {bot.account.user_id: {bot.account.device_id: content}}
    await to_device(mallory, "m.room_key.withheld", us, "stranger")
    await to_device(anna, "m.room_key.withheld", us, "anna")
    await bot.until(lambda: any(isinstance(each, Withheld) for each in bot.happenings))
    await anna.say(room, "!eins")
    await bot.until_said(room, "!eins")
    notes = [(each.sender, each.code) for each in bot.happenings if isinstance(each, Withheld)]
    assert notes == [(anna.client.user_id, "m.unverified")]
    row = await bot.database.run(lambda s: sealed.find(s, room, "geheim", anna.client.user_id))
    assert row is not None
    assert row.withheld == "m.unverified"


async def test_a_broken_olm_session_is_mended(bot: Patient, anna: Anna, monkeypatch: pytest.MonkeyPatch) -> None:
    """We have lost it, Anna goes on with it: we begin a new one, and she uses that."""
    monkeypatch.setattr(Machine, "_unwedging_interval", timedelta(0))
    room = await encrypted_room(anna, bot)
    await anna.say(room, "!eins")
    await bot.until_said(room, "!eins")
    content = {"msgtype": "m.text", "body": "Ja"}
    await bot.account._client.room_send(room, "m.room.message", content, "t", ignore_unverified_devices=True)
    await anna.until(lambda: any(getattr(each, "body", "") == "Ja" for each in anna.events))
    ours, theirs = bot.olm.account.identity_keys["curve25519"], anna.client.olm.account.identity_keys["curve25519"]
    bot.olm.session_store._entries[theirs].clear()  # as if an old copy of the store had been put back
    before = anna.client.olm.session_store.get(ours).id

    anna.client.olm.rotate_outbound_group_session(room)
    await anna.say(room, "!zwei")
    await bot.until(lambda: len(bot.unread(room)) == 1)
    await anna.until(lambda: anna.client.olm.session_store.get(ours).id != before)
    await forward(anna, bot, room, "given")
    await bot.until(lambda: bot.read_late(room) == ["!zwei"])
    assert not bot.olm.wedged_devices
    anna.client.olm.rotate_outbound_group_session(room)
    await anna.say(room, "!drei")
    await bot.until_said(room, "!drei")


async def test_the_same_ciphertext_as_another_event(bot: Patient, anna: Anna, caplog: pytest.LogCaptureFixture) -> None:
    """While nio remembers it, it is dropped; after a restart it has the same name, by which the inbox knows it."""
    room = await encrypted_room(anna, bot)
    await anna.say(room, "!eins")
    await bot.until_said(room, "!eins")
    (said,) = [each for each in bot.events(room) if isinstance(each, Message)]
    path = f"/_matrix/client/v3/rooms/{room}/event/{said.event_id}"
    answer = await anna.client.send("GET", path, headers=token(anna))
    ciphertext = (await answer.json())["content"]

    await raw(anna, room, ciphertext, "copy")
    await anna.say(room, "!zwei")
    await bot.until_said(room, "!zwei")
    assert bot.bodies(room) == ["!eins", "!zwei"]
    assert bot.unread(room) == [], "nobody is told that it cannot be read"
    assert "repeats what was sent as another event" in caplog.text

    await bot.stop()
    await raw(anna, room, ciphertext, "copy2")
    await bot.start()
    await bot.until(lambda: len(bot.bodies(room)) == 3)
    copies = [each for each in bot.events(room) if isinstance(each, Message) and each.body == "!eins"]
    assert {each.sealed for each in copies} == {said.sealed}
    assert len({each.event_id for each in copies}) == 2


async def test_what_was_said_between_invitation_and_join(bot: Patient, anna: Anna) -> None:
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    created = await anna.client.room_create(name="Echt", invite=[bot.account.user_id], initial_state=[encryption])
    room = str(created.room_id)
    await anna.until(lambda: room in anna.client.rooms and bot.account.user_id in anna.client.rooms[room].users)
    astray = Astray(anna, bot.account.user_id)
    async with astray.going():
        await anna.say(room, "!vorher")
        await bot.account.join(room)
        await bot.until(lambda: len(bot.unread(room)) == 1)
        anna.client.olm.rotate_outbound_group_session(room)
        await anna.say(room, "!nachher")
        await bot.until(lambda: len(bot.unread(room)) == 2)
    assert [each.before_us for each in bot.unread(room)] == [True, False]


async def test_clients_that_do_not_name_their_device(bot: Patient, anna: Anna) -> None:
    """They need not any more (MSC3700); the session tells."""
    room = await encrypted_room(anna, bot)
    olm = anna.client.olm
    await anna.say(room, "!eins")
    await bot.until_said(room, "!eins")

    def bare(body: str) -> dict[str, Any]:
        said = {"type": "m.room.message", "room_id": room, "content": {"msgtype": "m.text", "body": body}}
        content = olm.group_encrypt(room, said)
        return {name: content[name] for name in ("algorithm", "ciphertext", "session_id")}

    await raw(anna, room, bare("!zwei"), "zwei")
    await bot.until_said(room, "!zwei")
    copied = bare("!drei")
    await raw(anna, room, copied, "drei")
    await raw(anna, room, copied, "copy")
    olm.rotate_outbound_group_session(room)
    astray = Astray(anna, bot.account.user_id)
    async with astray.going():
        await anna.client.share_group_session(room)
    await raw(anna, room, bare("!vier"), "vier")
    await bot.until(lambda: len(bot.unread(room)) == 1)
    assert bot.bodies(room) == ["!eins", "!zwei", "!drei"]
    (asked, *_) = await requests(anna, room)
    assert asked.session_id == bot.unread(room)[0].session_id
    await forward(anna, bot, room, "given")
    await bot.until(lambda: bot.read_late(room) == ["!vier"])
