"""What PostgreSQL calls out (NOTIFY) to whoever listens, at the commit of who calls.

It wakes up, and nothing hangs on it: a call that gets lost is made up for by whoever looks once in a while.
"""

from typing import Any

import psycopg

from bot.errors import StoreDown
from bot.store.lease import CAREFUL, SESSION_SETTINGS

Connection = psycopg.AsyncConnection[Any]


async def listening(url: str, name: str, channel: str) -> Connection:
    """A connection of this name that hears what is called out on a channel. Raises StoreDown."""
    address = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        connection = await psycopg.AsyncConnection.connect(address, autocommit=True, application_name=name, **CAREFUL)
        for statement in (*SESSION_SETTINGS, f"LISTEN {channel}"):
            await connection.execute(statement.encode())
    except psycopg.Error as error:
        raise StoreDown(str(error)) from error
    return connection


async def called(connection: Connection, seconds: float) -> bool:
    """Return when something was called out, or after so many seconds; which of the two. Raises StoreDown."""
    try:
        return bool([each async for each in connection.notifies(timeout=seconds, stop_after=1)])
    except psycopg.Error as error:
        raise StoreDown(str(error)) from error
