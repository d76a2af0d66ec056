"""A room's state as the homeserver has it now: reading it, and changing what is ours to change.

nio's own view cannot serve: it merges power levels, so that somebody removed keeps the old one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import Rejected
from bot.matrix.answers import Refusal, not_sent
from bot.matrix.asking import Json, accepted, ask, told
from bot.matrix.powers import CREATE, POWER_LEVELS, level_of, raised, sovereigns
from bot.matrix.safe import SafeClient

PINNED = "m.room.pinned_events"
MEMBER = "m.room.member"
RULES = 100
"""The power level of who rules a room, by custom; who made a room of a version from 12 on stands above all levels."""
CLOSED = {403, 404}
"""How a homeserver refuses to show the state of a room: we may not see it, or there is none."""


class State:
    """State of rooms. Every method may be repeated. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient) -> None:
        self._client = client

    async def content(self, room_id: str, kind: str, state_key: str = "") -> Json | None:
        """The content of a piece of state; None when it was never set."""
        answer = await ask(self._client, "GET", "rooms", room_id, "state", kind, state_key)
        if isinstance(answer, Refusal):
            if answer.code == "M_NOT_FOUND":
                return None
            raise not_sent(answer)
        return answer

    async def event(self, room_id: str, kind: str) -> Json | None:
        """The whole event that set a piece of state (with the state key ""): it tells the sender.

        `format` came with Matrix 1.16; Synapse has long known it. A homeserver without it gives the content alone,
        which may be written to look like an event. But no content holds itself.
        """
        content = await self.content(room_id, kind)
        if content is None:
            return None
        path = ("rooms", room_id, "state", kind, "")
        answer = await told(self._client, "GET", *path, query=[("format", "event")])
        return answer if answer.get("content") == content else await self._event_of_all(room_id, kind)

    async def membership(self, room_id: str, person: str) -> Json:
        """The content of a person's membership; empty where there is none, or none that we may see."""
        answer = await ask(self._client, "GET", "rooms", room_id, "state", MEMBER, person)
        if isinstance(answer, Refusal):
            if answer.status in CLOSED and not answer.passing:
                return {}
            raise not_sent(answer)
        return answer

    async def set_state(self, room_id: str, kind: str, state_key: str, content: Mapping[str, Any]) -> None:
        """Set a piece of state, unless it is so already."""
        if await self.content(room_id, kind, state_key) != content:
            await self._put(room_id, kind, state_key, dict(content))

    async def pin(self, room_id: str, event_ids: Sequence[str], without: Sequence[str] = ()) -> None:
        """Pin these above what people have pinned, and those no longer."""
        content = await self.content(room_id, PINNED) or {}
        pinned = content.get("pinned")
        before = pinned if isinstance(pinned, list) else []
        kept = (other for other in before if other not in event_ids and other not in without)
        wanted = [*dict.fromkeys(event_ids), *kept]
        if wanted != before:
            await self._put(room_id, PINNED, "", content | {"pinned": wanted})

    async def empower(self, room_id: str, powers: Mapping[str, int | None]) -> None:
        """Raise people to these power levels, None: to our own; whoever stands higher stays there."""
        if not powers:
            return
        content = await self.content(room_id, POWER_LEVELS)
        if content is None:  # then the creator alone has power, and a first event that forgets somebody takes it away
            raise Rejected("the room has no power levels")
        create = await self.event(room_id, CREATE) or {}
        above, us = sovereigns(room_id, create), self._client.user_id
        ours = RULES if us in above else level_of(content, us)
        given = {person: ours if level is None else level for person, level in powers.items()}
        wanted = raised(content, given, above)
        if wanted != content:
            await self._put(room_id, POWER_LEVELS, "", wanted)

    async def _put(self, room_id: str, kind: str, state_key: str, content: Json) -> None:
        await told(self._client, "PUT", "rooms", room_id, "state", kind, state_key, body=content)

    async def _event_of_all(self, room_id: str, kind: str) -> Json | None:
        answer = await accepted(self._client.room_get_state(room_id))
        found = (event for event in answer.events if isinstance(event, dict))
        return next((e for e in found if e.get("type") == kind and e.get("state_key") == ""), None)
