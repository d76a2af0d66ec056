"""Posts of which nobody knows whether they stand: looked for in the room's history before they are sent (again).

A homeserver knows a transaction ID again for 24 hours, from the same device. How long ago an earlier process sent
something only the clock could say, and a clock may have been put right since. So what an earlier process left is always
looked for: each room is read once, however much waits for it. Within a process, how long ago something was is told by
the clock that nobody puts right, too.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.post import Post, Sender, Stands
from bot.store import outbox as rows
from bot.store.database import Database
from bot.store.outbox import Row

REMEMBERED = timedelta(hours=20)  # Synapse keeps transaction IDs for 24 hours
ROOMS_KEPT = 100


class Doubtful:
    """Looks for posts that may stand already. Costs nothing for what this process has begun and not long ago."""

    def __init__(self, database: Database, sender: Sender) -> None:
        self._database = database
        self._sender = sender
        self._rooms: dict[str, tuple[datetime, Mapping[str, Stands]]] = {}
        """What stood there when this process had sent nothing of what was left; since when that was read."""

    async def stands(self, row: Row, post: Post) -> str | None:
        """The event that this row became already, as far as there is doubt; else None. Raises TryAgain or Rejected.

        If it does not stand, a new first attempt begins now.
        """
        now, device = datetime.now(UTC), self._sender.device_id
        forgotten = row.device_id != device or now - row.first_attempt_at >= REMEMBERED
        elapsed = timedelta(seconds=time.monotonic() - row.made_at) if row.made_at is not None else None
        if not (forgotten or row.left or elapsed is None or elapsed >= REMEMBERED):
            return None
        found = await (self._of_earlier(post) if row.left else self._sender.find(post))
        if found is None:
            if forgotten:
                await self._database.run(lambda session: rows.attempt(session, row.id, device, now))
                row.device_id, row.first_attempt_at = device, now
            row.left, row.made_at = False, time.monotonic()
        return found

    async def _of_earlier(self, post: Post) -> str | None:
        since, standing = self._rooms.get(post.room_id, (None, {}))
        if since is None or post.since < since:
            since, standing = post.since, await self._sender.standing(post.room_id, post.since)
            self._rooms[post.room_id] = since, standing
            if len(self._rooms) > ROOMS_KEPT:
                del self._rooms[next(iter(self._rooms))]
        found = standing.get(post.transaction)
        return found.event_id if found else None
