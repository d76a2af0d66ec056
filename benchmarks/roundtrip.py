"""What people wait for, on a real homeserver (Synapse, started here): one answer, a burst, a start.

The bot and the bare loop (`benchmarks.bare`) each sit in a room of their own with the same people; rounds alternate
between them, and the ratio is taken within a round.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from benchmarks.processes import Measured, configuration, environment, running
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, registered, relates_to

PASSWORD = "geheim"
COMMAND = "!status eAkte"
STAGES = ("imports", "login", "first sync")


async def room_with(anna: Person, guest: str, people: list[Person]) -> str:
    """A room with a bot and everybody."""
    room = await anna.create_room("eAkte", invite=[guest, *(person.user_id for person in people)])
    for person in people:
        await person.join(room)
    return room


async def one_answer(anna: Person, rooms: dict[str, str], rounds: int, each: int) -> None:
    """From sending a command to seeing its answer, alternating between the bot and the bare loop."""
    for room in rooms.values():
        await anna.ask(room, COMMAND)
    found: dict[str, list[float]] = {name: [] for name in rooms}
    for _ in range(rounds):
        for name, room in rooms.items():
            seconds = [await _asked(anna, room) for _ in range(each)]
            found[name].append(statistics.median(seconds))
    print(f"\n{COMMAND}, from sending to seeing the answer (median of {each}), {rounds} alternating rounds")
    for name, medians in found.items():
        print(f"{name:15}" + "".join(f"{seconds * 1000:7.1f}" for seconds in medians) + " ms")
    ratios = [bot / bare for bot, bare in zip(*found.values(), strict=True)]
    print(f"{'ratio':15}" + "".join(f"{ratio:7.2f}" for ratio in ratios) + f"   median {statistics.median(ratios):.2f}")


async def _asked(person: Person, room: str) -> float:
    before = time.perf_counter()
    await person.ask(room, COMMAND, timeout=60)
    return time.perf_counter() - before


async def burst(anna: Person, people: list[Person], room: str, commands: int) -> None:
    """Everybody writes as fast as the homeserver takes it. Lost: not answered exactly once."""
    before = time.perf_counter()
    sent = await asyncio.gather(*(_write(person, room, commands // len(people)) for person in people))
    sending = time.perf_counter() - before
    said = [event_id for part in sent for event_id in part]
    await anna.ask(room, "!ideen", timeout=300)
    total = time.perf_counter() - before
    answers = Counter(about for event in await anna.history(room) for about in relates_to(event))
    lost = sum(answers[event_id] != 1 for event_id in said)
    print(f"\nBurst: {len(said)} commands from {len(people)} people")
    print(f"sent in {sending:.1f} s, all answered after {total:.1f} s")
    print(f"not answered exactly once: {lost}")


async def _write(person: Person, room: str, commands: int) -> list[str]:
    return [await person.say(room, COMMAND) for _ in range(commands)]


async def starts(anna: Person, room: str, config: Path, times: int) -> None:
    """A command waits; the bot starts; the answer is there. Broken down by what the process reports (`--stages`)."""
    found: dict[str, list[float]] = {stage: [] for stage in (*STAGES, "answer", "all")}
    floor = []
    for _ in range(times):
        waiting = await anna.say(room, COMMAND)
        process = Measured("benchmarks.stages", "run", "-c", str(config))
        await anna.answer_to(room, waiting, timeout=60)
        seen = time.time()
        moments = [process.started, *(process.until(f"stage {stage}") for stage in STAGES), seen]
        for stage, start, end in zip((*STAGES, "answer"), moments, moments[1:], strict=False):
            found[stage].append(end - start)
        found["all"].append(seen - process.started)
        await asyncio.to_thread(process.stop)
        floor.append(_seconds("-c", "import nio"))
    print(f"\nStart with one room, a command waiting (median of {times})")
    for stage, seconds in found.items():
        print(f"{stage:15}{statistics.median(seconds):7.2f} s")
    print(f"{'import nio':15}{statistics.median(floor):7.2f} s   (python -c 'import nio' alone: this machine's floor)")


def _seconds(*arguments: str) -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, env=environment())
    return time.perf_counter() - before


async def play(folder: Path, options: argparse.Namespace) -> None:
    """Start everything, measure, print."""
    os.environ.update(environment())  # the homeserver, too, starts with its bytecode
    async with AsyncExitStack() as stack:
        homeserver = await stack.enter_async_context(Homeserver(folder / "homeserver"))
        anna = await stack.enter_async_context(await registered(homeserver, "anna"))
        people = [await registered(homeserver, f"person{number}") for number in range(20)]
        for person in people:
            stack.push_async_callback(person.close)
            await person.go_offline()  # twenty more open connections would measure the homeserver
        bots = {name: await homeserver.register(name.lower(), PASSWORD) for name in ("Zwischenstand", "bare")}
        config = configuration(folder / "bot", homeserver.url, bots["Zwischenstand"], anna.user_id, PASSWORD)
        with ExitStack() as processes:
            bot = await asyncio.to_thread(processes.enter_context, running("bot", "run", "-c", str(config)))
            rooms = {"Zwischenstand": await room_with(anna, bots["Zwischenstand"], people)}
            await anna.wait_for(rooms["Zwischenstand"], lambda event: "formatted_body" in event["content"])
            await anna.ask(rooms["Zwischenstand"], "!projekt neu eAkte\nTitel: Elektronische Akte")
            rooms["bare"] = await room_with(anna, bots["bare"], people)
            guest = Person(homeserver.url, bots["bare"], PASSWORD, auto_join=True)
            await guest.login()
            await guest.join(rooms["bare"])
            await guest.close()
            login = (homeserver.url, bots["bare"], PASSWORD)
            await asyncio.to_thread(processes.enter_context, running("benchmarks.bare", *login))
            await one_answer(anna, rooms, options.rounds, 20)
            await burst(anna, people, rooms["Zwischenstand"], options.burst)
            print(f"memory of the bot: {bot.megabytes():.0f} MB")
        await starts(anna, rooms["Zwischenstand"], config, options.starts)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--burst", type=int, default=500)
    options.add_argument("--starts", type=int, default=5)
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(play(Path(name), options.parse_args()))


if __name__ == "__main__":
    main()
