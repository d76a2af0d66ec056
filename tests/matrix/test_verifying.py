"""Requests to compare keys: nobody is left waiting, and nothing comes of them."""

from typing import Any

import pytest

from bot.events import VerificationAsked
from tests.matrix.anna import Anna
from tests.matrix.conftest import NewBot, Recorder, encrypted_room
from tests.matrix.sealed import call

REQUEST, START, CANCEL = (f"m.key.verification.{word}" for word in ("request", "start", "cancel"))
CODE = "m.unknown_method"


@pytest.fixture
def cancelled(anna: Anna) -> list[dict[str, Any]]:
    """What reached Anna's device of refusals."""
    found: list[dict[str, Any]] = []

    async def note(event: Any) -> None:
        if event.source["type"] == CANCEL:
            found.append(event.source)

    anna.client.add_to_device_callback(note, None)
    return found


async def tell(anna: Anna, bot: Recorder, kind: str, transaction: str, content: object) -> None:
    messages = {bot.account.user_id: {bot.account.device_id: content}}
    await call(anna, "PUT", "sendToDevice", kind, transaction, body={"messages": messages})


async def test_between_devices_it_is_refused_at_once(
    new_bot: NewBot, anna: Anna, cancelled: list[dict[str, Any]]
) -> None:
    bot = await new_bot()
    await encrypted_room(anna, bot)
    request = {"from_device": "ANNA", "methods": ["m.sas.v1"], "timestamp": 1, "transaction_id": "eins"}
    await tell(anna, bot, REQUEST, "eins", request)
    await anna.until(lambda: len(cancelled) == 1)
    # The older way begins without asking; nio would go on with it.
    (device,) = anna.client.device_store.active_user_devices(bot.account.user_id)
    await anna.client.start_key_verification(device)
    ((started, sas),) = anna.client.key_verifications.items()
    await anna.until(lambda: len(cancelled) == 2)
    assert [each["content"]["transaction_id"] for each in cancelled] == ["eins", started]
    assert sas.canceled
    assert {(each["sender"], each["content"]["code"]) for each in cancelled} == {(bot.account.user_id, CODE)}
    assert bot.account._client.key_verifications == {}


async def test_malformed_and_many(new_bot: NewBot, anna: Anna, cancelled: list[dict[str, Any]]) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    odd: list[object] = [
        {},
        {"from_device": 7, "transaction_id": "x"},
        {"transaction_id": ["x"]},
        {"from_device": "ANNA"},
    ]
    odd += [{"from_device": "ANNA", "transaction_id": "x" * 300}, {"from_device": "A\u202e", "transaction_id": "x"}]
    for number, content in enumerate(odd):
        for kind in (REQUEST, START, CANCEL):
            await tell(anna, bot, kind, f"{kind}{number}", content)
    for number in range(120):
        await tell(anna, bot, REQUEST, f"n{number}", {"from_device": "ANNA", "transaction_id": f"n{number}"})
    await anna.say(room, "noch da?")
    await bot.until_said(room, "noch da?")
    await anna.until(lambda: bool(cancelled))
    assert all(each["content"]["transaction_id"].startswith("n") for each in cancelled)


async def test_in_a_room_it_is_handed_over(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    content = {
        "msgtype": REQUEST,
        "body": "Anna möchte Sie verifizieren.",
        "from_device": "ANNA",
        "methods": ["m.sas.v1"],
    }
    sent = []
    for to in (bot.account.user_id, "@jemand:anders.example", 7):
        answer = await anna.client.room_send(
            room, "m.room.message", content | {"to": to}, ignore_unverified_devices=True
        )
        sent.append(answer.event_id)
    await anna.say(room, "danach")
    await bot.until_said(room, "danach")
    asked = [event for event in bot.events(room) if isinstance(event, VerificationAsked)]
    assert [event.event_id for event in asked] == sent[:1]
    assert asked[0].sender == anna.client.user_id
