"""A bot that keeps what it cannot read, and a person whose keys go astray."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest

from bot.events import Batch, Event, Message, Undecryptable, Unsealed, Withheld
from bot.keeping import Keeping
from bot.matrix.crypto.machine import Machine
from bot.matrix.listening import Handle
from bot.store import Session, sealed
from bot.store.database import Database
from tests.matrix.anna import Anna
from tests.matrix.conftest import Recorder

Json = dict[str, Any]


@dataclass(kw_only=True)
class Patient(Recorder):
    """Keeps what it cannot read in a database, and dies instead of handling what `dies_of` says."""

    database: Database
    dies_of: Callable[[Batch], bool] = lambda _batch: False

    def follow(self, handle: Handle | None = None, alive_at: datetime | None = None) -> None:
        listens = self.account.listen(handle or self.handle, self.token, alive_at, Keeping(self.database))
        self.task = asyncio.create_task(listens)

    async def handle(self, batch: Batch) -> None:
        if self.dies_of(batch):
            raise Died
        await self.database.run(lambda session: self._kept(session, batch))
        await super().handle(batch)

    def _kept(self, session: Session, batch: Batch) -> None:
        for each in batch.happenings:
            match each:
                case Undecryptable():
                    sealed.keep(session, each, batch.received_at)
                case Withheld():
                    sealed.withhold(session, each)
                case Unsealed():
                    sealed.drop(session, each.event_id)

    async def died(self) -> None:
        """Wait for the death, and leave behind what a process leaves."""
        assert self.task is not None
        with pytest.raises(Died):
            await asyncio.wait_for(self.task, 20)
        self.task = None
        self.dies_of = lambda _batch: False
        await self.account.close()

    @property
    def olm(self) -> Machine:
        machine = self.account._client.olm
        assert isinstance(machine, Machine)
        return machine

    def unread(self, room: str) -> list[Undecryptable]:
        return [each for each in self.events(room) if isinstance(each, Undecryptable)]

    def unsealed(self, room: str) -> list[Event | None]:
        return [each.event for each in self.happenings if isinstance(each, Unsealed) and each.room_id == room]

    def read_late(self, room: str) -> list[str]:
        return [each.body for each in self.unsealed(room) if isinstance(each, Message)]


class Died(Exception):
    """The process is gone."""


@dataclass
class Astray:
    """What a person's client sends to the bot's device does not arrive; the homeserver has delivered all else."""

    person: Anna
    us: str
    kept: list[Json] = field(default_factory=list)

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        client, real = self.person.client, self.person.client.send

        async def send(method: str, path: str, data: Any = None, *arguments: Any, **options: Any) -> Any:
            if "/sendToDevice/m.room.encrypted/" in path:
                body = json.loads(data)
                if (lost := body["messages"].pop(self.us, None)) is not None:
                    self.kept.append({"messages": {self.us: lost}})
                data = json.dumps(body)
            return await real(method, path, data, *arguments, **options)

        client.send = send
        try:
            yield
        finally:
            client.send = real

    async def arrive(self) -> None:
        """What was lost comes after all."""
        for number, body in enumerate(self.kept):
            await to_device(self.person, "m.room.encrypted", body["messages"], f"late{number}")
        self.kept.clear()


async def to_device(person: Anna, kind: str, messages: Json, transaction: str) -> None:
    path = f"/_matrix/client/v3/sendToDevice/{kind}/{transaction}"
    body = nio.Api.to_json({"messages": messages})
    answer = await person.client.send("PUT", path, body, token(person))
    assert answer.status == 200, await answer.text()


def token(person: Anna) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.client.access_token}"}


async def raw(person: Anna, room: str, content: Json, transaction: str) -> str:
    """Send an encrypted event as it is."""
    path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{transaction}"
    answer = await person.client.send("PUT", path, nio.Api.to_json(content), token(person))
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["event_id"])


async def forward(person: Anna, bot: Patient, room: str, transaction: str, **changed: Any) -> None:
    """What js-sdk does when it is asked for a key that it has given: forward it, by Olm, to the device that asked."""
    olm = person.client.olm
    group = olm.outbound_group_sessions[room]
    key = next(each for each in olm.inbound_group_store if each.id == group.id)
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "forwarding_curve25519_key_chain": [],
        "room_id": room,
        "sender_claimed_ed25519_key": key.ed25519,
        "sender_key": key.sender_key,
        "session_id": key.id,
        "session_key": key.export_session(key.first_known_index),
    } | changed
    await by_olm(person, bot, "m.forwarded_room_key", content, transaction)


async def by_olm(person: Anna, bot: Patient, kind: str, content: Json, transaction: str) -> None:
    """Any message to the bot's device, encrypted."""
    us = bot.account.user_id
    if us not in person.client.olm.device_store.users:
        person.client.olm.users_for_key_query.add(us)
        await person.client.keys_query()
    device = person.client.device_store[us][bot.account.device_id]
    session = person.client.olm.session_store.get(device.curve25519)
    if session is None:
        await person.client.claims.begin([device])
        session = person.client.olm.session_store.get(device.curve25519)
    message = person.client.olm._olm_encrypt(session, device, kind, content)
    await to_device(person, "m.room.encrypted", {us: {device.id: message}}, transaction)
