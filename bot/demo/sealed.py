"""Somebody whose client encrypts: nio's, for the one scene that shows what the homeserver does not see."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.errors import Problem
from bot.matrix.account.session import forget
from bot.matrix.safe import SafeClient

PATIENCE = 20.0  # seconds
LONG_POLL = 500  # milliseconds
ENCRYPTION: Json = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Sealed:
    """A person's second device. Everything it reads and writes is decrypted and encrypted here, on this side."""

    def __init__(self, client: SafeClient) -> None:
        self._client = client
        self.events: list[Json] = []

    async def open_chat(self, with_whom: str) -> str:
        """An encrypted direct chat; its room ID, once the other one has come. Raises Problem."""
        made = await self._client.room_create(is_direct=True, invite=[with_whom], initial_state=[ENCRYPTION])
        room_id = str(made.room_id)
        await self._until("niemand", lambda: with_whom in self._people(room_id) and self._knows(with_whom))
        return room_id

    async def ask(self, room_id: str, words: str) -> Json:
        """Write, and wait for the answer: its event, decrypted. Raises Problem."""
        content = {"msgtype": "m.text", "body": words, "m.mentions": {}}
        sent = await self._client.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)
        found: Json = await self._until("keine Antwort", lambda: self._answer(str(sent.event_id)))
        return found

    async def published(self, user_id: str) -> Json:
        """What the homeserver publishes of somebody's keys."""
        headers = {"Authorization": f"Bearer {self._client.access_token}"}
        body = '{"device_keys": {"%s": []}}' % user_id  # noqa: UP031 - braces
        async with await self._client.send("POST", "/_matrix/client/v3/keys/query", body, headers) as response:
            answer: Json = await response.json()
        return answer

    async def follow(self) -> None:
        """Read once what is new, and do what a client owes to the keys of others."""
        client = self._client
        answer = await client.sync(timeout=LONG_POLL, full_state=not client.next_batch or None)
        for info in answer.rooms.join.values():
            self.events += [event.source | {"decrypted": event.decrypted} for event in info.timeline.events]
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        await client.send_to_device_messages()

    async def _until(self, what: str, look: Callable[[], Any]) -> Any:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not (found := look()):
                    await self.follow()
                return found
        raise Problem(f"Im verschlüsselten Chat kam in {PATIENCE:.0f} Sekunden {what}.")

    def _people(self, room_id: str) -> set[str]:
        room = self._client.rooms.get(room_id)
        return set(room.users) if room else set()

    def _knows(self, user_id: str) -> bool:
        return any(True for _ in self._client.device_store.active_user_devices(user_id))

    def _answer(self, event_id: str) -> Json | None:
        for event in self.events:
            relation = event.get("content", {}).get("m.relates_to", {})
            if (
                relation.get("m.in_reply_to", {}).get("event_id") == event_id
                and event["sender"] != self._client.user_id
            ):
                return event
        return None


@contextlib.asynccontextmanager
async def sealed(homeserver: Homeserver, user_id: str, password: str) -> AsyncIterator[Sealed]:
    """Sign in with another device, which encrypts."""
    with TemporaryDirectory() as folder:
        client = SafeClient(homeserver.url, user_id, "VERSCHLOSSEN", Path(folder), "demo")
        try:
            await client.login(password)
            person = Sealed(client)
            await person.follow()
            yield person
        finally:
            await client.close()
            forget(client)
