"""A bare nio, as bots are today: a device that its owner has not cross-signed."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver

PATIENCE = 30  # seconds


class Stranger:
    """Somebody at nio; keeps everything that reaches its device and its rooms."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self.client = client
        self.user_id = str(client.user_id)
        self.events: list[Any] = []
        self.to_device: list[Json] = []

    async def until(self, true: Callable[[], bool]) -> None:
        """Sync until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                await self._sync()

    async def say(self, room_id: str, body: str) -> str:
        """Write a message; its event ID."""
        content = {"msgtype": "m.text", "body": body}
        answer = await self.client.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)
        assert isinstance(answer, nio.RoomSendResponse), answer
        return str(answer.event_id)

    async def join(self, room_id: str) -> None:
        """Follow an invitation."""
        assert isinstance(await self.client.join(room_id), nio.JoinResponse)
        await self.until(lambda: room_id in self.client.rooms and self.client.rooms[room_id].encrypted)

    async def call(self, method: str, path: str, body: Json) -> Json:
        """One request to the homeserver; it must be granted."""
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        answer = await self.client.send(method, f"/_matrix/client/v3{path}", nio.Api.to_json(body), headers)
        found: Json = await answer.json()
        assert answer.status == 200, found
        return found

    async def _sync(self) -> None:
        client = self.client
        answer = await client.sync(timeout=300, full_state=not client.next_batch or None)
        assert isinstance(answer, nio.SyncResponse), answer
        self.to_device += [event.source for event in answer.to_device_events]
        for info in answer.rooms.join.values():
            self.events += info.timeline.events
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        await client.send_to_device_messages()


@asynccontextmanager
async def stranger(homeserver: Homeserver, folder: Path) -> AsyncIterator[Stranger]:
    """Somebody new, logged in; their keys are uploaded, and nothing else."""
    password = secrets.token_urlsafe(12)
    user_id = await homeserver.register(f"stranger-{secrets.token_hex(4)}", password)
    await asyncio.to_thread(folder.mkdir)
    config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False, pickle_key="key")
    client = nio.AsyncClient(homeserver.url, user_id, "BARE", store_path=str(folder), config=config)
    try:
        assert isinstance(await client.login(password), nio.LoginResponse)
        someone = Stranger(client)
        await someone.until(lambda: not client.should_upload_keys)
        yield someone
    finally:
        await client.close()
        if client.store:
            client.store.database.close()
