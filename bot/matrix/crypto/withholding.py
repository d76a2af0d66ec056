"""`m.room_key.withheld`: a device says that it gives us no key, and why. Unencrypted, so anybody may claim anything.

(https://spec.matrix.org/latest/client-server-api/#mroom_keywithheld)
"""

from datetime import UTC, datetime
from typing import Any

from bot.events import Withheld
from bot.matrix.clean import identifier

WITHHELD = ("m.room_key.withheld", "org.matrix.room_key.withheld")
NO_OLM = "m.no_olm"
"""The device could not reach us at all, so it names neither room nor session."""

LONGEST_CODE = 40


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
