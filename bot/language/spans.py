"""A time from … until …: absences and deputies. „von 1.8. bis 15.8.“, “from tomorrow to Friday”, „bis Ende Juni“."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.language.dates import read_deadline
from bot.language.names import fold

TODAY = frozenset({"heute", "sofort", "jetzt", "today", "now"})
PATTERN = re.compile(
    r"(?:(?:vom|von|ab|from|since)\s+(?P<start>.+?))?\s*(?:(?:bis(?:\s+zum)?|to|until|till)\s+(?P<end>.+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until `end`, both aware and in UTC; `end` None: until further notice."""

    start: datetime
    end: datetime | None


def read_span(typed: str, *, now: datetime, zone: ZoneInfo) -> Span:
    """The time that `typed` names; whole days where no time is given, from now where no start is.

    Raises UserError: `dates.no_span` (typed), `dates.ends_before_start` (start, end), and those of `read_deadline`.
    """
    found = PATTERN.fullmatch(typed.strip())
    if found is None or not any(found.groups()):
        raise UserError("dates.no_span", typed=typed)
    start = now
    if (words := found["start"]) and fold(words) not in TODAY:
        start = _edge(words, now, zone, later=False)
    end = _edge(found["end"], now, zone, later=True) if found["end"] else None
    if end is not None and end <= start:
        raise UserError("dates.ends_before_start", start=start, end=end)
    return Span(start, end)


def _edge(words: str, now: datetime, zone: ZoneInfo, *, later: bool) -> datetime:
    """The beginning of a day, or its end, unless a time is given."""
    if fold(words) in TODAY:
        day = now.astimezone(zone).date()
    else:
        moment = read_deadline(words, now=now, zone=zone)
        if not moment.assumed_time:
            return moment.at
        day = moment.at.astimezone(zone).date()
    return datetime.combine(day + timedelta(days=int(later)), time(), zone).astimezone(UTC)
