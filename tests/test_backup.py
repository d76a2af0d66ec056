"""Backup and restore as an operator does them, without a homeserver; with one: `tests/crash/test_restored.py`."""

import fcntl
import json
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlmodel import select

from bot.backup.archive import Archive
from bot.backup.placing import Placing
from bot.errors import InUse
from bot.store import outbox, progress
from bot.store.database import NEWEST, Database
from bot.store.tables import HandledEvent, Room
from tests.backing_up import DEVICES, US, Installation, elsewhere, house, kept, keys_in
from tests.fakes import START
from tests.store.rows import row

assert elsewhere is not house  # fixtures
assert kept is not house

MARKS = ("occurrence", "outbox")  # the tables that a restore writes to


def same_records(one: Installation, other: Installation) -> None:
    before, after = one.records(), other.records()
    assert {name: lines for name, lines in before.items() if name not in MARKS} == {
        name: lines for name, lines in after.items() if name not in MARKS
    }
    assert len(after["occurrence"]) == len(before["occurrence"]) + 1
    assert len(after["outbox"]) == len(before["outbox"])


def test_everything_comes_back_on_another_machine(house: Installation, elsewhere: Installation, kept: Path) -> None:
    said = elsewhere.run("restore", str(kept))
    assert f"backup of {US}" in said
    assert "every checksum is right" in said
    assert "what was there" not in said
    assert sorted(file.name for file in (elsewhere.folder / "var").iterdir()) == [
        "crypto", "crypto.key", "crypto.signing", "zwischenstand.db", "zwischenstand.db.lock",
    ]  # fmt: skip
    same_records(house, elsewhere)
    for number, device in enumerate(DEVICES):
        assert keys_in(elsewhere.store / f"{US}_{device}.db") == [number] * 1000
    assert elsewhere.settings.matrix.key_file.read_text() == "pickle\n"
    assert elsewhere.settings.matrix.signing_file.read_text() == '{"seeds": 1}\n'
    assert sorted(file.name for file in elsewhere.store.iterdir()) == sorted(
        [*(f"{US}_{device}.db" for device in DEVICES), "lock"]
    ), "no session: a new device"
    private = [file for file in (elsewhere.folder / "var").rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}
    assert stat.S_IMODE(elsewhere.store.stat().st_mode) == 0o700
    assert not list(elsewhere.folder.rglob("*restoring*"))


def test_a_backup_says_what_is_in_it_and_is_for_nobody_else(house: Installation, tmp_path: Path) -> None:
    said = house.run("backup", str(tmp_path / "kept"))
    assert "table cast_vote: 3 rows" in said
    assert f"keys: room keys of the device {DEVICES[0]}" in said
    assert "keys: signing keys" in said
    assert "Not in it: config.toml" in said
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["house", "kept"]
    with zipfile.ZipFile(tmp_path / "kept") as archive:
        assert b"geheim" not in b"".join(archive.read(name) for name in archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        packed = sum(info.compress_size for info in archive.infolist())
        assert packed < sum(info.file_size for info in archive.infolist()) / 2
    assert (manifest["revision"], manifest["user_id"], manifest["database"]) == (NEWEST, US, "sqlite")


def test_from_sqlite_to_postgresql_and_back(
    house: Installation, postgres_database: str, tmp_path: Path, kept: Path
) -> None:
    there = Installation(tmp_path / "there", url=postgres_database)
    there.run("restore", str(kept))
    same_records(house, there)
    assert "is not empty" in there.refusal("restore", str(kept), "--force")
    there.run("backup", str(tmp_path / "again"))
    back = Installation(tmp_path / "back")
    back.run("restore", str(tmp_path / "again"))
    same_records(there, back)


def test_a_backup_of_a_restored_database_is_the_same_again(elsewhere: Installation, tmp_path: Path, kept: Path) -> None:
    elsewhere.run("restore", str(kept))
    elsewhere.run("backup", str(tmp_path / "again"))
    tables = []
    for file in (kept, tmp_path / "again"):
        with closing(Archive(file)) as archive:
            tables.append({name: list(lines) for name, lines in archive.tables() if name not in MARKS})
    assert tables[0] == tables[1]


def test_no_room_is_on_its_way_to_another_account_after_a_restore(house: Installation, elsewhere: Installation) -> None:
    """A bot would handle nothing there, for ever: the move that the room was in is not in the backup."""
    with closing(Database(house.settings.database.url)) as database:
        database.run_now(lambda s: s.connection().exec_driver_sql("UPDATE room SET reads_after = '$mark'").close())
    house.run("backup", str(house.folder / "kept"))
    elsewhere.run("restore", str(house.folder / "kept"))
    with closing(Database(elsewhere.settings.database.url)) as database:
        assert database.run_now(lambda s: {room.reads_after for room in s.exec(select(Room))}) == {None}


def test_what_was_not_sent_is_doubted_after_a_restore(house: Installation, elsewhere: Installation) -> None:
    with closing(Database(house.settings.database.url)) as database:
        database.run_now(lambda session: session.connection().exec_driver_sql("DELETE FROM outbox"))
        database.run_now(lambda session: outbox.insert(session, row("eins")))
    house.run("backup", str(house.folder / "kept"))
    elsewhere.run("restore", str(house.folder / "kept"))
    with closing(Database(elsewhere.settings.database.url)) as database:
        (waits,) = database.run_now(outbox.waiting)
        since = database.run_now(lambda session: progress.restored_from(session, START))
    assert waits.device_id == ""
    with closing(Archive(house.folder / "kept")) as archive:
        assert since == archive.manifest.taken_at


def test_a_file_is_not_written_over(house: Installation, kept: Path) -> None:
    before = kept.read_bytes()
    assert "--force" in house.refusal("backup", str(kept))
    assert kept.read_bytes() == before
    house.run("backup", str(kept), "--force")
    assert "is a folder" in house.refusal("backup", str(house.folder))
    assert "No such file or directory" in house.refusal("backup", str(house.folder / "nowhere" / "kept"))


def test_what_is_there_is_not_restored_over(house: Installation, kept: Path) -> None:
    house.settings.matrix.signing_file.write_text("another identity")
    before = house.snapshot()
    why = house.refusal("restore", str(kept))
    assert "has data" in why
    assert "has keys" in why
    assert f"{house.settings.matrix.signing_file} is there" in why
    assert "--force" in why
    assert house.snapshot() == before


def test_with_force_what_is_there_is_moved_aside(house: Installation, kept: Path) -> None:
    house.settings.matrix.signing_file.write_text("another identity")
    with closing(Database(house.settings.database.url)) as database:
        database.run_now(lambda session: session.add(HandledEvent(event_id="$später", at=START)))
    later = house.records()
    said = house.run("restore", str(kept), "--force")
    asides = [Path(line.partition(": ")[2]) for line in said.splitlines() if line.startswith("what was there")]
    assert {aside.name.partition(".before-")[0] for aside in asides} == {
        "zwischenstand.db", "crypto", "crypto.signing",
    }  # fmt: skip
    by_name = {aside.name.partition(".before-")[0]: aside for aside in asides}
    assert by_name["crypto.signing"].read_text() == "another identity"
    assert (by_name["crypto"] / "session.json").exists()
    with closing(sqlite3.connect(by_name["zwischenstand.db"])) as old:
        assert ("$später",) in old.execute("SELECT event_id FROM handled_event").fetchall()
    assert len(house.records()["handled_event"]) == len(later["handled_event"]) - 1
    house.run("restore", str(kept), "--force")  # within the same second, perhaps: nothing is written over
    assert by_name["crypto.signing"].read_text() == "another identity"


@pytest.mark.parametrize("force", [True, False])
def test_keys_that_lie_in_the_folder_of_the_store_come_back_there(
    force: bool, house: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    inside = 'pickle_key_file = "var/crypto/key"\nsigning_keys_file = "var/crypto/own/signing"\n'
    for each in (house, elsewhere):
        each.config.write_text(each.config.read_text().replace("[database]", f"{inside}[database]"))
    matrix = house.settings.matrix
    matrix.signing_file.parent.mkdir()
    matrix.key_file.write_text("pickle\n")
    matrix.signing_file.write_text("seeds")
    house.run("backup", str(tmp_path / "inside"))
    there = house if force else elsewhere
    there.run("restore", str(tmp_path / "inside"), *(["--force"] if force else []))
    matrix = there.settings.matrix
    assert (matrix.key_file.read_text(), matrix.signing_file.read_text()) == ("pickle\n", "seeds")
    assert not (matrix.store / "session.json").exists()


def test_a_damaged_database_can_be_replaced(house: Installation, kept: Path) -> None:
    (house.folder / "var" / "zwischenstand.db").write_bytes(b"kaputt" * 1000)
    assert "has data" in house.refusal("restore", str(kept))
    house.run("restore", str(kept), "--force")
    assert len(house.records()["network"]) == 4


@contextmanager
def locked(file: Path) -> Iterator[None]:
    handle = os.open(file, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield
    os.close(handle)


def test_it_is_refused_while_the_bot_runs(house: Installation, kept: Path) -> None:
    for lock in (house.folder / "var" / "zwischenstand.db.lock", house.store / "lock"):
        before = house.snapshot()
        with locked(lock), pytest.raises(InUse, match="in use"):
            house.run("restore", str(kept), "--force")
        assert house.snapshot() == before


def test_another_accounts_backup_is_refused(tmp_path: Path, kept: Path) -> None:
    other = Installation(tmp_path / "other", user_id="@andere:example.org")
    assert "is a backup of @zwischenstand:example.org" in other.refusal("restore", str(kept))
    assert list(other.folder.iterdir()) == [other.config]


def test_with_a_token_the_operator_is_told_what_is_needed(tmp_path: Path, kept: Path) -> None:
    secret = 'access_token = "geheim"\ndevice_id = "ZSLATER"'
    assert "of a new login" in Installation(tmp_path / "token", secret=secret).run("restore", str(kept))


def with_little_room(installation: Installation, command: str, *words: str) -> str:
    """What a command complains of if no file may grow beyond a limit: as on a full disk."""
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)); from bot.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, command, "-c", str(installation.config), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_a_disk_that_is_full_leaves_nothing_behind(house: Installation, tmp_path: Path) -> None:
    house.settings.matrix.signing_file.write_bytes(os.urandom(200_000))
    before = house.snapshot()
    kept = tmp_path / "kept"
    assert f"{kept}: cannot be written: File too large" in with_little_room(house, "backup", str(kept))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["house"]
    assert house.snapshot() == before


def test_a_disk_that_is_full_lets_nothing_be_restored(house: Installation, kept: Path) -> None:
    before = house.snapshot()
    why = with_little_room(house, "restore", str(kept), "--force")
    assert "the database does not take what is restored: disk I/O error; nothing was changed" in why
    assert house.snapshot() == before


def test_a_restore_that_fails_on_the_way_leaves_everything(
    house: Installation, tmp_path: Path, kept: Path, postgres_database: str
) -> None:
    """The signing keys belong where nothing can be written; and the same with PostgreSQL."""
    secret = 'password = "geheim"\nsigning_keys_file = "/proc/nowhere/keys"'
    for url in ("", postgres_database):
        there = Installation(tmp_path / "there", url=url, secret=secret)
        before = there.snapshot()
        assert "nothing was restored" in there.refusal("restore", str(kept), "--force")
        assert there.snapshot() == before
    Installation(tmp_path / "there", url=postgres_database).run("restore", str(kept))


def test_moves_are_all_made_or_none(tmp_path: Path) -> None:
    for name in ("old", "new", "other"):
        (tmp_path / name).write_text(name)
    placing = Placing(".before")
    placing.put(tmp_path / "new", tmp_path / "old")
    placing.put(tmp_path / "missing", tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        placing.make()
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        each: each for each in ("old", "new", "other")
    }
