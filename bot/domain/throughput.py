"""How quickly the homeserver takes our posts, and so how long it will take until all that wait have gone.

Homeservers let an account post a few at once, and from then on at a pace: Synapse ten, then one in five seconds
(`rc_message`, https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#ratelimiting).
So the first few of a crowd say nothing, and their time is not counted; the first refusal says at once how it goes on.
"""

from collections import deque
from datetime import timedelta
from statistics import fmean
from typing import Final

CROWD: Final = 8
"""So many wait, and more are about to go as soon as they may: the time between two of them is the homeserver's."""
SEEN: Final = 100
"""Of so many posts, the last ones, the pace is the mean."""
FEW: Final = 3
"""So many after a refusal; until then the wait that it named is the pace."""
TRUSTED: Final = 100
"""So many that were not refused: more than what a homeserver lets through at once."""


class Throughput:
    """Counts what waits, and sees how quickly it goes. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self.waiting = 0
        """Posts that share the homeserver's pace."""
        self._each: float | None = None
        self._took: deque[float] = deque(maxlen=SEEN)
        self._last: float | None = None
        self._limited = False

    @property
    def left(self) -> timedelta | None:
        """How long it takes until all that waits now has gone; None while the pace is not known."""
        return None if self._each is None else timedelta(seconds=self._each * self.waiting)

    def came(self) -> None:
        """One more waits."""
        self.waiting += 1

    def settled(self) -> None:
        """One fewer, whatever became of it. When hardly any are left, the homeserver has time to be generous again."""
        self.waiting -= 1
        if self.waiting < CROWD:
            self.paused()
            self._took.clear()
            self._limited = False

    def went(self, at: float) -> None:
        """The homeserver took one."""
        if self._last is not None:
            self._took.append(at - self._last)
        self._last = at if self.waiting >= CROWD else None
        if len(self._took) >= (FEW if self._limited else TRUSTED):
            self._each = fmean(self._took)

    def refused(self, seconds: float) -> None:
        """It takes none for so many seconds; what it let through before was not its pace."""
        if self._limited:
            return
        self._limited = True
        self._took.clear()
        self._last, self._each = None, seconds

    def paused(self) -> None:
        """It was away, or nothing waited: the time until the next one goes is not its pace."""
        self._last = None
