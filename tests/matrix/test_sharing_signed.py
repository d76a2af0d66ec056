"""People who sign their own devices: those they have not signed get no room keys, and hear why (MSC4153)."""

from collections.abc import Awaitable, Callable

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.matrix.account.identity import MASTER, SELF_SIGNING, Identity
from tests.matrix.conftest import PASSWORD, NewBot, Recorder
from tests.matrix.owners import identify, sign
from tests.matrix.phones import Phone
from tests.matrix.sharing import NewPhone, keys_for, knows, room_of, say, session
from tests.matrix.wire import KINDS, Edge

QUERY, CLAIM, TO_DEVICE, WITHHELD, SEND = KINDS
ROLES = ("master_keys", "self_signing_keys")

NewIdentity = Callable[[Phone], Awaitable[Identity]]


@pytest.fixture
def new_identity(homeserver: Homeserver) -> NewIdentity:
    """Publishes an identity for the person who has this device, and signs nothing yet."""

    async def make(phone: Phone) -> Identity:
        return await identify(homeserver, phone, PASSWORD)

    return make


async def admitted(bot: Recorder, phone: Phone, *, signed: bool = True) -> None:
    """Wait until the bot's sync loop has heard what the owner thinks of this device."""
    client = bot.account._client

    def known() -> bool:
        device = client.olm.device_store[phone.user_id].get(phone.device_id)
        return device is not None and client.store.identities.has_signed(device) is signed

    await knows(bot, lambda: client.store.identities.of(phone.user_id) is not None and known())


def refused(phone: Phone) -> list[Json]:
    """What the device was told."""
    return [event["content"] for event in phone.of_type("m.room_key.withheld")]


async def test_a_device_that_its_owner_has_not_signed(
    new_bot: NewBot, new_phone: NewPhone, new_identity: NewIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told why it cannot read, once a session, costs no one-time key, and reads what comes once it is signed."""
    bot, ben = await new_bot(), await new_phone()
    identity = await new_identity(ben)
    await sign(identity, ben)
    room = await room_of(ben, bot)
    second = await new_phone(of=ben)
    await admitted(bot, ben)
    await admitted(bot, second, signed=False)
    edge = Edge.of(bot.account._client, monkeypatch)

    first = [await say(bot, room, "eins"), await say(bot, room, "zwei")]
    assert [await ben.read(room, event) for event in first] == ["eins", "zwei"]
    assert [await second.read(room, event) for event in first] == [None, None]
    assert refused(second) == [
        {
            "algorithm": "m.megolm.v1.aes-sha2",
            "code": "m.unverified",
            "reason": "This device is not verified by its owner",
            "room_id": room,
            "sender_key": bot.account._client.olm.account.identity_keys["curve25519"],
            "session_id": session(bot, room),
        }
    ]
    assert (keys_for(second), refused(ben)) == (0, [])
    asked = {device for request in edge.of_kind(CLAIM) for device in request.devices}
    assert asked == {(ben.user_id, ben.device_id)}

    begun = session(bot, room)
    await sign(identity, second)
    await admitted(bot, second)
    third = await say(bot, room, "drei")
    assert [await phone.read(room, third) for phone in (ben, second)] == ["drei", "drei"]
    assert [await second.read(room, event) for event in first] == [None, None]
    assert (session(bot, room), len(refused(second))) == (begun, 1)


async def test_who_begins_to_sign(new_bot: NewBot, new_phone: NewPhone, new_identity: NewIdentity) -> None:
    """Without an identity all devices read; from its first day on only those it has signed, under a new key."""
    bot, ben = await new_bot(), await new_phone()
    second = await new_phone(of=ben)
    room = await room_of(ben, bot)
    first = await say(bot, room, "eins")
    assert [await phone.read(room, first) for phone in (ben, second)] == ["eins", "eins"]
    begun = session(bot, room)
    await sign(await new_identity(ben), ben)
    await admitted(bot, ben)
    await say(bot, room, "zwei")
    assert session(bot, room) != begun
    assert [await phone.has(session(bot, room)) for phone in (ben, second)] == [True, False]
    assert [each["session_id"] for each in refused(second)] == [session(bot, room)]


async def test_a_homeserver_that_hides_an_identity_lets_nobody_in(
    new_bot: NewBot, new_phone: NewPhone, new_identity: NewIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while the bot runs nor after a start."""
    bot, ben = await new_bot(), await new_phone()
    await sign(await new_identity(ben), ben)
    room = await room_of(ben, bot)
    await admitted(bot, ben)

    def hidden(answer: Json) -> Json:
        return {name: part for name, part in answer.items() if name not in ROLES}

    for again in (False, True):
        if again:
            await bot.stop()
            await bot.sign_in()
        Edge.of(bot.account._client, monkeypatch).rule = lambda request: hidden if request.kind == QUERY else None
        if again:
            bot.follow()
            await knows(bot, lambda: room in bot.account._client.rooms)
        fresh = await new_phone(of=ben)
        await knows(bot, lambda name=fresh.device_id: name in bot.account._client.olm.device_store[ben.user_id])  # type: ignore[misc]
        event_id = await say(bot, room, "unter uns")
        assert [await phone.read(room, event_id) for phone in (ben, fresh)] == ["unter uns", None]
        assert len(refused(fresh)) == 1


async def test_who_lost_the_keys_and_begins_anew_goes_on(
    new_bot: NewBot, new_phone: NewPhone, new_identity: NewIdentity, caplog: pytest.LogCaptureFixture
) -> None:
    bot, ben = await new_bot(), await new_phone()
    rest = await new_phone(of=ben)
    before = await new_identity(ben)
    await sign(before, ben, rest)
    room = await room_of(ben, bot)
    await admitted(bot, rest)
    first = await say(bot, room, "eins")
    assert [await phone.read(room, first) for phone in (ben, rest)] == ["eins", "eins"]

    after = await new_identity(ben)
    await sign(after, ben)
    await knows(bot, lambda: bot.account._client.store.identities.of(ben.user_id).master == after.public(MASTER))
    await admitted(bot, ben)
    await say(bot, room, "zwei")
    assert [await phone.has(session(bot, room)) for phone in (ben, rest)] == [True, False]
    said = [record.getMessage() for record in caplog.records if "another identity" in record.getMessage()]
    assert len(said) == 1
    assert ben.user_id in said[0]
    assert before.public(MASTER) in said[0]
    assert after.public(MASTER) in said[0]


@pytest.mark.parametrize("fault", ["lost", "unanswered", 500, 400])
async def test_that_it_cannot_be_told_keeps_nobody_waiting(
    fault: str | int,
    new_bot: NewBot,
    new_phone: NewPhone,
    new_identity: NewIdentity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is said later, then."""
    bot, ben = await new_bot(), await new_phone()
    second = await new_phone(of=ben)
    await sign(await new_identity(ben), ben)
    room = await room_of(ben, bot)
    await admitted(bot, ben)
    client = bot.account._client
    edge = Edge.of(client, monkeypatch)
    edge.rule = lambda request: fault if request.kind == WITHHELD else None
    for text in ("eins", "zwei"):
        assert await ben.read(room, await say(bot, room, text)) == text
    assert len(edge.of_kind(WITHHELD)) == 1
    edge.rule = lambda _request: None
    monkeypatch.setattr(client.sharing._refusals._patience, "_clock", lambda: 10**9)
    await say(bot, room, "drei")
    await say(bot, room, "vier")
    assert len(edge.of_kind(WITHHELD)) == 2
    await second.look()
    assert {each["code"] for each in refused(second)} == {"m.unverified"}


async def test_a_signature_that_comes_while_the_key_is_shared(
    new_bot: NewBot, new_phone: NewPhone, new_identity: NewIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first identity of somebody, heard of while others are given the key: the message has another key, then."""
    bot, ben = await new_bot(), await new_phone()
    second = await new_phone(of=ben)
    room = await room_of(ben, bot)
    client, real = bot.account._client, bot.account._client.send
    made: list[Identity] = []

    async def send(method: str, path: str, *arguments: object, **options: object) -> object:
        response = await real(method, path, *arguments, **options)
        if "/sendToDevice/m.room.encrypted" in path and not made:
            made.append(await new_identity(ben))
            await sign(made[0], ben)
            await knows(bot, lambda: client.store.identities.of(ben.user_id) is not None)
            await admitted(bot, ben)
        return response

    monkeypatch.setattr(client, "send", send)
    event_id = await say(bot, room, "nur für signierte")
    assert [await phone.read(room, event_id) for phone in (ben, second)] == ["nur für signierte", None]
    assert [await phone.has(session(bot, room)) for phone in (ben, second)] == [True, False]


async def test_another_device_of_our_own_account(
    new_bot: NewBot, new_phone: NewPhone, homeserver: Homeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody signs in to the bot's account with Element, say, and does not verify that: it does not read along.

    Nor would it if the homeserver made up another identity of ours that has signed it.
    """
    bot, ben = await new_bot(), await new_phone()
    us, forged = bot.account.user_id, Identity.new(bot.account.user_id)

    def forge(answer: Json) -> Json:
        for role in (MASTER, SELF_SIGNING):
            answer[f"{role}_keys"][us] = forged.key_object(role)
        for device in answer["device_keys"][us].values():
            device["signatures"][us] |= forged.signed(SELF_SIGNING, device)["signatures"][us]
        return answer

    edge = Edge.of(bot.account._client, monkeypatch)
    edge.rule = lambda request: forge if request.kind == QUERY and us in request.body["device_keys"] else None
    element = await Phone.of(homeserver, us, PASSWORD)
    try:
        room = await room_of(ben, bot)
        await knows(bot, lambda: element.device_id in bot.account._client.olm.device_store[us])
        event_id = await say(bot, room, "eins")
        assert [await phone.read(room, event_id) for phone in (ben, element)] == ["eins", None]
        assert len(refused(element)) == 1
    finally:
        await element.connection.close()
