"""How many rows go out at the same time, and how the homeserver's allowance is shared."""

import asyncio

from bot.errors import TryAgain
from bot.sending.lanes import AT_ONCE, WIDE_AFTER, Lane
from bot.store.database import Database
from tests.outboxes import Start, confirming_soon, row, sent, starting
from tests.sending import FakeSender

__all__ = ["confirming_soon", "starting"]


class Paced:
    """A lane, a clock that moves when somebody rests, and a homeserver with an allowance."""

    def __init__(self, every: float = 0.0) -> None:
        self.now = 0.0
        self.every = every
        self.free_at = 0.0
        self.refused = 0
        self.most = self.under_way = 0
        self.went: list[str] = []
        self.lane = Lane(AT_ONCE, self._rest, lambda: self.now)

    async def send(self, what: str) -> None:
        """One row, until the homeserver takes it."""
        while True:
            async with self.lane.turn():
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                await asyncio.sleep(0)
                self.under_way -= 1
                if self.now >= self.free_at:
                    self.free_at = self.now + self.every
                    self.went.append(what)
                    self.lane.went()
                    return
                self.refused += 1
                self.lane.patience(self.free_at - self.now)

    async def _rest(self, seconds: float) -> None:
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


async def test_a_lane_is_as_wide_as_it_says() -> None:
    paced = Paced()
    await asyncio.gather(*(paced.send(str(number)) for number in range(50)))
    assert (paced.most, paced.refused) == (AT_ONCE, 0)


async def test_who_is_limited_is_refused_once_a_row_at_most() -> None:
    """If each row waited for itself, all but one of eight would be refused again and again."""
    paced = Paced(every=5.0)
    await asyncio.gather(*(paced.send(str(number)) for number in range(100)))
    assert len(paced.went) == 100
    assert paced.refused <= 100 + AT_ONCE
    assert 5.0 * 99 <= paced.now <= 5.0 * 110, "and nobody waits longer than the homeserver wants"


async def test_it_is_wide_again_when_the_limit_is_gone() -> None:
    paced = Paced()
    paced.lane.patience(30.0)
    await asyncio.gather(*(paced.send(str(number)) for number in range(WIDE_AFTER)))
    assert (paced.most, paced.now) == (1, 30.0)
    await asyncio.gather(*(paced.send(str(number)) for number in range(50)))
    assert paced.most == AT_ONCE


async def test_direct_chats_are_written_to_at_once_again_after_a_refusal(database: Database, start: Start) -> None:
    """A row that has gone out has got its room; the lane that it went in is another one than that of rows in rooms."""
    waits = [TryAgain("429", 0.01, ours=True)]
    box = start(FakeSender(fault=lambda _post: waits.pop() if waits else None))
    await sent(box, database, *(row(f"{n}", None, person=f"@p{n}:example.org") for n in range(WIDE_AFTER)))
    assert not waits
    assert box._lanes["direct"]._narrow == 0
