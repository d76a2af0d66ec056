"""Every dialogue once more on PostgreSQL: the same words go in, the same come out."""

import asyncio
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.dialogue import play

DIALOGUES = sorted((Path(__file__).parent.parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("file", DIALOGUES, ids=lambda file: file.stem)
def test_dialogue(file: Path, postgres_database: str) -> None:
    script = file.read_text(encoding="utf-8")
    database = Database(postgres_database)
    database.migrate()
    try:
        assert asyncio.run(play(database, script)) == script
    finally:
        database.close()
