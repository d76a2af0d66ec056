"""Vital signs: how the bot is, noted by its parts as they work, read by whoever asks. Nothing here is ever waited for.

It is made once, in the composition root, and handed to the parts; what they were not given they note for nobody. Plain
numbers, so that nothing below the monitoring knows how they are shown. No names of people or rooms, and no words.
"""

from bisect import bisect_left
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.health import Away
from bot.domain.throughput import Throughput

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds for how long a transaction took: a command needs a few milliseconds, SQLite waits 5 s for a lock."""

COMPARED: Final = 5
"""So many answers tell how our clock differs: an answer that was long on its way shows too much, never too little."""

BLIP: Final = timedelta(seconds=30)
"""A shorter silence leaves no trace: it must not hide an earlier, longer one before that is on record."""

KEPT: Final = 60.0
"""Seconds for which a late tick is remembered: whoever asks every half minute would miss it else."""


class Contact:
    """Whether somebody whom we need answers. `answering_since` is UTC; at first, since we are there ourselves."""

    def __init__(self, now: datetime) -> None:
        self.answering_since = now
        self.away: Away | None = None
        """The latest time in which there was no answer, or in which there is none."""
        self._before: Away | None = None

    @property
    def silent_since(self) -> datetime | None:
        """Since when (UTC) there is no answer; None while there is."""
        return self.away.since if self.away and self.away.until is None else None

    def answered(self, now: datetime) -> None:
        """It answered (UTC)."""
        if (since := self.silent_since) is None:
            return
        if now - since < BLIP:
            self.away = self._before
        else:
            self.away, self.answering_since = Away(since, now), now

    def silent(self, now: datetime) -> None:
        """It did not answer what we asked at that time (UTC)."""
        if self.silent_since is None:
            self._before, self.away = self.away, Away(now, None)


@dataclass(slots=True)
class Histogram:
    """How many lasted how long: `counts[n]` are those up to `SECONDS[n]`, the last of them all that took longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(SECONDS, seconds)] += 1
        self.total += seconds


class Lateness:
    """How late the clock's tick runs, in seconds. Times are monotonic: a clock that is put right is not late."""

    def __init__(self) -> None:
        self._expected: float | None = None
        self._worst = (0.0, 0.0)  # when, and how late

    def ticked(self, at: float, every: float) -> None:
        """A tick begins; the next is to begin `every` seconds later."""
        late = self._overdue(at)
        if late >= self._worst[1] or at - self._worst[0] > KEPT:
            self._worst = (at, late)
        self._expected = at + every

    def stopped(self) -> None:
        """No tick is expected any more."""
        self._expected = None

    def worst(self, at: float) -> float:
        """The worst of the last minute, a tick included that is due and does not come."""
        return max(self._overdue(at), self._worst[1] if at - self._worst[0] <= KEPT else 0.0)

    def _overdue(self, at: float) -> float:
        return max(0.0, at - self._expected) if self._expected is not None else 0.0


class Vitals:
    """Everything that is noted. `commands` are counted by name and outcome, `posts` by what became of them."""

    def __init__(self, now: datetime | None = None) -> None:
        """`now` (UTC) is when the bot began."""
        now = now or datetime.now(UTC)
        self.ready = False
        """Whether it has caught up since its start, and answers."""
        self.standby = False
        """Whether another process leads (PostgreSQL), and we wait to take over."""
        self.homeserver = Contact(now)
        self.database = Contact(now)
        self.tick = Lateness()
        self.synced_at: datetime | None = None
        """When the homeserver last told us what is new (UTC)."""
        self.sync_failures = 0
        self.events = 0
        self.commands = Counter[tuple[str, str]]()
        self.posts = Counter[str]()
        self.throughput = Throughput()
        self.transactions = Histogram()
        self._skews = deque[timedelta](maxlen=COMPARED)

    def synced(self, now: datetime, their_time: datetime | None) -> None:
        """The homeserver answered, now by our clock (UTC) and at that time by its own."""
        self.synced_at = now
        self.homeserver.answered(now)
        if their_time is not None:
            self._skews.append(now - their_time)

    def sync_failed(self, now: datetime) -> None:
        """It did not, asked at that time (UTC)."""
        self.sync_failures += 1
        self.homeserver.silent(now)

    @property
    def skew(self) -> timedelta | None:
        """How far our clock is ahead of the homeserver's; negative if behind, None until that is known."""
        return min(self._skews, key=abs) if len(self._skews) == COMPARED else None
