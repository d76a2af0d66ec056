"""An account's secrets in the database, each a sealed row of one table."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bot.matrix.account.sealing import Unopened, opened, sealed
from bot.matrix.crypto.postgres import KeyDatabase

SCHEMA = "keys"
SESSION, COMING, SEEDS, PROOF = "session", "session-coming", "signing-keys", "key-check"
"""Names of secrets. `COMING` is a session that is being carried over; the last holds nothing, but opens to the right
key only."""
TABLE = """
    CREATE TABLE IF NOT EXISTS secret
    (account TEXT, name TEXT, sealed BYTEA NOT NULL, PRIMARY KEY (account, name))"""
BY_HAND = "psql: DELETE FROM keys.secret WHERE account = '{}' AND name = '{}'"
"""How an operator forgets one."""
READ = "SELECT sealed FROM secret WHERE account = ? AND name = ?"
WRITE = """
    INSERT INTO secret (account, name, sealed) VALUES (?, ?, ?)
    ON CONFLICT (account, name) DO UPDATE SET sealed = excluded.sealed"""
DELETE = "DELETE FROM secret WHERE account = ? AND name = ?"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"
Using = Callable[[], AbstractContextManager[KeyDatabase]]
"""Connects to the database, and gives it back at the end."""

IS_THERE = "SELECT to_regclass('keys.secret') IS NOT NULL"


class Rows:
    """The rows of one account. Raises STORE_DOWN, and Fenced where the database knows a lease."""

    def __init__(self, database: KeyDatabase, account: str, key: Callable[[], str]) -> None:
        """`key` gives that of the key file, when it is needed."""
        self._database = database
        self._account = account
        self._key = key

    def is_there(self) -> bool:
        """Whether there is such a table; a bot must have led once."""
        return bool(self._database.execute_sql(IS_THERE).fetchone()[0])

    def holds(self, name: str) -> bool:
        """Whether there is such a row."""
        return self._box(name) is not None

    def read(self, name: str) -> str | None:
        """What is in it. Raises Unopened."""
        box = self._box(name)
        return None if box is None else opened(self._key(), self._account, name, box)

    def write(self, name: str, text: str) -> None:
        """Put this in it; on disk when this returns, unless a transaction is open."""
        self._database.execute_sql(WRITE, (self._account, name, sealed(self._key(), self._account, name, text)))

    def delete(self, name: str) -> None:
        """As if it had never been."""
        self._database.execute_sql(DELETE, (self._account, name))

    def move(self, name: str, to: str) -> None:
        """What is in it is in the other, sealed anew (its name is, too). What cannot be opened is kept."""
        with self._database.atomic():
            try:
                text = self.read(name)
            except Unopened:
                self._database.execute_sql(WRITE, (self._account, to, self._box(name)))
            else:
                self.write(to, text or "")
            self.delete(name)

    def lock(self, name: str) -> None:
        """Keep others that ask for it waiting, until the end of the transaction."""
        self._database.execute_sql(LOCK, (f"zwischenstand {name} {self._account}",))

    def _box(self, name: str) -> bytes | None:
        found = self._database.execute_sql(READ, (self._account, name)).fetchone() if self.is_there() else None
        return None if found is None else bytes(found[0])


class SealedShelf:
    """Rows as a `Shelf`: those whose names begin with one name."""

    setting = "database.url"

    def __init__(self, rows: Rows, name: str, using: Using) -> None:
        self._rows = rows
        self._name = name
        self._using = using

    def named(self, name: str) -> str:
        return f"{self._name}{name} in the table {SCHEMA}.secret"

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self._using() as database, database.atomic():
            self._rows.lock(self._name)
            yield

    def read(self, name: str) -> str | None:
        with self._using():
            return self._rows.read(self._name + name)

    def write(self, name: str, text: str) -> None:
        with self._using():
            self._rows.write(self._name + name, text)

    def move(self, name: str, to: str) -> None:
        with self._using():
            self._rows.move(self._name + name, self._name + to)

    def holds(self, name: str) -> bool:
        with self._using():
            return self._rows.holds(self._name + name)
