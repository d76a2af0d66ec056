"""Room keys go from one device's database to the next, all or nothing."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest
import vodozemac

from bot.matrix.account import carrying
from bot.matrix.account.carrying import carry
from bot.matrix.crypto.identities import Public
from bot.matrix.crypto.storage import KeyStore

US, KEY, ROOM, SENDER = "@wir_alle:netz.example", "ein Schlüssel", "!raum:netz.example", "absender"


class Filled:
    """A database of an earlier device, with room keys and what each opens."""

    def __init__(self, folder: Path, device: str, *, user: str = US, key: str = KEY) -> None:
        self.folder, self.device, self.user, self.key = folder, device, user, key
        self.file = folder / f"{user}_{device}.db"
        self.written: dict[str, str] = {}
        with self.opened() as store:
            store.save_account(nio.crypto.OlmAccount())

    def opened(self) -> "Opened":
        return Opened(self.user, self.device, self.folder, self.key)

    def receive(self, *, chain: tuple[str, ...] = ()) -> str:
        """A room key from somebody, and a message locked with it; returns the session's ID."""
        sender = vodozemac.GroupSession()
        key = sender.session_key.to_base64()
        session = nio.crypto.InboundGroupSession(key, "ed", SENDER, ROOM, list(chain))
        self.written[session.id] = sender.encrypt(b"Guten Tag").to_base64()
        with self.opened() as store:
            store.save_inbound_group_session(session)
        return str(session.id)

    def know_encrypted(self, *rooms: str) -> None:
        with self.opened() as store:
            store.save_encrypted_rooms(set(rooms))


class Opened:
    """A key store, closed in the end."""

    def __init__(self, user: str, device: str, folder: Path, key: str) -> None:
        self._made = (user, device, str(folder), key)

    def __enter__(self) -> Any:
        self._store = KeyStore(*self._made)
        return self._store

    def __exit__(self, *_error: object) -> None:
        self._store.database.close()


def carried(folder: Path, *earlier: Filled, key: str = KEY) -> None:
    carry(US, "NEU", folder, [filled.file for filled in earlier], key)


def readable(folder: Path, messages: dict[str, str]) -> set[str]:
    """The sessions whose messages the new device reads."""
    with Opened(US, "NEU", folder, KEY) as store:
        keys = store.load_inbound_group_sessions()
        found = {name: keys.get(ROOM, SENDER, name) for name in messages}
        return {name for name, key in found.items() if key and key.decrypt(messages[name]) == ("Guten Tag", 0)}


def test_room_keys_chains_and_encrypted_rooms(tmp_path: Path) -> None:
    old = Filled(tmp_path, "ALT")
    own, forwarded = old.receive(), old.receive(chain=("über", "zwei"))
    old.know_encrypted(ROOM, "!zweiter:netz.example")
    content = old.file.read_bytes()
    carried(tmp_path, old)
    assert readable(tmp_path, old.written) == {own, forwarded}
    with Opened(US, "NEU", tmp_path, KEY) as store:
        assert store.load_encrypted_rooms() == {ROOM, "!zweiter:netz.example"}
        assert store.load_inbound_group_sessions().get(ROOM, SENDER, forwarded).forwarding_chain == ["über", "zwei"]
        assert store.load_account() is not None
        assert store.load_outgoing_key_requests() == {}
    assert not old.file.exists()
    assert (tmp_path / f"{US}_ALT.db.old").read_bytes() == content


def test_several_earlier_devices(tmp_path: Path) -> None:
    one, two = Filled(tmp_path, "EINS"), Filled(tmp_path, "ZWEI")
    expected = {one.receive(), one.receive(), two.receive()}
    carried(tmp_path, one, two)
    assert readable(tmp_path, one.written | two.written) == expected
    assert sorted(file.name for file in tmp_path.glob("*.old")) == [f"{US}_EINS.db.old", f"{US}_ZWEI.db.old"]


def test_who_people_are(tmp_path: Path) -> None:
    """Also beside the database of a release that did not know yet; what the new device knows itself stays."""
    older, old, new = (Filled(tmp_path, device) for device in ("AELTER", "ALT", "NEU"))
    ben, cem, dora = "@ben:netz.example", "@cem:netz.example", "@dora:netz.example"
    known = {ben: Public("ben", "signs"), cem: Public("cem", "signs")}
    with old.opened() as store:
        store.identities.see(known)
    with new.opened() as store:
        store.identities.see({cem: Public("cem anew", "signs"), dora: Public("dora", "signs")})
    carried(tmp_path, older, old)
    with new.opened() as store:
        found = [store.identities.of(person) for person in (ben, cem, dora)]
    assert found == [known[ben], Public("cem anew", "signs"), Public("dora", "signs")]
    assert not list(tmp_path.glob("*ALT.db"))
    assert not older.file.exists()


def test_the_same_file_may_come_back(tmp_path: Path) -> None:
    """From a backup, twice: nothing of what was put aside is written over."""
    old = Filled(tmp_path, "ALT")
    old.receive()
    content = old.file.read_bytes()
    for names in ([".old"], [".old", ".old2"], [".old", ".old2", ".old3"]):
        old.file.write_bytes(content)
        carried(tmp_path, old)
        assert sorted(file.suffix for file in tmp_path.glob(f"{US}_ALT.db.*")) == names
    assert readable(tmp_path, old.written) == set(old.written)


@pytest.mark.parametrize("longer", ["ALT", "NEU"])
def test_of_two_the_key_that_opens_more_stays(longer: str, tmp_path: Path) -> None:
    sender = vodozemac.GroupSession()
    whole = nio.crypto.InboundGroupSession(sender.session_key.to_base64(), "ed", SENDER, ROOM)
    first = sender.encrypt(b"Guten Tag").to_base64()
    later = nio.crypto.InboundGroupSession(sender.session_key.to_base64(), "ed", SENDER, ROOM)
    assert (whole.first_known_index, later.first_known_index) == (0, 1)
    old, new = Filled(tmp_path, "ALT"), Filled(tmp_path, "NEU")
    for filled in (old, new):
        with filled.opened() as store:
            store.save_inbound_group_session(whole if filled.device == longer else later)
    carried(tmp_path, old)
    assert readable(tmp_path, {whole.id: first}) == {whole.id}


def test_a_session_that_two_have_given_us(tmp_path: Path) -> None:
    """Whoever is in the room may hand on the session of another: each has a row."""
    sender = vodozemac.GroupSession()
    key = sender.session_key.to_base64()
    message = sender.encrypt(b"Guten Tag").to_base64()
    old, new = Filled(tmp_path, "ALT"), Filled(tmp_path, "NEU")
    for filled, from_whom in ((old, SENDER), (new, "ein anderer")):
        with filled.opened() as store:
            store.save_inbound_group_session(nio.crypto.InboundGroupSession(key, "ed", from_whom, ROOM))
    carried(tmp_path, old)
    with new.opened() as store:
        keys = store.load_inbound_group_sessions()
        for from_whom in (SENDER, "ein anderer"):
            assert keys.get(ROOM, from_whom, sender.session_id).decrypt(message) == ("Guten Tag", 0)


def spoilt(file: Path) -> None:
    file.write_bytes(b"kein SQLite" * 1000)


def emptied(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("DELETE FROM accounts")
    database.close()


def of_another_program(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE andere (spalte)")
    database.close()


def locked_otherwise(file: Path) -> None:
    file.unlink()
    user, device = file.stem.rsplit("_", 1)
    Filled(file.parent, device, user=user, key="ein anderer")


@pytest.mark.parametrize("spoil", [spoilt, emptied, of_another_program, locked_otherwise])
def test_what_cannot_be_opened_is_left_alone(
    spoil: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Filled(tmp_path, "SCHLECHT"), Filled(tmp_path, "GUT")
    spoil(bad.file)
    content = bad.file.read_bytes()
    good.receive()
    carried(tmp_path, bad, good)
    assert f"The room keys in {bad.file} cannot be carried over; the file is left where it is" in caplog.text
    assert bad.file.read_bytes() == content
    assert readable(tmp_path, good.written) == set(good.written)
    assert KEY not in caplog.text


def test_one_damaged_room_key_spoils_nothing(tmp_path: Path) -> None:
    """It is carried over as it is; only who needs it will miss it."""
    old = Filled(tmp_path, "ALT")
    good, bad = old.receive(), old.receive()
    with sqlite3.connect(old.file) as database:
        database.execute("UPDATE megolminboundsessions SET session = 'kaputt' WHERE session_id = ?", (bad,))
    database.close()
    carried(tmp_path, old)
    assert readable(tmp_path, {good: old.written[good]}) == {good}


def test_killed_before_it_is_put_aside_it_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Filled(tmp_path, "ALT")
    old.receive()
    with monkeypatch.context() as patch:
        patch.setattr(carrying, "set_aside", lambda _file: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            carried(tmp_path, old)
    assert old.file.exists()
    carried(tmp_path, old)
    assert not old.file.exists()
    assert readable(tmp_path, old.written) == set(old.written)


def test_keys_in_the_log_of_the_database_come_along(tmp_path: Path) -> None:
    """The process was killed: its newest keys are in SQLite's log, not yet in the file."""
    old = Filled(tmp_path, "ALT")
    held = KeyStore(US, "ALT", str(tmp_path), KEY)  # keeps the log from being merged
    old.receive()
    saved = {file: file.read_bytes() for file in tmp_path.glob(f"{US}_ALT.db*") if not file.name.endswith("-shm")}
    held.database.close()
    assert len(saved) == 2, "there is a log"
    for file, content in saved.items():
        file.write_bytes(content)
    carried(tmp_path, old)
    assert readable(tmp_path, old.written) == set(old.written)
    assert [file.name for file in tmp_path.glob(f"{US}_ALT.db*")] == [f"{US}_ALT.db.old"]


def test_ten_thousand_room_keys(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old = Filled(tmp_path, "ALT")
    pattern = old.receive()
    with sqlite3.connect(old.file) as database:
        database.executemany(
            """INSERT INTO megolminboundsessions (session_id, account_id, sender_key, fp_key, room_id, session)
            SELECT ?, account_id, sender_key, fp_key, room_id, session FROM megolminboundsessions
            WHERE session_id = ?""",
            [(f"nummer {number}", pattern) for number in range(9_999)],
        )
    database.close()
    caplog.set_level(logging.INFO)
    carried(tmp_path, old)
    assert f"Room keys were carried over from {old.file}: 10000" in caplog.text
