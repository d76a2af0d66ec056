"""Olm sessions with other devices, begun by claiming one of their one-time keys, never two for one device.

(https://spec.matrix.org/latest/client-server-api/#claiming-one-time-keys)
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from bot.matrix.asking import Json, server_of, told
from bot.matrix.crypto.pacing import Patience, portions, sparing
from bot.matrix.crypto.withholding import NO_OLM, tell
from bot.matrix.forgiving import guarded

SERVER_TIMEOUT = 10_000
"""Milliseconds that our homeserver waits for those of others."""

log = logging.getLogger(__name__)


class Claims:
    """Claims one-time keys, one request at a time; a device or server that gave none is let rest."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._devices, self._servers = Patience(), Patience()
        self._told: set[str] = set()

    async def begin(self, devices: Iterable[Any]) -> bool:
        """Begin sessions with those of these devices that have none; False if none of them can be asked now.

        A device without a usable key hears so, once (`m.no_olm`). Raises TryAgain when our own homeserver does not
        answer, STORE_DOWN when the key store fails.
        """
        return await self._claim(list(devices), again=False)

    async def begin_again(self, wanted: Mapping[str, Iterable[str]]) -> bool:
        """Begin another session with devices whose session is broken, or that asked for keys; as in `begin`.

        `wanted` holds device IDs by user; those that are not waiting for it any more are left out.
        """
        olm = self._client.olm
        devices = [olm.device_store[user].get(name) for user, names in wanted.items() for name in names]
        return await self._claim([device for device in devices if device is not None], again=True)

    async def _claim(self, devices: Sequence[Any], *, again: bool) -> bool:
        if not any(self._wanted(device, again) for device in devices):
            return False
        async with self._lock:
            without: list[Any] = []
            for portion in portions(sorted(devices, key=lambda device: server_of(device.user_id))):
                # Another may have been here, and a server that has just not answered is not waited for once more.
                asked = [device for device in portion if self._wanted(device, again)]
                if asked:
                    without += await sparing(partial(self._ask, without), asked)
                await asyncio.sleep(0)
            for device in without:
                self._devices.failed(_identity(device))
            if not again:
                await self._tell(without)
        return True

    def _wanted(self, device: Any, again: bool) -> bool:
        olm = self._client.olm
        if again:
            wanted = device in olm.wedged_devices or device in olm.key_request_devices_no_session
        else:
            wanted = olm.session_store.get(device.curve25519) is None
        at_rest = self._devices.resting(_identity(device)) or self._servers.resting(server_of(device.user_id))
        return wanted and not at_rest

    async def _ask(self, without: list[Any], devices: Sequence[Any]) -> None:
        names: defaultdict[str, Json] = defaultdict(dict)
        for device in devices:
            names[device.user_id][device.id] = "signed_curve25519"
        body = {"one_time_keys": names, "timeout": SERVER_TIMEOUT}
        answer = await told(self._client, "POST", "keys", "claim", body=body)
        keys, down = _dict(answer.get("one_time_keys")), _dict(answer.get("failures"))
        with self._client.store.database.atomic():
            missing = [device for device in devices if not self._begun(device, _dict(keys.get(device.user_id)))]
        for server in {server_of(device.user_id) for device in devices}:
            (self._servers.failed if server in down else self._servers.worked)(server)
        without += [device for device in missing if server_of(device.user_id) not in down]

    def _begun(self, device: Any, keys: Json) -> bool:
        olm, curve = self._client.olm, device.curve25519
        if not keys.get(device.id):
            return False
        before = olm.session_store.get(curve)
        answer = SimpleNamespace(one_time_keys={device.user_id: {device.id: keys[device.id]}})
        guarded("one-time key", olm._handle_key_claiming, answer)
        if olm.session_store.get(curve) is before:
            return False
        self._devices.worked(_identity(device))
        self._told.discard(curve)
        return True

    async def _tell(self, devices: Iterable[Any]) -> None:
        """Say why they get no keys; once, until there is a session."""
        fresh = [device for device in devices if device.curve25519 not in self._told]
        if not fresh:
            return
        log.warning("%d devices get no room keys: no one-time key of theirs could be used", len(fresh))
        if await tell(self._client, fresh, NO_OLM):
            self._told.update(device.curve25519 for device in fresh)


def _identity(device: Any) -> tuple[str, str, str]:
    return device.user_id, device.id, device.curve25519


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
