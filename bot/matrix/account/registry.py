"""Which devices of ours have keys in the database, and how far they have come."""

from collections.abc import Collection
from enum import StrEnum

from bot.matrix.crypto.postgres import KeyDatabase

TABLE = """
    CREATE TABLE IF NOT EXISTS device (account TEXT, device TEXT, state TEXT NOT NULL, generation BIGINT NOT NULL,
    PRIMARY KEY (account, device))"""
ADD = "INSERT INTO device (account, device, state, generation) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
ANNOUNCE = """
    INSERT INTO device (account, device, state, generation) VALUES (?, ?, ?, ?) ON CONFLICT (account, device)
    DO UPDATE SET state = excluded.state, generation = excluded.generation"""
GENERATION = "SELECT generation FROM device WHERE account = ? AND device = ? AND state <> ?"
RAISE = "UPDATE device SET generation = generation + 1 WHERE account = ? AND device = ? RETURNING generation"
DEVICES = "SELECT device FROM device WHERE account = ? AND state = ? ORDER BY device"
SET = "UPDATE keys.device SET state = ? WHERE account = ? AND device = ?"


class State(StrEnum):
    """Of a device's keys."""

    COMING = "coming"
    """Being copied from a folder, which may have begun and not ended; nobody may use them."""
    HERE = "here"
    CARRIED = "carried"
    """Its room keys are with a later device."""


class Registry:
    """The devices of one account. Raises STORE_DOWN, and Fenced where the database knows a lease."""

    def __init__(self, database: KeyDatabase, account: str) -> None:
        self._database = database
        self._account = account

    def make(self) -> None:
        """The table, if it is not there."""
        self._database.execute_sql(TABLE)

    def is_there(self) -> bool:
        """Whether there is such a table; a bot must have led once."""
        return bool(self._database.execute_sql("SELECT to_regclass('keys.device') IS NOT NULL").fetchone()[0])

    def add(self, device: str) -> None:
        """This device has keys, if it had none."""
        self._database.execute_sql(ADD, (self._account, device, State.HERE, 0))

    def announce(self, device: str, generation: int) -> None:
        """The keys of this device are on their way, so far."""
        self._database.execute_sql(ANNOUNCE, (self._account, device, State.COMING, generation))

    def arrived(self, devices: Collection[str]) -> None:
        """Of these devices, those that were on their way."""
        coming = self.of(State.COMING)
        for device in coming & set(devices):
            self.put(device, State.HERE)

    def put(self, device: str, state: State) -> None:
        """Also for a connection to another schema; see `SET`."""
        self._database.execute_sql(SET, (state, self._account, device))

    def of(self, state: State) -> set[str]:
        """The devices in this state."""
        return {name for (name,) in self._database.execute_sql(DEVICES, (self._account, state)).fetchall()}

    def generation(self, device: str) -> int | None:
        """How often these keys were signed for; None for a device that has none."""
        found = self._database.execute_sql(GENERATION, (self._account, device, State.COMING)).fetchone()
        return None if found is None else int(found[0])

    def raise_generation(self, device: str) -> int:
        """One more, on disk when this returns; 0 for a device that has no keys."""
        with self._database.atomic():
            found = self._database.execute_sql(RAISE, (self._account, device)).fetchone()
        return 0 if found is None else int(found[0])
