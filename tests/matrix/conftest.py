"""A bot account on the real homeserver that records what it is handed."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.events import Batch, Event, Happening, Members, Message
from bot.matrix.client import Account
from bot.matrix.listening import Handle
from bot.matrix.safe import SafeClient
from bot.store.lease import Lease
from tests.matrix.anna import Anna
from tests.matrix.phones import Phone

PASSWORD = "geheim-" + secrets.token_hex(4)


@dataclass
class Recorder:
    """Follows with an account and keeps every batch; `token` survives a stop, as in the database."""

    settings: Matrix
    token: str | None = None
    batches: list[Batch] = field(default_factory=list)
    account: Account = field(init=False)
    task: asyncio.Task[None] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    lease: Lease | None = None
    """Of the PostgreSQL that has the keys."""

    async def start(self, alive_at: datetime | None = None) -> None:
        """Sign in and follow; returns when the first batch has been handed over."""
        await self.sign_in()
        seen = len(self.batches)
        self.follow(alive_at=alive_at)
        await self.until(lambda: len(self.batches) > seen)

    async def sign_in(self) -> None:
        """A fresh account object, as in a new process."""
        self.account = Account(self.settings, lease=self.lease)
        await self.account.login()

    def follow(self, handle: Handle | None = None, alive_at: datetime | None = None) -> None:
        self.task = asyncio.create_task(self.account.listen(handle or self.handle, self.token, alive_at))

    async def handle(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.token = batch.token
        self.news.set()

    async def stop(self) -> None:
        await self.unfollow()
        await self.account.close()

    async def unfollow(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
            self.task = None

    async def until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self.news.clear()
                waiting = asyncio.ensure_future(self.news.wait())
                assert self.task is not None
                done, _ = await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
                if self.task in done:
                    waiting.cancel()
                    await self.task

    @property
    def happenings(self) -> list[Happening]:
        return [happening for batch in self.batches for happening in batch.happenings]

    def events(self, room_id: str) -> list[Event]:
        return [h for h in self.happenings if isinstance(h, Event) and h.room_id == room_id]

    def bodies(self, room_id: str) -> list[str]:
        return [event.body for event in self.events(room_id) if isinstance(event, Message)]

    async def until_said(self, room_id: str, body: str) -> None:
        await self.until(lambda: body in self.bodies(room_id))


async def in_room(bot: Recorder, room_id: str) -> None:
    """Follow an invitation, and wait until the sync loop knows the room."""
    await bot.account.join(room_id)
    await bot.until(lambda: any(isinstance(h, Members) and h.room_id == room_id for h in bot.happenings))


async def encrypted_room(anna: Anna, bot: Recorder) -> str:
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    created = await anna.client.room_create(name="Echt", invite=[bot.account.user_id], initial_state=[encryption])
    room = str(created.room_id)
    await in_room(bot, room)
    us = bot.account.user_id
    await anna.until(lambda: room in anna.client.rooms and us in anna.client.rooms[room].users)
    await anna.until(lambda: bool(list(anna.client.device_store.active_user_devices(us))))
    return room


NewBot = Callable[[], Awaitable[Recorder]]


@pytest.fixture
async def new_settings(homeserver: Homeserver, tmp_path: Path) -> Callable[[], Awaitable[Matrix]]:
    """Registers an account for a bot; its store lies in a folder of its own."""

    async def make() -> Matrix:
        name = f"zwischenstand-{secrets.token_hex(4)}"
        user_id = await homeserver.register(name, PASSWORD)
        return Matrix(
            homeserver=homeserver.url,
            user_id=user_id,
            password=SecretStr(PASSWORD),
            store=tmp_path / name / "crypto",
        )

    return make


@pytest.fixture
async def new_bot(new_settings: Callable[[], Awaitable[Matrix]]) -> AsyncIterator[NewBot]:
    """Makes bots that follow already; they are stopped in the end."""
    bots: list[Recorder] = []

    async def make() -> Recorder:
        bot = Recorder(await new_settings())
        bots.append(bot)
        await bot.start()
        return bot

    yield make
    for bot in bots:
        await bot.stop()


WithKeys = Callable[[str], Awaitable[Anna]]


@pytest.fixture
async def with_keys(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[WithKeys]:
    """Makes people with encrypting clients, by the name of their device."""
    people: list[Anna] = []

    async def make(device: str) -> Anna:
        name = f"{device.lower()}-{secrets.token_hex(4)}"
        user_id = await homeserver.register(name, PASSWORD)
        store = tmp_path / name
        store.mkdir()
        client = SafeClient(homeserver.url, user_id, device, store, "key")
        await client.login(PASSWORD)
        people.append(Anna(client))
        await people[-1].sync()
        return people[-1]

    yield make
    for person in people:
        await person.client.close()
        assert person.client.store
        person.client.store.database.close()


@pytest.fixture
async def anna(with_keys: WithKeys) -> Anna:
    return await with_keys("ANNA")


@pytest.fixture
async def new_phone(homeserver: Homeserver) -> AsyncIterator[Callable[..., Awaitable[Phone]]]:
    """Makes devices: of somebody new, or another one `of` somebody."""
    phones: list[Phone] = []

    async def make(of: Phone | None = None, **options: Any) -> Phone:
        user_id = of.user_id if of else await homeserver.register(f"person-{secrets.token_hex(4)}", PASSWORD)
        phones.append(await Phone.of(homeserver, user_id, PASSWORD, **options))
        return phones[-1]

    yield make
    for phone in phones:
        await phone.connection.close()


async def quiet(bot: Recorder) -> None:
    """Return when everything that reached the homeserver is handled."""
    async with asyncio.timeout(10):
        while not await settled(bot):
            pass


async def settled(bot: Recorder) -> bool:
    """Whether everything that reached the homeserver until now is handled."""
    return await bot.account.nothing_waiting(datetime.now(UTC))
