"""What was said of something that comes again, and the rules (RFC 5545, 3.3.10) it may mean.

Settled here, where the surface leaves it open:

- „jeden zweiten Dienstag“ may be every other Tuesday or the second of a month: both are offered.
- „vierteljährlich am 1.“ may count from the next first of a month or from the quarters of the year: both are offered.
- „jeden 31.“ (30., 29.) and „den fünften Montag“ do not exist in every month: leaving out and moving up are offered.
- „Montag 9 Uhr“ may be meant once: offered as „jeden Montag“.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.language.clocks import Clock, Part

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = -1
"""In place of a weekday: any of Monday to Friday."""
_WORKING = ",".join(CODES[:5])
_LENGTHS = dict.fromkeys(range(1, 13), 31) | {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_LAST_OF_QUARTERS: tuple[int, ...] = (3, 6, 9, 12)
_FIRST_OF_QUARTERS: tuple[int, ...] = (1, 4, 7, 10)


@dataclass(frozen=True, slots=True)
class Said:
    """What has been understood so far.

    `unit` and `interval`: „alle zwei Wochen“ is week, 2. `calendar`: said of quarters or half years. `of`: the period
    in which days count („im Monat“). `days`: weekdays with their number in the period, 0 if none was said.
    `again`: „every“ („jeden“), „always“ („immer“, „montags“), or empty, if it may be meant once. `sets`: other sets
    of weekdays that may be meant. `start` and `end`: the days these may be.
    """

    unit: str = ""
    interval: int = 1
    calendar: bool = False
    of: str = ""
    days: tuple[tuple[int, int], ...] = ()
    sets: tuple[tuple[int, ...], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    again: str = ""
    doubt: bool = False
    clock: Clock | None = None
    part: Part | None = None
    start: tuple[date, ...] | None = None
    end: tuple[date, ...] | None = None

    @property
    def has_rhythm(self) -> bool:
        """Whether more than a time of day was said."""
        return bool(self.unit or self.of or self.days or self.sets or self.month_days)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Rules that may be meant, likeliest first; `doubt`: to be asked back even if there is one. `never`: none fires.

    `missing`: what has to be said yet, „weekday“, „day“ (of the month) or „date“. `short`: the doubt is about months
    that lack the day.
    """

    rules: tuple[str, ...] = ()
    doubt: bool = False
    missing: str = ""
    never: bool = False
    short: bool = False


def rhythm(said: Said) -> Rhythm | None:
    """The rules behind what was said; None where it does not go together."""
    if said.sets:
        return _sets(said)
    if (said.days and said.month_days) or (said.months and _by_months(said)):
        return None
    if said.days and all(nth for nth, _ in said.days):
        return _numbered(said)
    if said.days:
        return None if any(nth for nth, _ in said.days) or said.months else _weekly(said)
    if said.month_days:
        return _monthly(said)
    return None if said.months else _bare(said)


def _by_months(said: Said) -> bool:
    """„alle 6 Monate am 1.12.“ is no year's day; „alle 12 Monate“ is a year."""
    return (said.unit == "month" and said.interval != 12) or said.of in {"month", "quarter"}


def _bare(said: Said) -> Rhythm | None:
    """A period and no day in it."""
    unit = said.unit or said.of
    if unit == "day":
        return Rhythm((_joined("DAILY", said.interval),), said.doubt)
    missing = {"week": "weekday", "month": "day", "quarter": "day", "year": "date"}.get(unit)
    return Rhythm(missing=missing) if missing else None


def _sets(said: Said) -> Rhythm | None:
    if said.unit not in {"", "week", "day"} or said.days or said.month_days or said.months or said.of:
        return None
    return Rhythm(tuple(_joined("WEEKLY", 1, BYDAY=_codes(each)) for each in said.sets), doubt=True)


def _weekly(said: Said) -> Rhythm | None:
    days = tuple(dict.fromkeys(day for _, day in said.days))
    if said.unit == "month" or said.of in {"month", "quarter"}:
        return Rhythm(missing="day")
    if said.unit == "year" or said.of == "year":
        return Rhythm(missing="date")
    if said.unit == "day" and said.interval > 1:
        return None
    interval = said.interval if said.unit == "week" else 1
    once = not said.unit and not said.again and len(days) == 1 and WORKDAYS not in days
    return Rhythm((_joined("WEEKLY", interval, BYDAY=_codes(days)),), said.doubt or once)


def _numbered(said: Said) -> Rhythm | None:
    """„am ersten Dienstag“, „am letzten Werktag“."""
    if said.unit in {"day", "week"}:
        return None
    if (said.unit == "year" or said.of == "year") and not said.months:
        return Rhythm(missing="date")
    if any(nth > 5 for nth, day in said.days if day != WORKDAYS) and (said.unit or said.of or said.months):
        return Rhythm(never=True)
    rules = [rule for days in _numbers(said.days) for rule in _in_month(said, days)]
    if said.again == "every" and not (said.unit or said.of or said.months) and len(said.days) == 1:
        (nth, day) = said.days[0]
        if nth > 1 and day != WORKDAYS:
            rules = (rules if nth <= 5 else []) + [_joined("WEEKLY", nth, BYDAY=CODES[day])]
            return Rhythm(tuple(rules), doubt=True)
    once = not (said.again or said.unit or said.of)
    short = len(_numbers(said.days)) > 1
    return Rhythm(tuple(rules), said.doubt or once or short or len(rules) > 1, short=short)


def _numbers(days: tuple[tuple[int, int], ...]) -> list[tuple[tuple[int, int], ...]]:
    """The fifth Monday of a month, where there is one, or the last?"""
    if not any(nth == 5 and day != WORKDAYS for nth, day in days):
        return [days]
    return [tuple((-1 if nth == 5 else nth, day) for nth, day in days), days]


def _in_month(said: Said, days: tuple[tuple[int, int], ...]) -> list[str]:
    if any(day == WORKDAYS for _, day in days):
        if len(days) > 1:
            return []
        by = {"BYDAY": _WORKING, "BYSETPOS": str(days[0][0])}
    else:
        by = {"BYDAY": ",".join(f"{nth}{CODES[day]}" for nth, day in days)}
    return _spread(said, by, last=all(nth < 0 for nth, _ in days))


def _monthly(said: Said) -> Rhythm | None:
    """„jeden 15.“, „am letzten Tag des Monats“, „jedes Jahr am 15. März“."""
    if said.unit in {"day", "week"}:
        return None
    if not (said.again or said.unit or said.of) and said.months:
        return None  # „15. März 9 Uhr“ is once
    if (said.unit == "year" or said.of == "year") and not said.months:
        return Rhythm(missing="date")
    longest = max((_LENGTHS[month] for month in said.months), default=31)
    if any(day == 0 or day > longest for day in said.month_days):
        return Rhythm(never=True)
    ways = list(_ways(said.month_days, said.months))
    rules = [rule for by in ways for rule in _spread(said, by, last=all(day < 0 for day in said.month_days))]
    once = not (said.again or said.unit or said.of)
    short = len(ways) > 1
    return Rhythm(tuple(dict.fromkeys(rules)), said.doubt or once or len(rules) > 1, short=short)


def _ways(days: tuple[int, ...], months: tuple[int, ...]) -> Iterator[dict[str, str]]:
    """The 31st: the last day of each month, or only where there is one; the 30th: moved up in February, or left out."""
    surest = min((28 if month == 2 else _LENGTHS[month] for month in months), default=28)
    late = max(days)
    if late > surest and len(days) == 1:
        if late == 31 or months:
            yield {"BYMONTHDAY": "-1"}
        else:
            yield {"BYMONTHDAY": ",".join(map(str, range(28, late + 1))), "BYSETPOS": "-1"}
    yield {"BYMONTHDAY": ",".join(map(str, dict.fromkeys(days)))}


def _spread(said: Said, by: dict[str, str], *, last: bool) -> list[str]:
    """The same days each month, every so many months, in some months, or in those that begin or end a quarter."""
    if said.months:
        freq = "YEARLY" if len(said.months) == 1 and "BYSETPOS" not in by else "MONTHLY"
        interval = said.interval if said.unit == "year" and freq == "YEARLY" else 1
        return [_joined(freq, interval, BYMONTH=",".join(map(str, said.months)), **by)]
    if said.of == "quarter":
        months = _LAST_OF_QUARTERS if last else _FIRST_OF_QUARTERS
        return [_joined("MONTHLY", 1, BYMONTH=",".join(map(str, months)), **by)]
    interval = said.interval if said.unit == "month" else 1
    rules = [_joined("MONTHLY", interval, **by)]
    if said.calendar and said.start is None:
        quarters = _LAST_OF_QUARTERS if last else _FIRST_OF_QUARTERS
        halves = quarters[1::2] if last else quarters[::2]
        months = halves if interval == 6 else quarters
        rules.append(_joined("MONTHLY", 1, BYMONTH=",".join(map(str, months)), **by))
    return rules


def _joined(freq: str, interval: int, **by: str) -> str:
    parts = {"FREQ": freq} | ({"INTERVAL": str(interval)} if interval > 1 else {}) | by
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _codes(days: tuple[int, ...]) -> str:
    whole = set(days) - {WORKDAYS} | (set(range(5)) if WORKDAYS in days else set())
    return ",".join(CODES[day] for day in sorted(whole))
