"""Every dialogue once more on PostgreSQL: the same words go in, the same come out; and a database of an old release."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.dialogue import play
from tests.postgres import Pool
from tests.store.test_migrations import at_revision, second_release, still_stands

DIALOGUES = sorted((Path(__file__).parent.parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("file", DIALOGUES, ids=lambda file: file.stem)
def test_dialogue(file: Path, postgres_pool: Pool) -> None:
    script = file.read_text(encoding="utf-8")
    with postgres_pool.lent() as url, closing(Database(url)) as database:
        assert asyncio.run(play(database, script)) == script


# the rows of the old release were inserted with their numbers: the next ones follow on them, as they did then
COUNTED_ON = [
    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608 - our own
    for table in ("network", "organisation", "consultation", "ballot", "elector", "cast_vote")
]


def test_what_was_voted_in_the_second_release_still_stands(postgres_database: str) -> None:
    driven = postgres_database.replace("postgresql://", "postgresql+psycopg://", 1)
    at_revision(driven, "0003", *second_release(), *COUNTED_ON)
    still_stands(postgres_database)
