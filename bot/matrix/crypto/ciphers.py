"""Rooms that are encrypted in a way we do not know: nothing goes there, neither in clear nor sealed for nobody.

A room cannot go back to clear text, and the first algorithm that we know stays: an `m.room.encryption` that later names
another one, or none, is only warned about. Element does the same: whoever may write state could otherwise silence a
room for good. (https://spec.matrix.org/latest/client-server-api/#mroomencryption)
"""

import logging
from typing import Any

from bot.matrix.clean import one_line

MEGOLM = "m.megolm.v1.aes-sha2"
ENCRYPTION = "m.room.encryption"
LONGEST_NAME = 60
"""Characters of an algorithm's name in the log and in reasons."""

log = logging.getLogger(__name__)


class Ciphers:
    """Which rooms are encrypted by what we cannot write; each is warned about once in the life of a process."""

    def __init__(self) -> None:
        self._unknown: dict[str, str] = {}
        self._warned: set[str] = set()

    def refused(self, event: Any, room_id: str, room: Any, *, sealed: bool) -> bool:
        """Whether this event is one of encryption that nio must not take at its word: it never looks at the algorithm.

        `event` and `room` are nio's; `sealed` says that the room is encrypted already in a way we know.
        """
        source = event.source if isinstance(getattr(event, "source", None), dict) else {}
        if source.get("type") != ENCRYPTION or "state_key" not in source:
            return False
        if source["state_key"] != "":
            return True  # not the room's
        content = source.get("content")
        algorithm = content.get("algorithm") if isinstance(content, dict) else None
        if algorithm == MEGOLM:
            self._unknown.pop(room_id, None)
            return False
        name = (one_line(algorithm)[:LONGEST_NAME] if isinstance(algorithm, str) else "") or "no algorithm"
        if not sealed:
            room.encrypted = True  # in any case not in clear
            self._unknown[room_id] = name
        self._warn(room_id, name, sealed=sealed)
        return True

    def problem(self, room_id: str) -> str | None:
        """Why nothing can be sent to a room; None where nothing is in the way."""
        name = self._unknown.get(room_id)
        return f"the room {room_id} is encrypted by {name}, and we know {MEGOLM} only" if name else None

    def _warn(self, room_id: str, name: str, *, sealed: bool) -> None:
        if room_id in self._warned:
            return
        self._warned.add(room_id)
        values = {"room_id": room_id, "algorithm": name, "known": MEGOLM}
        if sealed:
            log.warning("The encryption of %(room_id)s was changed to %(algorithm)s; we stay with %(known)s", values)
        else:
            said = "Nothing is sent to %(room_id)s: it is encrypted by %(algorithm)s, and we know %(known)s only"
            log.warning(said, values)
