"""The controlling file of 5,000 projects, and a council paper on one of them.

What is gathered and put into words happens in the store's one thread, and holds up everybody else; the file itself is
made in a process of its own. CPU seconds of both; of the first the middle of three.

    uv run python -m benchmarks.controlling            (2 min; --quick: 500 projects)
"""

import argparse
import asyncio
import base64
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.context import Scope
from bot.files import workbook
from bot.files.making import make
from bot.procedures import controlling
from bot.procedures.controlling_tables import Wording
from bot.store import Session
from bot.store.database import Database
from bot.texts import Texts
from tests.fakes import ANNA, HOUSE, Bot
from tests.portfolio import fill, room_of

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
AIM_STORE, AIM_FILE = 2.0, 30.0  # seconds
ROUNDS = 3
T = TypeVar("T")


def timed(work: Callable[[], T], clock: Callable[[], float]) -> tuple[float, T]:
    """The middle of some rounds, in seconds, and what the last one gave."""
    took = []
    for _ in range(ROUNDS):
        before = clock()
        found = work()
        took.append(clock() - before)
    return statistics.median(took), found


def children() -> float:
    """CPU seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def request(session: Session, network: int, texts: Texts) -> bytes:
    """All that is done in the transaction in which somebody asks."""
    scope = Scope(session, NOW, HOUSE)
    portfolio = controlling.gather(network, None, None, NOW - timedelta(weeks=12), scope)
    return workbook.to_json(Wording(texts, "de").tables(portfolio))


async def measure(projects: int, folder: Path) -> None:
    """Print the figures."""
    database = Database(f"sqlite:///{folder / 'bench.db'}")
    database.migrate()
    network = database.run_now(lambda session: fill(session, projects, max(4, projects // 50), NOW))
    texts = Texts()
    seconds, made = timed(lambda: database.run_now(lambda session: request(session, network, texts)), time.process_time)
    print(f"gathered and worded, {projects} projects: {seconds:.2f} s of CPU (aim: {AIM_STORE:g} s)")
    before = children()
    file = await make("workbook", made)
    took = children() - before
    print(f"the file, in its own process: {took:.1f} s of CPU (aim: {AIM_FILE:g} s), {len(file) / 1e6:.1f} MB")
    bot = Bot(database, now=NOW)
    before = time.process_time()
    _, _, word = await bot.say(ANNA, "!vorlage Projekt Projekt-0", room_id=room_of(0))
    print(f"a council paper, the whole message: {time.process_time() - before:.3f} s of CPU")
    before = children()
    await make("paper", base64.b64decode(json.loads(word.content)["content"]))
    print(f"its Word file, in its own process: {children() - before:.2f} s of CPU")
    database.close()


def main() -> None:
    """Measure in a folder that is thrown away."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--quick", action="store_true")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(500 if reader.parse_args().quick else 5_000, Path(folder)))


if __name__ == "__main__":
    main()
