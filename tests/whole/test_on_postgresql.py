"""Every dialogue once more on PostgreSQL: the same words go in, the same come out; and a database of an old release.

Some of them a third time, by an account that shares a database with another one.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.dialogue import play
from tests.postgres import Pool, copied, name_of
from tests.scale.accounts import NORD, US, records, shared
from tests.store.test_migrations import at_revision, second_release, still_stands

DIALOGUES = sorted((Path(__file__).parent.parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("file", DIALOGUES, ids=lambda file: file.stem)
def test_dialogue(file: Path, postgres_pool: Pool) -> None:
    script = file.read_text(encoding="utf-8")
    with postgres_pool.lent() as url, closing(Database(url)) as database:
        assert asyncio.run(play(database, script)) == script


@pytest.fixture(scope="module")
def beside_another(postgres_url: str) -> Iterator[str]:
    """A database of two accounts; US has the second part of it."""
    with copied(postgres_url) as url:
        shared(url, NORD, US)
        yield url


BY_ITS_NUMBER = "einlesen"  # somebody types the number of a file, which is another one there


@pytest.mark.parametrize(
    "file", [each for each in DIALOGUES[::6] if each.stem != BY_ITS_NUMBER], ids=lambda file: file.stem
)
def test_dialogue_beside_another_account(file: Path, postgres_url: str, beside_another: str) -> None:
    script = file.read_text(encoding="utf-8")
    with copied(postgres_url, name_of(beside_another)) as url, closing(Database(url, account=US)) as database:
        assert asyncio.run(play(database, script)) == script
        assert not any(records(url, NORD).values())


# the rows of the old release were inserted with their numbers: the next ones follow on them, as they did then
COUNTED_ON = [
    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608 - our own
    for table in ("network", "organisation", "consultation", "ballot", "elector", "cast_vote")
]


def test_what_was_voted_in_the_second_release_still_stands(postgres_database: str) -> None:
    driven = postgres_database.replace("postgresql://", "postgresql+psycopg://", 1)
    at_revision(driven, "0003", *second_release(), *COUNTED_ON)
    still_stands(postgres_database)
