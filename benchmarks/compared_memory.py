"""The half of `benchmarks.compared` that plays against `benchmarks.fake_polls`, which answers from memory.

What a program costs of its own: CPU, events a second, memory, and starts with few and with many rooms.
"""

import json
import statistics
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.compared_table import Row
from benchmarks.contenders import Contender, Seat
from benchmarks.fake_homeserver import ANNA, US
from benchmarks.pipeline import COMMAND, Subject, put_to_vote, subject
from benchmarks.processes import free_port, post, running

SETTLED = 2.0  # seconds after a start until its memory is read
MOST = 300.0  # seconds for one start with many rooms
GROWING = {"first": "first start", "again": "start", "cpu": "its CPU", "memory": "memory"}
ROUND = 50  # commands or votes of one program until it is the next one's turn


def costs(contenders: Sequence[Contender], folder: Path, rounds: int, commands: int) -> list[Row]:
    """Commands, talk and votes; all programs run, and take turns. `commands` are said for the growth of memory."""
    with ExitStack() as stack:
        subjects = [stack.enter_context(subject(each, folder)) for each in contenders]
        for _ in range(rounds):
            for one in subjects:
                one.round(ROUND)
        before = {one.name: one.process.megabytes() for one in subjects}
        many = {one.name: one.play("at_once", commands=3000, talk=2000, body=COMMAND) for one in subjects}
        talk = {one.name: one.play("at_once", commands=0, talk=5000, body=COMMAND) for one in subjects}
        for _ in range(commands // 100):
            for one in subjects:
                one.play("at_once", commands=100, talk=0, body=COMMAND)
        after = {one.name: one.process.megabytes() for one in subjects}
        put_to_vote(subjects[0])
        for _ in range(rounds):
            for one in subjects:
                one.votes(ROUND)
        votes = {one.name: one.play("votes_at_once", count=2000) for one in subjects}
        return [
            Row("answer of /sync to PUT, p50 ms", _medians(subjects, "seconds"), 2),
            Row("CPU ms a command", _medians(subjects, "cpu"), 2),
            Row("CPU ms a vote (the others only read it)", _medians(subjects, "vote_cpu"), 2),
            Row("5,000 events, 60 % commands, last PUT: events/s", _pace(many, "answered"), 0),
            Row("5,000 events of talk: events/s", _pace(talk, "asked"), 0),
            Row("2,000 votes in one /sync: votes/s", {name: 2000 / each for name, each in votes.items()}, 0),
            Row("memory before these, MB", before, 0),
            Row(
                f"its growth by {3000 + commands:,} commands and talk, MB",
                {name: after[name] - before[name] for name in after},
                ratio=False,
            ),
        ]


def _pace(found: dict[str, dict[str, float]], until: str) -> dict[str, float]:
    return {name: 5000 / each[until] for name, each in found.items()}


def _medians(subjects: Sequence[Subject], what: str) -> dict[str, float]:
    return {one.name: statistics.median(getattr(one, what)) * 1000 for one in subjects}


@dataclass
class Starts:
    """Seconds until "ready", CPU seconds of a later start until then, and megabytes shortly after."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    sync: list[float] = field(default_factory=list)


def starts(contenders: Sequence[Contender], folder: Path, sizes: Sequence[int], times: int) -> list[Row]:
    """The first start of all, with nothing stored, and later ones; for each number of rooms."""
    found = {size: {each.name: Starts() for each in contenders} for size in sizes}
    for size in sizes:
        for turn in range(times):
            for each in contenders:
                _first(each, folder / f"first-{size}-{turn}-{each.name}", size, found[size][each.name])
        for each in contenders:
            _again(each, folder / f"again-{size}-{each.name}", size, times, found[size][each.name])
    rows = []
    for size, those in found.items():
        shown = f"{size:,} rooms"
        rows += [
            Row(f"{shown}: first start of all, s", _of(those, "first"), 2),
            Row(f"{shown}: start, s", _of(those, "again"), 2),
            Row(f"{shown}: its CPU, s", _of(those, "cpu"), 2),
            Row(f"{shown}: memory after it, MB", _of(those, "memory"), 0),
            Row(f"{shown}: answer of /sync alone, s", _of(those, "sync"), 2, ratio=False),
        ]
    few, many = sizes[0], sizes[-1]
    for what, label in GROWING.items() if many != few else ():
        small, large = _of(found[few], what), _of(found[many], what)
        growth = {name: large[name] / small[name] for name in large}
        rows.append(Row(f"{label}: {many:,} rooms against {few:,}, times", growth, 2, ratio=False))
    return rows


def _of(those: dict[str, Starts], what: str) -> dict[str, float]:
    return {name: statistics.median(getattr(each, what)) for name, each in those.items()}


def _first(contender: Contender, folder: Path, rooms: int, found: Starts) -> None:
    """Nothing is stored, and the account is in all rooms."""
    port = free_port()
    seat = Seat(f"http://127.0.0.1:{port}", US, "geheim", folder, ANNA)
    with running("benchmarks.fake_polls", str(port), str(rooms), "joined", ready="listening"):
        command = contender.command(seat)
        found.sync.append(_synced(seat.url))
        with running(*command, program=(), seconds=MOST) as process:
            found.first.append(process.until("ready") - process.started)


def _again(contender: Contender, folder: Path, rooms: int, times: int, found: Starts) -> None:
    """The rooms are known: somebody has invited the bot to each, and it was greeted there."""
    port = free_port()
    seat = Seat(f"http://127.0.0.1:{port}", US, "geheim", folder, ANNA)
    membership = "invited" if contender.ours else "joined"
    with running("benchmarks.fake_polls", str(port), str(rooms), membership, ready="listening"):
        command = contender.command(seat)
        with running(*command, program=(), seconds=MOST):
            post(f"{seat.url}/bench/joined", {})
            time.sleep(SETTLED)
            post(f"{seat.url}/bench/joined", {})
        for _ in range(times):
            post(f"{seat.url}/bench/talked", {})
            with running(*command, program=(), seconds=MOST) as process:
                found.again.append(process.until("ready") - process.started)
                found.cpu.append(process.cpu())
                time.sleep(SETTLED)
                found.memory.append(process.megabytes())


def _synced(url: str) -> float:
    """Seconds for the whole answer of /sync, all rooms with their state, read and parsed."""
    before = time.perf_counter()
    with urllib.request.urlopen(f"{url}/_matrix/client/v3/sync?full_state=true") as answer:  # noqa: S310 - our own
        json.load(answer)
    return time.perf_counter() - before
