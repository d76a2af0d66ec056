"""A second, slow reading of recurrences: day by day, and each day looked at by itself."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = timedelta(days=1)


def days_of(rule: str, first: date, until: date) -> Iterator[date]:
    """The days from `first` to `until` on which `rule` holds."""
    parts = dict(part.split("=") for part in rule.split(";"))
    last = min(until, datetime.strptime(parts["UNTIL"][:8], "%Y%m%d").date()) if "UNTIL" in parts else until  # noqa: DTZ007
    day = first
    while day <= last:
        if _in_turn(parts, first, day) and _holds(parts, day):
            yield day
        day += DAY


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That wall time in UTC, found by trying every quarter of an hour; one that is skipped is moved on by the gap."""
    wanted = datetime.combine(day, at)
    around = datetime.combine(day, at, UTC) - timedelta(hours=16)
    found = [
        candidate
        for candidate in (around + timedelta(minutes=15 * step) for step in range(129))
        if candidate.astimezone(zone).replace(tzinfo=None) == wanted
    ]
    return found[0] if found else moment(day, (datetime.combine(day, at) + _gap(day, zone)).time(), zone)


def _gap(day: date, zone: ZoneInfo) -> timedelta:
    offsets = [datetime.combine(each, time(12), zone).utcoffset() for each in (day - DAY, day)]
    before, after = (offset or timedelta() for offset in offsets)
    return after - before


def _in_turn(parts: dict[str, str], first: date, day: date) -> bool:
    """Whether the period that `day` is in is the second, third … that is wanted."""
    match parts["FREQ"]:
        case "DAILY":
            passed = (day - first).days
        case "WEEKLY":
            passed = (day - timedelta(day.weekday()) - (first - timedelta(first.weekday()))).days // 7
        case "MONTHLY":
            passed = (day.year - first.year) * 12 + day.month - first.month
        case _:
            passed = day.year - first.year
    return passed % int(parts.get("INTERVAL", "1")) == 0


def _holds(parts: dict[str, str], day: date) -> bool:
    if "BYSETPOS" not in parts:
        return _fits(parts, day)
    length = monthrange(day.year, day.month)[1]
    fitting = [each for number in range(1, length + 1) if _fits(parts, each := day.replace(day=number))]
    place = int(parts["BYSETPOS"])
    chosen = fitting[place - 1 if place > 0 else place] if len(fitting) >= abs(place) else None
    return day == chosen


def _fits(parts: dict[str, str], day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    if "BYMONTH" in parts and str(day.month) not in parts["BYMONTH"].split(","):
        return False
    if "BYMONTHDAY" in parts and not {str(day.day), str(day.day - length - 1)} & set(parts["BYMONTHDAY"].split(",")):
        return False
    if "BYDAY" not in parts:
        return True
    code, nth, from_end = CODES[day.weekday()], (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
    return bool({code, f"{nth}{code}", f"{from_end}{code}"} & set(parts["BYDAY"].split(",")))
