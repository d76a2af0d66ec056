"""Following a real upgrade, and refusing what only looks like one."""

from typing import Any

import pytest

from bot.demo.person import Person
from bot.errors import Rejected, TryAgain
from bot.matrix.rooms import Rooms
from tests.conftest import Newcomer
from tests.matrix.admin import TOMBSTONE, call, create, put_state, remove, set_powers, upgrade
from tests.matrix.conftest import NewBot, Recorder

NOBODY = "!niemand:netz.example"


async def membership(bot: Recorder, room_id: str) -> object:
    return (await bot.account._parts.state.membership(room_id, bot.account.user_id)).get("membership")


async def old_room(bot: Recorder, anna: Person, version: str = "11", **more: Any) -> str:
    """A room of Anna's, with us in it."""
    room = await create(anna, room_version=version, invite=[bot.account.user_id], **more)
    await bot.account.join(room)
    return room


async def replaced(anna: Person, bot: Recorder, old: str, maker: Person, **creation: Any) -> str:
    """A tombstone of Anna's for a room that somebody made, with us invited."""
    content = {"predecessor": {"room_id": old, "event_id": "$letztes"}} | creation
    new = await create(maker, creation_content=content, invite=[bot.account.user_id])
    await put_state(anna, old, TOMBSTONE, {"body": "Umzug", "replacement_room": new})
    return new


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_real_upgrade(new_bot: NewBot, newcomer: Newcomer, version: str) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    old = await old_room(bot, anna, version)
    new = await upgrade(anna, old)
    assert not await bot.account.follow(old, new, anna.user_id)  # nobody has invited us
    assert await membership(bot, new) is None
    await anna.invite(new, bot.account.user_id)
    assert await bot.account.follow(old, new, anna.user_id)
    assert await bot.account.follow(old, new, anna.user_id)
    assert await membership(bot, new) == "join"


async def test_whether_the_successor_is_encrypted_as_well(new_bot: NewBot, newcomer: Newcomer) -> None:
    """Where the homeserver makes the new room, it is; where a person does, it is as they like."""
    bot, anna = await new_bot(), await newcomer("anna")
    old = await old_room(bot, anna)
    assert not await bot.account.is_encrypted(old)
    await put_state(anna, old, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    assert await bot.account.is_encrypted(old)
    by_hand = await replaced(anna, bot, old, anna)
    assert await bot.account.follow(old, by_hand, anna.user_id)
    assert not await bot.account.is_encrypted(by_hand)
    new = await upgrade(anna, old)
    await anna.invite(new, bot.account.user_id)
    assert await bot.account.follow(old, new, anna.user_id)
    assert await bot.account.is_encrypted(new)


async def test_a_public_room_lets_us_in_and_a_ban_keeps_us_out(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    old = await old_room(bot, anna)
    new = await upgrade(anna, old)
    await put_state(anna, new, "m.room.join_rules", {"join_rule": "public"})
    assert await bot.account.follow(old, new, anna.user_id)
    await remove(anna, new, bot.account.user_id, how="ban")
    with pytest.raises(Rejected, match="banned"):  # no invitation will help
        await bot.account.follow(old, new, anna.user_id)


async def test_who_put_up_the_tombstone_need_not_have_made_the_room(new_bot: NewBot, newcomer: Newcomer) -> None:
    """But somebody must have made it who could have put it up."""
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    old = await old_room(bot, anna)
    new = await replaced(anna, bot, old, boris)
    with pytest.raises(Rejected, match="had no power"):
        await bot.account.follow(old, new, anna.user_id)
    assert await membership(bot, new) == "leave"
    await set_powers(anna, old, users={boris.user_id: 99})
    await boris.invite(new, bot.account.user_id)
    with pytest.raises(Rejected, match="had no power"):
        await bot.account.follow(old, new, anna.user_id)
    await set_powers(anna, old, users={boris.user_id: 100})
    await boris.invite(new, bot.account.user_id)
    assert await bot.account.follow(old, new, anna.user_id)


async def test_a_creator_stands_above_all_levels(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, boris, cem = await new_bot(), await newcomer("anna"), await newcomer("boris"), await newcomer("cem")
    old = await old_room(bot, anna, "12", creation_content={"additional_creators": [boris.user_id, cem.user_id]})
    await call(anna, "POST", f"/rooms/{old}/invite", {"user_id": boris.user_id})
    await boris.join(old)
    new = await create(cem, creation_content={"predecessor": {"room_id": old}}, invite=[bot.account.user_id])
    await put_state(boris, old, TOMBSTONE, {"body": "", "replacement_room": new})
    assert await bot.account.follow(old, new, boris.user_id)


@pytest.mark.parametrize(
    "creation",
    [
        {"predecessor": {"room_id": NOBODY, "event_id": "$x"}},
        {"predecessor": None},
        {"predecessor": "falsch"},
    ],
)
async def test_the_new_room_must_name_the_old_one(new_bot: NewBot, newcomer: Newcomer, creation: Any) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    old = await old_room(bot, anna)
    new = await replaced(anna, bot, old, anna, **creation)
    with pytest.raises(Rejected, match="predecessor"):
        await bot.account.follow(old, new, anna.user_id)
    left = await anna.wait_for(new, lambda e: e["content"].get("membership") == "leave")
    assert "Nachfolger" in left["content"]["reason"]


async def test_a_stranger_cannot_hide_behind_additional_creators(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, mallory = await new_bot(), await newcomer("anna"), await newcomer("mallory")
    old = await old_room(bot, anna)
    trap = await replaced(anna, bot, old, mallory, additional_creators=[anna.user_id])
    with pytest.raises(Rejected, match="had no power"):
        await bot.account.follow(old, trap, anna.user_id)
    assert await membership(bot, trap) == "leave"


async def test_what_is_no_tombstone_is_not_even_entered(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, mallory = await new_bot(), await newcomer("anna"), await newcomer("mallory")
    old = await old_room(bot, anna, power_level_content_override={"state_default": 50})
    trap = await create(
        mallory, creation_content={"predecessor": {"room_id": old}}, invite=[bot.account.user_id], preset="public_chat"
    )
    claims = [(trap, mallory.user_id), (trap, anna.user_id)]
    for successor, by in claims:
        with pytest.raises(Rejected, match="does not"):
            await bot.account.follow(old, successor, by)
    real = await create(anna)
    await put_state(anna, old, TOMBSTONE, {"body": "", "replacement_room": real})
    for successor, by in [*claims, (real, mallory.user_id)]:
        with pytest.raises(Rejected, match="does not"):
            await bot.account.follow(old, successor, by)
    assert await membership(bot, trap) != "join"
    with pytest.raises(Rejected):
        await bot.account.follow(NOBODY, trap, mallory.user_id)
    await put_state(anna, old, TOMBSTONE, {"body": "", "replacement_room": NOBODY})
    with pytest.raises(Rejected, match="404"):
        await bot.account.follow(old, NOBODY, anna.user_id)


async def test_another_room_of_ours_is_not_left_for_a_wrong_tombstone(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    old, other = await old_room(bot, anna), await old_room(bot, anna)
    await put_state(anna, old, TOMBSTONE, {"body": "", "replacement_room": other})
    with pytest.raises(Rejected, match="predecessor"):
        await bot.account.follow(old, other, anna.user_id)
    assert await membership(bot, other) == "join"


async def test_a_crash_before_the_check_leaves_us_in_no_trap(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, anna, mallory = await new_bot(), await newcomer("anna"), await newcomer("mallory")
    old = await old_room(bot, anna)
    trap = await replaced(anna, bot, old, mallory)

    async def broken(*_: object) -> None:
        raise TryAgain("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(Rooms, "leave", broken)
        with pytest.raises(TryAgain):
            await bot.account.follow(old, trap, anna.user_id)
    assert await membership(bot, trap) == "join"
    with pytest.raises(Rejected):
        await bot.account.follow(old, trap, anna.user_id)
    assert await membership(bot, trap) == "leave"
