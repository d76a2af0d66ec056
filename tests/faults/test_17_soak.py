"""Row 17: half an hour of everything. Memory and handles stay what they were, and nothing is lost or twice."""

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from bot.demo.person import Person
from tests.faults.conftest import NewWorld
from tests.faults.proxy import How
from tests.faults.row import Row
from tests.faults.world import World

PEOPLE = 6
SAMPLED_EVERY = 2.0  # seconds
GROWN = 1.05
MORE_HANDLES = 6  # connections that happen to be open
REQUESTS = (How.STATUS, How.RESET_BEFORE, How.CUT_AFTER, How.TRUNCATED, How.DELAY, How.DRIP, How.SILENT_AFTER)
SAID = (
    "!status",
    "!status eAkte",
    "!projekt liste",
    "!ideen",
    "!stimme K1 ja",
    "!stimme K1 nein weil zu teuer",
    "!hilfe",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process holds at a time: seconds since it was ready, bytes, open files and sockets, threads."""

    at: float
    memory: int
    handles: int
    threads: int


@dataclass
class Gauge:
    """Samples a process until it is told to stop."""

    process: psutil.Process
    samples: list[Sample] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def on(cls, pid: int) -> AsyncIterator["Gauge"]:
        gauge = cls(psutil.Process(pid))
        task = asyncio.create_task(gauge._watch())
        try:
            yield gauge
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        began = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):  # it was killed
            while True:
                one = self.process
                sample = (one.memory_info().rss, one.num_fds(), one.num_threads())
                self.samples.append(Sample(time.monotonic() - began, *sample))
                await asyncio.sleep(SAMPLED_EVERY)

    def between(self, since: float, until: float) -> list[Sample]:
        return [each for each in self.samples if since <= each.at < until]

    def table(self) -> str:
        """A line a minute."""
        lines = ["minute      MB  handles  threads"]
        for minute in range(int(self.samples[-1].at // 60) + 1):
            if part := self.between(60 * minute, 60 * minute + 60):
                memory = statistics.median(each.memory for each in part) / 1e6
                handles, threads = max(each.handles for each in part), max(each.threads for each in part)
                lines.append(f"{minute:6} {memory:7.1f} {handles:8} {threads:8}")
        return "\n".join(lines)


@dataclass
class Soak:
    """A world in which something always happens, and something always breaks."""

    world: World
    row: Row
    dice: random.Random
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def settle(self, rooms: int) -> None:
        """Open the rooms; something is put to the vote in the first. A bot runs."""
        slots = asyncio.Semaphore(4)

        async def open_room(number: int) -> None:
            async with slots:
                await self.world.open_room(f"Raum {number}", self.dice.sample(self.world.people, 3))

        await asyncio.gather(*(open_room(number) for number in range(1, rooms)))
        form = "!konsultation neu Dauerfrage\nFrage: Stimmen Sie zu?\nText: Alles offen\nSchluss: in 2 Tagen"
        await self.world.anna.ask(self.world.rooms[0], f"{form}\nWahlberechtigt: Personen", timeout=300)

    @asynccontextmanager
    async def going_on(self, *, homeserver_dies_every: float | None = None) -> AsyncIterator[None]:
        """People talk and requests break for as long as the block lasts; then everything heals."""
        tasks = [asyncio.create_task(self._talk(person)) for person in self.world.people]
        tasks.append(asyncio.create_task(self._break()))
        if homeserver_dies_every is not None:
            tasks.append(asyncio.create_task(self._kill_homeserver(homeserver_dies_every)))
        try:
            yield
        finally:
            self.over.set()
            await asyncio.gather(*tasks)
            self.over.clear()
            self.world.proxy.heals()

    async def _talk(self, person: Person) -> None:
        while not self.over.is_set():
            room = self.dice.choice([each for each in self.world.rooms if person.seen(each)])
            throw = self.dice.random()
            words = f"!idee Nummer {self.dice.random()}" if throw < 0.4 else self.dice.choice(SAID)
            if throw > 0.8:
                words = "Dazu sage ich gleich noch etwas."
            await person.say(room, words)
            self.row.count("commands", int(throw <= 0.8))
            await self._rest(self.dice.uniform(0.5, 2.5))

    async def _break(self) -> None:
        while not self.over.is_set():
            how = self.dice.choice(REQUESTS)
            once = how in (How.SILENT_AFTER, How.DRIP)
            self.world.proxy.breaks(how, times=1 if once else None, chance=0.3, seconds=0.5)
            self.row.count("faults")
            await self._rest(self.dice.uniform(1, 6))
            self.world.proxy.heals()
            await self._rest(self.dice.uniform(1, 10))

    async def _kill_homeserver(self, every: float) -> None:
        while not self.over.is_set():
            await self._rest(every * self.dice.uniform(0.5, 1.5))
            if not self.over.is_set():
                self.world.homeserver.kill()
                await self.world.homeserver.start()
                self.row.count("homeserver kills")

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)

    async def caught_up(self) -> None:
        """Return when everything that was said has been read, and what came of it has gone out. A bot runs."""
        await self.world.anna.ask(self.world.rooms[0], "!status", timeout=600)
        await self.world.oracle.drained(600)

    async def judged(self) -> None:
        """Nothing lost, nothing twice, once it has caught up."""
        await self.caught_up()
        histories = await self.world.histories()
        lost, twice = zip(*map(self.world.oracle.faults, histories), strict=True)
        self.row.must("lost", sum(lost) + len(self.world.oracle.missing(histories)))
        self.row.must("twice", sum(twice) + len(self.world.oracle.twice(histories)))
        ideas = self.world.oracle.ideas(histories)
        assert ideas == list(range(1, len(ideas) + 1)), "each was carried out once"


@pytest.mark.row(17, small=400, full=4800)
async def test_half_an_hour_of_everything(new_world: NewWorld, row: Row) -> None:
    """One process all the time: what it holds at the end is what it held at the beginning."""
    rooms, seconds = row.pick(10, 200), row.pick(36, 1800)
    async with new_world(people=PEOPLE) as world, world.bot() as bot:
        await world.founded(bot)
        soak = Soak(world, row, row.chance)
        await soak.settle(rooms)
        async with Gauge.on(bot.process.pid) as gauge:
            async with soak.going_on(homeserver_dies_every=row.pick(20, 240)):
                await asyncio.sleep(seconds)
            await soak.caught_up()
            began = gauge.samples[-1].at
            await asyncio.sleep(row.pick(5, 60))
        row.count("rooms", rooms)
        _weigh(gauge, row, began)
        await soak.judged()


def _weigh(gauge: Gauge, row: Row, quiet: float) -> None:
    """Compare the end (all is quiet since then) with the beginning: in a full run, with the fifth minute."""
    print(gauge.table())
    settled = 300.0 if row.full else 20.0
    early, late = gauge.between(settled - 20, settled + 40), gauge.between(quiet, float("inf"))
    memory = [statistics.median(each.memory for each in part) for part in (early, late)]
    row.most("MB at the end", memory[1] / 1e6)
    row.most("times the memory of the beginning", memory[1] / memory[0])
    row.most("handles at the end", late[-1].handles)
    row.most("threads at the end", late[-1].threads)
    assert late[-1].handles <= max(each.handles for each in early) + MORE_HANDLES
    if row.full:
        assert memory[1] < memory[0] * GROWN
        assert late[-1].threads <= max(each.threads for each in early)


@pytest.mark.row(17, small=300, full=2400)
async def test_so_it_is_in_many_short_lives(new_world: NewWorld, row: Row) -> None:
    """The same with kill -9: each life begins with what the one before left, and holds no more for it."""
    rooms, lives, seconds = row.pick(4, 50), row.pick(3, 12), row.pick(5, 60)
    async with new_world(people=PEOPLE) as world, world.nest() as nest:
        bot = await nest.fork()
        await world.founded(bot)
        soak = Soak(world, row, row.chance)
        await soak.settle(rooms)
        weights = []
        async with soak.going_on():
            for _ in range(lives):
                await bot.kill()
                row.count("kills")
                bot = await nest.fork()
                async with Gauge.on(bot.pid) as gauge:
                    await asyncio.sleep(seconds * soak.dice.uniform(0.7, 1.3))
                weights.append(gauge.samples[-1])
        print(
            "\n".join(f"life {number}: {one.memory / 1e6:.1f} MB, {one.handles}" for number, one in enumerate(weights))
        )
        row.most("MB at the end of a life", max(each.memory for each in weights) / 1e6)
        await soak.judged()
        await bot.stop()
