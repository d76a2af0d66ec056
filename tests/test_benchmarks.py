"""That the benchmarks measure what they say: a vote that the bot did not take would look cheap."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.compared_table import Row, table
from benchmarks.contenders import WITHOUT_INSTALLING
from benchmarks.pipeline import put_to_vote, subject

BEFORE = 20  # votes that are not counted in


def test_votes_at_the_homeserver_in_memory_are_votes(tmp_path: Path) -> None:
    with subject(WITHOUT_INSTALLING[0], tmp_path, rooms=1) as bot:
        put_to_vote(bot)
        bot.votes(10)
        bot.play("votes_at_once", count=30)
    with closing(sqlite3.connect(tmp_path / bot.name / "zwischenstand.db")) as database:
        taken = database.execute("SELECT count(*), count(elector_id), count(DISTINCT sender) FROM cast_vote").fetchone()
    assert taken == (BEFORE + 40, BEFORE + 40, 10)
    assert len(bot.vote_seconds) == 10
    assert min(bot.vote_seconds) > 0


def test_a_table_names_the_floor_and_what_is_missing() -> None:
    rows = (Row("CPU ms", {"Zwischenstand": 6.3, "bare": 1.05}, 2), Row("memory", {"bare": 30.4}, 0, ratio=False))
    _, head, first, second = table("Costs", ("Zwischenstand", "bare"), rows).splitlines()
    assert head.split() == ["Costs", "Zwischenstand", "bare"]
    assert first.split() == ["CPU", "ms", "6.30", "(6.00", "×)", "1.05"]
    assert second.split() == ["memory", "–", "30"]
