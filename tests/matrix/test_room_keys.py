"""The keys to what others wrote, on disk: found when needed, never made worse, open to plain SQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nio.crypto  # type: ignore[import-untyped]
import pytest
from vodozemac import ExportedSessionKey
from vodozemac import InboundGroupSession as Bare

import bot.matrix.crypto.room_keys as room_keys_module
from bot.matrix.crypto.machine import Machine
from tests.matrix.tables import OpenKeys, in_folder, open_keys

__all__ = ["open_keys"]

ROOM, BEN, CEM = "!raum:x.example", "ben-key", "cem-key"


class Keys:
    """A device's key store, opened as often as one likes."""

    def __init__(self, open_keys: OpenKeys) -> None:
        self._open = open_keys
        self.open()

    def open(self) -> None:
        self.store = self._open("@bot:x.example", "ZS", "key")
        self.machine: Any = Machine("@bot:x.example", "ZS", self.store)

    def again(self) -> None:
        """As after a restart."""
        self.store.database.close()
        self.open()

    def another(self) -> Any:
        """The same database, opened by somebody else."""
        return self._open("@bot:x.example", "ZS", "key").database

    def take(self, session: Any) -> None:
        """As nio does with a key that came."""
        self.machine.inbound_group_store.add(session)
        self.machine.save_inbound_group_session(session)

    def get(self, group: Any, sender_key: str = BEN) -> Any:
        return self.machine.inbound_group_store.get(ROOM, sender_key, group.id)


@pytest.fixture
def keys(open_keys: OpenKeys) -> Iterator[Keys]:
    opened = Keys(open_keys)
    yield opened
    opened.store.database.close()


def group() -> Any:
    """Somebody's session, three messages in."""
    session = nio.crypto.OutboundGroupSession()
    session.mark_as_shared()
    return session


def key_of(session: Any, sender_key: str = BEN) -> Any:
    """Its key from here on."""
    return nio.crypto.InboundGroupSession(session.session_key, "fingerprint", sender_key, ROOM)


def test_a_key_is_found_after_a_restart_and_when_it_is_no_longer_at_hand(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_keys_module, "AT_HAND", 2)
    groups = [group() for _ in range(5)]
    for one in groups:
        keys.take(key_of(one))
    said = [one.encrypt("hallo") for one in groups]
    for _ in range(2):
        assert [keys.get(one).decrypt(text)[0] for one, text in zip(groups, said, strict=True)] == ["hallo"] * 5
        assert len(keys.machine.inbound_group_store._kept) == 2
        keys.again()
    assert keys.get(group()) is None
    assert keys.get(groups[0], CEM) is None
    assert keys.machine.inbound_group_store.get("!anders:x.example", BEN, groups[0].id) is None


@pytest.mark.parametrize("restart", [False, True])
def test_the_key_that_opens_more_stays(keys: Keys, restart: bool) -> None:
    """Any member could send the same session from a later message on, and nio would forget the earlier ones."""
    one = group()
    whole, said = key_of(one), one.encrypt("der Anfang")
    late = key_of(one)
    keys.take(late)
    keys.take(whole)
    keys.take(late)
    if restart:
        keys.again()
    assert keys.get(one).decrypt(said)[0] == "der Anfang"
    assert not keys.machine.inbound_group_store.add(late)


def test_a_key_that_only_claims_to_be_earlier_replaces_nothing(keys: Keys) -> None:
    """An exported key is not signed: with our ID and another ratchet it would make everything unreadable."""
    one = group()
    one.encrypt("vorher")
    keys.take(key_of(one))
    said = one.encrypt("jetzt")
    exported = bytearray(_bytes(key_of(group()).export_session(0)))
    exported[-32:] = _bytes(key_of(one).export_session(2))[-32:]  # the public key: whose session it says it is
    forged = Bare.import_session(ExportedSessionKey(_text(bytes(exported))))
    assert forged.session_id == one.id
    keys.take(nio.crypto.InboundGroupSession("", "fingerprint", BEN, ROOM, session=forged))
    for _ in range(2):
        assert keys.get(one).decrypt(said)[0] == "jetzt"
        keys.again()


def test_who_sends_somebody_elses_session_first_takes_nothing_away(keys: Keys) -> None:
    one = group()
    keys.take(key_of(one, CEM))
    keys.take(key_of(one, BEN))
    keys.again()
    assert keys.get(one, BEN).sender_key == BEN
    assert keys.get(one, CEM).sender_key == CEM
    assert len(list(keys.machine.inbound_group_store)) == 2


def test_plain_sql_reads_and_writes_beside_the_running_bot(keys: Keys) -> None:
    one, two = group(), group()
    keys.take(key_of(one))
    other = keys.another()
    ((account,),) = other.execute_sql("SELECT id FROM accounts").fetchall()
    other.execute_sql(
        "INSERT INTO megolminboundsessions (session_id, sender_key, account_id, fp_key, room_id, session)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (two.id, BEN, account, "fingerprint", ROOM, key_of(two).pickle("key")),
    )
    found = {name for (name,) in other.execute_sql("SELECT session_id FROM megolminboundsessions").fetchall()}
    other.close()
    assert found == {one.id, two.id}
    assert keys.get(two).id == two.id


def test_an_export_holds_all_keys(keys: Keys, tmp_path: Path) -> None:
    groups = [group() for _ in range(3)]
    for one in groups:
        keys.take(key_of(one))
    file = tmp_path / "keys.txt"
    keys.machine.export_keys(str(file), "geheim", count=10)
    (tmp_path / "other").mkdir()
    other = Keys(in_folder(tmp_path / "other"))
    other.machine.import_keys(str(file), "geheim")
    other.again()
    assert [other.get(one).id for one in groups] == [one.id for one in groups]
    other.store.database.close()


def test_devices_and_sessions_come_back(keys: Keys) -> None:
    theirs = nio.crypto.OlmAccount()
    device = nio.crypto.OlmDevice("@ben:x.example", "B1", dict(theirs.identity_keys), "Handy")
    curve = device.curve25519
    gone = nio.crypto.OlmDevice("@ben:x.example", "B2", {"ed25519": "f", "curve25519": "d"}, deleted=True)
    keys.store.save_device_keys({"@ben:x.example": {"B1": device, "B2": gone}})
    keys.machine.verify_device(device)
    theirs.generate_one_time_keys(2)
    for key in theirs.one_time_keys["curve25519"].values():
        keys.machine.create_session(key, curve)
    first, second = keys.machine.session_store[curve]
    used = first if first.use_time < second.use_time else second
    used.encrypt("hallo")
    keys.machine.save_session(curve, used)
    keys.again()
    found = keys.machine.device_store
    assert [known.id for known in found.active_user_devices("@ben:x.example")] == ["B1"]
    assert found["@ben:x.example"]["B1"] == device
    assert found["@ben:x.example"]["B1"].verified
    assert keys.machine.session_store.get(curve).id == used.id, "the session used last is used again"


def _bytes(text: str) -> bytes:
    return bytes(nio.crypto.olm_machine.decode_base64(text))


def _text(raw: bytes) -> str:
    return str(nio.crypto.olm_machine.encode_base64(raw))
