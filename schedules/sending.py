"""Whoever orders something that goes to many learns how long that takes, if it is longer than a minute.

Lateness: it is said as soon as the homeserver's pace is known, which is a moment after the first posts have gone; what
has gone by then needs no word. Waits for nobody's words: they change nothing about what is on its way.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import underway
from bot.store import backlog, progress

EVERY = timedelta(seconds=5)
SCHEDULE = "sending"


class Looking:
    """Looks every few seconds whether there is somebody to be told."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None

    def due(self, scope: Scope) -> Iterator[Due]:
        """What was ordered in one go, and nobody was told of."""
        if underway.left(scope) is None:
            return
        if self._looked_at is not None and timedelta() <= scope.now - self._looked_at < EVERY:
            return
        self._looked_at = scope.now
        for at, row_id in backlog.crowds(scope.session, underway.MANY):
            if not progress.was_done(scope.session, SCHEDULE, at):
                yield Due(SCHEDULE, at, row_id)

    def run(self, occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
        """Tell whoever ordered it."""
        return underway.told(occurrence.at, int(occurrence.subject), scope)


def job() -> Job:
    """The job for one bot; see `Looking`."""
    looking = Looking()
    return Job(SCHEDULE, looking.due, looking.run, waits=False)
