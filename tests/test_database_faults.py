"""What disks and second processes do to the database, and how the bot gets over it."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import InUse, OperatorError, StoreDown
from bot.store.database import Database
from bot.texts import ROOT
from tests.fakes import BEN, Bot, plain


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


def test_a_second_process_on_the_same_sqlite_is_refused(database: Database) -> None:
    code = "import sys; from bot.store.database import Database; Database(sys.argv[1])"
    second = subprocess.run(
        (sys.executable, "-c", code, database.url), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode != 0
    assert "InUse" in second.stderr
    with pytest.raises(InUse, match="another process"):
        Database(database.url)


def test_the_lock_ends_with_its_holder(database: Database) -> None:
    database.close()
    Database(database.url).close()
