"""What tests of encrypted rooms look at: what really stands on the server, and who can read it."""

import copy
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import nio  # type: ignore[import-untyped]

from bot.post import Post
from tests.matrix.anna import Anna
from tests.matrix.conftest import Recorder

Json = dict[str, Any]


def post(room: str, body: str, transaction: str | None = None, kind: str = "m.room.message", **more: Any) -> Post:
    content = {"msgtype": "m.notice", "body": body, **more}
    return Post(room, kind, content, transaction or f"t-{body}", datetime.now(UTC))


async def call(person: Anna, method: str, *path: str, body: Json | None = None) -> Json:
    """A request as this person, past nio."""
    address = "/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in path)
    headers = {"Authorization": f"Bearer {person.client.access_token}", "Content-Type": "application/json"}
    data = None if body is None else nio.Api.to_json(body)
    async with await person.client.send(method, address, data, headers) as answer:
        assert answer.status == 200, await answer.text()
        found: Json = await answer.json()
    return found


async def on_server(person: Anna, room: str, event_id: str) -> Json:
    """An event as it stands there."""
    return await call(person, "GET", "rooms", room, "event", event_id)


async def set_state(person: Anna, room: str, kind: str, content: Json) -> str:
    answer = await call(person, "PUT", "rooms", room, "state", kind, "", body=content)
    return str(answer["event_id"])


async def read(person: Anna, event_id: str) -> Any:
    """An event of the timeline as this person's client shows it."""
    await person.until(lambda: any(event.event_id == event_id for event in person.events))
    return next(event for event in person.events if event.event_id == event_id)


async def come_in(person: Anna, host: Anna, room: str, bot: Recorder) -> None:
    """Be invited and join; all sides know."""
    await call(host, "POST", "rooms", room, "invite", body={"user_id": person.client.user_id})
    await call(person, "POST", "join", room, body={})
    us = bot.account.user_id
    await bot.until(lambda: is_in(bot, room, person))
    await host.until(lambda: person.client.user_id in host.client.rooms[room].users)
    await person.until(lambda: room in person.client.rooms and us in person.client.rooms[room].users)


def is_in(bot: Recorder, room: str, person: Anna) -> bool:
    """Whether the bot's client thinks so, of somebody who has joined."""
    user = bot.account._client.rooms[room].users.get(person.client.user_id)
    return user is not None and not user.invited


def can_read(person: Anna, sealed: Json) -> bool:
    """Whether this person's device has the key to an event as it stands on the server."""
    event = nio.Event.parse_encrypted_event(copy.deepcopy(sealed))
    return person.client.opened(event, sealed["room_id"]) is not None
