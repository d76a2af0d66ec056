"""After a restore: what was done between the backup and the restore is on record at the homeserver alone.

Events of that time come again and are handled again, due times too, and each row that this makes may stand in its room
already. So for a while every row is looked for among our own posts since the backup, read once a room. A row whose
key names what it comes from (an event, a due time) is known by its key. Any other key holds an ID of the database, and
after the backup that ID may have been given to something else: such a post counts only if it says the same.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.contents import gist
from bot.events import Batch, Event, Happening
from bot.post import Post, Sender, Stands
from bot.store import progress
from bot.store.database import Database

FOR_SO_LONG = timedelta(days=14)
"""After a restore: even an event whose key comes late is answered, or given up, by then."""

NAMES_ITS_CAUSE = re.compile(r"\$|\d{4}-\d\d-\d\dT\d\d:\d\d")


class Restored:
    """What of our posts stands already although the database does not know it. Costs nothing without a restore."""

    def __init__(self, database: Database, sender: Sender) -> None:
        self._database = database
        self._sender = sender
        self._asked = False
        self._since: datetime | None = None
        self._standing: dict[str, Mapping[str, Stands]] = {}

    async def stands(self, key: str, post: Post) -> str | None:
        """The event that is this post, sent before the restore; else None. Raises TryAgain when nobody can know."""
        if not self._asked:
            after = datetime.now(UTC) - FOR_SO_LONG
            self._since = await self._database.run(lambda session: progress.restored_from(session, after))
            self._asked = True
        if self._since is None:
            return None
        if post.room_id not in self._standing:
            self._standing[post.room_id] = await self._sender.standing(post.room_id, self._since)
        found = self._standing[post.room_id].get(post.transaction)
        if found is None or not (NAMES_ITS_CAUSE.search(key) or found.gist == gist(post.content)):
            return None
        return found.event_id


def by_time(batch: Batch) -> Batch:
    """A batch in the order in which things happened across rooms; within a room as it is.

    Rooms come one after the other. Handled again so, what was made between backup and restore would get other IDs and
    numbers than those that people have read.
    """
    latest: dict[str, datetime] = {}
    never = datetime.min.replace(tzinfo=UTC)

    def moment(happening: Happening) -> datetime:
        room = getattr(happening, "room_id", None) or ""
        sent = happening.sent_at if isinstance(happening, Event) else never
        latest[room] = max(sent, latest.get(room, never))
        return latest[room]

    ordered = sorted(
        ((moment(each), number, each) for number, each in enumerate(batch.happenings)), key=lambda e: e[:2]
    )
    return Batch(tuple(each for _, _, each in ordered), batch.token, batch.received_at)
