"""One way to understand a typed date, as far as it has been read, and the calendar behind it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.language.clocks import Clock, Part

# Later than this is a slip of the finger („12.12.2205“), not a deadline.
FARTHEST_YEARS = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """What has been understood so far.

    `dates`: the days it may be, empty for a day that does not exist; `week`: the Monday of a week that was named;
    `which`: „next“ and the like before a weekday; `strict`: the date was read only because the weekday may go with
    it; `doubt`: to be asked back even if one date is left; `span`: time from now on, exact to the second.
    """

    dates: tuple[date, ...] | None = None
    week: date | None = None
    weekday: int | None = None
    which: str = ""
    strict: bool = False
    doubt: bool = False
    span: timedelta | None = None
    clock: Clock | None = None
    part: Part | None = None

    @property
    def has_day(self) -> bool:
        """Whether a day or a span was read; a weekday may still stand beside a day."""
        return self.dates is not None or self.span is not None


# Turns what its pattern found into the readings that go on from there; the date is today's.
Rule = Callable[[re.Match[str], Reading, date], Iterator[Reading]]

WHICH = {
    **dict.fromkeys(("naechste", "naechsten", "naechster", "naechstes", "naechstem", "next"), "next"),
    **dict.fromkeys(("kommende", "kommenden", "kommender", "kommendes", "kommendem", "coming"), "coming"),
    **dict.fromkeys(("diese", "diesen", "dieser", "dieses", "diesem", "this"), "this"),
    **dict.fromkeys(("uebernaechste", "uebernaechsten", "uebernaechster", "uebernaechstem"), "after next"),
    **dict.fromkeys(("letzte", "letzten", "letzter", "vergangenen", "vergangene", "last"), "last"),
}
STEPS_AHEAD = {"last": -1, "this": 0, "coming": 1, "next": 1, "after next": 2}


def said(found: re.Match[str], group: str) -> str:
    """What a group caught; empty if it caught nothing or the pattern has none of that name."""
    return found.groupdict().get(group) or ""


def exactly(year: int, month: int, day: int, today: date) -> tuple[date, ...]:
    """That day, or nothing where the calendar or reason has none."""
    if not 1900 <= year <= today.year + FARTHEST_YEARS:
        return ()
    try:
        return (date(year, month, day),)
    except ValueError:
        return ()


def upcoming(month: int, day: int, today: date) -> tuple[date, ...]:
    """Without a year: the next such day, today included. 29.2. counts only where the nearest February has it."""
    this_year = (month, day) >= (today.month, today.day)
    return exactly(today.year if this_year else today.year + 1, month, day, today)


def shifted(today: date, days: int) -> tuple[date, ...]:
    """`today` and `days` more, or nothing where that is beyond reason."""
    return (today + timedelta(days=days),) if days <= FARTHEST_YEARS * 366 else ()


def a_week_or_eight_days(eighth: tuple[date, ...]) -> tuple[date, ...]:
    """„in acht Tagen“ is a week to most who say it, and eight days to the others."""
    return tuple(day - timedelta(days=less) for day in eighth for less in (1, 0))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: one month after 31.1. is 28.2. or 29.2."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    return first.replace(day=min(day.day, last_of(first).day))


def monday_of(day: date) -> date:
    """The first day of its ISO week."""
    return day - timedelta(days=day.weekday())


def last_of(day: date) -> date:
    """The last day of its month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
