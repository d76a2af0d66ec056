"""A person with an encrypting client, played by a second nio."""

import asyncio
from collections.abc import Callable
from typing import Any

import nio  # type: ignore[import-untyped]

from bot.matrix.safe import SafeClient


class Anna:
    """A person with an encrypting client."""

    def __init__(self, client: SafeClient) -> None:
        self.client = client
        self.events: list[Any] = []

    async def sync(self) -> None:
        client = self.client
        answer = await client.sync(timeout=300, full_state=not client.next_batch or None)
        assert isinstance(answer, nio.SyncResponse)
        for info in answer.rooms.join.values():
            self.events += info.timeline.events
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        await client.send_to_device_messages()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():
                await self.sync()

    async def say(self, room: str, body: str) -> None:
        content = {"msgtype": "m.text", "body": body}
        answer = await self.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        assert isinstance(answer, nio.RoomSendResponse)
