"""When the homeserver is killed, while the bot goes on by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.demo.homeserver import Homeserver
from tests.crash.killing import Killer
from tests.crash.process import Fork

AWAY = 1.5  # seconds at most that it is away, besides the time that its start takes


@dataclass
class Outages(Killer):
    """`tests.crash.killing`, for the other side: one bot lives throughout, and what dies is the homeserver."""

    homeserver: Homeserver | None = None
    bot: Fork | None = field(default=None, init=False)

    async def after(self, seen: Awaitable[object]) -> None:
        """Let everything live until the eye has seen it."""
        await self._begin()
        await seen
        if not self.is_done:
            await self._outage(self.chance.uniform(0, 0.2))

    async def end(self) -> None:
        """The bot is stopped in order."""
        if self.bot is not None:
            await self.bot.stop()

    async def _once(self, life: Callable[[], float]) -> None:
        if not self.is_done:
            await self._begin()
            await self._outage(life())

    async def _begin(self) -> None:
        if self.bot is None:
            self.bot = await self.nest.fork()
            await self.bot.ready()

    async def _outage(self, after: float) -> None:
        assert self.homeserver is not None
        await asyncio.sleep(after)
        self.kills.append(time.time())
        self.phases[self.phase] += 1
        self.homeserver.kill()
        await asyncio.sleep(self.chance.uniform(0, AWAY))
        await self.homeserver.start()
