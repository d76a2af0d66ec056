"""What the rows ask for, and how much of it is played."""

import random
import secrets
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest

from bot.demo.homeserver import Homeserver
from tests.crash.conftest import bytecode
from tests.faults import ledger
from tests.faults.row import Row
from tests.faults.world import World

__all__ = ["bytecode"]
KEPT = ledger.ROOT / ".faults"
"""Where a run that is cut off finds what it had; not in git."""
ROWS = pytest.StashKey[dict[int, Row]]()
PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is played, and which."""
    group = parser.getgroup("faults", "the fault rig")
    group.addoption("--full", action="store_true", help="the figures of docs/reliability.md instead of small numbers")
    group.addoption("--only", action="append", default=[], metavar="ROW", help="play this row (repeat for several)")
    group.addoption("--seed", type=int, default=None, help="play by these dice again")


def pytest_configure(config: pytest.Config) -> None:
    """A row's test carries its number and what it may take."""
    config.addinivalue_line("markers", "row(number, small=120, full=3600): a row of the table; seconds it may take")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only the rows that were asked for; each with its own time."""
    only = {int(number) for given in config.getoption("--only") for number in str(given).split(",")}
    full = config.getoption("--full")
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("row")
        if mark is not None:
            item.add_marker(
                pytest.mark.timeout(mark.kwargs.get("full", 3600) if full else mark.kwargs.get("small", 120))
            )
        wanted = not only or (mark is not None and mark.args[0] in only)
        (kept if wanted else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row that is played. A full run is put on record when all tests of the row have passed."""
    number: int = request.node.get_closest_marker("row").args[0]
    rows = request.config.stash.setdefault(ROWS, {})
    if number not in rows:
        rows[number] = _made(number, request.config)
        rows[number].tests = sum(_number(item) == number for item in request.session.items)
    row, began, before = rows[number], time.monotonic(), rows[number].seconds
    print(f"\nrow {number}, {row.title}: --seed {row.seed}", flush=True)
    yield row
    if row.seconds == before:  # not played in spells, which count by themselves
        row.seconds += time.monotonic() - began
    row.passed += request.node.stash.get(PASSED, False)
    print(f"\nrow {number}: {row.told()} in {row.seconds:.0f} s", flush=True)
    if row.full and row.passed == row.tests:
        ledger.record(row)


def _number(item: pytest.Item) -> int | None:
    """The row that a test plays."""
    mark = item.get_closest_marker("row")
    return mark.args[0] if mark else None


def _made(number: int, config: pytest.Config) -> Row:
    """What a full run keeps belongs to the commit that is played, and to its seed."""
    full, seed = config.getoption("--full"), config.getoption("--seed")
    begun = sorted(KEPT.glob(f"row-{number:02}-{ledger.commit().rstrip('+')}-*.json")) if full else []
    if seed is None:
        seed = int(begun[-1].stem.rpartition("-")[2]) if begun else secrets.randbelow(10**6)
    kept = KEPT / f"row-{number:02}-{ledger.commit().rstrip('+')}-{seed}.json" if full else None
    return Row(number, ledger.PROMISED[number][0], full, seed, kept)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A fixture learns whether its test has passed."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


class NewWorld(Protocol):
    """Makes a world; `homeserver` is another one than that of all tests."""

    def __call__(
        self, *, people: int = 1, homeserver: Homeserver | None = None, database: str = "", grace: int = 0
    ) -> AbstractAsyncContextManager[World]: ...


@pytest.fixture
def new_world(homeserver: Homeserver, tmp_path: Path, row: Row) -> NewWorld:
    """Makes worlds, one after the other."""
    ours = homeserver

    def make(
        *, people: int = 1, homeserver: Homeserver | None = None, database: str = "", grace: int = 0
    ) -> AbstractAsyncContextManager[World]:
        dice: random.Random = row.chance
        return World.made(homeserver or ours, tmp_path, dice, people=people, database=database, grace=grace)

    return make


@pytest.fixture
async def world(new_world: NewWorld) -> AsyncIterator[World]:
    """A world with three people."""
    async with new_world(people=3) as made:
        yield made
