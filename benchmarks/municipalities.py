"""A consultation day and a Monday 8:00 for 11,000 municipalities with 60,000 people, in 8 shards: one of them, whole.

The real bot process on a real PostgreSQL, against a homeserver that keeps time (`benchmarks.shard_homeserver`) and
takes 25 posts a second, about what one Synapse took of one account. What a shard is: `benchmarks.shard`. Rooms are not
encrypted here.

60 % of the people vote within 48 hours, 8 % of them in the peak hour, each on ten ballots; half click, half write; a
command for each voter besides. Votes come at random times (Poisson, the seed is printed) at the peak hour's rate; what
is played is a part of that hour, not compressed. Then again at eight times the rate, as if one process had all shards,
and once more while the digests of all 1,369 rooms, due at once, are made and posted. (On a Monday they are due by their
plan; here the plan's moment is set, as no benchmark waits for Monday.)

    uv run python -m benchmarks.municipalities            (10 min; --quick: a tenth of a shard, 30 s)
    uv run python -m benchmarks.municipalities --synapse  (a tenth of a shard's rooms and people on a real Synapse, with
                                                           what a whole shard says)
"""

import argparse
import math
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.crowd import ANSWERED, ASKED, TAPPED
from benchmarks.processes import post
from benchmarks.shard import BALLOTS, SHARDS, Shard, digest_now, fill
from benchmarks.shard_processes import Running, real, simulated, started
from bot.store.database import Database
from tests.faults.postgres import Postgres
from tests.postgres import copied

SEED = 20261123
VOTE, PEAK = 0.6, 0.08  # of the people within 48 hours; of those in the peak hour
PACE = 25.0  # posts a second
AIM = 2.0  # seconds
QUICK = Shard(networks=4, municipalities=148, people=812)


@dataclass(frozen=True, slots=True)
class Phase:
    """What was measured while people voted; CPU in seconds, `events` how many they were."""

    wall: float
    events: int
    cpu: dict[str, float]
    worst: float  # p99 of what is answered


def p(values: list[float], percent: int) -> float:
    """A percentile, the value itself and none between two."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def played(running: Running, what: str, seconds: float, votes: float, commands: float, seed: int) -> Phase:
    """Let people vote and write, and print what they waited for."""
    before, began = running.worked(), time.perf_counter()
    order = {"seconds": seconds, "votes": votes, "commands": commands, "seed": seed, "database": running.database}
    found: list[tuple[str, float | None, float | None]] = post(f"{running.url}/bench/crowd", order)
    wall = time.perf_counter() - began
    cpu = {name: now - before[name] for name, now in running.worked().items()}
    print(f"\n{what}: {votes:.2f} votes and {commands:.2f} commands a second, {seconds:.0f} s, seed {seed}")
    print(f"{'seconds from arrival to answer':36}{'number':>6}{'p50':>8}{'p99':>8}{'slowest':>8}   from /sync's answer")
    for kind in (ANSWERED, ASKED, TAPPED):
        rows = [(arrived, handed) for name, arrived, handed in found if name == kind]
        waited = [arrived for arrived, _ in rows if arrived is not None]
        inside = [handed for _, handed in rows if handed is not None]
        if not waited:
            print(f"{kind:36}{len(rows):>6}")
            continue
        cells = "".join(f"{value:>8.3f}" for value in (p(waited, 50), p(waited, 99), max(waited)))
        inner = ", ".join(f"{value:.3f}" for value in (p(inside, 50), p(inside, 99), max(inside))) if inside else ""
        note = f"   NOT WITHIN A MINUTE: {len(rows) - len(waited)}" if len(waited) < len(rows) else ""
        print(f"{kind:36}{len(rows):>6}{cells}   {inner}{note}")
    answered = [arrived for name, arrived, _ in found if name != TAPPED and arrived is not None]
    worst = p(answered, 99)
    shares = ", ".join(f"{name} {used / wall * 100:.1f} %" for name, used in cpu.items())
    print(f"all answers: p99 {worst:.3f} s (aim: below {AIM:.0f} s)   CPU of one core: {shares}")
    print(f"bot: {running.bot.megabytes():.0f} MB", flush=True)
    return Phase(wall, len(found), cpu, worst)


def monday(running: Running, database: str, votes: float, commands: float, seconds: float) -> tuple[int, float, Phase]:
    """All digests at once while people vote: how many, the seconds until the last one stands, and what people wait."""
    with closing(Database(database)) as ours:
        due = ours.run_now(lambda session: digest_now(session, datetime.now(UTC)))
    before, worked, began = running.posted(), running.worked(), time.perf_counter()
    with ThreadPoolExecutor(1) as beside:
        crowd = beside.submit(played, running, "Monday, 8:00", seconds, votes, commands, SEED + 2)
        last = began
        count = before
        while time.perf_counter() - last < 5 or not crowd.done():
            time.sleep(0.25)
            if (now := running.posted()) != count:
                count, last = now, time.perf_counter() if count - before < due else last
        phase = crowd.result()
    cpu = {name: now - worked[name] for name, now in running.worked().items()}  # digests may take longer than the crowd
    phase = replace(phase, wall=time.perf_counter() - began, cpu=cpu)
    print(f"{due:,} digests due at once: the last of as many posts stood after {last - began:.1f} s")
    return due, last - began, phase


def reckoned(
    shard: Shard, crowded: Phase, calm: Phase, digests: tuple[int, float, Phase], size: float, mb: float
) -> None:
    """From one shard to eight, with the numbers."""
    whole = 7_500 / shard.people * SHARDS  # a smaller shard is reckoned up
    idle = sum(calm.cpu[name] for name in ("bot", "PostgreSQL")) / calm.wall
    busy = sum(crowded.cpu[name] for name in ("bot", "PostgreSQL")) / crowded.wall
    each = (busy - idle) * crowded.wall / crowded.events
    due, took, phase = digests
    extra = sum(phase.cpu[name] for name in ("bot", "PostgreSQL")) - idle * phase.wall - each * phase.events
    peak = 60_000 * VOTE * PEAK * (BALLOTS + 1) / 3600
    print(f"\nAll of it: {whole:.0f} times what was measured")
    print(f"at rest       {idle * 100:.1f} % of a core each x {SHARDS} = {idle * SHARDS:.2f} cores")
    print(f"an event      ({busy * 100:.1f} - {idle * 100:.1f}) % x {crowded.wall:.0f} s / {crowded.events} = "
          f"{each * 1000:.1f} ms of CPU (bot and PostgreSQL)")  # fmt: skip
    print(f"peak hour     60,000 x {VOTE} x {PEAK} x {BALLOTS + 1} / 3,600 s = {peak:.1f} events/s "
          f"x {each * 1000:.1f} ms = {peak * each:.2f} cores; with rest {peak * each + idle * SHARDS:.2f}")  # fmt: skip
    print(f"48 hours      60,000 x {VOTE} x {BALLOTS} = {60_000 * VOTE * BALLOTS:,.0f} votes "
          f"x {each * 1000:.1f} ms = {60_000 * VOTE * BALLOTS * each / 60:.0f} minutes of CPU")  # fmt: skip
    cost = extra / due
    print(f"Monday 8:00   {due:,} digests x {whole:.0f} = {due * whole:,.0f} x {cost * 1000:.1f} ms = "
          f"{due * whole * cost:.0f} s of CPU: {due * whole * cost / 2:.0f} s on 2 cores, "
          f"{due * whole * cost / 8:.0f} s on 8")  # fmt: skip
    print(f"homeserver    {due * whole:,.0f} posts at {PACE:.0f} a second = {due * whole / PACE / 60:.1f} minutes; "
          f"at {PACE:.0f} for each of {SHARDS} {due * whole / PACE / SHARDS / 60:.1f}; "
          f"measured for one {took:.0f} s")  # fmt: skip
    print(
        f"memory        {mb:.0f} MB x {SHARDS} = {mb * SHARDS / 1000:.1f} GB" + ("" if whole == SHARDS else " at least")
    )
    print(f"database      {size:.0f} MB x {whole:.0f} = {size * whole / 1000:.1f} GB at the end of the first day")


def main() -> None:
    """The tables, and the arithmetic."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--synapse", action="store_true")
    options.add_argument("--pace", type=float, default=PACE, help="posts a second; 0: as they come")
    options.add_argument("--seconds", type=float, default=300.0)
    chosen = options.parse_args()
    shard = QUICK if chosen.quick or chosen.synapse else Shard()
    seconds = 6.0 if chosen.quick else chosen.seconds
    voters = (Shard() if chosen.synapse else shard).people * VOTE * PEAK  # in the peak hour
    votes, commands = voters * BALLOTS / 3600, voters / 3600
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {shard}")
    print(f"votes: {voters:.0f} people in the peak hour x {BALLOTS} / 3,600 s = {votes:.2f} a second")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(copied(stack.enter_context(Postgres.started()).url))
        began = time.perf_counter()
        with closing(Database(url)) as database:
            database.migrate()
            database.run_now(lambda session: fill(session, shard, datetime.now(UTC)))
        print(f"filled in {time.perf_counter() - began:.0f} s: {megabytes(url):.0f} MB")
        home = real(shard, folder / "synapse", url) if chosen.synapse else simulated(shard, chosen.pace)
        subject = stack.enter_context(started(shard, folder / "bot", url, stack.enter_context(home)))
        calm = rested(subject, seconds / 5)
        if chosen.quick:
            votes, commands = votes * 20, commands * 60  # or nothing would happen in these seconds
        played(subject, "The peak hour", seconds, votes, commands, SEED)
        crowded = played(subject, "Eight times that", seconds / 5, votes * SHARDS, commands * SHARDS, SEED + 1)
        digests = monday(subject, url, votes, commands, seconds / 3)
        size, mb = megabytes(url), subject.bot.megabytes()
        if not chosen.synapse:
            reckoned(shard, crowded, calm, digests, size, mb)


def rested(running: Running, seconds: float) -> Phase:
    """Nobody says anything: what the clock's looks cost."""
    before = running.worked()
    time.sleep(seconds)
    cpu = {name: now - before[name] for name, now in running.worked().items()}
    shares = ", ".join(f"{name} {used / seconds * 100:.1f} %" for name, used in cpu.items())
    print(f"\nAt rest, {seconds:.0f} s: CPU of one core: {shares}; bot {running.bot.megabytes():.0f} MB", flush=True)
    return Phase(seconds, 0, cpu, 0.0)


def megabytes(url: str) -> float:
    """The size of a database, after ANALYZE, as its autovacuum would have done by itself."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        found: Any = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return float(found[0]) / 1e6


if __name__ == "__main__":
    main()
