"""The days of a meeting, and when the clock has something to do about it.

Times are aware; what is a day, and what o'clock it is, is a matter of the meeting's zone. Nothing here knows the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.workdays import in_land, is_working_day, morning, working_day_before, working_day_from

MOST_DAYS = 14
LONGEST = timedelta(days=31)
"""Between the first beginning and the last end; what is longer is a slip in a date."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Day:
    """One stretch of a meeting: mostly a day; without hours in between it may be several. `ends_at`: if it was said."""

    starts_at: datetime
    ends_at: datetime | None = None

    @property
    def last(self) -> datetime:
        """The latest moment that is known of it."""
        return self.ends_at or self.starts_at


class Step(StrEnum):
    """What the clock does about a meeting."""

    WEEK_BEFORE = "week before"
    DAY_BEFORE = "day before"
    SUMMARY = "summary"


def overlapping(days: Sequence[Day]) -> tuple[Day, Day] | None:
    """The first two that are not one after the other."""
    pairs = pairwise(days)
    return next(((one, other) for one, other in pairs if other.starts_at < one.last or other == one), None)


def is_too_long(days: Sequence[Day]) -> bool:
    """Whether it would take more than a month."""
    return days[-1].last - days[0].starts_at > LONGEST


def over_at(days: Sequence[Day], zone: ZoneInfo) -> datetime:
    """When it is over (UTC); where no end was said, with that day."""
    if (end := days[-1].ends_at) is not None:
        return end
    after = days[-1].starts_at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(after, time(), zone).astimezone(UTC)


def moved(days: Sequence[Day], start: datetime, zone: ZoneInfo) -> tuple[Day, ...]:
    """The same meeting with another beginning: as many days earlier or later, all other hours as they were."""
    first = days[0].starts_at.astimezone(zone).date()
    by = start.astimezone(zone).date() - first
    ends = [_days_later(day.ends_at, by, zone) if day.ends_at else None for day in days]
    starts = [start, *(_days_later(day.starts_at, by, zone) for day in days[1:])]
    return tuple(Day(*each) for each in zip(starts, ends, strict=True))


def _days_later(at: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    """The same time of day on the clocks of `zone`."""
    local = at.astimezone(zone)
    return datetime.combine(local.date() + by, local.time(), zone).astimezone(UTC)


def days_until(start: datetime, now: datetime, zone: ZoneInfo) -> int:
    """How many nights it is until then."""
    return (start.astimezone(zone).date() - now.astimezone(zone).date()).days


def steps(days: Sequence[Day], zone: ZoneInfo, state: str | None) -> list[tuple[datetime, Step]]:
    """What the clock does when (UTC), the earliest first; each at nine o'clock on a working day of the Land `state`.

    A week before the beginning or, if that is a day off, on the working day before it; on the last working day before
    the beginning; and on the first working day after the end.
    """
    first = days[0].starts_at.astimezone(zone).date()
    week = first - WEEK
    week = week if is_working_day(week, state) else working_day_before(week, state)
    after = over_at(days, zone).astimezone(zone)
    next_day = after.date() + timedelta(days=0 if after.time() == time() else 1)  # over with the day, or in it
    summary = working_day_from(next_day, in_land(state))
    dates = ((week, Step.WEEK_BEFORE), (working_day_before(first, state), Step.DAY_BEFORE), (summary, Step.SUMMARY))
    return sorted((morning(day, zone), step) for day, step in dates)


def next_at(days: Sequence[Day], zone: ZoneInfo, state: str | None, after: datetime) -> datetime | None:
    """When the clock next has something to do, later than `after` (UTC). What is past by then is not made up for."""
    return next((at for at, _ in steps(days, zone, state) if at > after), None)


def due(
    days: Sequence[Day], zone: ZoneInfo, state: str | None, *, since: datetime, now: datetime
) -> tuple[datetime, Step] | None:
    """What is to be done of what came between `since` and `now` (UTC): the latest only.

    No reminder comes once the meeting has begun.
    """
    come = [(at, step) for at, step in steps(days, zone, state) if since <= at <= now]
    if not come or (come[-1][1] is not Step.SUMMARY and now >= days[0].starts_at):
        return None
    return come[-1]
