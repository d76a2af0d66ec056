"""A bot that dies at every point there is, one after the other, and is started again each time."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.killing import Killer
from tests.crash.process import Fork

LONGEST_LIFE = 45.0  # seconds; then it is killed anyway, and others dice say at which hit the next one dies
AT_THE_START = 0.3  # of the lives, or more if little else is left, may end before the bot is ready
SOME_LIVES = 100  # from then on it is known how often
OFTEN = 5  # times a life a point is reached
AT_MOST = 10  # points at which one life may end; with more, the bot would hardly get on
MOMENT = 0.5  # seconds, where a kill would have taken some
CLOCK = "commit Clock._run before"  # the point that tells that something due was taken up
STARVED = 60.0  # seconds without that; then a life is spared. On a busy machine a bot may die each time before it
RESPITE = 15.0  # seconds of such a life, before it is killed


@dataclass
class Tally:
    """How often the bot has died at each point, and what it has reached; kept in a file between spells."""

    wanted: int
    points: set[str] = field(default_factory=set)
    deaths: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    @property
    def left(self) -> list[str]:
        """Where it has not died often enough."""
        return sorted(point for point in self.points if self.deaths[point] < self.wanted)

    def read(self, file: Path) -> None:
        """Go on from there."""
        if file.exists():
            was = json.loads(file.read_text())
            self.deaths.update(was["deaths"])
            self.reached.update(was["reached"])

    def write(self, file: Path) -> None:
        """For the next spell."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"deaths": self.deaths, "reached": self.reached}))

    def table(self) -> str:
        """All points, with how often they were reached and died at."""
        lines = [
            f"{self.deaths[point]:>6} deaths  {self.reached[point]:>6} times reached  {point}"
            for point in sorted(self.points | self.reached.keys())
        ]
        return "\n".join(lines)


@dataclass
class Deaths(Killer):
    """`tests.crash.killing`, where the bot dies by itself, at points of the tally, in lives without a pause between.

    A round goes its way meanwhile, and waits only for what it must see. `enough` may ask for more than that it has died
    everywhere. Once it is over, the bot lives longer, so that what was begun can be finished.
    """

    tally: Tally = field(default_factory=lambda: Tally(1))
    folder: Path = Path()
    enough: Callable[[], bool] = lambda: True
    until_at: float = 0.0
    """When it is over in any case; seconds since 1970."""
    _lives: asyncio.Task[None] | None = field(default=None, init=False)
    _start: frozenset[str] = field(default=frozenset(), init=False)
    _fork: Fork | None = field(default=None, init=False)
    _over: bool = field(default=False, init=False)
    _ticked_at: float = field(default_factory=time.monotonic, init=False)

    @property
    def is_done(self) -> bool:
        """Whether it died often enough, everywhere."""
        self._look()
        return time.time() > self.until_at or len(self.kills) >= self.most or (not self.tally.left and self.enough())

    async def early(self, times: int) -> None:
        """Time goes by."""
        await self._alive()
        await asyncio.sleep(times * MOMENT)

    async def until(self, moment: float) -> None:
        """Time goes by."""
        await asyncio.sleep(max(0.0, moment - time.time()))

    async def before(self, seen: Callable[[], bool], times: int) -> None:
        """Time goes by."""
        await asyncio.sleep(0 if seen() else times * MOMENT)

    async def after(self, seen: Awaitable[object]) -> None:
        """Until it is seen."""
        await self._alive()
        await seen
        self._look()

    async def end(self) -> None:
        """The last one is killed, too."""
        self._over = True
        if self._lives is not None:
            if self._fork is not None:
                _kill(self._fork)
            await self._lives

    async def _alive(self) -> None:
        self._look()
        if self._lives is None:
            self._start = await self._what_a_start_reaches()
            self._lives = asyncio.create_task(self._live())

    def _look(self) -> None:
        if self._lives is not None and self._lives.done():
            self._lives.result()

    async def _what_a_start_reaches(self) -> frozenset[str]:
        log = self.folder / "start.log"
        fork = await self.nest.fork(log=str(log))
        await fork.ready()
        await fork.kill()
        return frozenset(log.read_text().splitlines())

    async def _live(self) -> None:
        log, died = self.folder / "reached.log", self.folder / "died.log"
        while not self._over:
            log.write_text("")
            died.write_text("")
            spared = time.monotonic() - self._ticked_at > STARVED
            fork = self._fork = await self.nest.fork(
                log=str(log), died=str(died), die_at={} if spared else self._ends()
            )
            if self._over:
                _kill(fork)
            too_long = asyncio.get_running_loop().call_later(RESPITE if spared else LONGEST_LIFE, _kill, fork)
            code = int(await self.nest.told("exit", patience=2 * LONGEST_LIFE))
            too_long.cancel()
            assert code == -signal.SIGKILL, self.nest.said.transcript
            self.kills.append(time.time())
            reached = log.read_text().splitlines()
            if spared or CLOCK in reached:
                self._ticked_at = time.monotonic()
            self._count(died.read_text().splitlines(), reached)

    def _count(self, died: list[str], reached: list[str]) -> None:
        self.tally.deaths.update(died)
        self.phases["at a point" if died else "in between"] += 1
        self.tally.reached.update(reached)

    def _ends(self) -> dict[str, int]:
        """Where the next life may end: at anything that comes with work, and now and then at one point of the start."""
        left = [] if self.is_done else self.tally.left
        early = [point for point in left if point in self._start]
        ends = [point for point in left if point not in self._start]
        ends = self.chance.sample(ends, min(len(ends), AT_MOST))
        share = max(AT_THE_START, min(0.5, len(early) / max(1, len(left))))
        if early and (not ends or self.chance.random() < share):
            ends.append(self.chance.choice(early))
        return {point: self._hit(point) for point in ends}

    def _hit(self, point: str) -> int:
        """At which time that it is reached; the first one where a life seldom sees a second."""
        lives = self.tally.deaths.total()
        is_rare = lives > SOME_LIVES and self.tally.reached[point] < OFTEN * lives
        return 1 if is_rare or point in self._start or self.chance.random() < 0.6 else self.chance.randint(2, 6)


def _kill(fork: Fork) -> None:
    with contextlib.suppress(ProcessLookupError):  # it died by itself
        os.kill(fork.pid, signal.SIGKILL)
