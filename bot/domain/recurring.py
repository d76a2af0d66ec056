"""Daily and weekly times: local wall time and zone, so that 8:00 stays 8:00 across the changes of the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
