"""The key store in PostgreSQL: nio's tables and ours, a schema for each device, as with SQLite a file for each."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types
from nio.store.file_trustdb import Ed25519Key  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix.crypto.identities import make_tables
from bot.matrix.crypto.postgres import KeyDatabase
from bot.matrix.crypto.storage import KeyStore
from bot.store.lease import Lease

TRUST = """
    CREATE TABLE IF NOT EXISTS trust (list TEXT, user_id TEXT, device_id TEXT, ed25519 TEXT NOT NULL,
    PRIMARY KEY (list, user_id, device_id))"""


def schema_of(account: str, device: str) -> str:
    """The schema of a device of an account. Their own names are too long for one, and hold any sign."""
    return f"keys_{sha256(f'{account} {device}'.encode()).hexdigest()[:24]}"


class TableKeyStore(KeyStore):
    """Ours, in a schema of its own."""

    def __init__(self, user_id: str, device_id: str, pickle_key: str, url: str, lease: Lease) -> None:
        """Opens the schema at `url`, or makes it. Raises STORE_DOWN, OperatorError, Fenced."""
        self._place = KeyDatabase(url, lease, schema_of(user_id, device_id))
        super().__init__(user_id, device_id, "", pickle_key)

    def _create_database(self) -> KeyDatabase:
        self._place.make_schema()
        return self._place

    def __post_init__(self) -> None:
        """What nio keeps in files beside its database is in a table."""
        nio.store.MatrixStore.__post_init__(self)
        make_tables(self.database)
        self.database.execute_sql(TRUST)
        names = ("trusted", "blacklisted", "ignored")
        self.trust_db, self.blacklist_db, self.ignore_db = (TrustList(self.database, name) for name in names)


class TrustList:
    """Stands in for nio's file of devices that are trusted, blacklisted, or ignored."""

    def __init__(self, database: KeyDatabase, name: str) -> None:
        self._database = database
        self._name = name

    def __iter__(self) -> Iterator[Any]:
        query = "SELECT user_id, device_id, ed25519 FROM trust WHERE list = ?"
        for row in self._database.execute_sql(query, (self._name,)).fetchall():
            yield Ed25519Key(*row)

    def __contains__(self, key: Any) -> bool:
        return any(key == each for each in self)

    def add(self, key: Any) -> bool:
        """Put a device's key on the list; nio's says True."""
        self.add_many([key])
        return True

    def add_many(self, keys: Sequence[Any]) -> None:
        """Put all on the list, or none. A device that is on it keeps its fingerprint, and another one is refused."""
        statement = "INSERT INTO trust (list, user_id, device_id, ed25519) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        with self._database.atomic():
            for key in keys:
                self._database.execute_sql(statement, (self._name, key.user_id, key.device_id, key.key))
            if any(key not in self for key in keys):
                raise nio.exceptions.OlmTrustError("a device of that name is on the list with another fingerprint")

    def remove(self, key: Any) -> bool:
        """Take it off; whether it was there."""
        statement = "DELETE FROM trust WHERE list = ? AND user_id = ? AND device_id = ? AND ed25519 = ?"
        found = self._database.execute_sql(statement, (self._name, key.user_id, key.device_id, key.key))
        return bool(found.rowcount)

    def remove_many(self, keys: Sequence[Any]) -> None:
        """Take all off."""
        with self._database.atomic():
            for key in keys:
                self.remove(key)
