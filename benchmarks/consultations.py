"""A large vote: 2,000 organisations, 40 ballots; what a vote costs, and what the close costs.

Inside the bot, from the event to the committed row, on a database on disk and without a homeserver. The close is
everything between the end of the grace time and the last post: the list of votes (all of them, as a homeserver has it)
is compared, counted, judged, put on record, decided, rendered; charts are drawn and minutes written. One transaction
at a time goes through the store, so the longest one is how long everybody else may wait.

    uv run python -m benchmarks.consultations            (5–10 min; --quick: 200 organisations, 4 ballots)
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlmodel import col, select

from bot.domain.chart import Bar, BarChart
from bot.domain.organisations import Speaks
from bot.events import Vote
from bot.files.draw import draw
from bot.store import Session, networks, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Mandate, Organisation, OutboxRow, Room
from tests.fakes import ANNA, ROOM, START, US, Bot

TOGETHER = 100  # votes in one answer of /sync
MINUTES = 3  # HTML, CSV, JSON
T = TypeVar("T")
ANSWERS = ("yes", "yes", "yes", "no", "abstain")


class Timed(Database):
    """A store that knows the longest of its transactions: CPU in its thread, in seconds."""

    longest = 0.0

    def run_now(self, work: Callable[[Session], T]) -> T:
        """Run and time it."""
        before = time.thread_time()
        try:
            return super().run_now(work)
        finally:
            self.longest = max(self.longest, time.thread_time() - before)


def prepare(folder: Path, size: int) -> Timed:
    """A network of so many organisations, each with a mandate holder who is in the room."""
    database = Timed(f"sqlite:///{folder / 'votes.db'}")
    database.migrate()

    def work(session: Session) -> None:
        network_id = networks.found(session, "Große Region", ANNA, START).id or 0
        room = Room(room_id=ROOM, network_id=network_id, invited_by=ANNA, since=START - timedelta(days=1))
        rooms.save(session, room)
        rooms.replace_members(session, ROOM, {US, ANNA, *(person(number) for number in range(size))})
        for number in range(size):
            name = f"Lindenau {number}"
            organisation = Organisation(
                network_id=network_id, name=name, folded=name.lower(), created_by=ANNA, created_at=START
            )
            organisation.level, organisation.bench = ("city", "municipality")[number % 2], "administration"
            organisation.inhabitants, organisation.federal_state = 500 + number * 97 % 180_000, "BW"
            session.add(organisation)
        session.flush()
        for number, own in enumerate(session.exec(select(col(Organisation.id)).order_by(col(Organisation.id)))):
            row = Mandate(
                network_id=network_id,
                organisation_id=own or 0,
                person=person(number),
                speaks=Speaks.HOLDER,
                starts_at=START,
                given_by=ANNA,
                given_at=START,
            )
            session.add(row)

    database.run_now(work)
    return database


def person(number: int) -> str:
    """Who speaks for an organisation."""
    return f"@person{number}:example.org"


def shown(what: str, before: float, cpu: float, database: Timed) -> None:
    """Print what it took since then."""
    took, worked = time.perf_counter() - before, time.process_time() - cpu
    print(f"{what:44}{took:10.2f} s, CPU {worked:.2f} s, longest transaction CPU {database.longest:.2f} s")


async def opened(bot: Bot, ballots: int, database: Timed) -> list[str]:
    """Put so many ballots to the vote; the events that their polls are."""
    form = ["!konsultation neu Leitsätze", "Frage: Stimmen Sie Leitsatz 1 zu?", "Schluss: in 3 Tagen"]
    for number in range(2, ballots + 1):
        form += [f"Vorlage {number}", f"Frage: Stimmen Sie Leitsatz {number} zu?"]
    before, cpu, database.longest = time.perf_counter(), time.process_time(), 0.0
    await bot.say(ANNA, "\n".join(form))
    shown("opened, everybody told", before, cpu, database)

    def polls(session: Session) -> list[str]:
        statement = select(OutboxRow.event_id).where(OutboxRow.event_type == "org.matrix.msc3381.poll.start")
        return [event or "" for event in session.exec(statement.order_by(col(OutboxRow.id)))]

    found = await bot.database.run(polls)
    assert len(found) == ballots
    return found


async def voted(bot: Bot, polls: Sequence[str], size: int) -> None:
    """Every organisation votes on every ballot; CPU for each vote, and whether the last ones cost more."""
    dice = random.Random(4)  # noqa: S311 - any votes will do
    costs: list[float] = []
    for ballot, poll in enumerate(polls):
        for first in range(0, size, TOGETHER):
            bot.now += timedelta(milliseconds=10)
            batch = [
                Vote(
                    room_id=ROOM,
                    event_id=f"$vote-{ballot}-{number}",
                    sender=person(number),
                    sent_at=bot.now,
                    received_at=bot.now,
                    poll=poll,
                    answers=(dice.choice(ANSWERS),),
                )
                for number in range(first, min(first + TOGETHER, size))
            ]
            before = time.process_time()
            await bot.handle(*batch)
            costs.append((time.process_time() - before) / len(batch) * 1000)
    tenth = max(len(costs) // 10, 1)
    print(f"{'a vote, CPU: median':44}{statistics.median(costs):10.2f} ms")
    early, late = statistics.median(costs[:tenth]), statistics.median(costs[-tenth:])
    print(f"{'the last tenth of the votes against the first':44}{late / early:10.2f} ×")


async def closed(bot: Bot, database: Timed) -> None:
    """From the close (its grace time over, too) to the last post, charts and minutes included."""
    bot.now += timedelta(days=4)
    before, cpu, database.longest = time.perf_counter(), time.process_time(), 0.0
    rows = await bot.tick()
    assert sum(row.action == "file" for row in rows) == MINUTES, rows
    shown("closed: compared, counted, rendered, minutes", before, cpu, database)
    drawing = time.perf_counter()
    await drawn(rows)
    print(f"{'charts drawn':44}{time.perf_counter() - drawing:10.2f} s")
    print(f"{'together':44}{time.perf_counter() - before:10.2f} s")


async def drawn(rows: Sequence[Row]) -> None:
    """Draw what is to be drawn, as the outbox does."""
    for row in rows:
        if row.action == "chart":
            spec = json.loads(row.content)
            await draw(BarChart(spec["title"], tuple(Bar(**bar) for bar in spec["bars"]), spec["alt"]))


async def main(size: int, ballots: int) -> None:
    """Everything, one after the other."""
    print(f"{size} organisations, {ballots} ballots, {size * ballots} votes")
    with tempfile.TemporaryDirectory() as folder:
        database = prepare(Path(folder), size)
        bot = Bot(database)
        bot.now = START + timedelta(hours=1)
        polls = await opened(bot, ballots, database)
        await voted(bot, polls, size)
        await closed(bot, database)
        database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    asyncio.run(main(*((200, 4) if quick else (2_000, 40))))
