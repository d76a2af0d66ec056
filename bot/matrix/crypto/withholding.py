"""`m.room_key.withheld`: a device says that it gives us no key, and why; we say so to devices that get none of ours.

Unencrypted, so anybody may claim anything. (https://spec.matrix.org/latest/client-server-api/#mroom_keywithheld)
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from bot.errors import NotSent
from bot.events import Withheld
from bot.matrix.asking import Json, told
from bot.matrix.clean import identifier
from bot.matrix.crypto.ciphers import MEGOLM
from bot.matrix.crypto.pacing import Patience, portions

WITHHELD = ("m.room_key.withheld", "org.matrix.room_key.withheld")
NO_OLM = "m.no_olm"
"""The device could not reach us at all, so it names neither room nor session."""
UNVERIFIED = "m.unverified"

REASONS = {
    NO_OLM: "No one-time key of this device could be used",
    UNVERIFIED: "This device is not verified by its owner",
}
LONGEST_CODE = 40
TOLD_AT_ONCE = 100
"""Devices in one request."""
NAMED = 5
"""Devices in one line of the log."""

log = logging.getLogger(__name__)


def withheld(event: Any) -> Withheld | None:
    """What a message to our device says; None for nothing of use. Raises whatever, for malformed ones."""
    content = event.source["content"]
    named = [identifier(content.get(name)) for name in ("code", "sender_key", "room_id", "session_id")]
    code, sender_key, room_id, session_id = named
    sender = identifier(event.sender)
    if code == NO_OLM:
        room_id = session_id = ""
    elif not room_id or not session_id:
        return None
    if not sender or not code or not sender_key:
        return None
    return Withheld(
        room_id=room_id or "",
        session_id=session_id or "",
        sender=sender,
        sender_key=sender_key,
        code=code[:LONGEST_CODE],
        received_at=datetime.now(UTC),
    )


async def tell(client: Any, devices: Iterable[Any], code: str, **session: str) -> bool:
    """Say to devices why they get no keys, of one session perhaps; whether the homeserver took it.

    Not worth a second attempt in a row: a message that others can read does not wait for it.
    """
    our_key = client.olm.account.identity_keys["curve25519"]
    content = {"algorithm": MEGOLM, "code": code, "reason": REASONS[code], "sender_key": our_key, **session}
    for portion in portions(list(devices), TOLD_AT_ONCE):
        messages: defaultdict[str, Json] = defaultdict(dict)
        for device in portion:
            messages[device.user_id][device.id] = content
        path = ("sendToDevice", WITHHELD[0], secrets.token_hex(16))
        try:
            await told(client, "PUT", *path, body={"messages": messages})
        except NotSent as error:
            log.warning("Devices that get no room keys could not be told why: %(problem)s", {"problem": error})
            return False
    return True


class Refusals:
    """Tells devices that their owners have not signed why they cannot read; each once a session."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._told: WeakKeyDictionary[Any, set[Any]] = WeakKeyDictionary()
        self._patience = Patience()

    async def tell(self, room_id: str, session: Any, refused: Mapping[Any, Any]) -> bool:
        """`refused` are devices (nio's), each under what it is known by. False if nobody is to be told now."""
        known = self._told.setdefault(session, set())
        fresh = {who: device for who, device in refused.items() if who not in known}
        if not fresh or self._patience.resting(room_id):
            return False
        names = ", ".join(f"{device.user_id} {device.id}" for device in list(fresh.values())[:NAMED])
        values = {"count": len(fresh), "room_id": room_id, "devices": names}
        log.info("%(count)d devices in %(room_id)s get no key, not being verified by their owners: %(devices)s", values)
        if await tell(self._client, fresh.values(), UNVERIFIED, room_id=room_id, session_id=session.id):
            known.update(fresh)
            self._patience.worked(room_id)
        else:
            self._patience.failed(room_id)
        return True
