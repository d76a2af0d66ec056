"""Coming to rooms and going: join, leave, and the direct chat with a person."""

import hashlib
import json
import logging
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote

import nio  # type: ignore[import-untyped]  # nio ships no types
from nio.responses import EmptyResponse  # type: ignore[import-untyped]

from bot.errors import TryAgain
from bot.matrix.answers import NETWORK_ERRORS, not_sent, refusal
from bot.matrix.safe import SafeClient

ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
NOT_THERE = {"M_FORBIDDEN", "M_NOT_FOUND", "M_UNKNOWN"}

log = logging.getLogger(__name__)


class Rooms:
    """Our own place in rooms. Every method may be repeated. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient, us: str) -> None:
        self._client = client
        self._us = us

    async def join(self, room_id: str) -> None:
        """Join; the homeserver says yes as well when we are in already."""
        await _accepted(self._client.join(room_id))

    async def leave(self, room_id: str, reason: str) -> None:
        """Leave, or decline an invitation, with a reason for the members (nio's own call has no room for it)."""
        path = f"/_matrix/client/v3/rooms/{quote(room_id, safe='')}/leave"
        answer = await _answer(self._client._send(EmptyResponse, "POST", path, json.dumps({"reason": reason})))
        refused = refusal(answer)
        if refused and not (refused.code in NOT_THERE and not refused.passing):
            raise not_sent(refused)

    async def open_direct(self, person: str, *, encrypt: bool = False) -> str:
        """Our direct chat with `person`. Creating a room has no transaction ID: the alias is its natural key."""
        local = alias_of(self._us, person)
        alias = f"#{local}:{self._us.partition(':')[2]}"
        created = await self._create(local, person, encrypt=encrypt)
        if created:
            return created
        found = await self._resolved(alias)
        state = await self._state(found)
        if not _made_by(state, self._us):
            # We have left it, or a stranger took the alias to read along.
            await _accepted(self._client.room_delete_alias(alias))
            if again := await self._create(local, person, encrypt=encrypt):
                return again
            raise TryAgain(f"the alias {alias} is being taken")
        if _membership_of(state, person) not in {"join", "invite"}:
            await _accepted(self._client.room_invite(found, person))
        return found

    async def _create(self, local: str, person: str, *, encrypt: bool) -> str | None:
        """The new room, or None when the alias is in use."""
        answer = await _answer(
            self._client.room_create(
                alias=local,
                is_direct=True,
                preset=nio.RoomPreset.trusted_private_chat,
                invite=(person,),
                initial_state=(ENCRYPTION,) if encrypt else (),
            )
        )
        refused = refusal(answer)
        if refused is None:
            return str(answer.room_id)
        if refused.code == "M_ROOM_IN_USE":
            return None
        raise not_sent(refused)

    async def _resolved(self, alias: str) -> str:
        return str((await _accepted(self._client.room_resolve_alias(alias))).room_id)

    async def _state(self, room_id: str) -> list[dict[str, Any]]:
        """The room's state; empty when we are not in it."""
        answer = await _answer(self._client.room_get_state(room_id))
        if refused := refusal(answer):
            if refused.passing:
                raise not_sent(refused)
            return []
        if _membership_of(answer.events, self._us) != "join":
            return []
        return [event for event in answer.events if isinstance(event, dict)]


def alias_of(us: str, person: str) -> str:
    """The local part of the alias of our direct chat."""
    return "zwischenstand-" + hashlib.sha256((us + person).encode()).hexdigest()[:16]


def _made_by(state: list[dict[str, Any]], person: str) -> bool:
    return any(event.get("type") == "m.room.create" and event.get("sender") == person for event in state)


def _membership_of(state: list[dict[str, Any]], person: str) -> object:
    for event in state:
        if event.get("type") == "m.room.member" and event.get("state_key") == person:
            content = event.get("content")
            return content.get("membership") if isinstance(content, dict) else None
    return None


async def _accepted(request: Awaitable[Any]) -> Any:
    """The answer, or TryAgain or Rejected."""
    answer = await _answer(request)
    if refused := refusal(answer):
        raise not_sent(refused)
    return answer


async def _answer(request: Awaitable[Any]) -> Any:
    try:
        return await request
    except NETWORK_ERRORS as error:
        raise TryAgain(f"no answer: {type(error).__name__}") from error
