"""Who comes and goes while a room's key is in use."""

from typing import Any

import pytest

from bot.demo.connection import Json, quoted
from bot.errors import TryAgain
from tests.matrix.conftest import NewBot
from tests.matrix.sharing import NewPhone, crowd, keys_for, knows, room_of, say, session
from tests.matrix.wire import KINDS, Edge

QUERY, CLAIM, TO_DEVICE, WITHHELD, SEND = KINDS


@pytest.mark.parametrize(("history", "before"), [("joined", None), ("invited", None), ("shared", "eins")])
async def test_who_comes_later_reads_from_there_on(
    history: str, before: str | None, new_bot: NewBot, new_phone: NewPhone
) -> None:
    """Another device, another person: the session stays, and nobody else is sent anything.

    Where the room shows newcomers what was said before, they get the key to that, too.
    """
    bot, ben = await new_bot(), await new_phone()
    room = await room_of(ben, bot, history=history)
    first = await say(bot, room, "eins")
    begun = session(bot, room)
    store = bot.account._client.olm.device_store

    second = await new_phone(of=ben)
    await knows(bot, lambda: second.device_id in store[ben.user_id])
    event_id = await say(bot, room, "zwei")
    assert [await second.read(room, event) for event in (first, event_id)] == [before, "zwei"]

    cem = await new_phone()
    await ben.call("POST", f"/rooms/{quoted(room)}/invite", {"user_id": cem.user_id})
    await cem.call("POST", f"/join/{quoted(room)}", {})
    users = bot.account._client.rooms[room].users
    await knows(bot, lambda: cem.user_id in users and not users[cem.user_id].invited)
    event_id = await say(bot, room, "drei")
    assert [await phone.read(room, event_id) for phone in (ben, second, cem)] == ["drei"] * 3
    assert session(bot, room) == begun
    assert [keys_for(phone) for phone in (ben, second, cem)] == [1, 1, 1]


async def test_a_device_that_changes_while_it_is_asked_about(
    new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer may be older than the change."""
    bot, ben = await new_bot(), await new_phone()
    room = await room_of(ben, bot)
    await say(bot, room, "vorher")
    client = bot.account._client
    edge, later = Edge.of(client, monkeypatch), await new_phone(of=ben)
    await knows(bot, lambda: later.device_id in client.olm.device_store[ben.user_id])

    def stale(answer: Json) -> Json:
        client.olm.add_changed_users({ben.user_id})
        edge.rule = lambda _request: None
        answer["device_keys"][ben.user_id].pop(later.device_id)
        return answer

    edge.rule = lambda request: stale if request.kind == QUERY else None
    client.olm.add_changed_users({ben.user_id})
    event_id = await say(bot, room, "für beide")
    assert [await phone.read(room, event_id) for phone in (ben, later)] == ["für beide"] * 2


@pytest.mark.parametrize("how", ["leave", "kick", "ban", "logout"])
async def test_who_goes_reads_no_more(how: str, new_bot: NewBot, new_phone: NewPhone) -> None:
    bot, ben, cem = await new_bot(), await new_phone(), await new_phone()
    rest = await new_phone(of=cem)
    room = await room_of(ben, bot, cem)
    await say(bot, room, "für alle")
    before, client = session(bot, room), bot.account._client
    if how == "logout":
        await cem.log_out()
        await knows(bot, lambda: client.olm.device_store[cem.user_id][cem.device_id].deleted)
    else:
        caller, body = (cem, {}) if how == "leave" else (ben, {"user_id": cem.user_id})
        await caller.call("POST", f"/rooms/{quoted(room)}/{how}", body)
        await knows(bot, lambda: cem.user_id not in client.rooms[room].users)
    event_id = await say(bot, room, "ohne Cem")
    assert session(bot, room) != before
    assert await ben.read(room, event_id) == "ohne Cem"
    if how == "logout":
        assert await rest.read(room, event_id) == "ohne Cem"
    else:
        assert [await phone.has(session(bot, room)) for phone in (cem, rest)] == [False, False]


async def test_who_goes_before_all_have_the_key_reads_nothing(
    new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nio keeps a session that is not wholly shared, whoever has it."""
    bot, phones = await new_bot(), await crowd(new_phone, 45)
    room = await room_of(phones[0], bot, *phones[1:3])
    edge = Edge.of(bot.account._client, monkeypatch)
    edge.rule = lambda request: "lost" if request.kind == TO_DEVICE and len(edge.of_kind(TO_DEVICE)) > 1 else None
    with pytest.raises(TryAgain):
        await say(bot, room, "geheim")
    reached = edge.of_kind(TO_DEVICE)[0].devices
    (gone, *_) = {user for user, _device in reached} - {phones[0].user_id}
    leavers = [phone for phone in phones if phone.user_id == gone]
    await leavers[0].call("POST", f"/rooms/{quoted(room)}/leave", {})
    await knows(bot, lambda: gone not in bot.account._client.rooms[room].users)
    edge.rule = lambda _request: None
    event_id = await say(bot, room, "geheim")
    stayed = [phone for phone in phones if phone.user_id != gone]
    assert [await phone.read(room, event_id) for phone in stayed] == ["geheim"] * len(stayed)
    assert not any([await phone.has(session(bot, room)) for phone in leavers])


@pytest.mark.parametrize("answer", ["invite", "members"])
async def test_who_goes_while_the_homeserver_answers_is_not_brought_back(
    answer: str, new_bot: NewBot, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that was true when it was given; the sync loop tells of a departure but once."""
    bot, ben, cem = await new_bot(), await new_phone(), await new_phone()
    room = await room_of(ben, bot, history="shared")
    client = bot.account._client
    users, real, gone = client.rooms[room].users, client.send, False
    if answer == "members":
        await ben.call("POST", f"/rooms/{quoted(room)}/invite", {"user_id": cem.user_id})

    async def send(method: str, path: str, *arguments: Any, **options: Any) -> Any:
        nonlocal gone
        response = await real(method, path, *arguments, **options)
        if path.partition("?")[0].endswith(f"/{answer}") and not gone:
            gone = True
            await knows(bot, lambda: cem.user_id in users)
            await cem.call("POST", f"/rooms/{quoted(room)}/leave", {})
            await knows(bot, lambda: cem.user_id not in users)
        return response

    monkeypatch.setattr(client, "send", send)
    if answer == "invite":
        await say(bot, room, "vorher")
        await bot.account.invite(room, cem.user_id)
    event_id = await say(bot, room, "ohne Cem")
    assert gone
    assert await ben.read(room, event_id) == "ohne Cem"
    assert not await cem.has(session(bot, room))


async def test_what_was_for_members_only_stays_so(new_bot: NewBot, new_phone: NewPhone) -> None:
    """The room is opened to newcomers: they can read from there on, and have no key to what was before (MSC3061)."""
    bot, ben, cem = await new_bot(), await new_phone(), await new_phone()
    room = await room_of(ben, bot, history="joined")
    await say(bot, room, "unter uns")
    begun, nio_room = session(bot, room), bot.account._client.rooms[room]
    path = f"/rooms/{quoted(room)}/state/m.room.history_visibility/"
    await ben.call("PUT", path, {"history_visibility": "shared"})
    await knows(bot, lambda: nio_room.history_visibility == "shared")
    sent = [await say(bot, room, "für alle")]
    await ben.call("POST", f"/rooms/{quoted(room)}/invite", {"user_id": cem.user_id})
    await cem.call("POST", f"/join/{quoted(room)}", {})
    await knows(bot, lambda: cem.user_id in nio_room.users)
    sent.append(await say(bot, room, "auch für Cem"))
    assert [await cem.read(room, event_id) for event_id in sent] == ["für alle", "auch für Cem"]
    assert not await cem.has(begun)


async def test_who_is_asked_back_into_a_direct_chat_can_read_what_is_said_at_once(
    new_bot: NewBot, new_phone: NewPhone
) -> None:
    bot, cem = await new_bot(), await new_phone()
    room = await bot.account.open_direct(cem.user_id, encrypt=True)
    rooms = bot.account._client.rooms
    await cem.call("POST", f"/join/{quoted(room)}", {})
    await knows(bot, lambda: room in rooms and cem.user_id in rooms[room].users)
    await say(bot, room, "vorher")
    await cem.call("POST", f"/rooms/{quoted(room)}/leave", {})
    await knows(bot, lambda: cem.user_id not in rooms[room].users)
    await bot.unfollow()  # the sync loop is slow
    assert await bot.account.open_direct(cem.user_id, encrypt=True) == room
    event_id = await say(bot, room, "wieder da?")
    await cem.call("POST", f"/join/{quoted(room)}", {})
    assert await cem.read(room, event_id) == "wieder da?"
