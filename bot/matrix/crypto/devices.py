"""Which devices the people in our encrypted rooms have (their device lists), and who has signed them, kept up to date.

nio fails on the whole answer when one device in it is malformed, forgets a change that arrives while it asks, never
takes back a device that was missing once, compares each new device with all others, and asks again after every sync
for people whose server does not answer. (https://spec.matrix.org/latest/client-server-api/#tracking-the-device-list-for-a-user)
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Any

import nio.crypto  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix.asking import Json, server_of, told
from bot.matrix.crypto.identities import Public, published
from bot.matrix.crypto.pacing import AT_ONCE, Patience, Turn, portions, sparing
from bot.matrix.forgiving import guarded

PEOPLE_A_REQUEST = 100
SERVER_TIMEOUT = 10_000
"""Milliseconds that our homeserver waits for those of others."""
NUL = "\0"

log = logging.getLogger(__name__)


class DeviceLists:
    """Asks for the devices of people, one request at a time. About whom stands in nio's `users_for_key_query`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._asking: set[str] = set()
        self._patience = Patience()

    def due(self, among: Collection[str] | None = None) -> list[str]:
        """About whom to ask now; those of one server together."""
        waiting = self._client.olm.users_for_key_query if self._client.olm else set()
        if among is not None and waiting:
            waiting = waiting.intersection(among)
        return sorted((user for user in waiting if not self._patience.resting(user)), key=server_of)

    async def refresh(self, among: Collection[str] | None = None) -> None:
        """Ask about all that are due, or those `among` these; wait for what is being asked about them already.

        Whoever's server does not answer keeps the devices we know, and is asked about later. Raises TryAgain when our
        own homeserver does not answer, STORE_DOWN when the key store fails.
        """
        if not self.due(among) and (among is None or self._asking.isdisjoint(among)):
            return
        asked: set[str] = set()
        while True:
            async with self._lock:  # others may ask in between: somebody writes into a room, and we ask for all rooms
                people = [user for user in self.due(among) if user not in asked][:PEOPLE_A_REQUEST]
                if not people:
                    return
                asked.update(people)
                for user in await sparing(self._ask, people):
                    self._patience.failed(user)

    async def _ask(self, people: Sequence[str]) -> None:
        olm, left = self._client.olm, set(people)
        olm.users_for_key_query.difference_update(left)  # whoever changes from here on is asked about again
        self._asking.update(left)
        try:
            body = {"device_keys": {user: [] for user in people}, "timeout": SERVER_TIMEOUT}
            answer = await told(self._client, "POST", "keys", "query", body=body)
            found = answer.get("device_keys")
            lists = {user: each for user, each in found.items() if user in left} if isinstance(found, dict) else {}
            lists = {user: each for user, each in lists.items() if isinstance(each, dict)}
            await self._identify(answer, list(lists))
            for user, devices in lists.items():
                await self._take(user, devices)
                left.discard(user)
                olm.tracked_users.add(user)
                self._patience.worked(user)
            for user in left:
                self._patience.failed(user)
        finally:
            olm.users_for_key_query.update(left)
            self._asking.difference_update(people)

    async def _identify(self, answer: Json, people: Sequence[str]) -> None:
        """Who they are; before their devices, so that none is let in for a moment."""
        identities = self._client.store.identities
        for portion in portions(people):
            identities.see({user: guarded("identity", self._published, answer, user) for user in portion})
            await asyncio.sleep(0)

    def _published(self, answer: Json, user: str) -> Public | None:
        return published(answer, user, self._client.store.identities.of(user), self._client.olm.verify_json)

    async def _take(self, user: str, found: Json) -> None:
        known, turn = self._client.olm.device_store[user], Turn()
        changed: dict[str, Any] = {}
        signed: list[Any] = []
        for name, payload in found.items():
            device = guarded("device", self._read, user, name, payload)
            if device is not None:
                known[name] = changed[name] = device
            if guarded("signature of a device", self._shows_signed, known.get(name), payload):
                signed.append(known[name])
            if len(changed) + len(signed) >= AT_ONCE:
                self._save(user, changed, signed)
                changed, signed = {}, []
                await asyncio.sleep(0)
            await turn.give()
        for device in known.values():
            if not device.deleted and device.id not in found:
                device.deleted = True
                changed[device.id] = device
        if changed or signed:
            self._save(user, changed, signed)
            await asyncio.sleep(0)

    def _save(self, user: str, changed: dict[str, Any], signed: Sequence[Any]) -> None:
        store = self._client.store
        with store.database.atomic():
            store.save_device_keys({user: changed})
            store.identities.sign(signed)

    def _shows_signed(self, device: Any, payload: Any) -> bool:
        """Whether we see for the first time that its owner has signed this device, with the keys that it has now."""
        identities = self._client.store.identities
        public = identities.of(device.user_id) if device is not None else None
        if public is None or identities.has_signed(device):
            return False
        key, user, name = public.self_signing, device.user_id, device.id
        if f"ed25519:{key}" not in payload.get("signatures", {}).get(user, {}):
            return False
        named = (payload["user_id"], payload["device_id"], *(payload["keys"][f"{kind}:{name}"] for kind in device.keys))
        if named != (user, name, *device.keys.values()):
            return False
        if self._client.olm.verify_json(payload, key, user, key):
            return True
        log.warning("A device of %(user_id)s carries a false signature of theirs; it gets no keys", {"user_id": user})
        return False

    def _read(self, user: str, name: str, payload: Any) -> Any:
        """The device, if it is new or changed. A fingerprint never changes while the device exists."""
        olm, known = self._client.olm, self._client.olm.device_store[user].get(name)
        if (user, name) == (olm.user_id, olm.device_id) or (payload["user_id"], payload["device_id"]) != (user, name):
            return None
        keys = {kind: payload["keys"][f"{kind}:{name}"] for kind in ("ed25519", "curve25519")}
        shown = (payload.get("unsigned") or {}).get("device_display_name")
        shown = shown.replace(NUL, "") if isinstance(shown, str) else ""
        if NUL in "".join((user, name, *keys.values())):
            raise ValueError("no name and no key has that sign, and PostgreSQL cannot keep it")
        if known is not None and not known.deleted:
            if known.ed25519 != keys["ed25519"]:
                log.warning(
                    "A device of %(user_id)s has another fingerprint than before; it is not believed", {"user_id": user}
                )
                return None
            if known.keys == keys and known.display_name == shown:
                return None
        if not olm.verify_json(payload, keys["ed25519"], user, name):
            log.warning("A device of %(user_id)s is not signed by itself; it gets no keys", {"user_id": user})
            return None
        if known is not None and known.ed25519 == keys["ed25519"]:
            known.keys, known.display_name, known.deleted = keys, shown, False
            return known
        return nio.crypto.OlmDevice(user, name, keys, display_name=shown)
