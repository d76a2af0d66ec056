"""What one command and one vote cost after years: the same network with 10³, 10⁴, 10⁵ and 10⁶ rows of history.

Inside the bot, from the event to the committed row, through the real inbox, on databases on disk. What of a network
grows with time, and in what proportion, is in `tests/history.py`. All sizes take turns within one run. CPU is that of
this process, on PostgreSQL together with that of its server process (`/proc/PID/schedstat`, Linux). PostgreSQL is
analysed, as its autovacuum does by itself; SQLite is not, as nobody does that for it (`--analyse`: it is, too).

    uv run python -m benchmarks.history            (4 min; --quick: up to 10⁴, 20 s; --statements: which of them grow)
"""

import argparse
import asyncio
import itertools
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event, text

from bot.events import Vote
from bot.store.database import Database
from tests import history
from tests.fakes import ANNA, ROOM, START, Bot
from tests.faults.postgres import Postgres
from tests.history import ASKED, OPEN, PEOPLE, direct, person
from tests.postgres import copied

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS, EACH = 40, 5
AIM = 1.2
WARM = 10  # rounds that are not counted: templates, statements, caches


@dataclass
class Subject:
    """One database with a bot on it; seconds and CPU seconds of each act."""

    rows: int
    bot: Bot
    server: int | None = None  # the process of PostgreSQL that works for us
    counter: Iterator[int] = field(default_factory=itertools.count)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def worked(self) -> float:
        """CPU seconds so far, the server's included."""
        theirs = int(Path(f"/proc/{self.server}/schedstat").read_text().split()[0]) / 1e9 if self.server else 0.0
        return time.process_time() + theirs

    async def measure(self, act: str, *, counts: bool) -> None:
        """An act, a few times; noted down if it counts."""
        for _ in range(EACH):
            number = next(self.counter)
            self.bot.now += timedelta(milliseconds=10)
            before, worked = time.perf_counter(), self.worked()
            await ACTS[act](self.bot, number)
            if counts:
                self.cpu[act].append(self.worked() - worked)
                self.seconds[act].append(time.perf_counter() - before)


async def _said(bot: Bot, words: str, who: str = ANNA, room: str = ROOM) -> None:
    rows = await bot.say(who, words, room_id=room)
    assert rows, words


async def _alone(bot: Bot, words: str, number: int) -> None:
    await _said(bot, words, person(number), direct(person(number)))


async def _clicked(bot: Bot, number: int) -> None:
    vote = Vote(room_id=ROOM, event_id=f"$click{number}", sender=person(number), sent_at=bot.now, received_at=bot.now,
                poll=OPEN, answers=("yes",))  # fmt: skip
    assert not await bot.handle(vote), "one that counts is not answered"


async def _ticked(bot: Bot, _number: int) -> None:
    assert await bot.clock.tick() == 0


ACTS: dict[str, Callable[[Bot, int], Awaitable[None]]] = {
    "!status": lambda bot, _: _said(bot, "!status"),
    "!status eAkte": lambda bot, _: _said(bot, "!status eAkte"),
    "!status eAkte gelb …": lambda bot, n: _said(bot, f"!status eAkte gelb {n % 100}% Vergabe verzögert sich"),
    "!idee …": lambda bot, n: _said(bot, f"!idee Eine Bürgerkarte für alle Bäder ({n})"),
    "a vote, clicked": _clicked,
    "a vote, in direct chat": lambda bot, n: _alone(bot, "!stimme K1 ja", n),
    "a vote, by saying „ja“": lambda bot, n: _alone(bot, "ja", ASKED + n % (PEOPLE - ASKED)),
    "a check-in answered": lambda bot, n: _alone(bot, f"gelb {n % 100}% Vergabe verzögert sich", n % ASKED),
    "a look of the clock": _ticked,
}


async def settle(bot: Bot) -> None:
    """Do what is due, the night's clearing included, until nothing is."""
    while await bot.clock.tick():
        pass


def filled(url: str, rows: int, *, analyse: bool) -> tuple[Database, int]:
    """A database with the network and so many rows of history, more or less; how many."""
    database = Database(url)
    database.migrate()

    def work(session: Any) -> int:
        history.found(session)
        return history.remember(session, rows)

    count = database.run_now(work)
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    elif analyse:
        database.run_now(lambda session: session.connection().execute(text("ANALYZE")))
    return database, count


@contextmanager
def watched(subject: Subject) -> Iterator[None]:
    """Note how long each statement takes."""
    began = 0.0

    def before(*_rest: Any) -> None:
        nonlocal began
        began = time.perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        subject.statements[statement].append(time.perf_counter() - began)

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


async def play(kind: str, subjects: list[Subject], rounds: int, *, statements: bool) -> None:
    """All acts on all databases, in turns."""
    for subject in subjects:
        await settle(subject.bot)
    for number in range(WARM + rounds):
        for act in ACTS:
            if act == "a look of the clock":
                for subject in subjects:
                    await settle(subject.bot)
            for subject in subjects:
                with ExitStack() as stack:
                    if statements and number >= WARM:
                        stack.enter_context(watched(subject))
                    await subject.measure(act, counts=number >= WARM)
    shown(kind, subjects)
    if statements:
        grown(subjects)


def shown(kind: str, subjects: list[Subject]) -> None:
    """The table of one kind of database."""
    print(f"\n{kind}: median of {len(subjects[0].seconds['!status'])}; CPU ms, in brackets ms by the clock")
    print(
        f"{'rows of history':26}" + "".join(f"{subject.rows:>18,}" for subject in subjects) + "    growth: CPU, clock"
    )
    for act in ACTS:
        cpu = [statistics.median(subject.cpu[act]) * 1000 for subject in subjects]
        clock = [statistics.median(subject.seconds[act]) * 1000 for subject in subjects]
        cells = "".join(f"{f'{work:.2f} ({took:.2f})':>18}" for work, took in zip(cpu, clock, strict=True))
        most = max(cpu) / cpu[0]
        verdict = "" if most <= AIM else f"   more than {AIM}"
        print(f"{act:26}{cells}{cpu[-1] / cpu[0]:>12.2f} ×{clock[-1] / clock[0]:>8.2f} ×{verdict}")


def grown(subjects: list[Subject]) -> None:
    """The statements that take longest on the largest database, beyond what they take on the smallest."""
    few, many = subjects[0].statements, subjects[-1].statements
    more = {each: (statistics.median(took) - statistics.median(few.get(each, [0.0]))) * 1000
            for each, took in many.items()}  # fmt: skip
    for statement in sorted(more, key=lambda each: -more[each])[:8]:
        print(f"+{more[statement]:.3f} ms, {len(many[statement])} times: {' '.join(statement.split())[:700]}")


async def main(options: argparse.Namespace) -> None:
    """SQLite, then PostgreSQL."""
    sizes = SIZES[:2] if options.quick else SIZES
    rounds = 5 if options.quick else ROUNDS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(Postgres.started())
        for kind in options.kinds:
            subjects = []
            for size in sizes:
                sqlite = kind == "SQLite"
                url = f"sqlite:///{folder / f'{size}.db'}" if sqlite else stack.enter_context(copied(server.url))
                began = time.perf_counter()
                database, count = filled(url, size, analyse=options.analyse)
                stack.callback(database.close)
                pid = None if sqlite else database.run_now(_pid)
                subjects.append(Subject(count, Bot(database, now=START), pid))
                size_mb = database.run_now(_bytes) / 1e6
                print(f"{kind}: {count:,} rows in {time.perf_counter() - began:.1f} s, {size_mb:.0f} MB", flush=True)
            await play(kind, subjects, rounds, statements=options.statements)


def _pid(session: Any) -> int:
    return int(session.connection().execute(text("SELECT pg_backend_pid()")).scalar_one())


def _bytes(session: Any) -> int:
    sqlite = session.get_bind().dialect.name == "sqlite"
    question = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if sqlite
        else "SELECT pg_database_size(current_database())"
    )
    return int(session.connection().execute(text(question)).scalar_one())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--statements", action="store_true")
    parser.add_argument("--analyse", action="store_true")
    parser.add_argument("--kinds", nargs="+", choices=("SQLite", "PostgreSQL"), default=("SQLite", "PostgreSQL"))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    asyncio.run(main(parser.parse_args()))
