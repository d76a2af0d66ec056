"""A room as it is, before the first post into it: what we do to a room ourselves, the sync loop shows us later.

A homeserver shows a room while it still makes it. nio then takes an encrypted room for one in the clear, and knows
nothing of whom we have invited: a post would stand there in the clear, or be locked by a key that the guest never gets.
"""

from typing import Any

from bot.errors import TryAgain
from bot.matrix.asking import Json, told
from bot.matrix.crypto.ciphers import ENCRYPTION
from bot.matrix.safe import SafeClient
from bot.matrix.state import MEMBER, State

SYNC_SOON = 1.0
"""Seconds until the sync loop should know what has just happened."""


class Arriving:
    """Looks at each room once in the life of a client. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient) -> None:
        self._client = client
        self._state = State(client)
        self._seen: dict[str, object] = {}

    async def look(self, room_id: str) -> None:
        """Let nothing out into this room, which nio knows, before we know whether it is encrypted, and for whom."""
        room = self._client.rooms[room_id]
        if self._seen.get(room_id) is room:
            return
        if not room.encrypted and await self._state.content(room_id, ENCRYPTION) is not None:
            raise TryAgain("the room's encryption has not arrived by sync yet", SYNC_SOON)
        if room.encrypted:
            with self._client.departures(room_id) as left:
                path = ("rooms", room_id, "members")
                answer = await told(self._client, "GET", *path, query=[("not_membership", "leave")])
            _add(room, answer, left)
        self._seen[room_id] = room


def _add(room: Any, answer: Json, left: set[str]) -> None:
    """Add to nio's room who is there or invited, but for those who left meanwhile.

    The sync loop takes out who goes, once: whoever were added after that would get the room's keys for ever.
    """
    chunk = answer.get("chunk")
    for event in filter(lambda event: isinstance(event, dict), chunk if isinstance(chunk, list) else ()):
        content, person = event.get("content"), event.get("state_key")
        membership = content.get("membership") if isinstance(content, dict) else None
        if event.get("type") != MEMBER or not isinstance(person, str):
            continue
        if membership in ("join", "invite") and person not in left:
            room.add_member(person, None, None, invited=membership == "invite")
