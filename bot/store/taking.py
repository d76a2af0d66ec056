"""What a sender does in the database: takes rows that the leader has handed over, and says what came of them.

It acts for whoever leads. Both statements ask for the lease's row as each transaction of the leader does, so neither
happens after a takeover; what a sender has taken and not yet sent then is stopped by its own clock (`bot.sender`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import psycopg

from bot.errors import StoreDown
from bot.store.handed import ANSWERED, HANDED, Answer, senders_of
from bot.store.lease import CAREFUL, SESSION_SETTINGS

TAKE = """
    WITH leads AS (
        SELECT fence FROM lease WHERE account = %(account)s AND until > clock_timestamp() FOR KEY SHARE
    ), free AS (
        SELECT handed.row_id FROM handed JOIN leads USING (fence) WHERE NOT taken
        ORDER BY handed.row_id LIMIT %(at_most)s FOR UPDATE OF handed SKIP LOCKED
    )
    UPDATE handed SET taken = true FROM free, outbox
    WHERE handed.row_id = free.row_id AND outbox.id = free.row_id AND outbox.state = 'waiting'
    RETURNING handed.row_id, handed.fence, handed.room_id, outbox.event_type, outbox.content, outbox.transaction,
        outbox.device_id"""
TELL = """
    UPDATE handed SET outcome = %s, event_id = %s, problem = %s, after = %s, ours = %s
    WHERE row_id = %s AND fence = %s AND taken
        AND fence IN (SELECT fence FROM lease WHERE account = %s AND fence = %s FOR KEY SHARE)"""


class Taken(NamedTuple):
    """One post to be sent."""

    row_id: int
    fence: int
    room: str
    event_type: str
    content: str
    transaction: str
    device_id: str


class Taking:
    """One sender's connection. Every method raises StoreDown while the database does not answer."""

    def __init__(self, account: str, connection: psycopg.AsyncConnection[Any]) -> None:
        self._account = account
        self._connection = connection

    @classmethod
    async def begin(cls, url: str, account: str) -> Self:
        """Connect; from now on the leader knows of us."""
        address = url.replace("postgresql+psycopg://", "postgresql://", 1)
        try:
            connection = await psycopg.AsyncConnection.connect(
                address, autocommit=True, application_name=senders_of(account), **CAREFUL
            )
            for statement in (*SESSION_SETTINGS, f"LISTEN {HANDED}"):
                await connection.execute(statement.encode())
        except psycopg.Error as error:
            raise StoreDown(str(error)) from error
        return cls(account, connection)

    async def take(self, at_most: int) -> list[Taken]:
        """Some of what is free, oldest first."""
        try:
            found = await self._connection.execute(TAKE, {"account": self._account, "at_most": at_most})
            return sorted(Taken(*row) for row in await found.fetchall())
        except psycopg.Error as error:
            raise StoreDown(str(error)) from error

    async def tell(self, answers: Sequence[tuple[Taken, Answer]]) -> None:
        """What came of them, in one commit. What the leader has taken back meanwhile is left alone."""
        values = [
            (*told[1:], row.row_id, row.fence, self._account, row.fence)  # in the order of `TELL`
            for row, told in answers
        ]
        try:
            async with self._connection.transaction(), self._connection.cursor() as cursor:
                await cursor.executemany(TELL, values)
                await cursor.execute(f"NOTIFY {ANSWERED}".encode())
        except psycopg.Error as error:
            raise StoreDown(str(error)) from error

    async def news(self, seconds: float) -> None:
        """Return when rows were handed over, or after so many seconds."""
        try:
            async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error as error:
            raise StoreDown(str(error)) from error

    async def close(self) -> None:
        """We are gone."""
        await self._connection.close()
