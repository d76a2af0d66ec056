"""Tasks (Aufgaben): what leads from one meeting to the next (Modellkommunen Open Government, 2017)."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain import workdays

MORNING = time(9)
"""Local time at which people are reminded."""


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
    due_on = due_at.astimezone(zone).date()
    before = _morning(workdays.working_day_before(due_on, land), zone)
    day = due_on
    while not workdays.is_working_day(day, land) or _morning(day, zone) <= due_at:
        day += timedelta(days=1)
    return next((at for at in (before, _morning(day, zone)) if at > now), None)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)
