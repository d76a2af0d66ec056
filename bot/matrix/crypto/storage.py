"""nio's key store on disk; which errors it fails with, and how no room key is lost over one.

The database is SQLite with nio's tables (`nio.store.models`) and two of ours (`identities`); whatever else reads or
writes it may use plain SQL, with these in mind: it is in WAL mode, so a copy of the one file without its `-wal` lacks
the newest keys (open it, or use SQLite's backup); a commit is on disk when it returns, because no ratchet may go back
to a state in which it has encrypted already; sessions are rows of `megolminboundsessions` (`forwardedchains` beside
it), and one that is inserted while the bot runs is found at the next look.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types
import peewee  # type: ignore[import-untyped]  # it carries no types; nio depends on it

from bot.errors import Fenced
from bot.matrix.crypto.identities import Identities
from bot.matrix.crypto.room_keys import RoomKeys

STORE_DOWN = (peewee.OperationalError, sqlite3.OperationalError, Fenced)
"""Locked, full, read-only, gone, another's: never the doing of the stranger whose message is being handled."""

DATABASE_ERRORS = (peewee.PeeweeException, sqlite3.Error)

PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "secure_delete": 1}
"""WAL: one fsync a commit instead of three, and a backup that reads keeps nobody from writing."""

OpenKeys = Callable[[str, str, str], Any]
"""Opens the key store of a user's device, with the key to it."""

LONGEST_WAIT = 1
"""Seconds for another process that writes; everything stands still meanwhile."""

TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"

SAVE_SESSION = """
    INSERT INTO olmsessions
        (session_id, sender_key, account_id, session, creation_time, last_usage_date) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (session_id) DO UPDATE SET
        sender_key = excluded.sender_key, account_id = excluded.account_id, session = excluded.session,
        creation_time = excluded.creation_time, last_usage_date = excluded.last_usage_date
"""
LOAD_SESSIONS = """
    SELECT sender_key, session, creation_time, last_usage_date FROM olmsessions
    WHERE account_id = ? ORDER BY last_usage_date DESC
"""
SAVE_DEVICE = """
    INSERT INTO devicekeys (account_id, user_id, device_id, display_name, deleted) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (account_id, user_id, device_id)
    DO UPDATE SET display_name = excluded.display_name, deleted = excluded.deleted
"""
SAVE_DEVICE_KEY = """
    INSERT INTO keys (key_type, key, device_id)
    SELECT ?, ?, id FROM devicekeys WHERE account_id = ? AND user_id = ? AND device_id = ?
    ON CONFLICT (device_id, key_type) DO UPDATE SET key = excluded.key
"""
LOAD_DEVICES = """
    SELECT d.user_id, d.device_id, d.display_name, d.deleted, k.key_type, k.key
    FROM devicekeys d JOIN keys k ON k.device_id = d.id WHERE d.account_id = ? ORDER BY d.id
"""


class KeyStore(nio.store.DefaultStore):  # type: ignore[misc]  # nio ships no types
    """nio's, without what takes nio long: a query for each row, a commit for each key, all room keys in memory."""

    _account_id: int | None = None

    def _create_database(self) -> Any:
        return peewee.SqliteDatabase(self.database_path, pragmas=PRAGMAS, timeout=LONGEST_WAIT)

    @property
    def account_id(self) -> int | None:
        """The row of our device in `accounts`; None before its keys are made."""
        if self._account_id is None and (account := self._get_account()):
            self._account_id = account.id
        return self._account_id

    @cached_property
    def identities(self) -> Identities:
        """Who people are, and which devices they have signed; see there. Raises STORE_DOWN."""
        return Identities(self.database)

    def save_encrypted_rooms(self, rooms: set[str]) -> None:
        """nio writes this list after each answer, in the event loop, even when it is empty."""
        if rooms:
            super().save_encrypted_rooms(rooms)

    def save_session(self, curve_key: str, session: Any) -> None:
        """Keep an Olm session with the device that has this key."""
        used = (session.creation_time.strftime(TIME_FORMAT), session.use_time.strftime(TIME_FORMAT))
        values = (session.id, curve_key, self.account_id, session.pickle(self.pickle_key), *used)
        self.database.execute_sql(SAVE_SESSION, values)

    def load_sessions(self) -> Any:
        """All Olm sessions, those used last first. (nio forgets when each was used.)"""
        store = nio.crypto.SessionStore()
        for key, pickle, made, used in self._rows(LOAD_SESSIONS):
            times = (datetime.fromisoformat(made), self.pickle_key, datetime.fromisoformat(used))
            store[key].append(nio.crypto.Session.from_pickle(bytes(pickle), *times))
        return store

    def load_inbound_group_sessions(self) -> RoomKeys:
        """The keys to what others wrote; see there."""
        return RoomKeys(self)

    def save_inbound_group_session(self, session: Any) -> None:
        """Keep a room key, unless we have one that opens as much or more."""
        RoomKeys(self).save(session)

    def save_device_keys(self, device_keys: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep devices, by user and device ID, in one transaction."""
        account = self.account_id
        with self.database.atomic():
            for user, devices in device_keys.items():
                for name, device in devices.items():
                    row = (account, user, name, device.display_name or "", device.deleted)
                    self.database.execute_sql(SAVE_DEVICE, row)
                    for kind, key in device.keys.items():
                        self.database.execute_sql(SAVE_DEVICE_KEY, (kind, key, account, user, name))

    def load_device_keys(self) -> Any:
        """All devices we know of, with what was decided about trusting them."""
        store = nio.crypto.DeviceStore()
        for user, name, display_name, deleted, kind, key in self._rows(LOAD_DEVICES):
            device = store[user].get(name)
            if device is None:
                device = nio.crypto.OlmDevice(user, name, {}, display_name, bool(deleted))
                store[user][name] = device
            device.keys[kind] = key
        trust = nio.crypto.TrustState
        for known, state in ((self.ignore_db, trust.ignored), (self.blacklist_db, trust.blacklisted)):
            _mark(store, known, state)
        _mark(store, self.trust_db, trust.verified)
        return store

    def _rows(self, query: str) -> Any:
        return self.database.execute_sql(query, (self.account_id,)).fetchall()


def _mark(store: Any, known: Any, state: Any) -> None:
    for entry in known:
        device = store[entry.user_id].get(entry.device_id)
        if device is not None and device.keys.get("ed25519") == entry.key:
            device.trust_state = state


@contextmanager
def whole(store: Any, olm: Any, event: object) -> Iterator[None]:
    """Handle one message to our device wholly or not at all, on disk and in memory.

    Olm decrypts a message once. When its room key cannot be stored, the key is lost, unless both ratchets go back to
    where they stood: then the same message can be handled again.
    """
    if olm is None or not isinstance(event, nio.OlmEvent):
        yield
        return
    account, sessions = olm.account, olm.session_store[event.sender_key]
    account_before = account.pickle()
    before = [(session.pickle(), session.creation_time, session.use_time) for session in sessions]
    try:
        with store.database.atomic():
            yield
    except STORE_DOWN:
        olm.account = nio.crypto.OlmAccount.from_pickle(account_before, shared=account.shared)
        sessions[:] = [nio.crypto.Session.from_pickle(kept, made, use_time=used) for kept, made, used in before]
        raise
