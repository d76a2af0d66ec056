"""Writing down what went out, a few rows in one commit: each by itself would cost more than the sending."""

import asyncio
import logging
from collections.abc import Sequence

from bot.errors import StoreDown
from bot.store import outbox as rows
from bot.store.database import Database
from bot.store.outbox import Row

log = logging.getLogger(__name__)

EVERY = 0.25  # seconds; a crash before it costs a PUT that is answered with the event we had
STORE_PAUSE = 1.0  # seconds until a database that does not answer is asked again


class Confirming:
    """Rows that have gone out, until that is on record."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows: list[Row] = []
        self._soon: asyncio.Task[None] | None = None

    @property
    def rows(self) -> Sequence[Row]:
        """What is not on record yet."""
        return self._rows

    @property
    def under_way(self) -> bool:
        """Whether something is not on record, or is being written."""
        return bool(self._rows or self._soon)

    def add(self, row: Row) -> None:
        """The row has gone out; it is written down with the next few."""
        self._rows.append(row)
        if self._soon is None:
            self._soon = asyncio.create_task(self._later(), name="outbox confirm")

    async def finish(self) -> None:
        """Return when all that waits to be written is."""
        if self._soon:
            await asyncio.gather(self._soon, return_exceptions=True)

    async def write(self) -> None:
        """Write all of it now. Raises StoreDown."""
        gone = list(self._rows)
        await self._database.run(lambda session: rows.confirm(session, gone))
        del self._rows[: len(gone)]

    async def _later(self) -> None:
        await asyncio.sleep(EVERY)
        while self._rows:
            try:
                await self.write()
            except StoreDown as problem:
                log.error("the database does not answer: %(problem)s", {"problem": problem})  # noqa: TRY400
                await asyncio.sleep(STORE_PAUSE)
        self._soon = None
