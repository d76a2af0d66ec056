"""What disks and second processes do to the database, and how the bot gets over it."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bot.store.database as module
from bot.errors import InUse, OperatorError, StoreDown
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store import Session
from bot.store.database import Database, obstacle
from bot.texts import ROOT
from tests.fakes import BEN, ROOM, US, Bot, plain
from tests.sending import FakeSender


@pytest.mark.sqlite_only("its lock is the file's; a server's is tried in tests/faults/test_10_database.py")
async def test_a_locked_database_stops_the_inbox_and_loses_nothing(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    _pragma(database, "busy_timeout=20")
    message = bot.message(BEN, "!idee Ein Kalender")
    other = sqlite3.connect(database.url.partition(":///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreDown, match="locked"):
        await bot.handle(message)
    assert await bot.clock.tick() == 0, "the clock waits, too"
    other.execute("ROLLBACK")
    other.close()
    assert [plain(row) for row in await bot.handle(message)] == ["I1 notiert: Ein Kalender"]


def _pragma(database: Database, setting: str) -> None:
    database.run_now(lambda session: session.connection().exec_driver_sql(f"PRAGMA {setting}"))


@pytest.mark.sqlite_only("PostgreSQL has no word for a full disk")
async def test_a_full_disk_stops_the_inbox_and_loses_nothing(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    messages = [bot.message(BEN, f"!idee {number} " + "x" * 3500) for number in range(1, 41)]
    _pragma(database, "max_page_count=1")  # SQLite takes it as: no further page
    with pytest.raises(StoreDown, match="full"):
        await bot.handle(*messages)
    assert len(await bot.hear(BEN, "!ideen")) < 100, "what needs no room still works"
    _pragma(database, "max_page_count=100000")
    answers = [plain(row).split()[0] for row in await bot.handle(*messages)]
    assert answers == [f"I{number}" for number in range(1, 41)]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "kaputt.db"
    file.write_bytes(b"Das ist keine Datenbank. " * 200)
    _refused(file, "kaputt.db.*restore a backup")


def test_a_damaged_database_is_named(migrated: Path, tmp_path: Path) -> None:
    file = tmp_path / "halb.db"
    file.write_bytes(migrated.read_bytes()[:4096] + b"\xff" * 8192)
    _refused(file, "halb.db.*restore a backup")


def test_a_newer_database_is_not_touched(migrated: Path, tmp_path: Path) -> None:
    file = tmp_path / "neuer.db"
    shutil.copyfile(migrated, file)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    _refused(file, "newer version.*9999")
    assert file.read_bytes() == before


def _refused(file: Path, reason: str) -> None:
    with pytest.raises(OperatorError, match=reason):
        _opened(file)


def _opened(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    try:
        database.migrate()
    finally:
        database.close()


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "datei"
    blocked.write_text("hier ist kein Ordner")
    with pytest.raises(OperatorError, match=r"datei/bot\.db"):
        Database(f"sqlite:///{blocked}/bot.db")


@pytest.mark.sqlite_only("the lock beside the file; PostgreSQL has the lease, see tests/scale")
def test_a_second_process_on_the_same_sqlite_is_refused(database: Database) -> None:
    code = "import sys; from bot.store.database import Database; Database(sys.argv[1])"
    second = subprocess.run(
        (sys.executable, "-c", code, database.url), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode != 0
    assert "InUse" in second.stderr
    with pytest.raises(InUse, match="another process"):
        Database(database.url)


@pytest.mark.sqlite_only("the lock beside the file; PostgreSQL has the lease, see tests/scale")
def test_the_lock_ends_with_its_holder(database: Database) -> None:
    database.close()
    Database(database.url).close()


@pytest.mark.sqlite_only("what is in the way of a file")
def test_why_nothing_can_be_written_is_told_while_the_bot_runs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY", 0.02)
    assert obstacle(database.url) is None
    other = sqlite3.connect(database.url.partition(":///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "cannot be written: database is locked" in str(obstacle(database.url))
    other.close()
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: (10**9, 10**9 - 10**6, 10**6))
    assert obstacle(database.url) == "the disk is full (1 MB are left): make room"


async def test_what_was_committed_unheard_goes_out_when_the_database_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that dies between a commit and its answer: the batch comes again, and says nothing new."""
    bot = Bot(database)
    await bot.enter()
    sender = FakeSender()
    box = Outbox(database, Delivery(database, sender, Tools(unused, unused), US, unused))
    database.when_back(box.look_again)
    real = database.run_now

    def dying(work: Callable[[Session], Any]) -> Any:
        real(work)
        raise StoreDown("server closed the connection unexpectedly")

    message = bot.message(BEN, "!idee Ein Kalender")
    monkeypatch.setattr(database, "run_now", dying)
    with pytest.raises(StoreDown):
        await bot.handle(message)
    monkeypatch.setattr(database, "run_now", real)
    assert await bot.handle(message) == []
    assert box._looking is not None
    await box._looking
    await asyncio.wait_for(box.drained(), 5)
    assert sender.bodies(ROOM) == ["I1 notiert: Ein Kalender"]
    await box.stop()


async def unused(*_: Any) -> Any:
    raise AssertionError
