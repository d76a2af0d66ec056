"""What happens to us in rooms on a real homeserver: power lost and won, rooms replaced, kicks and bans."""

from typing import Any

import pytest

from bot.demo.person import Person
from bot.events import Left, Members, Power, Powers, Upgraded
from tests.conftest import Newcomer
from tests.matrix.admin import create, put_state, remove, set_powers, upgrade
from tests.matrix.conftest import NewBot, Recorder, in_room
from tests.matrix.test_opening import ordered


def powers_in(bot: Recorder, room_id: str) -> list[set[Power]]:
    return [set(e.lacks) for e in bot.events(room_id) if isinstance(e, Powers)]


def lefts(bot: Recorder, room_id: str) -> list[tuple[str | None, bool, str | None]]:
    return [(h.by, h.banned, h.reason) for h in bot.happenings if isinstance(h, Left) and h.room_id == room_id]


async def room_with(bot: Recorder, anna: Person, **more: Any) -> str:
    room = await create(anna, name="Runde", invite=[bot.account.user_id], **more)
    await in_room(bot, room)
    return room


@pytest.mark.parametrize("offline", [False, True], ids=["running", "stopped"])
async def test_power_that_we_win_and_lose(new_bot: NewBot, newcomer: Newcomer, offline: bool) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await room_with(bot, anna)
    us = bot.account.user_id
    assert powers_in(bot, room) == [{Power.PIN, Power.NAME}]
    if offline:
        await bot.stop()
    await set_powers(anna, room, users={us: 50})
    await set_powers(anna, room, users={us: 0}, events_default=10, invite=10)
    await anna.say(room, "Ende")
    if offline:
        await bot.start()
    await bot.until_said(room, "Ende")
    assert powers_in(bot, room) == [{Power.PIN, Power.NAME}, set(), set(Power)]


async def test_in_an_encrypted_room_the_sealed_message_counts(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    sealed = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
    events = {"m.room.encrypted": 10, "m.room.message": 0, "m.room.pinned_events": 0, "m.room.name": 0}
    closed = await room_with(bot, anna, initial_state=sealed, power_level_content_override={"events": events})
    assert powers_in(bot, closed) == [{Power.SPEAK}]
    plain = await room_with(bot, anna, power_level_content_override={"events": events})
    assert powers_in(bot, plain) == [set()]


async def test_the_creator_of_a_new_room_lacks_nothing(new_bot: NewBot, newcomer: Newcomer) -> None:
    """From room version 12 on; also after a restart."""
    bot, anna = await new_bot(), await newcomer("anna")
    room = await bot.account.open_room(ordered(space=True, powers={anna.user_id: 100}))
    await bot.until(lambda: any(isinstance(h, Members) and h.room_id == room for h in bot.happenings))
    await bot.account.invite(room, anna.user_id)
    await anna.join(room)
    await bot.stop()
    await set_powers(anna, room, users_default=-1)
    await bot.start()
    await bot.until(lambda: len(powers_in(bot, room)) >= 2)
    assert all(not lacking for lacking in powers_in(bot, room))


@pytest.mark.parametrize("version", ["11", "12"])
async def test_an_upgrade_is_noticed_while_we_are_in(new_bot: NewBot, newcomer: Newcomer, version: str) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await room_with(bot, anna, room_version=version)
    new = await upgrade(anna, room)
    await bot.until(lambda: any(isinstance(e, Upgraded) for e in bot.events(room)))
    (upgraded,) = [e for e in bot.events(room) if isinstance(e, Upgraded)]
    assert (upgraded.successor, upgraded.sender) == (new, anna.user_id)
    await anna.invite(new, bot.account.user_id)
    assert await bot.account.follow(room, new, upgraded.sender)
    await bot.until(lambda: any(isinstance(h, Members) and h.room_id == new for h in bot.happenings))
    assert powers_in(bot, new)


async def test_a_tombstone_that_stands_there_when_we_come(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await create(anna)
    await put_state(anna, room, "m.room.tombstone", {"body": "", "replacement_room": "!neu:netz.example"})
    await anna.invite(room, bot.account.user_id)
    await in_room(bot, room)
    assert [e.successor for e in bot.events(room) if isinstance(e, Upgraded)] == ["!neu:netz.example"]


@pytest.mark.parametrize("offline", [False, True], ids=["running", "stopped"])
@pytest.mark.parametrize("how", ["kick", "ban"])
async def test_being_sent_away(new_bot: NewBot, newcomer: Newcomer, how: str, offline: bool) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await room_with(bot, anna)
    if offline:
        await bot.stop()
    await remove(anna, room, bot.account.user_id, how=how, reason="Zu laut,\nleider.\u202e")
    if offline:
        await bot.start()
    await bot.until(lambda: bool(lefts(bot, room)))
    assert lefts(bot, room) == [(anna.user_id, how == "ban", "Zu laut, leider.")]


async def test_leaving_and_declining_are_our_own_doing(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    us, room = bot.account.user_id, await room_with(bot, anna)
    await bot.account.leave(room, "")
    await bot.until(lambda: bool(lefts(bot, room)))
    assert lefts(bot, room) == [(us, False, None)]
    invited = await create(anna, invite=[us])
    await bot.account.leave(invited, "Diese Gruppe kenne ich nicht.")
    await bot.until(lambda: bool(lefts(bot, invited)))
    assert lefts(bot, invited) == [(us, False, "Diese Gruppe kenne ich nicht.")]
    withdrawn = await create(anna, invite=[us])
    await remove(anna, withdrawn, us)
    await bot.until(lambda: bool(lefts(bot, withdrawn)))
    assert lefts(bot, withdrawn) == [(anna.user_id, False, None)]
