"""What senders (`zwischenstand send`) bring: posts a second with 0, 1, 2 and 4 of them, before a slow homeserver.

The leader is the bot with its real client on a real PostgreSQL, in a process of its own; the senders are the real
command. The homeserver (`benchmarks.slow_homeserver`) answers from memory, after a while. Each round offers posts to
100 rooms and waits until all have gone; rounds with different numbers of senders take turns, and each table is the
ratio to none within its own run.

    uv run python -m benchmarks.senders                (8 min; --quick: one round, 20 ms alone)
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from benchmarks.fake_homeserver import ANNA, US
from benchmarks.processes import PYTHON, Measured, configuration, free_port, post, running
from bot import logs
from bot.app import Parts
from bot.config import load
from bot.events import Batch
from bot.keeping import Keeping
from bot.matrix.client import Account
from bot.posting import transaction_id
from bot.store import Session, outbox
from bot.store.database import Database
from bot.store.outbox import Row
from bot.vitals import Vitals
from tests.faults.postgres import Postgres
from tests.scale.leases import leading

ROOMS, POSTS = 100, 1_000
SENDERS = (0, 1, 2, 4)
LATENCIES = (20, 100)  # milliseconds of each request


async def lead(config: Path, port: int) -> None:
    """The bot, offering posts when it is asked to: `POST /round` with their number; the seconds, of them CPU."""
    settings = load(config)
    logs.to_stderr(settings.log, settings.matrix.redaction)
    vitals = Vitals()
    with leading(settings.database.url, settings.matrix.user_id, lasts=5) as candidate:
        database = Database(settings.database.url, vitals=vitals, lease=candidate.lease)
        await asyncio.to_thread(database.migrate)
        account = Account(settings.matrix, vitals, candidate.lease)
        await account.login()
        parts = await Parts.assemble(settings, database, account, vitals, candidate.lease)
        assert parts.handing is not None
        await parts.handing.begin()

        async def handle(batch: Batch) -> bool:
            await parts.inbox.handle(batch)
            return False

        async def played(request: web.Request) -> web.Response:
            order = await request.json()
            rows = await database.run(lambda session: stored(session, order["posts"], account.device_id))
            began, cpu = time.perf_counter(), time.process_time()
            parts.outbox.offer(rows)
            while vitals.throughput.waiting:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)
            took = [time.perf_counter() - began, time.process_time() - cpu]
            await parts.outbox.drained()  # written down
            return web.json_response(took)

        app = web.Application()
        app.router.add_post("/round", played)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print("leads", flush=True)
        await account.listen(handle, None, None, Keeping(database))


def stored(session: Session, posts: int, device_id: str) -> list[Row]:
    """Posts in turn to all rooms."""
    now, rows = datetime.now(UTC), []
    for number in range(posts):
        key = f"bench/{now.isoformat()}/{number}"
        content = {"msgtype": "m.notice", "body": f"Wochenbericht {number}", "m.mentions": {}}
        row = Row(
            key=key,
            transaction=transaction_id("send", key),
            action="send",
            room_id=f"!room{number % ROOMS}:{US.partition(':')[2]}",
            event_type="m.room.message",
            content=json.dumps(content),
            device_id=device_id,
            first_attempt_at=now,
            created_at=now,
        )
        outbox.insert(session, row)
        rows.append(row)
    return rows


@contextmanager
def installed(folder: Path, database: str, milliseconds: int) -> Iterator[tuple[Path, str, Measured]]:
    """A leader before a homeserver of that kind: its configuration, where it is told to play, its process."""
    port, own = free_port(), free_port()
    with running("benchmarks.slow_homeserver", str(port), str(ROOMS), str(milliseconds), ready="listening"):
        config = configuration(folder, f"http://127.0.0.1:{port}", US, ANNA, "geheim")
        lines = config.read_text().splitlines()
        config.write_text("\n".join(f'url = "{database}"' if "sqlite:" in line else line for line in lines))
        with running("benchmarks.senders", "lead", str(config), str(own), ready="leads") as leader:
            yield config, f"http://127.0.0.1:{own}/round", leader


def known(leader: Measured, senders: int) -> None:
    """Wait until the leader knows of so many."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        said = [line for _, line in leader.lines if "senders that run: " in line]
        if (int(said[-1].rpartition(" ")[2]) if said else 0) == senders:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{senders} senders")


def table(server: str, folder: Path, milliseconds: int, rounds: int) -> None:
    """Rounds with each number of senders, in turn, up and down again."""
    found: dict[int, list[tuple[float, float]]] = {count: [] for count in SENDERS}
    with installed(folder, server, milliseconds) as (config, url, leader):
        post(url, {"posts": 2 * ROOMS})  # what is made at first use is made now
        for number in range(rounds):
            for count in SENDERS if number % 2 == 0 else reversed(SENDERS):
                with ExitStack() as stack:
                    for _ in range(count):
                        stack.enter_context(running("send", "-c", str(config), program=(*PYTHON, "bot"), ready="ready"))
                    known(leader, count)
                    found[count].append(tuple(post(url, {"posts": POSTS})))
    print(f"\n{milliseconds} ms a request, {rounds} x {POSTS:,} posts to {ROOMS} rooms each, in turn")
    print(f"{'senders':>8}{'posts/s':>9}{'ratio':>7}{'worst':>7}{'best':>7}{'CPU ms a post, leader':>24}")
    floor = statistics.median(seconds for seconds, _ in found[0])
    for count, took in found.items():
        seconds = [each for each, _ in took]
        median, cpu = statistics.median(seconds), statistics.median(each for _, each in took)
        print(
            f"{count:>8}{POSTS / median:>9.0f}{floor / median:>7.2f}{floor / max(seconds):>7.2f}"
            f"{floor / min(seconds):>7.2f}{cpu / POSTS * 1000:>24.2f}",
            flush=True,
        )


def main() -> None:
    """A table for each latency."""
    if sys.argv[1:2] == ["lead"]:
        asyncio.run(lead(Path(sys.argv[2]), int(sys.argv[3])))
        return
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    for milliseconds in LATENCIES[:1] if quick else LATENCIES:
        with Postgres.started() as server, tempfile.TemporaryDirectory() as folder:
            table(server.url, Path(folder) / "bot", milliseconds, 1 if quick else 2)
    print(f"\nload of the machine (1, 5, 15 min): {', '.join(f'{each:.1f}' for each in os.getloadavg())}")


if __name__ == "__main__":
    main()
