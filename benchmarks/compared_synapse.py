"""The half of `benchmarks.compared` that plays on a real homeserver (Synapse, started here).

Everybody sits in the same rooms, and each program has one of its own in which it is asked.
"""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from benchmarks import bare
from benchmarks.compared_table import Row
from benchmarks.contenders import Command, Contender, Seat
from benchmarks.processes import Measured, running
from benchmarks.roundtrip import COMMAND, PASSWORD, room_with
from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, registered, relates_to
from bot.matrix.listening import FILTER

PEOPLE, EACH = 20, 20
PATIENCE = 20.0  # seconds without any answer until nobody waits for the rest


class Ears:
    """When an answer to each event was first heard, and how many came."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.count: Counter[str] = Counter()

    def hear(self, event: Json) -> None:
        for about in relates_to(event):
            self.at.setdefault(about, time.perf_counter())
            self.count[about] += 1


@dataclass(frozen=True, slots=True)
class Burst:
    """Seconds until all were sent and answered, how many not exactly once, CPU ms for each answered, MB after it."""

    sent: float
    answered: float
    lost: float
    cpu: float
    memory: float
    growth: float


@dataclass
class Played:
    """One program on Synapse."""

    contender: Contender
    seat: Seat
    command: Command
    room: str = ""
    process: Measured | None = None
    medians: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def running(self) -> Measured:
        assert self.process is not None
        return self.process


async def figures(contenders: Sequence[Contender], folder: Path, options: Mapping[str, int]) -> list[Row]:
    """Round trips, a burst, memory, starts.

    `options`: `rooms` that all are in, `rounds` of round trips, `burst` in commands, `starts` of each.
    """
    async with AsyncExitStack() as stack:
        homeserver = await stack.enter_async_context(Homeserver(folder / "homeserver"))
        ears = Ears()
        anna_id = await homeserver.register("anna", PASSWORD)
        anna = await stack.enter_async_context(Person(homeserver.url, anna_id, PASSWORD, hears=ears.hear))
        people = [await registered(homeserver, f"person{number}") for number in range(PEOPLE)]
        for person in people:
            stack.push_async_callback(person.close)
            await person.go_offline()  # twenty more open connections would measure the homeserver
        played = [await _seated(each, homeserver, anna_id, folder) for each in contenders]
        with ExitStack() as processes:
            await _moved_in(played, anna, people, options["rooms"], processes)
            rows = await _round_trips(played, anna, options["rounds"])
            rows += await _bursts(played, anna, people, ears, options["burst"])
        return rows + await _starts(played, anna, homeserver.url, options)


async def _seated(contender: Contender, homeserver: Homeserver, coordinator: str, folder: Path) -> Played:
    user = await homeserver.register(contender.name.lower(), PASSWORD)
    seat = Seat(homeserver.url, user, PASSWORD, folder / contender.name, coordinator)
    return Played(contender, seat, await asyncio.to_thread(contender.command, seat))


async def _moved_in(played: list[Played], anna: Person, people: list[Person], rooms: int, processes: ExitStack) -> None:
    """Into all rooms: the bot, which runs already, by itself, the others by hand; then they are started, too."""
    ours, *others = played
    ours.process = await asyncio.to_thread(_started, processes, ours)
    guests = [Person(one.seat.url, one.seat.user, PASSWORD) for one in others]
    try:
        for guest in guests:
            await guest.login()
            await guest.go_offline()
        for one in played:
            one.room = await room_with(anna, one.seat.user, people)
            for guest in guests:
                if guest.user_id == one.seat.user:
                    await guest.join(one.room)
        everybody = [one.seat.user for one in played]
        common = [await anna.create_room(f"Gruppe {number}", invite=everybody) for number in range(rooms)]
        shift = rooms // len(guests)  # two who join one room at the same time keep each other waiting for seconds
        turned = (common[n * shift :] + common[: n * shift] for n in range(len(guests)))
        await asyncio.gather(*(_joined(guest, mine) for guest, mine in zip(guests, turned, strict=True)))
    finally:
        for guest in guests:
            await guest.close()
    for room in (ours.room, *common):
        await anna.wait_for(room, lambda event: "formatted_body" in event["content"], timeout=120)
    await anna.ask(ours.room, "!projekt neu eAkte\nTitel: Elektronische Akte", timeout=60)
    for one in others:
        one.process = await asyncio.to_thread(_started, processes, one)


async def _joined(guest: Person, rooms: list[str]) -> None:
    for room in rooms:
        await guest.join(room)


def _started(processes: ExitStack, one: Played) -> Measured:
    return processes.enter_context(running(*one.command, program=()))


async def _round_trips(played: list[Played], anna: Person, rounds: int) -> list[Row]:
    """From sending a command to seeing its answer, in alternation."""
    for one in played:
        await anna.ask(one.room, COMMAND, timeout=60)
    for _ in range(rounds):
        for one in played:
            seconds = []
            for _ in range(EACH):
                before = time.perf_counter()
                await anna.ask(one.room, COMMAND, timeout=60)
                seconds.append(time.perf_counter() - before)
            one.medians.append(statistics.median(seconds))
    trips = {one.contender.name: statistics.median(one.medians) * 1000 for one in played}
    floor = played[-1].medians
    ratios = {
        one.contender.name: statistics.median(mine / bare for mine, bare in zip(one.medians, floor, strict=True))
        for one in played
    }
    return [
        Row(f"{COMMAND}, sent to seen, median ms", trips),
        Row(f"the same: median of {rounds} rounds’ ratios, ×", ratios, 2, ratio=False),
    ]


async def _bursts(played: list[Played], anna: Person, people: list[Person], ears: Ears, commands: int) -> list[Row]:
    """To one program after the other."""
    found = {one.contender.name: await _burst(one, people, ears, commands) for one in played}

    def of(what: str) -> dict[str, float]:
        return {name: getattr(burst, what) for name, burst in found.items()}

    return [
        Row(f"burst of {commands} from {len(people)} people: sent after, s", of("sent"), ratio=False),
        Row("last answer after, s", of("answered")),
        Row("not answered exactly once", of("lost"), 0, ratio=False),
        Row("CPU ms an answered command in it", of("cpu")),
        Row("memory after it, MB", of("memory"), 0),
        Row("its growth in the burst, MB", of("growth"), ratio=False),
    ]


async def _burst(one: Played, people: list[Person], ears: Ears, commands: int) -> Burst:
    """Everybody writes as fast as the homeserver takes it."""
    worked, memory, began = one.running.cpu(), one.running.megabytes(), time.perf_counter()
    parts = await asyncio.gather(*(_written(person, one.room, commands // len(people)) for person in people))
    said = [event_id for part in parts for event_id in part]
    sent = time.perf_counter() - began
    await _until_quiet(said, ears)
    answered = max((ears.at[each] for each in said if each in ears.at), default=began) - began
    cpu = (one.running.cpu() - worked) / max(sum(each in ears.at for each in said), 1) * 1000
    await asyncio.sleep(2)  # a second answer would come now
    lost, after = sum(ears.count[each] != 1 for each in said), one.running.megabytes()
    return Burst(sent, answered, lost, cpu, after, after - memory)


async def _written(person: Person, room: str, commands: int) -> list[str]:
    return [await person.say(room, COMMAND) for _ in range(commands)]


async def _until_quiet(said: list[str], ears: Ears) -> None:
    """All are answered, or for a while nothing came."""
    heard, since = -1, time.perf_counter()
    while (now := sum(each in ears.at for each in said)) < len(said) and time.perf_counter() - since < PATIENCE:
        if now != heard:
            heard, since = now, time.perf_counter()
        await asyncio.sleep(0.05)


async def _starts(played: list[Played], anna: Person, url: str, options: Mapping[str, int]) -> list[Row]:
    """One after the other, each with all its rooms, until it says that it has caught up; and /sync alone.

    Something was said meanwhile: who goes on from where they were would otherwise wait for news first.
    """
    alone: dict[str, list[float]] = {one.contender.name: [] for one in played}
    async with aiohttp.ClientSession() as session:
        user = played[-1].seat.user
        login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}, "password": PASSWORD}
        async with session.post(f"{url}/_matrix/client/v3/login", json=login) as answer:
            session.headers["Authorization"] = f"Bearer {(await answer.json())['access_token']}"
        for _ in range(options["starts"]):
            for one in played:
                asked = json.dumps(FILTER) if one.contender.ours else bare.FILTER
                alone[one.contender.name].append(await _sync_alone(session, url, asked))
                await anna.say(one.room, "Guten Morgen")
                with ExitStack() as processes:
                    process = await asyncio.to_thread(_started, processes, one)
                    one.starts.append(process.until("ready") - process.started)
                    one.cpu.append(process.cpu())
                    await asyncio.to_thread(processes.close)
    took = {one.contender.name: statistics.median(one.starts) for one in played}
    worked = {one.contender.name: statistics.median(one.cpu) for one in played}
    return [
        Row(f"start with {options['rooms']} rooms, s", took, 2),
        Row("its CPU, s", worked, 2),
        Row("/sync alone, its first answer, s", {name: statistics.median(each) for name, each in alone.items()}, 2),
    ]


async def _sync_alone(session: aiohttp.ClientSession, url: str, asked: str) -> float:
    """All rooms with their state, as at a first sync."""
    before = time.perf_counter()
    query = {"filter": asked, "full_state": "true"}
    async with session.get(f"{url}/_matrix/client/v3/sync", params=query) as answer:
        await answer.json()
    return time.perf_counter() - before
