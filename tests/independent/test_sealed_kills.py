"""kill -9 while people talk and vote in encrypted rooms: nobody misses a key, nothing is answered twice or not at all.

The people of `tests.crash.rounds`, at matrix-js-sdk: what they wrote is checked, and counted, from what it decrypts.
"""

import os
import random
import secrets
from pathlib import Path

import pytest

from tests.crash.checking import Check
from tests.crash.rounds import played
from tests.independent.conftest import NewSealedGroup

SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(10**6))
KILLS = int(os.environ.get("SEALED_KILLS") or 3)
GRACE = 5  # seconds; less, and a busy machine itself is late


@pytest.mark.timeout(240 + 10 * KILLS)
async def test_kill_9_leaves_nothing_undecryptable(new_sealed_group: NewSealedGroup, tmp_path: Path) -> None:
    print(f"CRASH_SEED={SEED} SEALED_KILLS={KILLS}")
    group = await new_sealed_group(5, grace=GRACE)
    stage, killer = await played(group, random.Random(SEED), KILLS)
    await group.all_is_readable()
    assert [await person.unread() for person in group.people] == [{}] * len(group.people)
    check = await Check.of(group, stage, tmp_path)
    check.answers()
    check.posted()
    check.direct()
    assert await check.counted(killer.kills) >= KILLS // 10, "or the close was not tried"
