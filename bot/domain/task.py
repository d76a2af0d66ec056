"""Tasks (Aufgaben): what leads from one meeting to the next (Modellkommunen Open Government, 2017)."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.workdays import in_land, morning, working_day_before, working_day_from


class State(StrEnum):
    """How far it is."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def is_settled(self) -> bool:
        """Whether nobody waits for it any more."""
        return self in (State.DONE, State.DROPPED)


UNSETTLED = (State.OPEN, State.STARTED)
SETTLED = (State.DONE, State.DROPPED)


def reminder_after(due_at: datetime, now: datetime, zone: ZoneInfo, land: str | None) -> datetime | None:
    """When whoever is in charge of a task due at `due_at` is reminded next, later than `now`; None: never again.

    All times are UTC. Twice at most, at 9:00 in `zone`: on the last working day before the day on which it is due, and
    on the first working day after it was due. Working days are those of a Land („BW“; None: not known).
    """
    before = morning(working_day_before(due_at.astimezone(zone).date(), land), zone)
    return next((at for at in (before, next_morning(due_at, zone, land)) if at > now), None)


def next_morning(now: datetime, zone: ZoneInfo, land: str | None) -> datetime:
    """When it is next 9:00 in `zone` on a working day of a Land, later than `now` (UTC)."""
    today = now.astimezone(zone).date()
    day = today if morning(today, zone) > now else today + timedelta(days=1)
    return morning(working_day_from(day, in_land(land)), zone)
