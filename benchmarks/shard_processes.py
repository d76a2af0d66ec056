"""The processes of `benchmarks.municipalities`: a homeserver with a shard's rooms, simulated or real, and the bot."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg
from sqlmodel import SQLModel

from benchmarks.processes import Measured, configuration, free_port, post, running
from benchmarks.shard import OPERATOR, US, Shard

PATIENCE = 300.0  # seconds for a start
MOVING_IN = 3600.0  # seconds until everybody is in their rooms


@dataclass
class Running:
    """A bot with what it works with; `url` is that of `/bench/…`."""

    url: str
    database: str
    bot: Measured
    homeserver: psutil.Process
    server: psutil.Process  # PostgreSQL's first process

    def posted(self) -> int:
        """How many posts the homeserver has taken."""
        return int(post(f"{self.url}/bench/posted", {}))

    def worked(self) -> dict[str, float]:
        """CPU seconds so far."""
        groups = {"homeserver": [self.homeserver], "PostgreSQL": self.server.children(recursive=True)}
        found = {name: sum(used(each) for each in processes) for name, processes in groups.items()}
        return {"bot": self.bot.cpu()} | found


def used(process: psutil.Process) -> float:
    """CPU seconds of a process."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def started(shard: Shard, folder: Path, database: str, homeserver: "Served") -> Iterator[Running]:
    """Both processes; the bot is ready."""
    file = configuration(folder, homeserver.url, US, OPERATOR, "geheim")
    file.write_text(file.read_text().replace(f"sqlite:///{folder}/zwischenstand.db", database))
    bot = Measured("bot", "run", "-c", str(file))
    try:
        ready = bot.until("ready", PATIENCE)
        with psycopg.connect(database) as connection:
            server = psutil.Process(connection.info.backend_pid).parent()
        rooms = sum(1 for _ in shard.rooms()) + shard.people
        print(f"ready after {ready - bot.started:.1f} s with {rooms:,} rooms, CPU {bot.cpu():.1f} s")
        yield Running(homeserver.bench, database, bot, psutil.Process(homeserver.pid), server)
    finally:
        bot.stop()


class Served(NamedTuple):
    """A homeserver with the shard's rooms: its address, that of `/bench/…`, its process."""

    url: str
    bench: str
    pid: int


@contextmanager
def simulated(shard: Shard, pace: float) -> Iterator[Served]:
    """The one that keeps time."""
    port, size = free_port(), (str(shard.networks), str(shard.municipalities), str(shard.people))
    url = f"http://127.0.0.1:{port}"
    with running("benchmarks.shard_homeserver", str(port), *size, str(pace), ready="listening") as process:
        yield Served(url, url, process.pid)


@contextmanager
def real(shard: Shard, folder: Path, database: str) -> Iterator[Served]:
    """Synapse. What it calls rooms and polls by is written into the database, which knows the others' names."""
    port, size = free_port(), (str(shard.networks), str(shard.municipalities), str(shard.people))
    bench, arguments = f"http://127.0.0.1:{port}", (str(port), *size, str(folder))
    began = time.perf_counter()
    with running("benchmarks.shard_synapse", *arguments, ready="listening", seconds=MOVING_IN):
        found = post(f"{bench}/bench/named", {})
        with psycopg.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE named (old text PRIMARY KEY, new text NOT NULL)")
            cursor.executemany("INSERT INTO named VALUES (%s, %s)", list(found["names"].items()))
            columns = [(table.name, "room_id") for table in SQLModel.metadata.sorted_tables if "room_id" in table.c]
            for table, column in (*columns, ("outbox", "event_id")):
                cursor.execute(f"UPDATE {table} SET {column} = named.new FROM named WHERE {column} = named.old")  # noqa: S608
            cursor.execute("UPDATE account SET token = NULL")  # of a stream that Synapse does not know
        print(f"Synapse with its rooms after {time.perf_counter() - began:.0f} s")
        yield Served(found["url"], bench, found["pid"])
