"""The bot's own part of an answer: from the homeserver's answer of /sync to our PUT.

The homeserver is `benchmarks.fake_homeserver`, which costs next to nothing and keeps the time. Each subject gets one of
its own; short rounds alternate between the subjects, so that a busy moment of the machine hits all of them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders import WITHOUT_INSTALLING, Contender, Seat
from benchmarks.fake_homeserver import ANNA, US
from benchmarks.fake_polls import form
from benchmarks.processes import Measured, free_port, post, running

ROOMS = 10
COMMAND = "!status eAkte"


@dataclass
class Subject:
    """A program under test with its homeserver."""

    name: str
    url: str
    process: Measured
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    vote_seconds: list[float] = field(default_factory=list)
    vote_cpu: list[float] = field(default_factory=list)

    def play(self, what: str, **order: Any) -> Any:
        return post(f"{self.url}/bench/{what}", order)

    def round(self, count: int) -> None:
        """Measure `count` commands, one after the other."""
        before = self.process.cpu()
        self.seconds += self.play("one_by_one", count=count, body=COMMAND)
        self.cpu.append((self.process.cpu() - before) / count)

    def votes(self, count: int) -> None:
        """Measure `count` votes, one after the other."""
        before = self.process.cpu()
        self.vote_seconds += self.play("vote_by_vote", count=count)
        self.vote_cpu.append((self.process.cpu() - before) / count)


@contextmanager
def subject(contender: Contender, folder: Path, rooms: int = ROOMS) -> Iterator[Subject]:
    """Start a program and its homeserver.

    The bot is invited to the rooms and given a project, and then measured in a second process, as on any later day: the
    very first start makes the tables and the keys.
    """
    port = free_port()
    url, membership = f"http://127.0.0.1:{port}", "invited" if contender.ours else "joined"
    command = contender.command
    with running("benchmarks.fake_polls", str(port), str(rooms), membership, ready="listening"), ExitStack() as stack:
        arguments = command(Seat(url, US, "geheim", folder / contender.name, ANNA))
        if contender.ours:
            with running(*arguments, program=()) as first:
                made = Subject(contender.name, url, first)
                made.play("joined")
                made.play("one_by_one", count=1, body="!projekt neu eAkte\nTitel: Elektronische Akte")
        made = Subject(contender.name, url, stack.enter_context(running(*arguments, program=())))
        made.play("joined")
        made.play("one_by_one", count=20, body=COMMAND)  # what is made at first use is made now
        yield made


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else values[0]


def one_by_one(subjects: list[Subject], rounds: int, count: int) -> None:
    """Answer time and CPU per command."""
    for _ in range(rounds):
        for one in subjects:
            one.round(count)
    print(f"\nFrom the answer of /sync to the PUT, {rounds} x {count} commands each, alternating")
    print(f"{'':15}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms/command':>16}{'p50 / bare':>12}")
    floor = statistics.median(subjects[-1].seconds)
    for one in subjects:
        p50, p95 = (_percentile(one.seconds, percent) * 1000 for percent in (50, 95))
        cpu = statistics.median(one.cpu) * 1000
        print(f"{one.name:15}{p50:9.2f}{p95:9.2f}{cpu:16.2f}{p50 / 1000 / floor:12.1f}")


def at_once(subjects: list[Subject], rounds: int) -> None:
    """One sync of 5,000 events, 60 % commands; then one without any."""
    print("\nOne answer of /sync with 5,000 events, 60 % of them commands (events/s, median)")
    print(f"{'':15}{'next /sync':>12}{'last PUT':>12}")
    for one in subjects:
        found = [one.play("at_once", commands=3000, talk=2000, body=COMMAND) for _ in range(rounds)]
        asked, answered = (statistics.median(5000 / each[key] for each in found) for key in ("asked", "answered"))
        print(f"{one.name:15}{asked:12,.0f}{answered:12,.0f}")
    print("\nThe same without a command: talk that is not for the bot (events/s, median)")
    for one in subjects:
        found = [one.play("at_once", commands=0, talk=5000, body=COMMAND) for _ in range(rounds)]
        print(f"{one.name:15}{statistics.median(5000 / each['asked'] for each in found):12,.0f}")


def put_to_vote(bot: Subject) -> None:
    """Open a poll for the people in the first room, and let everybody be told."""
    bot.play("one_by_one", count=1, body=form("Leitsätze"))
    bot.play("opened")
    time.sleep(2)
    bot.play("vote_by_vote", count=20)


def votes(subjects: list[Subject], rounds: int, count: int) -> None:
    """Time until a vote is committed, and CPU a vote; those without polls read it, and that is all."""
    put_to_vote(subjects[0])
    for _ in range(rounds):
        for one in subjects:
            one.votes(count)
    print(f"\nFrom the answer of /sync until the vote is committed, {rounds} x {count} votes each, alternating")
    print(f"{'':15}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms/vote':>16}{'2,000 at once, votes/s':>26}")
    for one in subjects:
        p50, p95 = (_percentile(one.vote_seconds, percent) * 1000 for percent in (50, 95))
        cpu, pace = statistics.median(one.vote_cpu) * 1000, 2000 / one.play("votes_at_once", count=2000)
        print(f"{one.name:15}{p50:9.2f}{p95:9.2f}{cpu:16.2f}{pace:26,.0f}")


def memory(bot: Subject, commands: int) -> None:
    """Resident memory before and after many commands."""
    before = bot.process.megabytes()
    for _ in range(commands // 100):
        bot.play("at_once", commands=100, talk=0, body=COMMAND)
    time.sleep(1)
    print(f"\nMemory of the bot: {before:.0f} MB, after {commands:,} more commands {bot.process.megabytes():.0f} MB")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--quick", action="store_true", help="answer time and CPU only")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        subjects = [stack.enter_context(subject(each, Path(name))) for each in WITHOUT_INSTALLING]
        one_by_one(subjects, chosen.rounds, 50)
        if not chosen.quick:
            memory(subjects[0], 10_000)
            at_once(subjects, 3)
            print(f"\nMemory of the bot after these: {subjects[0].process.megabytes():.0f} MB")
        votes(subjects, chosen.rounds, 50)  # last: who is told of the poll gets a direct chat, one room more


if __name__ == "__main__":
    main()
