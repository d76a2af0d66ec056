"""What the listener asks the database: which events wait for their key, and which rooms are still to be read."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot import waiting
from bot.errors import StoreDown
from bot.events import Undecryptable
from bot.others import Behind, Others
from bot.store import Session, sealed
from bot.store.database import Database
from bot.store.relocation import marks

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds
AWAITED_FOR = timedelta(minutes=5)
"""So long the clock waits for a room to be read; then all other networks have waited for it long enough."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Keeping:
    """What waits for its key; implements `bot.waiting.Waiting`.

    While the database is down, the listener waits as well: nothing could be handled either.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, now: datetime) -> set[waiting.Session]:
        """See `bot.waiting.Waiting`; as are the others."""
        return await self._stored(lambda session: sealed.begin(session, now))

    async def of(self, sessions: Collection[waiting.Session]) -> Sequence[Undecryptable]:
        return await self._stored(lambda session: sealed.of(session, sessions))

    async def to_ask(self, now: datetime) -> Sequence[tuple[Undecryptable, int]]:
        return await self._stored(lambda session: sealed.to_ask(session, now))

    async def _stored(self, work: Callable[[Session], T]) -> T:
        return await patiently(self._database, work)


class Arrived:
    """The rooms that have come from another account and are to be read; implements `bot.others.Unread`."""

    def __init__(self, database: Database, us: str, others: Others) -> None:
        self._database = database
        self._us = us
        self._others = others
        self._seen: dict[tuple[str, str], datetime] = {}

    @property
    def expected(self) -> bool:
        """See `bot.others.Unread`; as is the other."""
        return self._others.expecting

    async def rooms(self) -> Sequence[Behind]:
        if not self._others.expecting:
            return ()
        found = await patiently(self._database, lambda session: marks.arrived(session, self._us))
        now = datetime.now(UTC)
        self._seen = {each: self._seen.get(each, now) for each in found}
        return [Behind(room_id, mark, seen_at) for (room_id, mark), seen_at in self._seen.items()]

    async def awaited(self) -> bool:
        """Whether a room that has just come is still to be read: what people said there may change what is due."""
        since = datetime.now(UTC) - AWAITED_FOR
        return any(each.seen_at > since for each in await self.rooms())


async def patiently(database: Database, work: Callable[[Session], T]) -> T:
    """Ask until the database is there."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await database.run(work)
        except StoreDown as problem:
            values = {"problem": problem, "wait_seconds": pause}
            log.error("the database does not answer: %(problem)s; again in %(wait_seconds).0f s", values)  # noqa: TRY400 - the reason says it
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
