"""The keys to what others wrote (inbound Megolm sessions), read from disk one by one as they are needed.

nio unpickles all of them at the start: 10,000 take two seconds and 30 MB, and most are never used again.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import nio.crypto  # type: ignore[import-untyped]  # nio ships no types

AT_HAND = 500
"""Keys kept in memory, those used last; each takes 3 kB."""

COLUMNS = "session, fp_key, sender_key, room_id, session_id"
ONE = f"SELECT {COLUMNS} FROM megolminboundsessions WHERE session_id IN (?, ?)"  # noqa: S608 - a constant
SENDERS = """
    SELECT sender_key FROM megolminboundsessions
    WHERE room_id = ? AND (session_id = ? OR session_id > ? AND session_id < ?)
"""
ALL = f"SELECT {COLUMNS} FROM megolminboundsessions WHERE account_id = ?"  # noqa: S608
CHAIN = "SELECT sender_key FROM forwardedchains WHERE session_id = ? ORDER BY id"
SAVE = """
    INSERT INTO megolminboundsessions (session_id, sender_key, account_id, fp_key, room_id, session)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session_id) DO UPDATE SET session = excluded.session
"""
SAVE_CHAIN = "INSERT INTO forwardedchains (sender_key, session_id) VALUES (?, ?) ON CONFLICT DO NOTHING"


class RoomKeys:
    """Stands in for nio's `GroupSessionStore`: `get`, `add`, and iteration over all.

    A key that comes again replaces the one we have only if it opens more, that is, begins earlier in the same session.
    (nio takes the last one: any member of a room could make the bot forget how to read what was said before.)

    A row is found by the session's ID. Where somebody else has sent us that session before (which is not theirs, but
    whoever is in the room has it), the second row is found by `SESSION ROOM SENDER_KEY`.
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, str, str], Any] = OrderedDict()

    def get(self, room_id: str, sender_key: str, session_id: str) -> Any:
        """The session, or None."""
        place = (room_id, sender_key, session_id)
        session = self._kept.get(place) or self._read(place)
        if session is not None:
            self._keep(place, session)
        return session

    def senders(self, room_id: str, session_id: str) -> list[str]:
        """The keys of the devices that have given us this session of this room."""
        begin = f"{session_id} {room_id}"
        rows = self._query(SENDERS, room_id, session_id, f"{begin} ", f"{begin}!")
        return [sender_key for (sender_key,) in rows.fetchall()]

    def add(self, session: Any) -> bool:
        """Have it at hand; whoever adds it also saves it. False when we have one that opens as much."""
        known = self.get(session.room_id, session.sender_key, session.id)
        if known is not None and not _opens_more(session, known):
            return False
        self._keep((session.room_id, session.sender_key, session.id), session)
        return True

    def save(self, session: Any) -> None:
        """Write it to disk, unless a key of the same session is there that opens as much."""
        rows = self._rows(session.room_id, session.sender_key, session.id)
        known = self._among(rows, session.room_id, session.sender_key)
        if known is not None and not _opens_more(session, known):
            return
        name = session.id
        if rows and known is None:
            name = _second_name(session.room_id, session.sender_key, session.id)
        where = (name, session.sender_key, self._store.account_id, session.ed25519, session.room_id)
        self._query(SAVE, *where, session.pickle(self._store.pickle_key))
        for key in session.forwarding_chain:
            self._query(SAVE_CHAIN, key, name)

    def __iter__(self) -> Iterator[Any]:
        """All sessions there are, from the disk (for an export)."""
        for row in self._query(ALL, self._store.account_id).fetchall():
            yield self._session(row)

    def _keep(self, place: tuple[str, str, str], session: Any) -> None:
        self._kept[place] = session
        self._kept.move_to_end(place)
        if len(self._kept) > AT_HAND:
            self._kept.popitem(last=False)

    def _read(self, place: tuple[str, str, str]) -> Any:
        return self._among(self._rows(*place), *place[:2])

    def _rows(self, room_id: str, sender_key: str, session_id: str) -> list[Any]:
        return list(self._query(ONE, session_id, _second_name(room_id, sender_key, session_id)).fetchall())

    def _among(self, rows: list[Any], room_id: str, sender_key: str) -> Any:
        return next((self._session(row) for row in rows if row[2:4] == (sender_key, room_id)), None)

    def _session(self, row: Any) -> Any:
        pickle, fingerprint, sender_key, room_id, name = row
        chain = [key for (key,) in self._query(CHAIN, name).fetchall()]
        return nio.crypto.InboundGroupSession.from_pickle(
            bytes(pickle), fingerprint, sender_key, room_id, self._store.pickle_key, chain
        )

    def _query(self, statement: str, *values: Any) -> Any:
        return self._store.database.execute_sql(statement, values)


def _second_name(room_id: str, sender_key: str, session_id: str) -> str:
    return f"{session_id} {room_id} {sender_key}"


def _opens_more(new: Any, known: Any) -> bool:
    """Whether `new` begins earlier and is the same session: where `known` begins, both have the same ratchet."""
    begin = known.first_known_index
    return bool(new.first_known_index < begin and new.export_session(begin) == known.export_session(begin))
