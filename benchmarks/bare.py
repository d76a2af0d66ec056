"""The least a bot can do: /sync, and one PUT for each command. No storage, no library, no protection from anything.

`python -m benchmarks.bare HOMESERVER USER PASSWORD`; reads the password in plain sight, as a benchmark may.
"""

import asyncio
import json
import sys
from typing import Any
from urllib.parse import quote

import aiohttp

FILTER = json.dumps({"presence": {"types": []}, "account_data": {"types": []}, "room": {"ephemeral": {"types": []}}})


async def run(homeserver: str, user: str, password: str) -> None:
    client = f"{homeserver}/_matrix/client/v3"
    async with aiohttp.ClientSession() as session:
        identifier = {"type": "m.id.user", "user": user}
        login = {"type": "m.login.password", "identifier": identifier, "password": password}
        async with session.post(f"{client}/login", json=login) as response:
            session.headers["Authorization"] = f"Bearer {(await response.json())['access_token']}"
        since = None
        while True:
            query = {"filter": FILTER} | ({"since": since, "timeout": "30000"} if since else {})
            async with session.get(f"{client}/sync", params=query) as response:
                body = await response.json()
            joined: dict[str, Any] = body.get("rooms", {}).get("join", {}) if since else {}
            for room_id, room in joined.items():
                for event in room["timeline"]["events"]:
                    if event["sender"] != user and event["content"].get("body", "").startswith("!"):
                        await _answer(session, client, room_id, event)
            if since is None:
                print("ready", file=sys.stderr, flush=True)
            since = body["next_batch"]


async def _answer(session: aiohttp.ClientSession, client: str, room_id: str, event: dict[str, Any]) -> None:
    content = {
        "msgtype": "m.notice",
        "body": "eAkte: gelb",
        "format": "org.matrix.custom.html",
        "formatted_body": "<p>eAkte: gelb</p>",
        "m.mentions": {},
        "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
    }
    path = f"/rooms/{quote(room_id)}/send/m.room.message/{quote(event['event_id'])}"
    async with session.put(client + path, json=content) as response:
        await response.read()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
