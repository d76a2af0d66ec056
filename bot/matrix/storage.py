"""nio's key store on disk; which errors it fails with, and how no room key is lost over one."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types
import peewee  # type: ignore[import-untyped]  # it carries no types; nio depends on it

STORE_DOWN = (peewee.OperationalError, sqlite3.OperationalError)
"""Locked, full, read-only, gone: never the doing of the stranger whose message is being handled."""

DATABASE_ERRORS = (peewee.PeeweeException, sqlite3.Error)


class KeyStore(nio.store.DefaultStore):  # type: ignore[misc]  # nio ships no types
    """nio writes its list of encrypted rooms to disk after each answer, in the event loop, even when it is empty."""

    def save_encrypted_rooms(self, rooms: set[str]) -> None:
        if rooms:
            super().save_encrypted_rooms(rooms)


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
