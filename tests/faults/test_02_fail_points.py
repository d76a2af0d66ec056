"""Row 2: kill -9 at each fail point: before and after every commit, and every request that changes something.

`points.txt` holds the points that the script below reaches, whatever the dice say; one that it reaches no more makes
this fail. Others that it has come upon are listed, too, so that they can be added.
"""

import asyncio
import functools
import random
import time
from collections import Counter
from pathlib import Path

import nio  # type: ignore[import-untyped]
import pytest

from bot.demo.connection import Json
from tests.crash.ballots import Posts
from tests.crash.checking import Check
from tests.crash.conftest import Group
from tests.crash.pace import Pace
from tests.crash.rounds import Talk, played
from tests.crash.talking import Stage
from tests.faults.conftest import NewWorld
from tests.faults.deaths import Deaths, Tally
from tests.faults.errands import Errands, with_keys
from tests.faults.row import Row
from tests.faults.world import World

GRACE = 5  # seconds; less, and a busy machine itself is late
PACE = Pace(pause=(0.3, 1.5), voting=12, close=4, by_the_clock=60.0, patience=900.0)
POINTS = frozenset(
    line for line in (Path(__file__).parent / "points.txt").read_text().splitlines() if not line.startswith("#")
)
SPELL = 300  # deaths
SPELL_SECONDS = 900.0


@pytest.mark.row(2, small=600, full=7200)
async def test_kill_9_at_each_fail_point(new_world: NewWorld, row: Row, tmp_path: Path) -> None:
    """Small: each of a handful of points once. The whole script is played in any case."""
    tally = Tally(row.pick(1, 20), set(POINTS) if row.full else set(row.chance.sample(sorted(POINTS), 8)))
    kept = row.kept.with_suffix(".points") if row.kept else None
    if kept:
        tally.read(kept)
    for _, dice in row.spells(1, 12):
        if row.full and not tally.left:
            continue
        async with new_world(people=5, grace=GRACE) as world:
            await _spell(world, row, dice, tally, tmp_path)
        if kept:
            tally.write(kept)
    print(tally.table())
    row.count("points", len(tally.points))
    row.must("points at which it died too seldom", len(tally.left))
    reached = set(tally.reached)
    if not row.full:  # a short run comes to some of them once, and a kill in between may fall between the two
        reached |= {f"{point.removesuffix('before')}after" for point in reached if point.endswith("before")}
    never = POINTS - reached
    assert not never, f"never reached any more: {sorted(never)}"


async def _spell(world: World, row: Row, dice: random.Random, tally: Tally, folder: Path) -> None:
    world.anna.auto_join = True  # the bot opens a direct chat with her as well
    group = Group(world.installation, tuple(world.people))
    errands: list[Errands] = []
    async with with_keys(world) as sealed:

        async def beside(stage: Stage) -> list[Talk]:
            errands.append(Errands(world, stage, sealed, hurries=not row.full))
            await errands[0].prepare()
            return errands[0].talks()

        new_killer = functools.partial(
            Deaths,
            tally=tally,
            folder=world.installation.folder,
            enough=lambda: row.full or errands[0].is_once_through,
            until_at=time.time() + SPELL_SECONDS,
        )
        stage, killer = await played(
            group, dice, SPELL, PACE, beside=beside, new_killer=new_killer, nest_of="tests.faults.hatchery"
        )
        await world.oracle.drained()
        row.count("deaths at a point", killer.phases["at a point"])
        row.count("kills in between", killer.phases["in between"])
        print(f"{len(stage.several)} consultations, {dict(errands[0].done)}")
        await asyncio.gather(sealed.sync(), sealed.sync())
        await _judged(world, row, group, stage, errands[0], folder)


async def _judged(world: World, row: Row, group: Group, stage: Stage, errands: Errands, folder: Path) -> None:
    rooms = {*world.rooms, stage.room, *await world.oracle.rooms()}
    histories = {room: await world.oracle.history(room) for room in sorted(rooms)}
    posts = Posts()
    for history in histories.values():
        for event in filter(group.from_bot, history):
            posts.see(event)
    check = Check(group, stage, folder, histories, posts)
    row.count("commands and typed votes", check.answers())
    check.posted()
    await check.counted([])
    row.must("lost", len(world.oracle.missing(histories.values())))
    row.must("twice", len(world.oracle.twice(histories.values())))
    _opened_once(world, histories)
    answers = Counter(errands.sealed_answers().values())
    assert [answers[own] for own in errands.sealed_asked] == [1] * len(errands.sealed_asked)
    assert not [each for each in errands.sealed.events if isinstance(each, nio.MegolmEvent) and each.sender == world.us]
    [(inhabitants,)] = world.oracle.rows("SELECT inhabitants FROM organisation WHERE name = 'Ulmenau'")
    assert inhabitants == errands.inhabitants


def _opened_once(world: World, histories: dict[str, list[Json]]) -> None:
    """The bot opened one room for each group, and one direct chat with each person."""
    named, alone = Counter[str](), Counter[str]()
    for history in histories.values():
        [creator] = [event["sender"] for event in history if event["type"] == "m.room.create"] or [""]
        if creator != world.us:
            continue
        names = [event["content"]["name"] for event in history if event["type"] == "m.room.name"]
        people = {event["state_key"] for event in history if event["type"] == "m.room.member"} - {world.us}
        named.update(names[:1])
        if not names and len(people) == 1:
            alone.update(people)
    assert set(named.values()) <= {1}, named
    assert set(alone.values()) <= {1}, alone
    print(f"{len(named)} rooms with a name, {len(alone)} direct chats, each opened once")
