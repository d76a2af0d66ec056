"""`zwischenstand demo`: a played case, on a real homeserver, with the real bot, in real time.

cast         who plays, and where
scenes       what happens: short functions, in order
performance  what scenes are written with: people act, answers are awaited and checked
stage        homeserver, bot and people, set up and taken down; each other process is a child
audience     what the terminal shows; rendering turns the bot's HTML into it
"""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from types import FrameType

from bot.demo.audience import Audience, to_terminal
from bot.demo.cast import BEN, COORDINATOR
from bot.demo.performance import PACE, PATIENCE, Missing, Performance, Scene
from bot.demo.scenes import SCENES
from bot.demo.stage import Stage, staged
from bot.errors import Problem

INTERRUPTED = 130  # what shells say after Ctrl-C
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def play(wait: bool, port: int) -> int:
    """Play the case; with `wait` stay up until Ctrl-C. `port` 0 picks a free one.

    Returns 0 if every expected answer came, 1 if not, 130 if interrupted. Raises OperatorError if it cannot start.
    """
    with to_terminal() as audience:
        return until_interrupted(show(SCENES, audience, wait=wait, port=port), audience)


def until_interrupted(showing: Coroutine[None, None, int], audience: Audience) -> int:
    """Run the show. The first signal ends it; later ones change nothing, so that the clean-up is not disturbed."""
    interruption = Interruption(audience)
    before = {number: signal.signal(number, interruption) for number in SIGNALS}
    try:
        return asyncio.run(interruption.ends(showing))
    finally:
        for number, handler in before.items():
            # Once interrupted, the process is ending; Python's own way out would let one more Ctrl-C kill it.
            signal.signal(number, signal.SIG_IGN if interruption.came else handler)


class Interruption:
    """A signal handler that ends one coroutine, once. It outlives the event loop, which asyncio's own do not."""

    def __init__(self, audience: Audience) -> None:
        self.came = False
        self._audience = audience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[int] | None = None

    async def ends(self, showing: Coroutine[None, None, int]) -> int:
        """The exit code of the show, or 130 if it was interrupted."""
        self._work = asyncio.create_task(showing, name="the show")
        self._loop = asyncio.get_running_loop()
        if self.came:
            self._work.cancel()
        try:
            return await self._work
        except asyncio.CancelledError:
            return INTERRUPTED

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.came:
            self.came = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._audience.note("Wird beendet und aufgeräumt …")
        if self._work is not None:
            self._work.cancel()


async def show(
    scenes: Sequence[Scene],
    audience: Audience,
    *,
    wait: bool = False,
    port: int = 0,
    pace: float = PACE,
    patience: float = PATIENCE,
) -> int:
    """Set up, play these scenes, say how it went, take down; see `play`. `pace` and `patience` are in seconds."""
    audience.note("Ein Heimserver (Synapse) und der Bot starten, nur auf diesem Rechner …")
    async with staged(audience, port) as built:
        performance = Performance(built, audience, pace=pace, patience=patience)
        await _perform(performance, scenes, audience)
        if performance.misses:
            audience.failed(performance.misses, built.end_of_log())
        else:
            audience.succeeded(performance.checked)
        good = not performance.misses
        if wait and not built.broken():
            good &= await _look_around(built, audience)
        return 0 if good else 1


async def _perform(play: Performance, scenes: Sequence[Scene], audience: Audience) -> None:
    """Play the scenes in order. What goes wrong is noted in `play.misses`; without bot or homeserver it ends."""
    broken: set[str] = set()
    for number, scene in enumerate(scenes, 1):
        audience.scene(number, len(scenes), scene.title, scene.watch)
        if scene.goes_on and scene.story in broken:
            play.misses.append(f"„{scene.title}“ fiel aus, weil die Szene davor abbrach.")
            continue
        broken.add(scene.story)
        try:
            await scene.act(play)
            broken.remove(scene.story)
        except Missing:
            pass  # noted already
        except (Problem, TimeoutError) as problem:
            play.misses.append(f"„{scene.title}“ brach ab: {problem}")
        if reason := play.stage.broken():
            play.misses.append(reason)
            break
    await play.over()
    audience.closing()


async def _look_around(built: Stage, audience: Audience) -> bool:
    """Keep everything up until somebody has seen enough. False if the bot ended first."""
    logins = [
        (built.user_id(COORDINATOR), built.passwords[COORDINATOR], "Koordination"),
        (built.user_id(BEN), built.passwords[BEN], "Verantwortlich"),
    ]
    audience.invitation(built.homeserver.url, logins)
    try:
        reason = await built.breaking()
    except asyncio.CancelledError:  # the usual end: somebody has seen enough
        return True
    audience.failed([reason], built.end_of_log())
    return False
