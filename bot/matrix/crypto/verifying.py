"""Requests to compare keys that come from device to device, outside of rooms: refused at once.

nio would take part in them by itself up to the point where somebody has to look at emojis, and nobody does: the asking
client would wait for ten minutes. What is asked in a room is answered there (`bot.procedures.verification`).
(https://spec.matrix.org/latest/client-server-api/#key-verification-framework)
"""

from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix.clean import identifier

REQUEST, START, CANCEL = "m.key.verification.request", "m.key.verification.start", "m.key.verification.cancel"
WAITING_AT_MOST = 50
"""Refusals between two answers of /sync: a stranger may send as many requests as they like."""


def refuse_all(client: nio.AsyncClient) -> None:
    """From now on; the refusals go out with the next messages to other devices."""

    async def refuse(event: Any) -> None:
        _refuse(client, event)

    client.add_to_device_callback(refuse, (nio.UnknownToDeviceEvent, nio.KeyVerificationStart))


def _refuse(client: nio.AsyncClient, event: Any) -> None:
    source = event.source if isinstance(event.source, dict) else {}
    content = source.get("content")
    if source.get("type") not in (REQUEST, START) or not isinstance(content, dict):
        return
    sender, device = identifier(source.get("sender")), identifier(content.get("from_device"))
    transaction = identifier(content.get("transaction_id"))
    if sender is None or device is None or transaction is None:
        return
    client.olm.key_verifications.pop(transaction, None)
    waiting = client.olm.outgoing_to_device_messages
    if len(waiting) < WAITING_AT_MOST:
        cancel = {"transaction_id": transaction, "code": "m.unknown_method", "reason": "This bot compares no emojis."}
        waiting.append(nio.ToDeviceMessage(CANCEL, sender, device, cancel))
