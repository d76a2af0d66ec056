"""Says in the log how long it takes until all that waits has gone, where that is longer than a minute."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from bot.domain.throughput import Throughput
from bot.sending.lanes import PACED, lane_of
from bot.store.outbox import Row

log = logging.getLogger(__name__)

WORTH_SAYING = timedelta(minutes=1)
SAID_EVERY = 600.0  # seconds, while it goes on


class Forecast:
    """Tells the throughput what becomes of rows that share the homeserver's pace. `clock` is monotonic, in seconds."""

    def __init__(self, throughput: Throughput, clock: Callable[[], float] = time.monotonic) -> None:
        self._throughput = throughput
        self._clock = clock
        self._silent_until = 0.0

    def came(self, row: Row) -> None:
        """It waits."""
        if lane_of(row) in PACED:
            self._throughput.came()
            self._say()

    def settled(self, row: Row) -> None:
        """It waits no longer."""
        if lane_of(row) not in PACED:
            return
        self._throughput.settled()
        if not self._throughput.waiting:
            self._silent_until = 0.0

    def went(self, row: Row) -> None:
        """The homeserver took it."""
        if lane_of(row) in PACED:
            self._throughput.went(self._clock())
            self._say()

    def refused(self, seconds: float) -> None:
        """It takes nothing for so long."""
        self._throughput.refused(seconds)
        self._say()

    def away(self) -> None:
        """It does not answer."""
        self._throughput.paused()

    def _say(self) -> None:
        left, now = self._throughput.left, self._clock()
        if left is None or left < WORTH_SAYING or now < self._silent_until:
            return
        self._silent_until = now + SAID_EVERY
        values = {"posts": self._throughput.waiting, "minutes": left / timedelta(minutes=1)}
        log.info("posts that wait: %(posts)d; at the pace of the homeserver this takes %(minutes).0f min", values)
