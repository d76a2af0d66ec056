"""Inviting, pinning, naming, appointing on a real homeserver: repeatable, and with an honest verdict."""

from typing import Any

import pytest

from bot.demo.homeserver import Homeserver
from bot.errors import Rejected, TryAgain
from tests.conftest import Newcomer
from tests.matrix.admin import create, get_state, put_state, remove, set_powers
from tests.matrix.conftest import NewBot
from tests.matrix.test_opening import ordered


async def test_invitations(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, boris, cem = await new_bot(), await newcomer("anna"), await newcomer("boris"), await newcomer("cem")
    room = await bot.account.open_room(ordered(powers={anna.user_id: 50}))
    await bot.account.invite(room, anna.user_id)
    await bot.account.invite(room, anna.user_id)  # invited already
    await anna.join(room)
    await bot.account.invite(room, anna.user_id)  # in already
    assert len([e for e in await anna.history(room) if e.get("state_key") == anna.user_id]) == 2

    await bot.account.invite(room, boris.user_id)
    await boris.leave(room)  # refuses
    await bot.account.invite(room, boris.user_id)
    assert (await get_state(anna, room, "m.room.member", boris.user_id))["membership"] == "invite"

    await remove(anna, room, cem.user_id, how="ban")
    with pytest.raises(Rejected, match="banned"):
        await bot.account.invite(room, cem.user_id)
    with pytest.raises(Rejected, match="no account"):
        await bot.account.invite(room, "@niemand:netz.example")
    with pytest.raises(Rejected, match="M_FORBIDDEN"):  # our homeserver federates with nobody
        await bot.account.invite(room, "@anna:fern.example")
    with pytest.raises(Rejected, match="M_INVALID_PARAM"):
        await bot.account.invite(room, "niemand")


async def test_where_we_may_not_invite(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    closed = await create(anna, power_level_content_override={"invite": 50}, invite=[bot.account.user_id])
    with pytest.raises(Rejected, match="M_FORBIDDEN"):
        await bot.account.invite(closed, boris.user_id)  # not in the room yet
    await bot.account.join(closed)
    with pytest.raises(Rejected, match="M_FORBIDDEN"):
        await bot.account.invite(closed, boris.user_id)


async def test_invitations_when_the_homeserver_is_away(
    new_bot: NewBot, newcomer: Newcomer, homeserver: Homeserver
) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await bot.account.open_room(ordered())
    await homeserver.stop()
    with pytest.raises(TryAgain):
        await bot.account.invite(room, anna.user_id)
    with pytest.raises(TryAgain):
        await bot.account.open_room(ordered())
    await homeserver.start()
    await bot.account.reached()  # until then, nothing goes out
    await bot.account.invite(room, anna.user_id)


async def test_state_is_set_when_it_differs(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await bot.account.open_room(ordered(powers={anna.user_id: 50}))
    await bot.account.invite(room, anna.user_id)
    await anna.join(room)
    for name in ("Bildung", "Bildung und Teilhabe", "Bildung und Teilhabe"):
        await bot.account.set_state(room, "m.room.name", "", {"name": name})
    names = [e["content"]["name"] for e in await anna.history(room) if e["type"] == "m.room.name"]
    assert names == ["Bildung", "Bildung und Teilhabe"]
    await bot.account.set_state(room, "m.space.child", "!kind:netz.example", {"via": ["netz.example"]})
    assert await get_state(anna, room, "m.space.child", "!kind:netz.example") == {"via": ["netz.example"]}

    other = await create(anna, name="Annas Raum", invite=[bot.account.user_id])
    await bot.account.join(other)
    await bot.account.set_state(other, "m.room.name", "", {"name": "Annas Raum"})  # nothing to do
    for name in ("Unserer", "Annas Raum"):
        with pytest.raises(Rejected, match="M_FORBIDDEN"):
            await bot.account.set_state(other, "m.room.topic", "", {"topic": name})


async def test_pins_of_others_stay(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await create(anna, invite=[bot.account.user_id])
    await bot.account.join(room)
    with pytest.raises(Rejected, match="M_FORBIDDEN"):
        await bot.account.pin(room, ["$willkommen"])
    await set_powers(anna, room, users={bot.account.user_id: 50})
    await put_state(anna, room, "m.room.pinned_events", {"pinned": ["$annas", "$tafel"], "com.example": 1})
    for _ in range(2):
        await bot.account.pin(room, ["$willkommen", "$tafel"])
    pins = await get_state(anna, room, "m.room.pinned_events")
    assert pins == {"pinned": ["$willkommen", "$tafel", "$annas"], "com.example": 1}
    assert len([e for e in await anna.history(room) if e["type"] == "m.room.pinned_events"]) == 2
    for _ in range(2):
        await bot.account.pin(room, [], ["$tafel", "$nie"])
    assert (await get_state(anna, room, "m.room.pinned_events"))["pinned"] == ["$willkommen", "$annas"]
    assert len([e for e in await anna.history(room) if e["type"] == "m.room.pinned_events"]) == 3
    await put_state(anna, room, "m.room.pinned_events", {"pinned": "falsch"})
    await bot.account.pin(room, ["$willkommen"])
    assert await get_state(anna, room, "m.room.pinned_events") == {"pinned": ["$willkommen"]}


async def test_a_homeserver_that_shows_contents_alone_is_not_fooled(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A content may be written to look like an event; `format=event` is young in the specification."""
    bot, mallory = await new_bot(), await newcomer("mallory")
    room = await create(mallory, invite=[bot.account.user_id])
    await bot.account.join(room)
    looks = {
        "content": {"replacement_room": "!x"},
        "sender": "@chef:netz.example",
        "event_id": "$x",
        "replacement_room": "!y",
    }
    await put_state(mallory, room, "m.room.tombstone", looks)
    client, state = bot.account._client, bot.account._parts.state
    real = client.send

    async def older(method: str, path: str, *rest: Any, **more: Any) -> Any:
        return await real(method, path.removesuffix("?format=event"), *rest, **more)

    for send in (real, older):
        monkeypatch.setattr(client, "send", send)
        event = await state.event(room, "m.room.tombstone")
        assert event is not None
        assert (event["sender"], event["content"]) == (mallory.user_id, looks)
        assert await state.event(room, "m.room.topic") is None


@pytest.mark.parametrize("version", ["11", "12"])
async def test_power_is_given_and_never_taken(new_bot: NewBot, newcomer: Newcomer, version: str) -> None:
    bot, anna, boris, cem = await new_bot(), await newcomer("anna"), await newcomer("boris"), await newcomer("cem")
    room = await create(anna, room_version=version, invite=[bot.account.user_id])
    await bot.account.join(room)
    with pytest.raises(Rejected, match="M_FORBIDDEN"):
        await bot.account.empower(room, boris.user_id, 50)
    await set_powers(anna, room, users={bot.account.user_id: 100, cem.user_id: 75})
    before = await get_state(anna, room, "m.room.power_levels")
    await bot.account.empower(room, boris.user_id, 50)
    await bot.account.empower(room, boris.user_id, 25)
    await bot.account.empower(room, cem.user_id, 50)
    await bot.account.empower(room, anna.user_id, 100)  # in version 12 she stands above all levels and in no list
    after = await get_state(anna, room, "m.room.power_levels")
    assert after == before | {"users": before["users"] | {boris.user_id: 50}}
    assert (anna.user_id in after["users"]) is (version == "11")
    with pytest.raises(Rejected):
        await bot.account.empower(room, boris.user_id, 101)
