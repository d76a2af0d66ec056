"""Whole consultations at random: the bot counts and publishes what the reference says, to the last verdict.

`HISTORIES=10000 .venv/bin/pytest tests/voting/test_model.py -n 2` gives the figure of the issue. A difference prints
the smallest history that still shows it; `make(seed)` makes the whole one again.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.voting.comparing import differences
from tests.voting.generator import make
from tests.voting.history import Again, Happening, History, Ticked, TookBack
from tests.voting.playing import Table, prepare
from tests.voting.reference import Reference

HISTORIES = int(os.environ.get("HISTORIES", "120"))
AT_A_TIME = 60  # histories in one test, so that two workers share them
ONCE = settings(
    phases=[Phase.explicit, Phase.generate],  # `smallest` makes it small: a history is slow, and its seed says nothing
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def table(migrated: Path) -> Iterator[Table]:
    """One for all histories of this worker; in memory where the system offers that."""
    ram = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(prefix="zwischenstand-", dir=ram if ram.is_dir() else None) as folder:
        template = Path(folder) / "template.db"
        shutil.copyfile(migrated, template)
        asyncio.run(prepare(template))
        made = Table(template, Path(folder))
        yield made
        made.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", range(-(-HISTORIES // AT_A_TIME)))
def test_the_bot_counts_as_the_reference_does(block: int, table: Table) -> None:
    wanted = min(AT_A_TIME, HISTORIES - block * AT_A_TIME)
    played: list[int] = []

    @seed(block)
    @settings(ONCE, max_examples=wanted)
    @given(st.integers(0, 2**63))
    def histories(number: int) -> None:
        played.append(number)
        history = make(number)
        if differ(history, table):
            small = smallest(history, table)
            pytest.fail("\n".join([str(small), *differ(small, table)]), pytrace=False)

    histories()
    assert len(set(played)) == wanted


@pytest.mark.parametrize("number", [61, 2318, 23227517, 168099625533138176])
def test_what_once_differed(number: int, table: Table) -> None:
    """What was only found at the close, beside other reactions, and beside what was kept for us while we were away."""
    assert differ(make(number), table) == []


def differ(history: History, table: Table) -> list[str]:
    """What is different when it is played."""
    return differences(history, asyncio.run(table.play(history)))


def smallest(history: History, table: Table) -> History:
    """Without whatever may be left out while there is a difference still."""
    at = len(history.happenings) - 1
    while at >= 0:
        fewer = _without(history, at)
        try:
            if differ(fewer, table):
                history = fewer
        except (AssertionError, KeyError):  # it cannot be played: a poll is gone, say, or nothing is published
            pass
        at = min(at, len(history.happenings)) - 1
    return history


def _without(history: History, at: int) -> History:
    """Without one happening, and what was done to it."""
    gone = getattr(history.happenings[at], "id", None)
    left = [each for number, each in enumerate(history.happenings) if number != at and not _is_about(each, gone)]
    return replace(history, happenings=tuple(left))


def _is_about(happening: Happening, event: int | None) -> bool:
    return isinstance(happening, Again | TookBack) and event is not None and happening.target == event


def test_the_histories_have_it_all() -> None:
    """Every reason not to be counted, everything that can happen, in 500 of them."""
    made = [make(number) for number in range(500)]
    alone = {next(iter(cast.verdicts)) for each in made for cast in Reference(each).casts if len(cast.verdicts) == 1}
    assert alone >= {
        "counted", "replaced", "overridden", "withdrawn", "taking_back", "not_entitled", "not_in_room", "late",
        "arrived_late", "early", "former_text", "unknown_option", "said_openly",
    }  # fmt: skip
    names = {type(happening).__name__ for each in made for happening in each.happenings}
    assert names == {
        "Typed", "Clicked", "Reacted", "TookBack", "Moved", "Mandated", "Deputised", "Reworded", "Extended",
        "ClosedEarly", "Ticked", "Again",
    }  # fmt: skip
    events = [happening for each in made for happening in each.happenings if not isinstance(happening, Ticked | Again)]
    assert {(getattr(each, "unheard", False), getattr(each, "away_since", None) is None) for each in events} == {
        (False, True), (False, False), (True, True),
    }  # fmt: skip
    assert {(each.world.franchise, each.world.visibility) for each in made} == {
        (franchise, visibility)
        for franchise in ("organisations", "persons", "list")
        for visibility in ("open", "covered", "confidential")
    }
    assert {paper.kind for each in made for paper in each.world.papers} == {
        "approval", "choice", "multiple", "ranking", "points", "resistance", "dates",
    }  # fmt: skip
