"""Ten thousand projects in a file, and others go on: how long does a `!status` of another network wait meanwhile?

Inside the bot, without a homeserver; each status is said as soon as the one before is answered. With SQLite and with
PostgreSQL: while nothing else happens, while the file is looked through for its preview, while it is taken over, and
the same for a file that changes each title.

    uv run python -m benchmarks.import_beside
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.project_files import DIRECT, PROJECTS, dropped, table
from bot.events import Batch, Fetched, Invited, Members, Weighed
from bot.procedures.weighing_apart import weighed_apart
from bot.store import Session, networks
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Project, Room, RoomMember
from tests.fakes import ANNA, BEN, ROOM, START, US, Bot
from tests.faults.postgres import Postgres
from tests.postgres import copied

QUIET = 3.0  # seconds
Steps = Callable[[], Coroutine[Any, Any, object]]


class Beside(Bot):
    """Weighs files as the bot does, in a process of its own. They are read before: that is done in another one, too."""

    tables: dict[str, tuple[tuple[str, ...], ...]]

    def _read(self, row: Row, name: str) -> Fetched:
        return Fetched(key=row.key, room_id=DIRECT, name=name, rows=self.tables[name], received_at=self.now)

    async def weighed(self, row: Row) -> Weighed:
        """In a process of its own."""
        found = await weighed_apart(self.database.url, self.house, row.key)
        return Weighed(key=row.key, room_id=row.room_id or "", found=found, received_at=self.now)


def founded(session: Session) -> None:
    """Anna's network, in which the file is dropped; and Ben's, with a room and a project."""
    assert networks.found(session, "Große Region", ANNA, START).id
    small = networks.found(session, "Kleine Region", BEN, START).id or 0
    session.add(Room(room_id=ROOM, name="Klein", network_id=small, invited_by=BEN, since=START))
    session.flush()
    session.add_all(RoomMember(room_id=ROOM, person=person) for person in (BEN, US))
    project = Project(network_id=small, room_id=ROOM, key="Akte", folded="akte", created_by=BEN, created_at=START)
    project.owner = BEN
    session.add(project)


async def waits(bot: Bot, steps: Steps) -> tuple[float, list[float]]:
    """How long the steps take, and each status that is said meanwhile, in seconds."""
    took, began = list[float](), time.perf_counter()
    doing = asyncio.ensure_future(steps())
    while not doing.done():
        said = bot.message(BEN, f"!status Akte gelb {len(took) % 100} %")
        before = time.perf_counter()
        await bot.inbox.handle(Batch((said,), f"s{len(took)}", bot.now))
        took.append(time.perf_counter() - before)
        await asyncio.sleep(0.02)
    await doing
    return time.perf_counter() - began, took


async def measured(url: str) -> None:
    """A line for each step."""
    with closing(Database(url)) as database:
        database.migrate()
        database.run_now(founded)
        bot = Beside(database)
        await bot.handle(
            Invited(room_id=DIRECT, inviter=ANNA, direct=True, received_at=bot.now),
            Members(room_id=DIRECT, joined=frozenset({US, ANNA})),
        )
        told("nothing else", await waits(bot, lambda: asyncio.sleep(QUIET)))
        bot.files = {"new.csv": b"", "changed.csv": b""}
        bot.tables = {"new.csv": tuple(table()), "changed.csv": tuple(table("Projekt"))}
        for what, name in (("all new", "new.csv"), ("every title changed", "changed.csv")):
            told(f"{what}: preview", await waits(bot, lambda name=name: bot.handle(dropped(bot, name))))  # type: ignore[misc]
            told("    taken over", await waits(bot, lambda: bot.say(ANNA, "ja", room_id=DIRECT)))
        found = database.run_now(lambda session: len(session.connection().execute(Project.__table__.select()).all()))  # type: ignore[attr-defined]
        assert found == PROJECTS + 1, found


def told(what: str, result: tuple[float, list[float]]) -> None:
    """A line."""
    whole, took = result
    median = statistics.median(took)
    print(f"{what:32}{whole:7.2f} s; a status: median {median * 1000:6.0f} ms, longest {max(took) * 1000:6.0f} ms")


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        print("SQLite")
        asyncio.run(measured(f"sqlite:///{Path(name) / 'chat.db'}"))
    with Postgres.started() as server, copied(server.url) as url:
        print("PostgreSQL")
        asyncio.run(measured(url))


if __name__ == "__main__":
    main()
