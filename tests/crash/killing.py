"""When a bot is killed: at its start, while it works, while it waits."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.crash.pace import PACE, Pace
from tests.crash.process import Fork, Nest

Seen = Callable[[], bool]


@dataclass
class Killer:
    """Starts bots and kills them, `most` times; remembers when (seconds since 1970)."""

    nest: Nest
    chance: random.Random
    most: int
    pace: Pace = PACE
    phase: str = ""
    kills: list[float] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)

    @property
    def is_done(self) -> bool:
        return len(self.kills) >= self.most

    async def early(self, times: int) -> None:
        """A third of the kills hit the start, the others the work after it, most of them soon."""
        for _ in range(times):
            await self._once(lambda: 0.05 + (self.pace.life - 0.05) * self.chance.random() ** 3)

    async def until(self, moment: float) -> None:
        """Kill until a moment has come, after longer lives."""
        while time.time() < moment and not self.is_done:
            await self._once(lambda: self.chance.uniform(0.1, self.pace.long_life))

    async def before(self, seen: Seen, times: int) -> None:
        """Kill so many times, but not once the eye has seen it; mostly around the clock's first tick."""
        for _ in range(times):
            if seen():
                return
            await self._once(lambda: self.chance.choice((0.05, 0.9, 0.9)) + self.chance.uniform(0, 0.7))

    async def after(self, seen: Awaitable[object]) -> None:
        """Let a bot live until the eye has seen it, and kill it then."""
        bot = await self.nest.fork()
        try:
            await seen
            await asyncio.sleep(self.chance.uniform(0, 0.2))
        finally:
            await self._kill(bot)

    async def end(self) -> None:
        """After the last kill; nothing of ours runs any more."""

    async def _once(self, life: Callable[[], float]) -> None:
        if self.is_done:
            return
        bot = await self.nest.fork()
        if self.chance.random() < 0.25:
            await asyncio.sleep(self.chance.uniform(0.05, 0.5))
        else:
            await bot.ready()
            await asyncio.sleep(life())
        await self._kill(bot)

    async def _kill(self, bot: Fork) -> None:
        self.kills.append(time.time())
        self.phases[self.phase] += 1
        await bot.kill()
