"""docs/security.md keeps its word: each test that it names exists; and tests for threats that have no other home."""

import json
import re
import stat
import sys
from pathlib import Path

import pytest

from bot.events import Invited
from bot.files import child
from bot.store import rooms
from bot.store.database import Database
from bot.texts import ROOT
from tests.fakes import BEN, ROOM, Bot

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)
THREATS = [
    row
    for part in re.findall(r"^\| threat \|.*?\n\n", TEXT + "\n\n", re.MULTILINE | re.DOTALL)
    for row in part.strip().splitlines()[2:]
]


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_each_test_that_is_named_exists(file: str, name: str) -> None:
    content = (ROOT / file).read_text(encoding="utf-8")
    assert not name or re.search(rf"^ *(async )?def {name}\(", content, re.MULTILINE), name


def test_each_threat_has_a_test() -> None:
    assert len(THREATS) > 30
    for row in THREATS:
        *_, tests = row.strip("| ").split(" | ")
        assert re.fullmatch(r"(`tests/[\w/]+\.py::\w+` ?)+", tests), row


@pytest.mark.parametrize(
    ("inviter", "direct"),
    [("@mallory:elsewhere.example", True), ("@mallory:elsewhere.example", False), (BEN, False)],
)
async def test_who_is_not_allowed_brings_the_bot_nowhere(inviter: str, direct: bool, database: Database) -> None:
    """From another server not at all; into a group's room nobody who leads none."""
    bot = Bot(database)
    await bot.enter()
    elsewhere = "!elsewhere:example.org"
    (row,) = await bot.handle(Invited(room_id=elsewhere, inviter=inviter, direct=direct, received_at=bot.now))
    assert (row.action, row.room_id) == ("leave", elsewhere)
    assert await database.run(lambda session: rooms.find(session, elsewhere)) is None
    assert await bot.say(inviter, "!status", room_id=elsewhere) == []
    assert await database.run(lambda session: rooms.find(session, ROOM)) is not None


async def test_who_reads_files_gets_no_secrets_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A child that tells its environment, in the place of one that reads what strangers send."""
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX__PASSWORD", "geheim")
    monkeypatch.setenv("zwischenstand_mail__smtp", "smtps://bot:geheim@mail.example")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "telling.py").write_text("import json, os\nprint(json.dumps(dict(os.environ)))\n")
    found = await child.run("telling", request=b"", patience=60)
    environment = json.loads(found.answer)
    assert environment["PYTHONPATH"] == str(tmp_path), "it is ours, but for the secrets"
    assert "geheim" not in found.answer.decode()
    assert not [name for name in environment if name.upper().startswith("ZWISCHENSTAND_")]
    assert sys.executable


def test_records_are_for_nobody_else(tmp_path: Path) -> None:
    """From the first moment, whatever the umask; also what SQLite keeps beside the file while it is open."""
    database = Database(f"sqlite:///{tmp_path / 'zwischenstand.db'}")
    try:
        database.migrate()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        database.close()
    assert {"zwischenstand.db", "zwischenstand.db-wal", "zwischenstand.db.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}
