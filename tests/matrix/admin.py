"""What an administrator of rooms does that a `Person` of the demo never needs."""

import secrets
from typing import Any

import aiohttp

from bot.demo.connection import Json, quoted
from bot.demo.person import Person

MEMBER, POWER_LEVELS, TOMBSTONE = "m.room.member", "m.room.power_levels", "m.room.tombstone"


async def call(person: Person, method: str, path: str, body: Json | None = None) -> Json:
    """Any request as this person."""
    return await person._connection.call(method, path, body)


async def create(person: Person, **body: Any) -> str:
    """A room as one likes it."""
    return str((await call(person, "POST", "/createRoom", {"preset": "private_chat"} | body))["room_id"])


async def get_state(person: Person, room_id: str, kind: str, key: str = "") -> Json:
    return await call(person, "GET", f"/rooms/{quoted(room_id)}/state/{kind}/{quoted(key)}")


async def put_state(person: Person, room_id: str, kind: str, content: Json, key: str = "") -> str:
    path = f"/rooms/{quoted(room_id)}/state/{kind}/{quoted(key)}"
    return str((await call(person, "PUT", path, content))["event_id"])


async def set_powers(person: Person, room_id: str, **changes: Any) -> None:
    """Change some of the room's power levels; `users` are added to those there are."""
    levels = await get_state(person, room_id, POWER_LEVELS)
    users = levels.get("users", {}) | changes.pop("users", {})
    await put_state(person, room_id, POWER_LEVELS, levels | changes | {"users": users})


async def upgrade(person: Person, room_id: str, version: str = "12") -> str:
    """Replace a room; the new one's ID."""
    body = {"new_version": version}
    return str((await call(person, "POST", f"/rooms/{quoted(room_id)}/upgrade", body))["replacement_room"])


async def remove(person: Person, room_id: str, other: str, *, how: str = "kick", reason: str = "") -> None:
    """Kick or ban."""
    await call(person, "POST", f"/rooms/{quoted(room_id)}/{how}", {"user_id": other, "reason": reason})


async def upload(person: Person, homeserver_url: str, content: bytes) -> str:
    """The address of an uploaded file."""
    headers = {"Authorization": f"Bearer {person._connection.token}", "Content-Type": "text/csv"}
    address = f"{homeserver_url}/_matrix/media/v3/upload?filename={secrets.token_hex(4)}.csv"
    async with aiohttp.ClientSession() as session, session.post(address, data=content, headers=headers) as answer:
        assert answer.status == 200
        return str((await answer.json())["content_uri"])
