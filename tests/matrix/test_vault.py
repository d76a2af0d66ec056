"""Session, seeds and generations in PostgreSQL: two machines share them and a key file, and only who leads writes."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.errors import Fenced, OperatorError, Unreachable
from bot.matrix.account.identity import Identity
from bot.matrix.account.rows import PROOF, SESSION
from bot.matrix.account.sealing import Unopened, opened, sealed
from bot.matrix.account.seeds import Damaged, Kept
from bot.matrix.account.store import Session, store_of
from bot.matrix.account.vault import Vault
from tests.matrix.vaults import DEVICE, US, Keys, Machine

LOGGED_IN = Session(US, DEVICE, "streng-geheimes-token")


@pytest.fixture
def first(tmp_path: Path, postgres_database: str) -> Machine:
    return Machine.of(tmp_path / "eins", postgres_database)


@pytest.fixture
def second(tmp_path: Path, first: Machine) -> Machine:
    """With nothing of its own yet."""
    return Machine.of(tmp_path / "zwei", first.url)


def leading(machine: Machine, fence: int = 1) -> Vault:
    vault = machine.lead(fence)
    vault.open()
    return vault


def table(machine: Machine) -> dict[str, bytes]:
    with psycopg.connect(machine.url) as connection:
        return dict(connection.execute("SELECT name, sealed FROM keys.secret WHERE account = %s", (US,)).fetchall())


def put(machine: Machine, name: str, box: bytes) -> None:
    with psycopg.connect(machine.url) as connection:
        connection.execute("UPDATE keys.secret SET sealed = %s WHERE name = %s", (box, name))


def test_what_one_keeps_the_other_finds(first: Machine, second: Machine) -> None:
    before = leading(first)
    assert before.session() is None
    before.save(LOGGED_IN)
    before.seeds.write(kept := Kept(Identity.new(US), "EsTw ABCD"))
    with closing(Keys(before.open_keys(US, DEVICE, before.pickle_key()))) as keys:
        keys.begin()
        ratchets = keys.ratchets
    assert (before.generation("ANDERES"), before.generation(DEVICE), before.raise_generation(DEVICE)) == (0, 0, 1)
    second.settings.key_file.write_bytes(first.settings.key_file.read_bytes())
    after = leading(second, 2)
    assert (after.session(), after.seeds.read(), after.generation(DEVICE)) == (LOGGED_IN, kept, 1)
    with closing(Keys(after.open_keys(US, DEVICE, after.pickle_key()))) as keys:
        assert keys.ratchets == ratchets
    assert not second.settings.store.exists()


def test_who_led_before_changes_nothing(first: Machine) -> None:
    before = leading(first)
    before.save(LOGGED_IN)
    first.lease(2)
    stood = table(first)
    for change in (
        lambda: before.save(Session(US, "ANDERES")),
        lambda: before.seeds.write(Kept(Identity.new(US))),
        lambda: before.raise_generation(DEVICE),
        lambda: before.open_keys(US, "ANDERES", "key"),
    ):
        with pytest.raises(Fenced):
            change()
    assert table(first) == stood


def test_both_machines_need_the_same_key(first: Machine, second: Machine) -> None:
    leading(first).save(LOGGED_IN)
    for told in (lambda: leading(second, 2), second.beside.require_key, second.beside.session):
        with pytest.raises(OperatorError, match=r"matrix\.pickle_key_file .*missing or empty.*from the other machine"):
            told()
        assert not second.settings.key_file.exists(), "none is made in its place"
    second.settings.key_file.write_text("ein anderer\n")
    for told in (lambda: leading(second, 2), second.beside.require_key):
        with pytest.raises(OperatorError, match=r"matrix\.pickle_key_file .*another key; copy the file from the other"):
            told()
    second.settings.key_file.write_bytes(first.settings.key_file.read_bytes())
    second.beside.require_key()
    assert leading(second, 2).session() == LOGGED_IN


def test_before_anybody_has_led_there_is_nothing_to_be_said(first: Machine) -> None:
    beside = store_of(first.settings, first.url)
    beside.require_key()
    assert (beside.session(), beside.seeds.read(), beside.seeds.set_aside()) == (None, None, None)
    with beside.seeds.showing() as key:
        assert key is None


def test_nothing_of_it_can_be_read_or_put_elsewhere(first: Machine) -> None:
    vault = leading(first)
    vault.save(LOGGED_IN)
    vault.seeds.write(Kept(Identity.new(US), "EsTw ABCD"))
    boxes = table(first)
    assert not any(b"token" in box or b"EsTw" in box or US.encode() in box for box in boxes.values())
    put(first, "signing-keys", boxes[SESSION])
    with pytest.raises(Damaged, match=r"signing-keys in the table keys\.secret is damaged"):
        vault.seeds.read()
    put(first, SESSION, bytes([*boxes[SESSION][:-1], boxes[SESSION][-1] ^ 1]))
    with pytest.raises(OperatorError, match=r"session in the database is damaged; .*psql.*keys\.secret"):
        vault.session()


@pytest.mark.parametrize("where", ["key", "account", "name"])
def test_a_box_opens_in_its_place_only(where: str) -> None:
    place = {"key": "k", "account": "@a:x", "name": PROOF}
    box = sealed(**place, content="Inhalt")
    assert opened(**place, box=box) == "Inhalt"
    with pytest.raises(Unopened):
        opened(**place | {where: "anderes"}, box=box)
    with pytest.raises(Unopened):
        opened(**place, box=b"")
    assert sealed(**place, content="Inhalt") != box


def test_a_recovery_key_is_shown_once_also_beside_the_bot(first: Machine) -> None:
    leading(first).seeds.write(kept := Kept(Identity.new(US), "EsTw ABCD"))
    with pytest.raises(BrokenPipeError), first.beside.seeds.showing():
        raise BrokenPipeError
    with first.beside.seeds.showing() as key:
        assert key == "EsTw ABCD"
    with first.beside.seeds.showing() as key:
        assert key is None
    assert first.beside.seeds.read() == Kept(kept.identity)


def test_other_seeds_are_kept(first: Machine) -> None:
    """Also what cannot be opened: it may be somebody's only copy."""
    seeds, kept = leading(first).seeds, [Kept(Identity.new(US)) for _ in range(3)]
    seeds.write(kept[0])
    seeds.begin(kept[1])
    seeds.promote()
    assert (seeds.read(), seeds.read_next()) == (kept[1], None)
    assert seeds.set_aside() == "signing-keys.old in the table keys.secret"
    put(first, "signing-keys", b"kaputt")
    seeds.write(kept[2])
    assert seeds.read() == kept[2]
    assert table(first)["signing-keys.old"] == b"kaputt"


def test_a_database_that_is_away_is_waited_for(first: Machine) -> None:
    vault = Vault(first.settings, "postgresql://127.0.0.1:1/nirgends", first.lease())
    with pytest.raises(Unreachable, match="the database does not work"):
        vault.open()
