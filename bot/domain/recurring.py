"""What comes again and again: local wall time and zone, so that 8:00 stays 8:00 across the changes of the clock.

`Recurrence` is what people set: a rule of RFC 5545 (3.3.10) as `dateutil` reads it. `Daily` and `Weekly` are what the
house itself keeps to; they remember nothing and need no row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

_TURNED = timedelta(hours=3)  # more than any zone turns its clocks by
_NIGHT = 2
_YEAR = 370


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
        return next(self._later(after), None)

    def latest(self, now: datetime) -> datetime | None:
        """The last time up to `now` (UTC), as UTC; None before the first one."""
        zone = ZoneInfo(self.zone)
        end = now.astimezone(zone).replace(tzinfo=None) + _TURNED
        rule = _rule(self.rule, self.first)
        local = rule.before(end, inc=True)
        while local is not None and _utc(local, zone) > now:
            local = rule.before(local)
        return None if local is None else _utc(local, zone)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """All times later than `after` and no later than `until` (UTC), as UTC, in order."""
        for at in self._later(after):
            if at > until:
                return
            yield at

    def _later(self, after: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(self.zone)
        start = after.astimezone(zone).replace(tzinfo=None) - _TURNED  # clocks may have been turned by then
        for local in _rule(self.rule, self.first).xafter(start, inc=True):
            if (at := _utc(local, zone)) > after:
                yield at


def first_from(rule: str, start: datetime, now: datetime, zone: ZoneInfo) -> Recurrence | None:
    """What keeps to `rule` from the local wall time `start` (naive) on and has its first time at or after `now`.

    Periods („every second week“) are counted from the first time that the days of the rule allow, not from `start`
    itself: said on a Friday, every second Thursday begins with the next one. None where nothing is left.
    """
    parts = rule.split(";")
    every_period = ";".join(part for part in parts if not part.startswith("INTERVAL="))
    bound = now.astimezone(zone).replace(tzinfo=None)
    anchor = Recurrence(every_period, max(start, datetime.combine(bound, start.time())), zone.key)
    if start < bound and start.date() < bound.date():  # begun long ago: its periods count from then
        anchor = Recurrence(every_period, start, zone.key)
        begun = anchor.next(datetime.min.replace(tzinfo=UTC) + timedelta(days=2))
    else:
        begun = anchor.next(now - timedelta(microseconds=1))
    if begun is None:
        return None
    counted = Recurrence(rule, _wall(begun, start, zone), zone.key)
    first = counted.next(now - timedelta(microseconds=1))
    return None if first is None else Recurrence(rule, _wall(first, start, zone), zone.key)


def _wall(at: datetime, start: datetime, zone: ZoneInfo) -> datetime:
    """The wall time that was set, on the day of `at`; a clock turned on that day does not change the rule."""
    return datetime.combine(at.astimezone(zone).date(), start.time())


def is_turned(at: time, zone: ZoneInfo, since: date) -> bool:
    """Whether a wall time is one that clocks skip or repeat: from 2:00 to 3:00, and what `zone` turns within a year."""
    if at.hour == _NIGHT:
        return True
    days = (datetime.combine(since + timedelta(days=ahead), at, zone) for ahead in range(_YEAR))
    return any(day.utcoffset() != day.replace(fold=1).utcoffset() for day in days)


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
