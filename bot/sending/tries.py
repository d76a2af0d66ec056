"""How often rows were tried in vain, and what it says about them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from bot.store import outbox as rows
from bot.store.outbox import Row

GIVEN_UP_AFTER = {"invite": 8, "fetch": 8, "reread": 8}  # refusals, about two minutes: then a person must know
TRIED_FOR = dict.fromkeys(("mail", "invite", "fetch"), timedelta(days=2))  # servers may be down over a weekend
STUCK_AFTER = 8  # refusals with the homeserver taking other rows in between, so not before two minutes
STUCK_AFTER_SILENCE = 20  # the same where nothing of it says that the row is to blame: a quarter of an hour
STUCK_FOR = timedelta(days=1)  # where there are no others to compare with


class Tries:
    """What this process has seen of rows that are not settled."""

    def __init__(self) -> None:
        self.failures = Counter[int]()
        self.refusals = Counter[int]()
        """Of the failures, those that are about the row itself."""
        self.unexpected = Counter[int]()
        self._gone = 0
        self._stuck: dict[int, tuple[int, int]] = {}  # refused while others went: how often; how many had gone by then

    def went(self, row: Row) -> None:
        """A row was carried out."""
        self._gone += 1
        self.forget(row)

    def forget(self, row: Row) -> None:
        """A row is settled, in whatever way."""
        for seen in (self.failures, self.refusals, self.unexpected, self._stuck):
            seen.pop(row.id, None)

    def failed(self, row: Row, *, ours: bool) -> int:
        """It failed once more; `ours` if that is the fault of our homeserver. How often it did."""
        self.failures[row.id] += 1
        self.refusals[row.id] += not ours
        times, gone = self._stuck.get(row.id, (0, -1))
        if self._gone != gone:
            self._stuck[row.id] = times + 1, self._gone
        return self.failures[row.id]

    def surprised(self, row: Row) -> int:
        """It failed in a way that nobody foresaw; how often it did."""
        self.unexpected[row.id] += 1
        return self.unexpected[row.id]

    def enough(self, row: Row, now: datetime | None = None) -> bool:
        """Whether a far server had time enough."""
        attempts, longest = GIVEN_UP_AFTER.get(row.action), TRIED_FOR.get(row.action)
        if attempts is not None and self.refusals[row.id] >= attempts:
            return True
        return longest is not None and (now or datetime.now(UTC)) - row.created_at > longest

    def is_stuck(self, row: Row, now: datetime | None = None) -> bool:
        """Whether our homeserver fails over this post time and again while it takes others, or has done so for a day.

        Synapse answers 500 to some events that it cannot bear, for ever; but to all of them while its disk is full. A
        proxy that dislikes what a post says answers without a word of Matrix, or cuts the line as if it were not there.
        """
        if row.id not in self._stuck or row.action not in rows.SAID | rows.MAY_BE_HELD:
            return False
        times, _ = self._stuck[row.id]
        if not self.refusals[row.id]:
            return times >= STUCK_AFTER_SILENCE
        return times >= STUCK_AFTER or (now or datetime.now(UTC)) - row.created_at > STUCK_FOR
