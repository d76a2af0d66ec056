"""Who comes and goes while a room's key is in use."""

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
