"""Every 15 seconds it is looked how the bot is; what has changed is put on record, and told.

Lateness: none to speak of. A trouble is on record until it is over, however often the bot is started meanwhile; what
was over while it did not run is told once it is back. Waits for nobody's words: while the homeserver is away, that is
what there is to be put on record.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.context import Scope
from bot.domain.health import Trouble
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import incidents
from bot.vitals import Vitals

EVERY = timedelta(seconds=15)
SCHEDULE = "health"


class Watch:
    """Looks at the bot through its vital signs."""

    def __init__(self, vitals: Vitals, folder: Path | None, room_id: str | None) -> None:
        """`folder` is where the database lies, if on a disk of ours; `room_id` where it is told."""
        self._vitals = vitals
        self._folder = folder
        self._room_id = room_id
        self._looked_at: datetime | None = None

    def due(self, scope: Scope) -> Iterator[Due]:
        """What has changed. After the database failed, something to write besides: only that shows that it is back."""
        if self._looked_at is not None and timedelta() <= scope.now - self._looked_at < EVERY:
            return
        self._looked_at = scope.now
        found = incidents.signs(self._vitals, self._folder, scope)
        for trouble in Trouble:
            probing = trouble is Trouble.DATABASE and self._vitals.database.silent_since is not None
            if probing or incidents.is_due(trouble, found, scope):
                yield Due(f"{SCHEDULE} {trouble}", scope.now.replace(second=0, microsecond=0), trouble.value)

    def run(self, occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
        """Put it on record and tell it."""
        found = incidents.signs(self._vitals, self._folder, scope)
        return incidents.recorded(Trouble(str(occurrence.subject)), found, self._room_id, scope)


def job(vitals: Vitals, folder: Path | None = None, room_id: str | None = None) -> Job:
    """The job for this bot; see `Watch`."""
    watch = Watch(vitals, folder, room_id)
    return Job(SCHEDULE, watch.due, watch.run, waits=False)
