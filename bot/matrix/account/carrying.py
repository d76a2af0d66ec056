"""Room keys outlive the device that received them, and so does what we know of people's identities.

A new device has keys of its own and none of the rooms' keys: what was said before would stay closed to it. Those of
earlier devices lie beside its database, locked with the same key, and are copied row by row (nio's tables,
`nio.store.models`). Nothing in an earlier file changes.
"""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix.crypto.identities import make_tables
from bot.matrix.crypto.storage import DATABASE_ERRORS, KeyStore

OLD = ".old"

ROOM_KEYS = """
    INSERT INTO {ours}.megolminboundsessions (session_id, account_id, sender_key, fp_key, room_id, session)
    SELECT session_id, ?, sender_key, fp_key, room_id, session
    FROM {earlier}.megolminboundsessions WHERE account_id = ? ON CONFLICT DO NOTHING"""
CHAINS = """
    INSERT INTO {ours}.forwardedchains (sender_key, session_id)
    SELECT chain.sender_key, chain.session_id FROM {earlier}.forwardedchains AS chain
    JOIN {earlier}.megolminboundsessions AS theirs ON theirs.session_id = chain.session_id
    JOIN {ours}.megolminboundsessions AS mine ON mine.session_id = theirs.session_id
    AND (mine.session, mine.sender_key, mine.room_id) = (theirs.session, theirs.sender_key, theirs.room_id)
    WHERE theirs.account_id = ? ORDER BY chain.id ON CONFLICT DO NOTHING"""
ENCRYPTED_ROOMS = """
    INSERT INTO {ours}.encryptedrooms (room_id, account_id)
    SELECT room_id, ? FROM {earlier}.encryptedrooms WHERE account_id = ? ON CONFLICT DO NOTHING"""
IDENTITIES = """
    INSERT INTO {ours}.identities (user_id, master_key, self_signing_key)
    SELECT user_id, master_key, self_signing_key FROM {earlier}.identities WHERE true ON CONFLICT DO NOTHING"""
HAS_IDENTITIES = "SELECT 1 FROM earlier.sqlite_master WHERE name = 'identities'"
IN_BOTH = """
    SELECT theirs.session_id, theirs.session, theirs.fp_key, theirs.sender_key, theirs.room_id
    FROM {earlier}.megolminboundsessions AS theirs
    JOIN {ours}.megolminboundsessions AS mine ON mine.session_id = theirs.session_id
    WHERE theirs.account_id = ?
    AND (mine.session, mine.sender_key, mine.room_id) <> (theirs.session, theirs.sender_key, theirs.room_id)"""
CHAIN = "SELECT sender_key FROM {earlier}.forwardedchains WHERE session_id = ? ORDER BY id"
ACCOUNTS = "SELECT id FROM {earlier}.accounts WHERE user_id = ?"

log = logging.getLogger(__name__)


class Unfit(Exception):
    """The database holds no account of ours that our key opens."""


def carry(user_id: str, device_id: str, folder: Path, earlier: Sequence[Path], key: str) -> None:
    """Copy the room keys, identities, and the list of encrypted rooms, out of earlier databases into this device's.

    Each comes over in one transaction and is then moved aside (`….db.old`), never to be read again. A file that `key`
    does not open is left where it is, with a warning. nio must not have opened this device's database yet.
    """
    for file in earlier:
        try:
            _check(file, user_id, key)
            count = _copied(KeyStore(user_id, device_id, str(folder), key), file)
        except (*DATABASE_ERRORS, Unfit) as error:
            log.warning("The room keys in %s cannot be carried over; the file is left where it is: %s", file, error)
        else:
            log.info("Room keys were carried over from %s: %d", file, count)
            set_aside(file)


def _check(file: Path, user_id: str, key: str) -> None:
    """Raises Unfit unless `key` opens our account in it: then it opens all that is stored with it."""
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT account FROM accounts WHERE user_id = ?", (user_id,)).fetchall()
    if not found:
        raise Unfit(f"no account of {user_id} in it")
    require_opened((pickle for (pickle,) in found), key)


def require_opened(pickles: Iterable[bytes | str], key: str) -> None:
    """Raises Unfit unless `key` opens each of these accounts (nio's `accounts.account`)."""
    for pickle in pickles:
        try:
            nio.crypto.OlmAccount.from_pickle(_bytes(pickle), key)
        except Exception as error:  # vodozemac has several, and nio's own way with older formats others
            raise Unfit("the key of the crypto store does not open it") from error


def _copied(store: Any, file: Path) -> int:
    """How many room keys were new."""
    database = store.database
    try:
        make_account(store)
        make_tables(database)
        database.execute_sql("ATTACH DATABASE ? AS earlier", (str(file),))
        with database.atomic():
            count = merge(store, "main", "earlier")
            if database.execute_sql(HAS_IDENTITIES).fetchone():
                database.execute_sql(IDENTITIES.format(ours="main", earlier="earlier"))
    finally:
        database.close()
    return count


def make_account(store: Any) -> None:
    """Give a device its account, as nio does, if there is none yet."""
    if store.load_account() is None:
        store.save_account(nio.crypto.OlmAccount())


def merge(store: Any, ours: str, earlier: str) -> int:
    """Copy room keys and encrypted rooms between two schemas of one database; how many keys were new.

    `store` is ours. Call it in a transaction.
    """
    database, count, names = store.database, 0, {"ours": ours, "earlier": earlier}
    for (theirs,) in database.execute_sql(ACCOUNTS.format(**names), (store.user_id,)).fetchall():
        both = database.execute_sql(IN_BOTH.format(**names), (theirs,)).fetchall()
        _merge(store, CHAIN.format(**names), both)
        whose = (store.account_id, theirs)
        count += database.execute_sql(ROOM_KEYS.format(**names), whose).rowcount
        database.execute_sql(CHAINS.format(**names), (theirs,))
        database.execute_sql(ENCRYPTED_ROOMS.format(**names), whose)
    return count


def _merge(store: Any, chains: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Of a room key that both have, the store keeps what opens more."""
    keys = store.load_inbound_group_sessions()
    for name, pickle, fingerprint, sender_key, room_id in rows:
        chain = [key for (key,) in store.database.execute_sql(chains, (name,)).fetchall()]
        whose = (fingerprint, sender_key, room_id, store.pickle_key, chain)
        try:
            session = nio.crypto.InboundGroupSession.from_pickle(_bytes(pickle), *whose)
        except Exception:
            log.warning("A room key among those of an earlier device is damaged")
        else:
            keys.save(session)


def _bytes(pickle: bytes | str) -> bytes:
    return pickle if isinstance(pickle, bytes) else pickle.encode()


def set_aside(file: Path) -> None:
    """Out of the way, under the first free name: the same keys may come back from a backup more than once."""
    ending, number = OLD, 1
    while file.with_name(file.name + ending).exists():
        number += 1
        ending = f"{OLD}{number}"
    file.replace(file.with_name(file.name + ending))
