"""A client with a key store, to which what a homeserver shows of people is handed."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from bot.matrix.safe import SafeClient
from tests.matrix.owners import Json, Owner
from tests.matrix.tables import OpenKeys

US, BEN, CEM = "@bot:x.example", "@ben:x.example", "@cem:x.example"


class Answer:
    """What a homeserver answers."""

    def __init__(self, body: Json) -> None:
        self.status, self._body = 200, body

    async def json(self, **_options: Any) -> Json:
        return self._body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


class Bot:
    """A client with a key store; what the homeserver shows is handed to it."""

    def __init__(self, open_keys: OpenKeys) -> None:
        self._open_keys = open_keys
        self.start()

    def start(self) -> None:
        nowhere = Path("/proc/none")
        self.client: Any = SafeClient("http://x.example", US, "ZS", nowhere, "key", open_keys=self._open_keys)
        self.client.restore_login(US, "ZS", "token")
        self.identities = self.client.store.identities

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        self.client.store.database.close()

    async def shown(self, answer: Json) -> None:
        """Ask about everybody in this answer."""

        async def send(_method: str, _path: str, data: str, *_rest: Any, **_options: Any) -> Answer:
            assert json.loads(data)["device_keys"].keys() == people
            return Answer(copy.deepcopy(answer))

        people = {user for part in answer.values() if isinstance(part, dict) for user in part}
        self.client.send = send
        self.client.olm.add_changed_users(people)
        await self.client.device_lists.refresh()

    def admits(self, user: str = BEN) -> dict[str, bool]:
        """Which of the devices that are there may have keys."""
        devices = self.client.olm.device_store.active_user_devices(user)
        return {device.id: self.identities.admits(device) for device in devices}


@pytest.fixture(name="bot")
def making_bot(open_keys: OpenKeys) -> Iterator[Bot]:
    bot = Bot(open_keys)
    yield bot
    bot.stop()


@pytest.fixture(name="ben")
def making_ben() -> Owner:
    """Has signed one of two devices."""
    ben = Owner(BEN)
    ben.device("ALT", signed=True)
    ben.device("NEU", signed=False)
    return ben
