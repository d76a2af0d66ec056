"""Key stores for tests, in a file of SQLite's or in PostgreSQL, with a process that leads there."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.matrix.crypto.storage import KeyStore
from bot.store.lease import TABLE, Lease

OpenKeys = Callable[[str, str, str], Any]
"""Opens the key store of a user's device, with the key to it."""


def leading(url: str, account: str, fence: int = 1) -> Lease:
    """A process that leads from now on, under this number."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(TABLE)
        connection.execute("DELETE FROM lease WHERE account = %s", (account,))
        values = (account, fence, "test")
        connection.execute("INSERT INTO lease VALUES (%s, %s, %s, now() + interval '1 hour')", values)
    lease = Lease(url, account, clock=lambda: 0.0)
    lease.take(fence, 0.0)
    return lease


def in_folder(folder: Path) -> OpenKeys:
    """A file for each device."""
    return lambda user, device, key: KeyStore(user, device, str(folder), key)


def in_postgres(url: str) -> OpenKeys:
    """A schema for each device."""
    from bot.matrix.crypto.tables import TableKeyStore  # noqa: PLC0415 - most tests need none of it

    leases: dict[str, Lease] = {}

    def opened(user: str, device: str, key: str) -> Any:
        leases[user] = leases.get(user) or leading(url, user)
        return TableKeyStore(user, device, key, url, leases[user])

    return opened


@pytest.fixture(params=["sqlite", "postgresql"])
def open_keys(request: pytest.FixtureRequest, tmp_path: Path) -> OpenKeys:
    """Key stores of either kind."""
    if request.param == "sqlite":
        return in_folder(tmp_path)
    return in_postgres(request.getfixturevalue("postgres_database"))


__all__ = ["OpenKeys", "in_folder", "in_postgres", "leading", "open_keys"]
