"""Sending to a real homeserver: once, into the right room, and with an honest verdict when it fails."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from bot.demo.homeserver import Homeserver
from bot.errors import Rejected, TryAgain
from bot.events import Echo
from bot.matrix.client import Account
from bot.matrix.rooms import alias_of
from bot.post import Post, Upload
from tests.conftest import Newcomer
from tests.matrix.conftest import NewBot, in_room


def post(room_id: str, body: str, transaction: str, *, since: datetime | None = None) -> Post:
    content = {"msgtype": "m.text", "body": body, "m.mentions": {}}
    return Post(room_id, "m.room.message", content, transaction, since or datetime.now(UTC))


async def test_the_same_transaction_is_the_same_event(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    first = await bot.account.send(post(room, "Guten Tag", "t1"))
    await bot.stop()
    await bot.start()
    assert await bot.account.send(post(room, "Guten Tag", "t1")) == first
    other = await bot.account.send(post(room, "Guten Tag", "t2"))
    assert other != first
    await bot.until(lambda: any(isinstance(e, Echo) and e.event_id == other for e in bot.events(room)))
    echoes = {(e.event_id, e.transaction) for e in bot.events(room) if isinstance(e, Echo)}
    assert echoes >= {(first, "t1"), (other, "t2")}
    assert [e["event_id"] for e in await anna.history(room) if e["content"].get("body") == "Guten Tag"] == [
        first,
        other,
    ]


async def test_find_looks_through_noise_and_from_another_device(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    wanted = post(room, "gesucht", "t1")
    sent = await bot.account.send(wanted)
    for number in range(30):
        await anna.say(room, f"Nr. {number}")
        await bot.account.send(post(room, "anderes", f"n{number}"))
    assert await bot.account.find(wanted) == sent
    assert await bot.account.find(post(room, "nie gesendet", "t9")) is None

    await anna.send(room, "m.room.message", {"msgtype": "m.text", "body": "untergeschoben", "zwischenstand.key": "t9"})
    assert await bot.account.find(post(room, "nie gesendet", "t9")) is None
    device = bot.account.device_id
    await bot.stop()
    kept = {"store": bot.settings.store.with_name("second"), "signing_keys_file": bot.settings.signing_file}
    second = Account(bot.settings.model_copy(update=kept))
    await second.login()
    assert second.device_id != device
    assert await second.find(wanted) == sent
    await second.close()


async def test_a_room_that_we_are_not_in(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde")
    with pytest.raises(Rejected):
        await bot.account.send(post(room, "hallo", "t1"))
    with pytest.raises(Rejected):
        await bot.account.join(room)
    await anna.invite(room, bot.account.user_id)
    await bot.account.join(room)
    await bot.account.join(room)
    async with asyncio.timeout(20):
        while True:
            try:
                await bot.account.send(post(room, "hallo", "t2"))
            except TryAgain as error:
                await asyncio.sleep(error.after or 0.1)
            else:
                break


async def test_verdicts(new_bot: NewBot, newcomer: Newcomer, homeserver: Homeserver) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    with pytest.raises(Rejected, match="M_TOO_LARGE"):
        await bot.account.send(post(room, "x" * 70_000, "t1"))
    await homeserver.stop()
    with pytest.raises(TryAgain):
        await bot.account.send(post(room, "später", "t2"))
    with pytest.raises(TryAgain):
        await bot.account.find(post(room, "später", "t2"))
    await homeserver.start()
    await bot.account.reached()  # as the outbox does: until then, nothing goes out
    await bot.account.send(post(room, "später", "t2"))


async def test_a_cancelled_send_is_finished_and_the_next_one_works(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    sending = asyncio.create_task(bot.account.send(post(room, "abgebrochen", "t1")))
    await asyncio.sleep(0)
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    assert sending.cancelled()
    await bot.account.send(post(room, "danach", "t2"))
    await anna.wait_for(room, lambda e: e["content"].get("body") == "abgebrochen")


async def test_pictures(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    plain = await anna.create_room("offen", invite=[bot.account.user_id])
    secret = await anna.create_room("verschlüsselt", invite=[bot.account.user_id], encrypted=True)
    await in_room(bot, plain)
    await in_room(bot, secret)
    image = Upload(b"\x89PNG\r\n\x1a\n" + b"0" * 100, "image/png", "stand.png")
    assert (await bot.account.upload(plain, image))["url"].startswith("mxc://")
    part = await bot.account.upload(secret, image)
    assert part.keys() == {"file"}
    assert part["file"].keys() >= {"url", "key", "iv", "hashes", "v"}


async def test_the_direct_chat_is_found_again(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    room = await bot.account.open_direct(anna.user_id, encrypt=False)
    assert await anna.wait_for_invite() == room
    with monkeypatch.context() as patched:  # it would cost one of the few requests that a homeserver allows
        patched.setattr(bot.account._client, "room_create", None)
        assert await bot.account.open_direct(anna.user_id, encrypt=False) == room
    assert await bot.account.open_direct(boris.user_id, encrypt=False) != room
    await anna.join(room)
    await anna.leave(room)
    assert await bot.account.open_direct(anna.user_id, encrypt=False) == room
    await anna.join(room)

    await bot.account.leave(room, "")
    again = await bot.account.open_direct(anna.user_id, encrypt=False)
    assert again != room
    assert await bot.account.open_direct(anna.user_id, encrypt=False) == again


async def test_a_stranger_who_takes_the_alias_reads_nothing(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, mallory = await new_bot(), await newcomer("anna"), await newcomer("mallory")
    alias = alias_of(bot.account.user_id, anna.user_id)
    trap = await mallory.create_room("Falle", invite=[anna.user_id], alias_name=alias, public=True)
    await bot.account.join(trap)
    with pytest.raises(Rejected):
        await bot.account.open_direct(anna.user_id, encrypt=False)
