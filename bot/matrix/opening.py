"""Opening a room once. Creating has no transaction ID: the alias and a key inside the room are what it is known by."""

import asyncio
import time

from bot.errors import Rejected, TryAgain
from bot.matrix.answers import Refusal, not_sent
from bot.matrix.asking import Json, ask, server_of
from bot.matrix.powers import CREATE, POWER_LEVELS, TOMBSTONE, sovereigns
from bot.matrix.rooms import ENCRYPTED
from bot.matrix.safe import SafeClient
from bot.matrix.state import State
from bot.post import NewRoom

ROOM_KEY = "de.zwischenstand.key"
"""Where a room that we opened carries its key, in its `m.room.create`."""

MOST_ALIASES = 20
LOOKS, LOOK_AGAIN = 5, 1.0
"""How often, and after how many seconds, aliases are looked at whose rooms may be in the making."""

STILL_MADE = 60
"""Seconds after which a room without power levels is not being made any more: its homeserver died over it."""

LEVELS: Json = {
    "users_default": 0,
    "events_default": 0,
    "state_default": 50,
    "invite": 50,
    "kick": 50,
    "ban": 50,
    "redact": 50,
    "events": {
        "m.room.name": 50,
        "m.room.topic": 50,
        "m.room.avatar": 50,
        "m.room.canonical_alias": 50,
        "m.room.pinned_events": 50,
        "m.room.history_visibility": 100,
        "m.room.encryption": 100,
        "m.room.server_acl": 100,
        POWER_LEVELS: 100,
        TOMBSTONE: 100,
    },
}
SPACE_LEVELS: Json = LEVELS | {"events_default": 100}  # a space is no place to talk in


class Opening:
    """Opens rooms; may be repeated after a crash at any point. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient, us: str) -> None:
        self._client = client
        self._us = us
        self._state = State(client)

    async def open_room(self, room: NewRoom) -> str:
        """The room ID of this room; see `bot.post.Sender`."""
        room_id = await self._opened(room)
        await self._complete(room_id, room)
        await self._state.empower(room_id, room.powers)  # read and repeated: we may have crashed after the creation
        return room_id

    async def _opened(self, room: NewRoom) -> str:
        """Look behind every alias before taking a free one.

        An earlier attempt may have found the first alias taken, opened the room under the second, and crashed; and
        meanwhile the first may have become free.
        """
        for look in range(LOOKS):
            free, hidden = [], False
            for local in _aliases(room.alias):
                found = await self._behind(local)
                if found is None:
                    free.append(local)
                elif (ours := await self._is(found, room.key)) is None:
                    hidden = True
                elif ours:
                    return found
            if not hidden:
                break
            if look < LOOKS - 1:
                await asyncio.sleep(LOOK_AGAIN)
        for local in free:
            if created := await self._create(local, room):
                return created
            # Our own earlier request may have been carried out only now.
            found = await self._behind(local)
            if found is not None and await self._is(found, room.key):
                return found
        raise Rejected(f"the alias #{room.alias}:{server_of(self._us)} and its variants are taken")

    async def _behind(self, local: str) -> str | None:
        """The room with this alias; None when it is free."""
        answer = await ask(self._client, "GET", "directory", "room", f"#{local}:{server_of(self._us)}")
        if isinstance(answer, Refusal):
            if answer.code == "M_NOT_FOUND":
                return None
            raise not_sent(answer)
        return str(answer.get("room_id"))

    async def _is(self, room_id: str, key: str) -> bool | None:
        """Whether we made this room, under this key, and are still in it; None if we are shown nothing of it.

        Synapse gives out the alias before the room has its first event: an earlier request of ours, whose answer nobody
        waited for, may be under way. Taking that room for a stranger's would open a second one.
        """
        membership = await self._state.membership(room_id, self._us)
        if membership.get("membership") != "join":
            return False if membership else None
        create = await self._state.event(room_id, CREATE) or {}
        content = create.get("content")
        return create.get("sender") == self._us and isinstance(content, dict) and content.get(ROOM_KEY) == key

    async def _complete(self, room_id: str, room: NewRoom) -> None:
        """Give a room what it lacks because the homeserver died while it made it; wait if it is still at it."""
        if await self._state.content(room_id, POWER_LEVELS) is not None:
            return  # the server sets it before all that follows
        create = await self._state.event(room_id, CREATE) or {}
        made = create.get("origin_server_ts")
        if not isinstance(made, int) or time.time() * 1000 - made < STILL_MADE * 1000:
            raise TryAgain("the room is still being made", LOOK_AGAIN)
        levels = SPACE_LEVELS if room.space else LEVELS
        if self._us not in sovereigns(room_id, create):
            levels = levels | {"users": {self._us: 100}}
        await self._state.set_state(room_id, POWER_LEVELS, "", levels)
        for state in _initial(room):
            await self._state.set_state(room_id, state["type"], "", state["content"])

    async def _create(self, local: str, room: NewRoom) -> str | None:
        """The new room, or None when the alias is in use."""
        answer = await ask(self._client, "POST", "createRoom", body=_order(local, room))
        if isinstance(answer, Refusal):
            if answer.code == "M_ROOM_IN_USE":
                return None
            raise not_sent(answer)
        return str(answer["room_id"])


def _aliases(alias: str) -> list[str]:
    return [alias, *(f"{alias}-{number}" for number in range(2, MOST_ALIASES + 1))]


def _initial(room: NewRoom) -> list[Json]:
    """Closed to guests and strangers, and newcomers can read what was said before."""
    contents: dict[str, Json] = {
        "m.room.history_visibility": {"history_visibility": "shared"},
        "m.room.guest_access": {"guest_access": "forbidden"},
        "m.room.name": {"name": room.name},
    }
    if room.topic:
        contents["m.room.topic"] = {"topic": room.topic}
    state = [{"type": kind, "state_key": "", "content": content} for kind, content in contents.items()]
    # A space is no place to talk in, and what stands in it is state, which is never encrypted.
    return [*([ENCRYPTED] if room.encrypted and not room.space else []), *state]


def _order(local: str, room: NewRoom) -> Json:
    """What createRoom is asked for."""
    return {
        "room_alias_name": local,
        "preset": "private_chat",
        "creation_content": {ROOM_KEY: room.key, **({"type": "m.space"} if room.space else {})},
        "initial_state": _initial(room),
        "power_level_content_override": SPACE_LEVELS if room.space else LEVELS,
    }
