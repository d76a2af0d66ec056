"""What tests of sharing need: an encrypted room with devices in it, and a bot that writes there."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.demo.connection import quoted
from bot.post import Post
from tests.matrix.conftest import Recorder, in_room
from tests.matrix.phones import Phone

NewPhone = Callable[..., Awaitable[Phone]]


async def room_of(owner: Phone, bot: Recorder, *others: Phone, history: str = "joined") -> str:
    """An encrypted room; everybody is in, and the bot knows it."""
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    visible = {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": history}}
    people = [other.user_id for other in others]
    body = {"invite": [bot.account.user_id, *people], "initial_state": [encryption, visible], "preset": "private_chat"}
    room = str((await owner.call("POST", "/createRoom", body))["room_id"])
    for other in others:
        await other.call("POST", f"/join/{quoted(room)}", {})
    await in_room(bot, room)
    users = bot.account._client.rooms[room].users
    await bot.until(lambda: all(user in users for user in people))
    return room


async def say(bot: Recorder, room: str, text: str) -> str:
    post = Post(room, "m.room.message", {"msgtype": "m.text", "body": text}, secrets.token_hex(8), datetime.now(UTC))
    return await asyncio.wait_for(bot.account.send(post), 20)


async def in_clear(phone: Phone, room: str, text: str) -> None:
    """Something that makes the bot's sync loop turn."""
    path = f"/rooms/{quoted(room)}/send/m.room.message/{secrets.token_hex(8)}"
    await phone.call("PUT", path, {"msgtype": "m.text", "body": text})


async def knows(bot: Recorder, true: Callable[[], bool]) -> None:
    """Wait until the bot's sync loop has heard of it."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what changes is nio's, and tells nobody
            await asyncio.sleep(0.05)


def session(bot: Recorder, room: str) -> str:
    return str(bot.account._client.olm.outbound_group_sessions[room].id)


def keys_for(phone: Phone) -> int:
    return len(phone.of_type("m.room.encrypted"))


async def crowd(new_phone: NewPhone, count: int) -> list[Phone]:
    """Devices of three people."""
    firsts = [await new_phone() for _ in range(3)]
    return firsts + [await new_phone(of=firsts[number % 3]) for number in range(count - 3)]
