"""kill -9 at any moment of consultations: no vote is lost, nothing is posted or sent twice.

Three organisations vote, round after round: one with a holder and a deputy, one with two holders, one whose votes are
entered by the coordinator; by click, by word, by reaction, here and in direct chats, and they take back what they said.
Every second round has two ballots, one in three is closed by the clock. What happened is read from the rooms' full
histories, as a client sees them that shares no code with the bot's; the votes are counted anew from there.
"""

import os
import random
import secrets
from pathlib import Path

import pytest

from tests.crash.checking import Check
from tests.crash.conftest import NewGroup
from tests.crash.rounds import played

SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(10**6))
KILLS = int(os.environ.get("CRASH_KILLS") or 30)
GRACE = 5  # seconds; less, and a busy machine itself is late


@pytest.mark.timeout(120 + 8 * KILLS)
async def test_kill_9_loses_nothing_and_doubles_nothing(new_group: NewGroup, tmp_path: Path) -> None:
    print(f"CRASH_SEED={SEED}")
    group = await new_group(5, grace=GRACE, auto_join=True)
    stage, killer = await played(group, random.Random(SEED), KILLS)
    check = await Check.of(group, stage, tmp_path)
    check.answers()
    check.posted()
    check.direct()
    assert await check.counted(killer.kills) >= KILLS // 10, "or the close was not tried"
