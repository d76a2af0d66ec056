"""Whether our homeserver is there: found out by whoever asks it for something, and then known to everybody.

A homeserver that is away must not be asked by each post, each tick and each key for itself, or it is met by hundreds of
requests a minute, and by all of them at once when it comes back. So the first that gets no answer says so, and from
then on nothing is asked of it but, at longer and longer intervals, whether it is back. When it is, all go on at once.

One answer that did not come says little: a far server may have kept ours waiting. So the first look comes at once, and
where the homeserver is there, nobody waits for anything.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable

import aiohttp

from bot.matrix.answers import NETWORK_ERRORS, refusal_of

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 25.0
"""Seconds between two looks. With `LOOK_TIMEOUT`, whoever waits learns in about half a minute that it is back."""

LOOK_TIMEOUT = 10
"""Seconds for the answer to a look, which costs a homeserver nothing."""

Look = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Away(aiohttp.ClientConnectionError):
    """Not even asked: the homeserver is known not to answer now."""


class Reach:
    """What is known about it. `look` asks it, through `heard`, for something that is always to be had.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._there = asyncio.Event()
        self._there.set()
        self._looking = asyncio.Lock()
        self._looks = 0
        self._not_before = 0.0

    async def heard(self, request: Awaitable[aiohttp.ClientResponse]) -> aiohttp.ClientResponse:
        """The answer to a request. Raises what the network raises.

        A proxy that cannot reach the homeserver says so without an errcode; with one, it is about what we asked.
        """
        try:
            response = await request
            refused = await refusal_of(response) if response.status >= 500 else None
        except NETWORK_ERRORS:
            self.silent()
            raise
        if refused and not refused.code:
            self.silent(refused.after)
        else:
            self.answered()
        return response

    def answered(self) -> None:
        """It has answered, whatever it said."""
        if not self._there.is_set():
            if self._looks:
                log.warning("The homeserver is back")
            self._there.set()

    def silent(self, after: float | None = None) -> None:
        """It did not answer, or somebody before it did who wants us to wait so many seconds (`Retry-After`)."""
        if self._there.is_set():
            self._there.clear()
            self._looks, self._not_before = 0, 0.0
        if after:
            self._not_before = max(self._not_before, self._clock() + after)

    async def require(self) -> None:
        """Return if it is there. Raises Away if it is not, after a look if it is time for one."""
        if not await self._is_there():
            raise Away(f"the homeserver is away, next look in {max(0.0, self._not_before - self._clock()):.0f} s")

    async def back(self) -> None:
        """Return when it is there. Whoever waits first looks for all."""
        while not await self._is_there():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._there.wait(), max(0.0, self._not_before - self._clock()))

    async def _is_there(self) -> bool:
        if self._there.is_set():
            return True
        async with self._looking:
            if not self._there.is_set() and self._clock() >= self._not_before:
                with contextlib.suppress(*NETWORK_ERRORS):
                    await self._look()
                self._looked()
        return self._there.is_set()

    def _looked(self) -> None:
        if self._there.is_set():
            return
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._looks, 8)) * random.uniform(1.0, 1.2)  # noqa: S311 - jitter
        self._looks += 1
        self._not_before = max(self._not_before, self._clock() + pause)
        wait = self._not_before - self._clock()
        log.warning("The homeserver is away; it is looked for again in %(wait_seconds).0f s", {"wait_seconds": wait})
