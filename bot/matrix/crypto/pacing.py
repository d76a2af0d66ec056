"""How much at once, and how soon again: the event loop has turns in between, and who does not answer is let rest."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from bot.errors import Rejected

AT_ONCE = 20
"""Devices handled between two turns of the event loop, in one transaction of the key store: about 10 ms."""

LONGEST_TURN = 0.02
"""Seconds."""

FIRST_REST, LONGEST_REST = 15.0, 900.0
"""Seconds."""

T = TypeVar("T")


class Patience:
    """Who failed is left in peace for a while, longer each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests: dict[Hashable, tuple[float, float]] = {}  # until when, and how long that was

    def failed(self, who: Hashable) -> None:
        """Begin a rest, twice as long as the last."""
        last = self._rests.get(who, (0.0, FIRST_REST / 2))[1]
        rest = min(last * 2, LONGEST_REST)
        self._rests[who] = (self._clock() + rest, rest)

    def worked(self, who: Hashable) -> None:
        """Forget past failures."""
        self._rests.pop(who, None)

    def resting(self, who: Hashable) -> bool:
        """Whether it is too early for another attempt."""
        return who in self._rests and self._rests[who][0] > self._clock()


class Turn:
    """A long piece of work lets others have their turn in between, if it is time for that."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    async def give(self) -> None:
        """Others have their turn if the last was long ago. To be called where everything is in order."""
        if time.monotonic() - self._last >= LONGEST_TURN:
            await asyncio.sleep(0)
            self._last = time.monotonic()


def portions(things: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """One after the other."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


async def sparing(request: Callable[[Sequence[T]], Awaitable[None]], things: Sequence[T]) -> list[T]:
    """Request something for all of them; those that the homeserver refuses for good even alone are returned.

    One that it cannot bear must not take the others with it, so a refused request is made again in halves.
    """
    try:
        await request(things)
    except Rejected:
        if len(things) == 1:
            return list(things)
        middle = len(things) // 2
        return await sparing(request, things[:middle]) + await sparing(request, things[middle:])
    return []
