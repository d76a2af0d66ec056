"""From the folder into the database, once, and wherever it is broken off: no key lost, no ratchet used twice."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bot.errors import OperatorError
from bot.matrix.account import moving
from bot.matrix.account.folder import Folder
from bot.matrix.account.registry import Registry
from bot.matrix.account.rows import Rows
from bot.matrix.account.seeds import Seeds
from bot.matrix.account.vault import Vault
from tests.matrix.vaults import DEVICE, SESSION, US, Keys, Left, Machine

STEPS = ((Registry, "announce"), (moving, "copy"), (Seeds, "write"), (Rows, "write"), (moving, "set_aside"))
LAST = ((Registry, "arrived"), (Rows, "move"))


class Killed(BaseException):
    """The process ends here."""


class Killer:
    """Ends the process right after one of the steps."""

    def __init__(self, at: int, patch: pytest.MonkeyPatch) -> None:
        self.left, self.done = at, False
        for owner, name in (*STEPS, *LAST):
            patch.setattr(owner, name, self._wrap(getattr(owner, name)))

    def _wrap(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            answer = real(*arguments, **options)
            self.left -= 1
            if self.left < 0:
                raise Killed
            return answer

        return step


def usable(vault: Vault) -> list[str]:
    """Where a bot that starts now would go on with the device."""
    folder = Folder(vault._settings)
    places = [("folder", folder.session()), ("database", vault.session())]
    return [place for place, session in places if session is not None]


def keys_of(vault: Vault) -> Any:
    return closing(Keys(vault.open_keys(US, DEVICE, vault.pickle_key())))


@pytest.fixture
def machine(tmp_path: Path, postgres_database: str) -> Machine:
    return Machine.of(tmp_path / "eins", postgres_database)


def all_is_there(vault: Vault, left: Left) -> None:
    assert vault.session() == SESSION
    assert vault.generation(DEVICE) == 2
    assert vault.seeds.read() == left.kept
    with keys_of(vault) as keys:
        assert keys.ratchets == ratchets_of(left)
        assert keys.opens(left.written)
        assert [(each[0], each[3], each[4]) for each in keys.devices] == [("@ben:x.example", "Handy", True)]
        keys.step()  # it can go on: the counters of new rows go on, too
        keys.begin_another()
    assert usable(vault) == ["database"]


def forget(machine: Machine) -> None:
    """The next round begins with nothing."""
    with psycopg.connect(machine.url, autocommit=True) as connection:
        names = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'keys%'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def ratchets_of(left: Left) -> list[Any]:
    """Of the copy that was set aside."""
    [file] = left.settings.store.glob("*.db.old")
    file.rename(file.with_suffix(""))
    with closing(Keys(left.folder.open_keys(US, DEVICE, left.key))) as keys:
        found = keys.ratchets
    file.with_suffix("").rename(file)
    return found


def test_everything_comes_over_once(machine: Machine) -> None:
    left = Left(machine.settings)
    vault = machine.lead()
    vault.open()
    all_is_there(vault, left)
    with keys_of(vault) as keys:
        after = keys.ratchets
    machine.lead().open()
    with keys_of(vault) as keys:
        assert keys.ratchets == after
    names = sorted(file.name for file in machine.settings.store.iterdir() if not file.name.endswith("_devices"))
    assert names == [f"{US}_{DEVICE}.db.old", "lock", "session.json.old"]
    assert machine.settings.signing_file.with_name("crypto.signing.moved").exists()


def test_killed_anywhere_it_is_taken_up(tmp_path: Path, postgres_database: str) -> None:
    at = 0
    while True:
        machine = Machine.of(tmp_path / f"{at}", postgres_database)
        left, vault = Left(machine.settings), machine.lead()
        with pytest.MonkeyPatch.context() as patch:
            killer = Killer(at, patch)
            try:
                vault.open()
            except Killed:
                killer.done = True
        assert len(usable(machine.lead())) <= 1
        if at % 2 and usable(vault) == ["folder"]:
            left.talk_on()  # with SQLite, in between: what was copied before is out of date
        again = machine.lead()
        again.open()
        all_is_there(again, left)
        forget(machine)
        if not killer.done:
            break
        at += 1
    assert at >= 8


def test_another_machine_does_not_decide(tmp_path: Path, postgres_database: str) -> None:
    """Whether the folder of the first was renamed, it cannot know."""
    first = Machine.of(tmp_path / "eins", postgres_database)
    left = Left(first.settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "set_aside", _killed)
        with pytest.raises(Killed):
            first.lead().open()
    second = Machine.of(tmp_path / "zwei", postgres_database, key_of=first)
    with pytest.raises(OperatorError, match=r"from the folder of another machine.* start the bot there.*DELETE FROM"):
        second.lead(2).open()
    vault = first.lead(3)
    vault.open()
    all_is_there(vault, left)
    later = second.lead(4)
    later.open()
    assert later.session() == SESSION


def test_the_database_counts(tmp_path: Path, postgres_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that somebody has copied to the other machine is of no use any more, and does no harm."""
    first = Machine.of(tmp_path / "eins", postgres_database)
    left = Left(first.settings)
    shutil.copytree(tmp_path / "eins", tmp_path / "zwei")
    vault = first.lead()
    vault.open()
    with keys_of(vault) as keys:
        keys.step()
        newest = keys.ratchets
    second = Machine.of(tmp_path / "zwei", postgres_database)
    other = second.lead(2)
    other.open()
    with keys_of(other) as keys:
        assert keys.ratchets == newest
    assert "is not used: the database holds a session" in caplog.text
    assert other.seeds.read() == left.kept
    assert usable(other) == ["database"]


def test_room_keys_of_a_backup_come_to_the_new_device(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    """A restore puts keys into the folder, and no session."""
    left = Left(machine.settings)
    left.folder.session_file.unlink()
    vault = machine.lead()
    vault.open()
    assert vault.session() is None
    assert vault.has_keys(DEVICE)
    vault.carry("ZSNEU", vault.pickle_key())
    with closing(Keys(vault.open_keys(US, "ZSNEU", vault.pickle_key()))) as keys:
        assert keys.opens(left.written)
    caplog.clear()
    vault.carry("ZSNEU", vault.pickle_key())
    assert not caplog.records, "once"


def test_what_the_key_does_not_open_is_left(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    left = Left(machine.settings)
    machine.settings.key_file.write_text("ein anderer Schlüssel\n")
    with pytest.raises(OperatorError, match="cannot be carried into the database: the key of the crypto store"):
        machine.lead().open()
    assert usable(machine.beside) == ["folder"]
    left.folder.session_file.unlink()
    machine.lead().open()
    assert "cannot be carried over; the file is left where it is" in caplog.text
    assert left.folder.has_keys(DEVICE)


def _killed(_file: Path) -> None:
    raise Killed
