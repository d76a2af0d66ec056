"""The events that wait for their key, in the database; implements `bot.waiting.Waiting`."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TypeVar

from bot import waiting
from bot.errors import StoreDown
from bot.events import Undecryptable
from bot.store import Session, sealed
from bot.store.database import Database

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds

T = TypeVar("T")
log = logging.getLogger(__name__)


class Keeping:
    """What waits, for the listener. While the database is down, it waits as well: nothing could be handled either."""

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
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._database.run(work)
            except StoreDown as problem:
                values = {"problem": problem, "wait_seconds": pause}
                log.error("the database does not answer: %(problem)s; again in %(wait_seconds).0f s", values)  # noqa: TRY400 - the reason says it
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
