"""What a sender does in the database: takes rows that the leader has handed over, and says what came of them.

It acts for whoever leads. Both statements ask for the lease's row as each transaction of the leader does, so neither
happens after a takeover; what a sender has taken and not yet sent then is stopped by its own clock (`bot.sender`).
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple, Self

import psycopg

from bot.errors import StoreDown
from bot.store.handed import ANSWERED, HANDED, Answer, senders_of
from bot.store.hearing import Connection, called, listening
from bot.store.shards import settle_beside

TAKE = """
    WITH leads AS (
        SELECT fence FROM public.lease WHERE account = %(account)s AND until > clock_timestamp() FOR KEY SHARE
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
        AND fence IN (SELECT fence FROM public.lease WHERE account = %s AND fence = %s FOR KEY SHARE)"""


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

    def __init__(self, account: str, connection: Connection) -> None:
        self._account = account
        self._connection = connection

    @classmethod
    async def begin(cls, url: str, account: str) -> Self:
        """Connect; from now on the leader knows of us. Raises OperatorError for an account that does not belong there.

        One of which nobody knows yet whether it does waits, too: it could come to stand before another one's rows.
        """
        async with AsyncExitStack() as stack:
            connection = await listening(url, senders_of(account), HANDED)
            stack.push_async_callback(connection.close)
            try:
                is_known = await settle_beside(connection, account, url)
            except psycopg.Error as error:
                raise StoreDown(str(error)) from error
            if not is_known:
                raise StoreDown(f"the bot {account} has not led there yet")
            stack.pop_all()
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
        await called(self._connection, seconds)

    async def close(self) -> None:
        """We are gone."""
        await self._connection.close()
