"""The leader dies, is stopped, hangs, is cut off: the other one goes on, nothing is lost, nothing comes twice.

Real processes, a real PostgreSQL; tasks come without a pause (`worker` says how it shows that one is done twice, or by
somebody who no longer leads). All stories are played at the same time, as each is mostly waiting for a lease to end.
"""

import asyncio
import signal

import pytest

from tests.scale.machines import Tasks
from tests.scale.stories import STORIES, empty, pair, played
from tests.scale.wire import Wire

AT_MOST = 10.0  # seconds for a takeover on a quiet machine
BUSY = 30.0  # seconds more that a busy one may need


async def test_the_other_takes_over(postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    took = await asyncio.gather(*(played(postgres_url, story) for story in STORIES))
    with capsys.disabled():
        print()
        for story, seconds in zip(STORIES, took, strict=True):
            print(f"  {story}: taken over after {seconds:.1f} s (aim: {AT_MOST:.0f})")
    assert max(took) < AT_MOST + BUSY


async def test_a_stop_in_order_hands_over_at_once(postgres_url: str) -> None:
    """Nobody waits for the lease to run out: the time is not looked at, but the row is."""
    url = await empty(postgres_url)
    with Wire.before(url) as wire:
        async with Tasks.given(url) as tasks, pair(url, wire) as (first, second):
            await tasks.done_by(1)
            first.signal(signal.SIGTERM)
            assert await first.ended() == 0, first.transcript
            free = await tasks.rows("SELECT until <= clock_timestamp() OR fence = 2 FROM lease")
            assert free == [(True,)]
            await tasks.done_by(2)
            assert (await tasks.judged())[1:] == (0, 0)
            second.signal(signal.SIGTERM)
            await second.ended()
