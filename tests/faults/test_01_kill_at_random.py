"""Row 1: kill -9 at random, commands and votes flowing.

The people of `tests.crash` vote, change their minds and see results; beside them groups of their own talk as fast as
the homeserver takes it. Of the worlds of a full run two are played at a time, and one in four is on PostgreSQL.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.crash.checking import Check
from tests.crash.conftest import Group
from tests.crash.pace import Pace
from tests.crash.rounds import Talk, played
from tests.crash.talking import Stage
from tests.faults.conftest import NewWorld
from tests.faults.crowd import Crowd
from tests.faults.row import Row
from tests.faults.world import World

GRACE = 5  # seconds; less, and a busy machine itself is late
SHORT = Pace(pause=(0.1, 0.7), opening=2, voting=3, close=8, minutes=1, life=0.9, long_life=1.2, by_the_clock=20.0)
LONG = Pace(pause=(0.1, 0.7), opening=5, voting=9, close=8, minutes=3, life=0.9, long_life=1.2, by_the_clock=25.0)
ROOMS = 3


@pytest.mark.row(1, small=240, full=7200)
async def test_kill_9_at_random(new_world: NewWorld, row: Row, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Every command is answered once, every vote counts as it should, every post stands once."""
    worlds, kills = row.pick(1, 2), row.pick(15, 50)
    for spell, dice in row.spells(1, 10):
        async with asyncio.TaskGroup() as playing:
            for number in range(worlds):
                own, folder = random.Random(dice.random()), tmp_path / f"{spell}-{number}"
                folder.mkdir()
                server = request.getfixturevalue("postgres_url") if row.full and spell % 2 and not number else ""
                playing.create_task(_played(new_world, row, own, kills, folder, server))


async def _played(
    new_world: NewWorld, row: Row, dice: random.Random, kills: int, folder: Path, postgres_url: str
) -> None:
    with _database(postgres_url) as database:
        async with new_world(people=5, grace=GRACE, database=database) as world:
            await _spell(world, row, dice, kills, folder)


async def _spell(world: World, row: Row, dice: random.Random, kills: int, folder: Path) -> None:
    world.anna.auto_join = True  # the bot opens a direct chat with her as well
    group = Group(world.installation, tuple(world.people))
    crowd = Crowd(world, dice)

    async def beside(stage: Stage) -> list[Talk]:
        rooms = await crowd.gather(stage, ROOMS)
        return [crowd.talk(stage, *each) for each in rooms]

    began = time.monotonic()
    stage, killer = await played(group, dice, kills, LONG if row.full else SHORT, beside=beside)
    print(f"{time.monotonic() - began:.0f} s played, {sum(crowd.said.values())} said beside")
    await world.oracle.drained()
    check = await Check.of(group, stage, folder)
    row.count("kills", len(killer.kills))
    row.count("commands and typed votes", check.answers())
    check.posted()
    check.direct()
    row.count("kills between a close and its result", await check.counted(killer.kills))
    row.count("consultations", len(stage.several))
    histories = await world.histories()
    crowd.check(histories)
    row.must("lost", len(world.oracle.missing(histories)))
    row.must("twice", len(world.oracle.twice(histories)))


@contextlib.contextmanager
def _database(server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards; without a server nothing, which is SQLite."""
    if not server:
        yield ""
        return
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield server.replace("/postgres?", f"/{name}?")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
