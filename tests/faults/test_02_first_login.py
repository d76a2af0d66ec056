"""Row 2, its beginning: kill -9 at each point of a first start, in which the bot makes its keys and its identity."""

import asyncio
import secrets
import signal
from collections import Counter
from pathlib import Path

import pytest

from bot.demo.connection import quoted
from bot.demo.homeserver import Homeserver
from tests.crash.process import PASSWORD, Fork, Installation, Nest
from tests.faults.deaths import Tally
from tests.faults.oracle import administrator
from tests.faults.row import Row

FIRST = frozenset(
    line for line in (Path(__file__).parent / "points_first.txt").read_text().splitlines() if not line.startswith("#")
)


@pytest.mark.row(2, small=240, full=3600)
async def test_kill_9_at_each_point_of_a_first_start(homeserver: Homeserver, row: Row, tmp_path: Path) -> None:
    """Whatever dies, the account has one device in the end, signed by its identity, and the bot is ready."""
    tally = Tally(row.pick(1, 20), set(FIRST) if row.full else set(row.chance.sample(sorted(FIRST), 6)))
    admin = await administrator(homeserver, f"admin-{secrets.token_hex(4)}")
    nobody = Installation.make(tmp_path / "nobody", homeserver.url, "@nobody:netz.example", "@nobody:netz.example")
    try:
        async with await Nest.start(nobody, "tests.faults.hatchery") as nest:
            await nest.told("nest")
            rounds = 0
            while tally.left or not rounds:
                rounds += 1
                assert rounds <= 50 + 10 * tally.wanted, tally.table()
                name = f"zwischenstand-{secrets.token_hex(4)}"
                user_id = await homeserver.register(name, PASSWORD)
                installation = Installation.make(tmp_path / name, homeserver.url, user_id, user_id)
                await _begin(nest, installation, tally, row)
                devices = (await admin.call("GET", f"/v2/users/{quoted(user_id)}/devices"))["devices"]
                assert len(devices) == 1, devices
                row.count("first starts")
    finally:
        await admin.close()
    print(tally.table())
    row.count("points of a first start", len(tally.points))
    row.must("points of a first start at which it died too seldom", len(tally.left))
    never = FIRST - tally.reached.keys()
    assert not never, f"never reached any more: {sorted(never)}"


async def _begin(nest: Nest, installation: Installation, tally: Tally, row: Row) -> None:
    """Start it until it is ready, wherever it dies on its way."""
    log, died = installation.folder / "reached.log", installation.folder / "died.log"
    for file in (log, died):
        file.touch()
    was_there = Counter[str]()
    for _ in range(100):
        ends = {point: 1 for point in tally.left if not was_there[point]}
        fork = await nest.fork(arguments=installation.arguments, die_at=ends, log=str(log), died=str(died))
        if await _is_ready(fork):
            break
        was_there.update(died.read_text().splitlines()[-1:])
        row.count("deaths at a point of a first start")
    else:
        raise AssertionError(nest.said.transcript)
    tally.deaths.update(died.read_text().splitlines())
    tally.reached.update(log.read_text().splitlines())


async def _is_ready(fork: Fork) -> bool:
    """Whether it came that far; then it is stopped in order, else it has died."""
    ready, end = asyncio.create_task(fork.ready()), asyncio.create_task(fork.ended())
    await asyncio.wait({ready, end}, return_when=asyncio.FIRST_COMPLETED)
    if not end.done():
        ready.result()
        fork.terminate()
        assert await end in (0, -signal.SIGKILL), fork.nest.said.transcript
        return True
    ready.cancel()
    await asyncio.gather(ready, return_exceptions=True)
    assert end.result() == -signal.SIGKILL, fork.nest.said.transcript
    return False
