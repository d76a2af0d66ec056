"""A person's second session, which they have not verified: it reads nothing of the bot's, knows why, and can act."""

import asyncio

import pytest

from bot.demo.connection import Json
from tests.crash.process import PATIENCE
from tests.independent.conftest import NewSealedGroup
from tests.independent.sealed import Clients, Sealed

UNVERIFIED = "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"


@pytest.mark.timeout(240)
async def test_a_second_session(new_sealed_group: NewSealedGroup, clients: Clients) -> None:
    group = await new_sealed_group(2)
    anna, ben = group.people
    async with group.running() as bot:
        room = await group.founded(bot)
        second = await clients.second(ben)

        # What they write there is carried out, though they cannot read the answer: the others can.
        said = await second.say(room, "!idee Bänke am Fluss")
        answer = await anna.answer_to(room, said, timeout=PATIENCE)
        assert (answer["sealed"], answer["shield"]) == (True, 0)
        assert "Bänke am Fluss" in (await anna.ask(room, "!ideen", timeout=PATIENCE))["content"]["body"]
        assert await reason(second, answer) == UNVERIFIED
        assert await reason(ben, answer) is None

        # Verified from the first session, it reads the next message.
        await ben.do("vouch", device=second.device_id)
        asked = await ben.say(room, "!status eAkte")
        told = await second.wait_for(
            room, lambda event: group.from_bot(event) and asked in str(event), timeout=PATIENCE
        )
        assert (told["sealed"], told["failure"]) == (True, None)
        assert "Elektronische Akte" in told["content"]["body"]
        mine = await second.ask(room, "!status eAkte", timeout=PATIENCE)
        assert "Elektronische Akte" in mine["content"]["body"]
        assert all(event["failure"] is None for event in await anna.history(room) if group.from_bot(event))


async def reason(person: Sealed, event: Json) -> str | None:
    """Why this session cannot read an event of the bot's; None once it can."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if any(seen["event_id"] == event["event_id"] for seen in person.seen(event["room_id"])):
                return None
            found = (await person.unread()).get(event["event_id"])
            if found is not None:
                return found
            await asyncio.sleep(0.1)
