"""Rooms that the bot makes itself: encrypted from the first word, which the guest can read."""

from datetime import UTC, datetime
from pathlib import Path

import nio  # type: ignore[import-untyped]  # nio ships no types
import pytest
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.errors import TryAgain
from bot.post import Post, Upload
from tests.crash.process import PASSWORD, PATIENCE
from tests.independent.conftest import NewPerson, NewSealedGroup
from tests.matrix.conftest import Recorder

NAME = "Barrierefreies Rathaus"


@pytest.mark.timeout(180)
async def test_the_room_of_a_group(new_sealed_group: NewSealedGroup) -> None:
    group = await new_sealed_group(3)
    anna, ben, cem = group.people
    async with group.running() as bot:
        plenum = await group.founded(bot)
        named = f"!gruppe neu {NAME}\nThema: Anträge für alle\nEingeladen: {ben.user_id}, {cem.user_id}"
        await anna.ask(plenum, named, timeout=PATIENCE)
        while (room := await ben.wait_for_invite(PATIENCE)) == plenum:
            pass

        def welcome(event: Json) -> bool:
            return NAME in event["content"].get("body", "")

        for person in (ben, cem):
            assert (await person.wait_for(room, welcome, timeout=PATIENCE))["sealed"]
        assert (await ben.state(room, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
        answer = await cem.ask(room, f"!mitmachen {NAME}", timeout=PATIENCE)
        assert "gehören jetzt zu den Aktiven" in answer["content"]["body"]
        await group.all_is_readable()


async def test_a_room_that_has_arrived_by_half(homeserver: Homeserver, new_person: NewPerson, tmp_path: Path) -> None:
    """The homeserver shows a room that is being made without its encryption, and without whom we have invited."""
    anna = await new_person("anna", auto_join=True)
    us = await homeserver.register("half", PASSWORD)
    settings = Matrix(
        homeserver=homeserver.url, user_id=us, password=SecretStr(PASSWORD), store=tmp_path / "half" / "crypto"
    )
    bot = Recorder(settings)
    await bot.start()
    try:
        await bot.unfollow()
        chat = await bot.account.open_direct(anna.user_id, encrypt=True)
        client = bot.account._client
        client.rooms[chat] = nio.MatrixRoom(chat, us)
        post = Post(chat, "m.room.message", {"msgtype": "m.text", "body": "Guten Tag!"}, "t1", datetime.now(UTC))
        with pytest.raises(TryAgain, match="encryption"):
            await bot.account.send(post)
        with pytest.raises(TryAgain, match="encryption"):
            await bot.account.upload(chat, Upload(b"geheim", "text/plain", "brief.txt"))
        client.rooms[chat].encrypted = True
        sent = await bot.account.send(post)
        seen = await anna.wait_for(chat, lambda event: event["event_id"] == sent, timeout=PATIENCE)
        assert (seen["content"]["body"], seen["sealed"], seen["shield"]) == ("Guten Tag!", True, 0)
    finally:
        await bot.stop()
