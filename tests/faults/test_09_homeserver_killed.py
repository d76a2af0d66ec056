"""Row 9: kill -9 of the homeserver, while commands and votes flow; the bot goes on by itself."""

import functools
from pathlib import Path

import pytest

from bot.demo.homeserver import Homeserver
from tests.crash.checking import Check
from tests.crash.conftest import Group
from tests.crash.pace import Pace
from tests.crash.rounds import Talk, played
from tests.crash.talking import Stage
from tests.faults.conftest import NewWorld
from tests.faults.crowd import Crowd
from tests.faults.outages import Outages
from tests.faults.row import Row

GRACE = 5  # seconds; less, and a busy machine itself is late
SHORT = Pace(pause=(0.1, 0.7), opening=1, voting=1, close=2, minutes=0, life=2.0, long_life=2.0, by_the_clock=45.0)
LONG = Pace(pause=(0.1, 0.7), opening=2, voting=4, close=3, minutes=1, life=3.0, long_life=3.0, by_the_clock=60.0)


@pytest.mark.row(9, small=240, full=3600)
async def test_kill_9_of_the_homeserver(new_world: NewWorld, row: Row, tmp_path: Path) -> None:
    """What it had answered is kept: each command is answered once, each vote counts, each post stands once."""
    for spell, dice in row.spells(1, 4):
        homeserver = Homeserver(tmp_path / f"homeserver-{spell}")
        async with homeserver, new_world(people=5, grace=GRACE, homeserver=homeserver) as world:
            world.anna.auto_join = True  # the bot opens a direct chat with her as well
            group, crowd = Group(world.installation, tuple(world.people)), Crowd(world, dice)

            async def beside(stage: Stage, crowd: Crowd = crowd) -> list[Talk]:
                return [crowd.talk(stage, *each) for each in await crowd.gather(stage, row.pick(1, 3))]

            new_killer = functools.partial(Outages, homeserver=homeserver)
            pace, kills = LONG if row.full else SHORT, row.pick(3, 25)
            stage, killer = await played(group, dice, kills, pace, beside=beside, new_killer=new_killer)
            await world.oracle.drained()
            check = await Check.of(group, stage, tmp_path)
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
