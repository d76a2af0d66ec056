"""What anybody with an account can do to the bot's device, past all rooms: it goes on, and people still reach it."""

from pathlib import Path

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from tests.crash.process import PATIENCE
from tests.independent.conftest import NewPerson, NewSealedGroup
from tests.independent.group import SealedGroup
from tests.independent.sealed import Sealed
from tests.independent.stranger import Stranger, stranger

OLM = "m.olm.v1.curve25519-aes-sha2"
KIND = "signed_curve25519"
MOST_KEYS = 500


@pytest.mark.timeout(180)
async def test_what_a_stranger_can_do(
    homeserver: Homeserver, new_sealed_group: NewSealedGroup, new_person: NewPerson, tmp_path: Path
) -> None:
    """Malformed messages, and all one-time keys taken while the bot is connected.

    Of those whom that concerns, one has never exchanged a word with the bot, one comes only then.
    """
    group = await new_sealed_group(2)
    anna, us = group.anna, group.installation.user_id
    async with group.running() as bot, stranger(homeserver, tmp_path / "bare") as mallory:
        room = await group.founded(bot)
        await malformed_again_and_again(mallory, group, room)
        cem = await new_person("cem")
        await anna.invite(room, cem.user_id)
        await cem.join(room)
        device = await device_of(anna, us)
        first = await exhausted(mallory, us, device)
        answer = await cem.ask(room, "!status eAkte", timeout=PATIENCE)
        assert (answer["sealed"], answer["shield"]) == (True, 0)

        second = await exhausted(mallory, us, device)
        assert len(first | second) == 2, "used, and not replaced"
        dora = await new_person("dora")
        chat = await dora.create_room("", invite=[us], direct=True)
        await dora.wait_for(chat, lambda event: joined(event, us), timeout=PATIENCE)
        answer = await dora.ask(chat, "hilfe", timeout=PATIENCE)
        assert (answer["sealed"], answer["shield"]) == (True, 0)
        of_the_bot = [event for event in await cem.history(room) if group.from_bot(event)]
        assert {event["failure"] for event in of_the_bot} == {None}, "those before cem came, too"
        assert await dora.unread() == {}
        assert bot.process.returncode is None


async def device_of(person: Sealed, us: str) -> str:
    [device] = (await person.do("trust", user=us))["devices"]
    return str(device)


async def exhausted(mallory: Stranger, us: str, device: str) -> set[str]:
    """Claim all one-time keys there are, and those that come while we claim; the last resort is used, too: its ID."""
    wanted = {"one_time_keys": {us: {device: KIND}}}
    for count in range(MOST_KEYS):
        found = (await mallory.call("POST", "/keys/claim", wanted))["one_time_keys"]
        keys = found.get(us, {}).get(device, {})
        if all(key.get("fallback") for key in keys.values()):  # the last resort, or nothing at all
            print(f"{count} keys taken")
            assert count >= 25, "so few prove nothing"
            return set(keys)
    raise AssertionError("they are uploaded as fast as they are claimed")


def joined(event: Json, person: str) -> bool:
    return event.get("state_key") == person and event["content"].get("membership") == "join"


async def malformed_again_and_again(mallory: Stranger, group: SealedGroup, room: str) -> None:
    """Each has ended a bare nio's sync; afterwards, and when all come in one answer, people are heard."""
    anna, ben, us = *group.people, group.installation.user_id
    keys = await mallory.call("POST", "/keys/query", {"device_keys": {us: []}})
    [(device, published)] = keys["device_keys"][us].items()
    contents = malformed(published["keys"][f"curve25519:{device}"])
    for number, content in enumerate(contents):
        await to_device(mallory, f"one{number}", {us: {device: content}})
        assert (await anna.ask(room, "!status eAkte", timeout=PATIENCE))["sealed"]
    for number, content in enumerate(contents):
        await to_device(mallory, f"all{number}", {us: {"*": content}})
    said = await ben.send(room, "m.room.message", {"msgtype": "m.text", "body": "!status eAkte"}, fresh=True)
    await ben.answer_to(room, said, timeout=PATIENCE)


async def to_device(mallory: Stranger, transaction: str, messages: Json) -> None:
    await mallory.call("PUT", f"/sendToDevice/m.room.encrypted/{transaction}", {"messages": messages})


def malformed(own: str) -> list[Json]:
    """To the device whose identity key this is."""
    head = {"algorithm": OLM, "sender_key": "A" * 43}
    return [
        head | {"ciphertext": {own: {"type": 0, "body": "xx"}}},
        head | {"ciphertext": {own: {"type": 1, "body": ""}}},
        {"algorithm": OLM, "sender_key": "", "ciphertext": {own: {"type": 0, "body": "A" * 200}}},
        head | {"ciphertext": {own: {"type": 9, "body": "x"}}},
    ]
