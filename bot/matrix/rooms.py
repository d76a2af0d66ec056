"""Coming to rooms and going: join, leave, invite, and the direct chat with a person."""

import hashlib
import json
import logging
from typing import Any
from urllib.parse import quote

import nio  # type: ignore[import-untyped]  # nio ships no types
from nio.responses import EmptyResponse  # type: ignore[import-untyped]

from bot.errors import Rejected, TryAgain
from bot.matrix.answers import Refusal, not_sent, refusal
from bot.matrix.asking import accepted, answered, ask, server_of
from bot.matrix.crypto.ciphers import ENCRYPTION, MEGOLM
from bot.matrix.safe import SafeClient
from bot.matrix.state import State

ENCRYPTED = {"type": ENCRYPTION, "state_key": "", "content": {"algorithm": MEGOLM}}
NOT_THERE = {"M_FORBIDDEN", "M_NOT_FOUND", "M_UNKNOWN"}

log = logging.getLogger(__name__)


class Rooms:
    """Who is in rooms: we, and whom we invite. Every method may be repeated. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient, us: str) -> None:
        self._client = client
        self._us = us
        self._members = State(client)

    async def join(self, room_id: str) -> None:
        """Join; the homeserver says yes as well when we are in already."""
        await accepted(self._client.join(room_id))

    async def leave(self, room_id: str, reason: str) -> None:
        """Leave, or decline an invitation, with a reason for the members (nio's own call has no room for it)."""
        path = f"/_matrix/client/v3/rooms/{quote(room_id, safe='')}/leave"
        answer = await answered(self._client._send(EmptyResponse, "POST", path, json.dumps({"reason": reason})))
        refused = refusal(answer)
        if refused and not (refused.code in NOT_THERE and not refused.passing):
            raise not_sent(refused)

    async def invite(self, room_id: str, person: str) -> None:
        """Invite somebody; being joined or invited is fine.

        What Synapse 1.163 answers: 200 for somebody invited already; 403 M_FORBIDDEN for a member, where we may not
        invite, and for a server that ours does not federate with; 403 M_BAD_STATE for somebody banned;
        400 M_INVALID_PARAM for what is no Matrix ID. An account of its own that does not exist is invited with 200, so
        we ask for its profile first (404 M_UNKNOWN). A server that cannot be reached: 502 M_UNKNOWN, after 3 s.
        """
        membership = await self._membership(room_id, person)
        if membership in {"join", "invite"}:
            return
        if membership == "ban":
            raise Rejected(f"{person} is banned from the room")
        if server_of(person) == server_of(self._us) and not await self._exists(person):
            raise Rejected(f"there is no account {person}")
        refused = await self._ask_in(room_id, person)
        if refused is None:
            return
        if refused.code == "M_FORBIDDEN" and await self._membership(room_id, person) in {"join", "invite"}:
            return  # somebody was quicker
        raise not_sent(refused)

    async def open_direct(self, person: str, *, encrypt: bool) -> str:
        """Our direct chat with `person`. Creating a room has no transaction ID: the alias is its natural key.

        One that is there already stays as it is, encrypted or not: people know it. It is looked for first: an attempt
        to create it costs one of the few posts that a homeserver allows, and whoever has to try again would never post.
        """
        local = alias_of(self._us, person)
        alias = f"#{local}:{self._us.partition(':')[2]}"
        found = await self._resolved(alias)
        if found is None:
            if created := await self._create(local, person, encrypt=encrypt):
                return created
            raise TryAgain(f"the alias {alias} is being taken")
        state = await self._state(found)
        if not _made_by(state, self._us):
            # We have left it, or a stranger took the alias to read along.
            await accepted(self._client.room_delete_alias(alias))
            if again := await self._create(local, person, encrypt=encrypt):
                return again
            raise TryAgain(f"the alias {alias} is being taken")
        if _membership_of(state, person) not in {"join", "invite"} and (refused := await self._ask_in(found, person)):
            raise not_sent(refused)
        return found

    async def _ask_in(self, room_id: str, person: str) -> Refusal | None:
        """Invite, and share the room's key with the guest, unless they have declined already; or why it cannot be."""
        with self._client.departures(room_id) as left:
            answer = await ask(self._client, "POST", "rooms", room_id, "invite", body={"user_id": person})
        if isinstance(answer, Refusal):
            return answer
        if person not in left:
            await self._client.sharing.welcome(room_id, person)
        return None

    async def _membership(self, room_id: str, person: str) -> str:
        return str((await self._members.membership(room_id, person)).get("membership"))

    async def _exists(self, person: str) -> bool:
        """Whether our own homeserver has this account; one that does not show profiles leaves it open."""
        answer = await ask(self._client, "GET", "profile", person)
        if isinstance(answer, Refusal) and answer.passing:
            raise not_sent(answer)
        return not isinstance(answer, Refusal) or answer.status != 404

    async def _create(self, local: str, person: str, *, encrypt: bool) -> str | None:
        """The new room, or None when the alias is in use."""
        answer = await answered(
            self._client.room_create(
                alias=local,
                is_direct=True,
                preset=nio.RoomPreset.trusted_private_chat,
                invite=(person,),
                initial_state=(ENCRYPTED,) if encrypt else (),
            )
        )
        refused = refusal(answer)
        if refused is None:
            return str(answer.room_id)
        if refused.code == "M_ROOM_IN_USE":
            return None
        raise not_sent(refused)

    async def _resolved(self, alias: str) -> str | None:
        """Where the alias leads; None if nowhere."""
        answer = await answered(self._client.room_resolve_alias(alias))
        refused = refusal(answer)
        if refused is None:
            return str(answer.room_id)
        if refused.code == "M_NOT_FOUND":
            return None
        raise not_sent(refused)

    async def _state(self, room_id: str) -> list[dict[str, Any]]:
        """The room's state; empty when we are not in it."""
        answer = await answered(self._client.room_get_state(room_id))
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
