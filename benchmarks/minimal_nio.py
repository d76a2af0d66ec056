"""The bot as matrix-nio's own example has it: `sync_forever`, a callback, `room_send`. No storage.

`python -m benchmarks.minimal_nio HOMESERVER USER PASSWORD`
"""

import asyncio
import sys

import nio  # type: ignore[import-untyped]  # nio ships no types


async def run(homeserver: str, user: str, password: str) -> None:
    client = nio.AsyncClient(homeserver, user)
    await client.login(password)
    await client.sync(timeout=0, full_state=True)

    async def answer(room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        if event.sender == user or not event.body.startswith("!"):
            return
        content = {
            "msgtype": "m.notice",
            "body": "eAkte: gelb",
            "format": "org.matrix.custom.html",
            "formatted_body": "<p>eAkte: gelb</p>",
            "m.mentions": {},
            "m.relates_to": {"m.in_reply_to": {"event_id": event.event_id}},
        }
        await client.room_send(room.room_id, "m.room.message", content)

    client.add_event_callback(answer, nio.RoomMessageText)
    print("ready", file=sys.stderr, flush=True)
    await client.sync_forever(timeout=30000)


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
