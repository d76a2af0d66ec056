"""Somebody wants to make sure of the bot: by emojis, which it refuses, and by its keys, which it shows."""

import pytest

from tests.crash.process import PATIENCE
from tests.independent.conftest import NewSealedGroup


def by_four(key: str) -> str:
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


@pytest.mark.timeout(180)
async def test_emojis_are_refused_and_keys_shown(new_sealed_group: NewSealedGroup) -> None:
    group = await new_sealed_group(2)
    anna, us = group.anna, group.installation.user_id
    async with group.running():
        chat = await anna.create_room("", invite=[us], direct=True)
        await anna.wait_for(
            chat, lambda event: event.get("state_key") == us and event["content"]["membership"] == "join"
        )
        ended = await anna.do("compare", user=us, room=chat)
        assert ended == {"code": "m.unknown_method", "by": us}
        told = await anna.wait_for(chat, lambda event: "Emojis" in event["content"].get("body", ""), timeout=PATIENCE)
        assert told["sender"] == us
        assert "!verifizieren" in told["content"]["body"]
        shown = await anna.ask(chat, "verifizieren")
        assert (shown["sealed"], shown["shield"]) == (True, 0)
        known = await anna._connection.call("POST", "/keys/query", {"device_keys": {us: []}})
        (master,) = known["master_keys"][us]["keys"].values()
        ((device, keys),) = known["device_keys"][us].items()
        for part in (us, by_four(master), device, by_four(keys["keys"][f"ed25519:{device}"])):
            assert part in shown["content"]["body"]
        assert await anna.unread() == {}


@pytest.mark.timeout(180)
async def test_a_direct_chat_that_the_bot_opens_is_encrypted(new_sealed_group: NewSealedGroup) -> None:
    """And so is a group's room; what is said there is readable without a shield, files too."""
    group = await new_sealed_group(2)
    anna, ben = group.people
    async with group.running() as bot:
        room = await group.founded(bot)
        await ben.wait_for_invite()  # to the group's room
        await ben.ask(room, "!meinedaten")
        chat = await ben.wait_for_invite(PATIENCE)
        file = await ben.wait_for(chat, lambda event: event["content"].get("msgtype") == "m.file", timeout=PATIENCE)
        assert "url" not in file["content"]
        assert ben.user_id.encode() in await ben.attachment(file)
        assert (file["sealed"], file["shield"]) == (True, 0)

        await anna.ask(room, "!gruppe neu Digitales")
        await ben.ask(room, "!mitmachen Digitales")
        opened = await ben.wait_for_invite(PATIENCE)
        await ben.wait_for(opened, lambda event: event.get("sealed", False) and group.from_bot(event), timeout=PATIENCE)
        shown = await ben.ask(opened, "!status", timeout=PATIENCE)
        assert (shown["sealed"], shown["shield"]) == (True, 0)
        assert await group.all_is_readable() > 5
