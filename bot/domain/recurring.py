"""What comes again and again: local wall time and zone, so that 8:00 stays 8:00 across the changes of the clock.

`Recurrence` is what people set: a rule of RFC 5545 (3.3.10) as `dateutil` reads it. `Daily` and `Weekly` are what the
house itself keeps to; they remember nothing and need no row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`rule` is an RRULE without a beginning („FREQ=WEEKLY;INTERVAL=2;BYDAY=TH“).

    `first` is the local wall time from which it holds (naive): its time of day is that of all, its day what „every
    second week“ counts from. `zone` is an IANA name.
    """

    rule: str
    first: datetime
    zone: str

    def next(self, after: datetime) -> datetime | None:
        """The first time later than `after` (UTC), as UTC; None if it never comes again."""
        zone = ZoneInfo(self.zone)
        start = after.astimezone(zone).replace(tzinfo=None) - timedelta(hours=3)  # clocks may have been turned by then
        for local in _rule(self.rule, self.first).xafter(start, inc=True):
            if (at := _utc(local, zone)) > after:
                return at
        return None

    def latest(self, now: datetime) -> datetime | None:
        """The last time up to `now` (UTC), as UTC; None before the first one."""
        zone = ZoneInfo(self.zone)
        end = now.astimezone(zone).replace(tzinfo=None) + timedelta(hours=3)
        rule = _rule(self.rule, self.first)
        local = rule.before(end, inc=True)
        while local is not None and _utc(local, zone) > now:
            local = rule.before(local)
        return None if local is None else _utc(local, zone)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """All times later than `after` and no later than `until` (UTC), as UTC, in order."""
        at = self.next(after)
        while at is not None and at <= until:
            yield at
            at = self.next(at)


@lru_cache(maxsize=512)
def _rule(rule: str, first: datetime) -> rrule | rruleset:
    return rrulestr(rule, dtstart=first)


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    """An hour that spring skips is the one after it; one that autumn repeats is its first."""
    return local.replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at a local time."""

    at: time

    def latest(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The last such time up to `now` (UTC), as UTC."""
        day = now.astimezone(zone).date()
        today = datetime.combine(day, self.at, zone).astimezone(UTC)
        return today if today <= now else datetime.combine(day - timedelta(days=1), self.at, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week on one weekday (0 is Monday) at a local time."""

    weekday: int
    at: time

    def latest(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The last such time up to `now` (UTC), as UTC."""
        local = now.astimezone(zone)
        day = local.date() - timedelta(days=(local.weekday() - self.weekday) % 7)
        found = datetime.combine(day, self.at, zone).astimezone(UTC)
        if found <= now:
            return found
        return datetime.combine(day - timedelta(days=7), self.at, zone).astimezone(UTC)


MONDAY_MORNING = Weekly(weekday=0, at=time(8, 0))
