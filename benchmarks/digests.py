"""A Monday morning: 1,000 projects in 400 rooms, and every room's digest is due at 8:00.

Inside the bot, from the tick of the clock to the committed rows, on a database on disk and without a homeserver: for
each room what there is to tell is gathered, cut, rendered as HTML and plain text, and stored. The floor is a message of
one line to each room by the same way. Then the digests of the whole network, for its coordinators.

    uv run python -m benchmarks.digests            (1 min; --quick: 100 projects in 40 rooms)
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.context import Scope
from bot.domain.digest import Audience, weekly
from bot.effects import Effect, Say
from bot.job import Due, Job
from bot.procedures import digest_plans
from bot.store import Session
from bot.store.database import Database
from bot.texts import text
from schedules import digests
from tests.fakes import ANNA, HOUSE, Bot
from tests.portfolio import fill, room_of

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
T = TypeVar("T")


class Timed(Database):
    """A store that knows the CPU of each of its transactions, in seconds."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.took: list[float] = []

    def run_now(self, work: Callable[[Session], T]) -> T:
        """Run and time it."""
        before = time.thread_time()
        try:
            return super().run_now(work)
        finally:
            self.took.append(time.thread_time() - before)


def one_line(rooms: int) -> Job:
    """The floor: one line to each room."""

    def due(scope: Scope) -> Iterator[Due]:
        return (Due(f"floor {number}", MONDAY, number) for number in range(rooms) if scope.now == MONDAY)

    def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
        room_id = room_of(int(occurrence.subject))
        said = text("inbox.unexpected", reference="4f2c")
        return (Say(room_id=room_id, key=f"floor/{room_id}", text=said),)

    return Job("floor", due, run)


async def ticked(bot: Bot, database: Timed, what: str, least: int) -> float:
    """Let everything that is due be done; CPU in seconds for each row."""
    database.took.clear()
    cpu = time.process_time()
    done = 0
    while count := await bot.clock.tick():
        done += count
    took = time.process_time() - cpu
    assert done >= least, (what, done)
    own = sorted(database.took)[-done:]
    print(
        f"{what:44}{done:6} · CPU {took:7.2f} s · median {statistics.median(own) * 1000:6.1f} ms"
        f" · slowest {own[-1] * 1000:6.1f} ms"
    )
    return took / done


async def main(projects: int, rooms: int) -> None:
    """All of it, and the ratio to the floor."""
    with tempfile.TemporaryDirectory() as folder:
        database = Timed(f"sqlite:///{Path(folder) / 'digests.db'}")
        database.migrate()
        network_id = database.run_now(lambda session: fill(session, projects, rooms, MONDAY))
        print(f"{projects:,} projects, {rooms} rooms")
        floor = await ticked(
            Bot(database, jobs=(one_line(rooms),), now=MONDAY), database, "one line to each room", rooms
        )
        each = await ticked(Bot(database, jobs=(digests.JOB,), now=MONDAY), database, "all rooms' digests", rooms)
        print(f"{'a digest against a line':44}{each / floor:6.1f} ×")

        def plan(session: Session) -> None:
            scope = Scope(session, MONDAY, HOUSE)
            for audience in Audience:
                digest_plans.set_audience(network_id, audience, weekly(HOUSE.zone), ANNA, scope)

        database.run_now(plan)
        later = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
        database.run_now(lambda session: quiet(session, later))
        await ticked(
            Bot(database, jobs=(digests.JOB,), now=later), database, "the network's, for each role", len(Audience)
        )
        database.close()


def quiet(session: Session, until: datetime) -> None:
    """No room's digest is due, so that the network's stand alone."""
    scope = Scope(session, until, HOUSE)
    for room_id, _ in digest_plans.usual_ones_due(scope):
        room = digest_plans.joined(room_id, scope)
        assert room is not None
        room.last_digest_at = until


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    asyncio.run(main(*((100, 40) if parser.parse_args().quick else (1_000, 400))))
