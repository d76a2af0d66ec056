"""A room's key reaches everybody before the message that it locks, over a wire that breaks."""

import asyncio
from collections import Counter
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest

from bot.demo.connection import Json, quoted
from bot.errors import TryAgain
from tests.matrix.conftest import NewBot
from tests.matrix.phones import Phone
from tests.matrix.sharing import NewPhone, crowd, in_clear, keys_for, knows, room_of, say, session
from tests.matrix.wire import KINDS, Edge

QUERY, CLAIM, TO_DEVICE, WITHHELD, SEND = KINDS
ELSEWHERE = "@eva:anderswo.example"


@pytest.mark.parametrize("fault", ["lost", "unanswered", 502, 500])
async def test_a_share_that_stops_half_way(
    fault: str | int, new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who were reached get nothing twice, the others get it, and no message leaves before."""
    bot, phones = await new_bot(), await crowd(new_phone, 45)
    room = await room_of(phones[0], bot, *phones[1:3])
    edge = Edge.of(bot.account._client, monkeypatch)
    edge.rule = lambda request: fault if request.kind == TO_DEVICE and len(edge.of_kind(TO_DEVICE)) == 2 else None
    with pytest.raises(TryAgain):
        await say(bot, room, "endlich")
    assert not edge.of_kind(SEND)
    assert edge.of_kind(TO_DEVICE)[0].answered
    event_id = await say(bot, room, "endlich")
    for phone in phones:
        assert (await phone.read(room, event_id), keys_for(phone)) == ("endlich", 1)
    assert len(edge.of_kind(CLAIM)) == 3  # 20, 20, 5


async def test_a_stop_in_the_middle(new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is on disk: after a start no device is asked for another one-time key, and all can read."""
    bot, phones = await new_bot(), await crowd(new_phone, 25)
    room = await room_of(phones[0], bot, *phones[1:3])
    edge = Edge.of(bot.account._client, monkeypatch)
    edge.rule = lambda request: "lost" if request.kind == TO_DEVICE and len(edge.of_kind(TO_DEVICE)) > 1 else None
    with pytest.raises(TryAgain):
        await say(bot, room, "vergeblich")
    before = session(bot, room)
    await bot.stop()
    await bot.start()
    edge = Edge.of(bot.account._client, monkeypatch)
    event_id = await say(bot, room, "endlich")
    assert session(bot, room) != before
    assert not edge.of_kind(CLAIM)
    assert [await phone.read(room, event_id) for phone in phones] == ["endlich"] * 25


async def test_a_failed_claim(new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch) -> None:
    bot, phones = await new_bot(), await crowd(new_phone, 25)
    room = await room_of(phones[0], bot, *phones[1:3])
    edge = Edge.of(bot.account._client, monkeypatch)
    edge.rule = lambda request: "lost" if request.kind == CLAIM and len(edge.of_kind(CLAIM)) == 2 else None
    with pytest.raises(TryAgain):
        await say(bot, room, "endlich")
    event_id = await say(bot, room, "endlich")
    assert [await phone.read(room, event_id) for phone in phones] == ["endlich"] * 25
    claimed = Counter(device for request in edge.of_kind(CLAIM) if request.answered for device in request.devices)
    assert set(claimed.values()) == {1}


@pytest.mark.parametrize("fault", ["none", "damaged", "malformed"])
async def test_a_device_without_a_usable_key_hears_why_and_holds_up_nobody(
    fault: str, new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, good = await new_bot(), await new_phone()
    poor = await new_phone(of=good, one_time_keys=0 if fault == "none" else 1, damaged=fault == "damaged")
    room = await room_of(good, bot)
    client = bot.account._client
    edge = Edge.of(client, monkeypatch)
    if fault == "malformed":

        def change(answer: Json) -> Json:
            for keys in answer["one_time_keys"].get(good.user_id, {}).get(poor.device_id, {}).values():
                keys["key"] = 7
            return answer

        edge.rule = lambda request: change if request.kind == CLAIM else None
    first = await say(bot, room, "eins")
    assert [await phone.read(room, first) for phone in (good, poor)] == ["eins", None]
    await say(bot, room, "zwei")
    await poor.look()
    (withheld,) = poor.of_type("m.room_key.withheld")
    assert withheld["content"]["code"] == "m.no_olm"
    assert withheld["content"]["sender_key"] == client.olm.account.identity_keys["curve25519"]
    assert not {"room_id", "session_id"} & withheld["content"].keys()
    assert len([request for request in edge.of_kind(CLAIM) if (poor.user_id, poor.device_id) in request.devices]) == 1

    # It is asked again after a while, and told no more.
    monkeypatch.setattr(client.claims._devices, "_clock", lambda: 10**6)
    third = await say(bot, room, "drei")
    assert len([request for request in edge.of_kind(CLAIM) if (poor.user_id, poor.device_id) in request.devices]) == 2
    await poor.look()
    assert len(poor.of_type("m.room_key.withheld")) == 1

    # It has keys again: it can read from here on.
    edge.rule = lambda _request: None
    await poor.upload(3)
    monkeypatch.setattr(client.claims._devices, "_clock", lambda: 10**9)
    fourth = await say(bot, room, "vier")
    assert [await poor.read(room, event) for event in (first, third, fourth)] == [None, None, "vier"]
    assert keys_for(good) == 1


async def test_a_server_that_is_down(new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our homeserver says so itself, of a person elsewhere: nobody waits for them, and they are asked about later."""
    bot, good = await new_bot(), await new_phone()
    room = await room_of(good, bot, history="shared")
    client = bot.account._client
    client.rooms[room].add_member(ELSEWHERE, None, None, invited=True)
    edge = Edge.of(client, monkeypatch)
    event_id = await say(bot, room, "eins")
    assert await good.read(room, event_id) == "eins"
    asked = [ELSEWHERE in request.body["device_keys"] for request in edge.of_kind(QUERY)]
    assert asked == [True]

    # The same when their device is known, and its one-time key is wanted.
    keys = {
        "ed25519": good.account.identity_keys["ed25519"],
        "curve25519": Phone("", "", good.connection).account.identity_keys["curve25519"],
    }
    client.olm.device_store.add(nio.crypto.OlmDevice(ELSEWHERE, "FERN", keys))
    for text in ("zwei", "drei"):
        assert await good.read(room, await say(bot, room, text)) == text
    assert [request.devices for request in edge.of_kind(CLAIM)][1:] == [{(ELSEWHERE, "FERN")}]
    assert not edge.of_kind(WITHHELD)  # it is not their device that lacks keys
    monkeypatch.setattr(client.claims._servers, "_clock", lambda: 10**9)
    monkeypatch.setattr(client.device_lists._patience, "_clock", lambda: 10**9)
    await say(bot, room, "vier")
    assert len(edge.of_kind(CLAIM)) == 3
    assert [ELSEWHERE in request.body["device_keys"] for request in edge.of_kind(QUERY)] == [True, True]


async def test_a_malformed_device_in_a_list(
    new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nio throws the whole answer away, and nobody in the room could ever read anything."""
    bot, good, odd = await new_bot(), await new_phone(), await new_phone()
    edge = Edge.of(bot.account._client, monkeypatch)
    wrongs: list[Any] = [7, {}, {"keys": {}}, {"user_id": odd.user_id, "device_id": "X3", "keys": {"ed25519:X3": "!"}}]

    def change(answer: Json) -> Json:
        found = answer["device_keys"].get(odd.user_id, {})
        for number, wrong in enumerate(wrongs):
            found[f"X{number}"] = wrong
        forged = dict(found.get(odd.device_id, {}), device_id="X9")
        found["X9"] = forged | {"keys": {f"{kind}:X9": key for kind, key in odd.account.identity_keys.items()}}
        return answer

    edge.rule = lambda request: change if request.kind == QUERY else None
    room = await room_of(good, bot, odd)
    event_id = await say(bot, room, "für alle")
    assert [await phone.read(room, event_id) for phone in (good, odd)] == ["für alle"] * 2
    known = bot.account._client.olm.device_store.active_user_devices(odd.user_id)
    assert [device.id for device in known] == [odd.device_id]


@pytest.mark.parametrize("status", [400, 500])
async def test_a_device_that_the_homeserver_cannot_bear(
    status: int, new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, phones = await new_bot(), await crowd(new_phone, 6)
    room = await room_of(phones[0], bot, *phones[1:3])
    edge, poison = Edge.of(bot.account._client, monkeypatch), (phones[4].user_id, phones[4].device_id)
    edge.rule = lambda request: status if request.kind == TO_DEVICE and poison in request.devices else None
    attempts = 0
    while True:
        attempts += 1
        try:
            event_id = await say(bot, room, "trotzdem")
            break
        except TryAgain:
            assert attempts < 10
    assert attempts == (1 if status == 400 else 5)
    texts = [await phone.read(room, event_id) for phone in phones]
    assert texts == ["trotzdem"] * 4 + [None, "trotzdem"]
    assert [keys_for(phone) for phone in phones] == [1, 1, 1, 1, 0, 1]
    await say(bot, room, "und weiter")


async def test_nothing_leaves_while_the_homeserver_takes_no_keys_at_all(
    new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, phone = await new_bot(), await new_phone()
    room = await room_of(phone, bot)
    edge = Edge.of(bot.account._client, monkeypatch)
    edge.rule = lambda request: 500 if request.kind == TO_DEVICE else None
    for _ in range(8):
        with pytest.raises(TryAgain):
            await say(bot, room, "endlich")
    assert not edge.of_kind(SEND)
    edge.rule = lambda _request: None
    assert await phone.read(room, await say(bot, room, "endlich")) == "endlich"


async def test_rooms_at_once_claim_no_key_twice(
    new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, phones = await new_bot(), await crowd(new_phone, 9)
    rooms = [await room_of(phones[0], bot, *phones[1:3]) for _ in range(4)]
    edge = Edge.of(bot.account._client, monkeypatch)
    events = await asyncio.gather(*(say(bot, room, f"in {room}") for room in rooms))
    for room, event_id in zip(rooms, events, strict=True):
        assert {await phone.read(room, event_id) for phone in phones} == {f"in {room}"}
    claimed = Counter(device for request in edge.of_kind(CLAIM) for device in request.devices)
    assert len(claimed) == 9
    assert set(claimed.values()) == {1}


async def test_a_broken_session_whose_owner_has_no_keys_is_not_asked_after_each_sync(
    new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, ben = await new_bot(), await new_phone(one_time_keys=1)
    room = await room_of(ben, bot)
    await say(bot, room, "eins")
    client = bot.account._client
    edge = Edge.of(client, monkeypatch)
    (device,) = client.olm.device_store.active_user_devices(ben.user_id)
    client.olm.wedged_devices.append(device)
    for number in range(4):
        await ben.call(
            "PUT", f"/rooms/{quoted(room)}/send/m.room.message/t{number}", {"msgtype": "m.text", "body": f"{number}"}
        )
        await bot.until_said(room, f"{number}")
    assert len(edge.of_kind(CLAIM)) == 1
    await ben.upload(1)
    monkeypatch.setattr(client.claims._devices, "_clock", lambda: 10**9)
    await in_clear(ben, room, "nun")
    await knows(bot, lambda: device not in client.olm.wedged_devices)
    assert len(edge.of_kind(CLAIM)) == 2
