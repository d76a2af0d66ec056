"""Following a room's upgrade: anybody with the power can put up a tombstone, and anybody can name a predecessor.

So both are read from the rooms themselves, and must agree.
(https://spec.matrix.org/latest/client-server-api/#room-upgrades)
"""

from typing import Any

from bot.errors import Rejected
from bot.matrix.answers import Refusal, not_sent
from bot.matrix.asking import Json, ask, server_of
from bot.matrix.powers import CREATE, POWER_LEVELS, TOMBSTONE, level_of, sovereigns, to_set
from bot.matrix.rooms import Rooms
from bot.matrix.safe import SafeClient
from bot.matrix.state import State

NOT_OURS = "Kein nachgewiesener Nachfolger unseres Raums. / Not shown to be the successor of our room."
"""The reason we leave with; whoever reads it has no room and so no language of ours."""

NOBODY_LETS_US_IN = {"M_FORBIDDEN", "M_UNABLE_TO_AUTHORISE_JOIN", "M_UNABLE_TO_GRANT_JOIN"}


class Succession:
    """Enters successors of rooms. May be repeated. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient, us: str, rooms: Rooms) -> None:
        self._client = client
        self._us = us
        self._rooms = rooms
        self._state = State(client)

    async def follow(self, old: str, successor: str, by: str) -> bool:
        """Enter `successor` if it really replaces `old`; see `bot.post.Sender`."""
        tombstone = await self._state.event(old, TOMBSTONE) or {}
        if tombstone.get("sender") != by or _content(tombstone).get("replacement_room") != successor:
            raise Rejected(f"{old} does not (any more) say by {by} that {successor} replaces it")
        membership = await self._state.membership(successor, self._us)
        # Entered with this reason, it was by us here, in an attempt that crashed before the check.
        ours_already = membership.get("membership") == "join" and membership.get("reason") != _mark(old)
        if membership.get("membership") != "join" and not await self._entered(old, successor, by):
            return False
        problem = await self._problem(old, successor, by)
        if problem is None:
            return True
        if not ours_already:
            await self._rooms.leave(successor, NOT_OURS)
        raise Rejected(problem)

    async def _entered(self, old: str, successor: str, by: str) -> bool:
        """Join, with a mark for ourselves. `server_name` is the older word for `via`."""
        via = list(dict.fromkeys(server for server in (server_of(by), server_of(successor)) if server))
        query = [(word, server) for word in ("via", "server_name") for server in via]
        answer = await ask(self._client, "POST", "join", successor, body={"reason": _mark(old)}, query=query)
        if isinstance(answer, Refusal):
            if answer.code in NOBODY_LETS_US_IN:
                return False
            raise not_sent(answer)
        return True

    async def _problem(self, old: str, successor: str, by: str) -> str | None:
        """Why `successor` is not to be believed.

        Whoever made it must be known from the old room. `additional_creators` prove nothing about that: the maker
        writes them as he likes.
        """
        create = await self._state.event(successor, CREATE) or {}
        predecessor = _content(create).get("predecessor")
        if not isinstance(predecessor, dict) or predecessor.get("room_id") != old:
            return f"{successor} does not name {old} as its predecessor"
        maker = create.get("sender")
        if isinstance(maker, str) and (maker == by or await self._might_have(old, maker)):
            return None
        return f"{successor} was made by {maker}, who had no power to replace {old}"

    async def _might_have(self, old: str, person: str) -> bool:
        """Whether a person could have put up the tombstone."""
        levels = await self._state.content(old, POWER_LEVELS) or {}
        if level_of(levels, person) >= to_set(levels, TOMBSTONE):
            return True
        return person in sovereigns(old, await self._state.event(old, CREATE) or {})


def _mark(old: str) -> str:
    return f"{TOMBSTONE} {old}"


def _content(event: Json) -> dict[str, Any]:
    content = event.get("content")
    return content if isinstance(content, dict) else {}
