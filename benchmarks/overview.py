"""The overview pages of a network with 5,000 projects: what a reader waits for, and what the bot's own work does.

The real server on a real port, asked over HTTP by one reader, on a database on disk. „First byte“ is from sending the
request to the first byte of the answer, connection included; „in the store“ what transactions took of that, in which
nothing else is stored; „CPU“ that of the whole process, reader included; „loop“ the longest time that the event loop
was kept, since everything else that the bot does waits for it. The history of a project must not make its page slower:
10 entries against 10,000.

    uv run python -m benchmarks.overview            (2 min; --quick: 500 projects, 20 s)
"""

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import func, insert, select

from bot.domain.project import AimKind, Funding, Phase
from bot.store import Session, aims
from bot.store.database import Database
from bot.store.tables import Aim, Project, ProjectChange, StatusUpdate
from bot.web import gate, guard
from bot.web.limits import Rate
from tests.fakes import ANNA, Bot
from tests.portfolio import LIGHTS, fill, room_of
from tests.web.serving import Served, serving

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
AIM_MS = 300
ROUNDS = 15
LONG = 10_000
SERVING = 500  # projects that serve goals
AROUND = 300  # projects with feedback, tasks, votes and check-ins around them
ROOMS = 40
FIELDS = ("Daten", "Netze", "Stadtgesellschaft", "Digitale Akte", "Bildung, Kultur", "Mobilität, Daten")
WORDS = (
    "Anträge auf Fördermittel werden digital gestellt, geprüft und beschieden; die Fachämter nutzen dafür dieselbe "
    "Anwendung wie für Genehmigungen. Nächster Schritt ist die Anbindung an das Serviceportal und die Schulung."
)
PAGES = (
    ("portfolio, first page", "/projekte"),
    ("filtered by phase and field", "/projekte?status=running&feld=Daten"),
    ("words searched for", "/projekte?text=fördermittel+größe"),
    ("sorted by last update", "/projekte?sortierung=-meldung"),
    ("page 90", "/projekte?seite=90"),
    ("a project, 10 updates", "/projekt/Projekt-1"),
    (f"a project, {LONG:,} updates", "/projekt/Projekt-2"),
    ("start page", "/"),
    ("tasks", "/aufgaben"),
    ("participation", "/beteiligung"),
    ("health of the network", "/gesundheit"),
    ("chart: phases by field", "/bild/phasen.svg"),
    ("chart: progress", "/bild/fortschritt.svg"),
)
T = TypeVar("T")


class Timed(Database):
    """A store that knows how long its transactions took, in seconds."""

    took = 0.0

    def run_now(self, work: Callable[[Session], T]) -> T:
        """Run and time it."""
        before = time.perf_counter()
        try:
            return super().run_now(work)
        finally:
            self.took += time.perf_counter() - before


def more(session: Session, network_id: int, count: int) -> None:
    """So many further projects with ten updates each, by plain inserts: the ORM would take minutes."""
    first = session.exec(select(func.max(Project.id))).one() or 0
    numbers = range(first + 1, first + 1 + count)
    projects = [
        {"id": n, "network_id": network_id, "room_id": room_of(n % ROOMS), "key": f"Weiteres-{n}", "archived": False,
         "folded": f"weiteres-{n}", "light": LIGHTS[n % 3], "progress": n % 100, "phase": list(Phase)[n % 5],
         "owner": f"@person{n % 300}:example.org", "created_by": ANNA, "created_at": NOW - timedelta(weeks=50),
         "changed_at": NOW - timedelta(hours=n), "funding": "unknown"}
        for n in numbers
    ]  # fmt: skip
    updates = [
        {"project_id": n, "author": ANNA, "at": NOW - timedelta(weeks=back, hours=n), "light": LIGHTS[(n + back) % 3],
         "progress": back, "text": WORDS, "event_id": f"$more{n}-{back}"}
        for n in numbers
        for back in range(10)
    ]  # fmt: skip
    session.connection().execute(insert(Project), projects)
    session.connection().execute(insert(StatusUpdate), updates)


def describe(session: Session, network_id: int) -> None:
    """Projects as people describe them, and goals that some of them serve."""
    made: dict[str, Any] = {"network_id": network_id, "kind": AimKind.GOAL, "created_by": ANNA, "created_at": NOW}
    goals = [aims.add(session, Aim(name=f"Ziel {n}", folded=f"ziel {n}", **made)) for n in range(12)]
    for number, project in enumerate(session.exec(select(Project)).all()):
        project.title = f"Vorhaben {number} für die Größe {number % 7}"
        project.goal = f"Bis {2027 + number % 4} sind alle Verfahren des Fachamts {number % 40} digital."
        project.description = WORDS
        project.organisation = f"Lindenau {number % 30}"
        project.field = FIELDS[number % len(FIELDS)]
        project.funding = list(Funding)[number % 4]
        project.influential = number % 9 == 0
        if number < SERVING:
            aims.set_for(session, project.id or 0, (goals[number % 12], goals[(number * 7 + 1) % 12]), ())


def remember(session: Session) -> None:
    """Ten thousand updates and as many changes of one project."""
    own = session.exec(select(Project).where(Project.key == "Projekt-2")).one().id or 0
    times = [NOW - timedelta(hours=number + 1) for number in range(LONG)]
    updates = [
        {"project_id": own, "author": ANNA, "at": at, "text": WORDS, "light": "green", "progress": number % 100,
         "event_id": f"$long{number}"}
        for number, at in enumerate(times)
    ]  # fmt: skip
    changes = [
        {"project_id": own, "at": at, "by": ANNA, "field": "phase", "before": "planned", "after": "running",
         "cause": f"$change{number}"}
        for number, at in enumerate(times)
    ]  # fmt: skip
    session.connection().execute(insert(StatusUpdate), updates)
    session.connection().execute(insert(ProjectChange), changes)


def prepare(database: Database, projects: int) -> int:
    """The network; its ID."""
    around = min(projects, AROUND)
    network_id = database.run_now(lambda session: fill(session, around, ROOMS, NOW))
    if projects > around:
        database.run_now(lambda session: more(session, network_id, projects - around))
    database.run_now(lambda session: describe(session, network_id))
    database.run_now(remember)
    return network_id


@asynccontextmanager
async def lag() -> AsyncIterator[list[float]]:
    """The longest time that the event loop was kept, in seconds."""
    worst = [0.0]

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            worst[0] = max(worst[0], time.perf_counter() - before - 0.001)

    watching = asyncio.create_task(watch())
    try:
        yield worst
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def first_byte(served: Served, path: str, cookie: str) -> tuple[float, int]:
    """Seconds until the first byte, and how long the answer is."""
    began = time.perf_counter()
    async with served.browser.get(served.url + path, headers={"Cookie": f"zwischenstand={cookie}"}) as answer:
        took = time.perf_counter() - began
        content = await answer.read()
        assert answer.status == 200, (path, answer.status)
        return took, len(content)


async def measure(served: Served, database: Timed, cookie: str, path: str, what: str) -> float:
    """A line of the table; the median in seconds."""
    await first_byte(served, path, cookie)  # templates are compiled once
    times, size = [], 0
    database.took, cpu = 0.0, time.process_time()
    async with lag() as worst:
        for _ in range(ROUNDS):
            took, size = await first_byte(served, path, cookie)
            times.append(took)
    median = statistics.median(times)
    print(
        f"{what:32}{median * 1000:8.1f}{max(times) * 1000:10.1f}{database.took / ROUNDS * 1000:14.1f}"
        f"{(time.process_time() - cpu) / ROUNDS * 1000:10.1f}{worst[0] * 1000:10.1f}{size // 1024:8} kB"
    )
    return median


async def main(projects: int) -> None:
    """The table, and what it should say."""
    often = Rate(burst=100_000, second=1_000)  # one reader asks more often here than people
    guard.OFTEN = gate.READING = often  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        database = Timed(f"sqlite:///{Path(folder) / 'overview.db'}")
        database.migrate()
        network_id = prepare(database, projects)
        async with serving(Bot(database, now=NOW)) as served:
            cookie = await served.session(ANNA, network_id)
            print(f"{projects:,} projects, {ROUNDS} requests each; milliseconds")
            print(f"{'':32}{'median':>8}{'slowest':>10}{'in the store':>14}{'CPU':>10}{'loop':>10}{'answer':>11}")
            found = {path: await measure(served, database, cookie, path, what) for what, path in PAGES}
        database.close()
    slowest = max(found[path] for path in found if path.startswith("/projekt")) * 1000
    print(f"\nslowest page of projects: {slowest:.0f} ms (aim: less than {AIM_MS} ms)")
    ratio = found["/projekt/Projekt-2"] / found["/projekt/Projekt-1"]
    print(f"first byte with {LONG:,} updates against 10: {ratio:.2f} times (aim: about 1)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 projects")
    asyncio.run(main(500 if parser.parse_args().quick else 5_000))
