"""Measures on a time line: by month, with the days on which councils decide (Stadt.Land.Digital: a Maßnahmenplan whose
roadmap has dates in the council). Days are local; nothing here knows a clock.

What is overdue stands first, what has no day at all last. A measure whose council decides on another day than it is due
on stands in both places: people look for either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

MOST_TICKS = 12
YEAR = 12


class What(StrEnum):
    """What happens on a day."""

    COUNCIL = "council"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure by its `key`: since when it is known, when it is due, when the council decides on it."""

    key: int
    since: date
    due: date | None
    council: date | None
    settled: bool = False
    overdue: bool = False

    @property
    def last(self) -> date | None:
        """The last day that is known of it."""
        return max((day for day in (self.due, self.council) if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Mark:
    """On `day`, the council decides on a measure, or it is due."""

    day: date
    what: What
    key: int


@dataclass(frozen=True, slots=True)
class Month:
    """What happens in the month that begins on `first`."""

    first: date
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Keys of what is overdue, what happens month for month, and keys of what has no day and of what is settled."""

    overdue: tuple[int, ...]
    months: tuple[Month, ...]
    unscheduled: tuple[int, ...]
    settled: tuple[int, ...]


def timeline(measures: Sequence[Measure]) -> Timeline:
    """Put measures in their order in time; equal days in the order given, the council before what is due."""
    going_on = [each for each in measures if not each.settled]
    late = sorted((each for each in going_on if each.overdue), key=lambda each: each.due or date.max)
    marks = sorted(_marks(going_on), key=lambda mark: (mark.day, mark.what is What.DUE))
    return Timeline(
        overdue=tuple(each.key for each in late),
        months=tuple(
            Month(first, tuple(found)) for first, found in groupby(marks, key=lambda mark: mark.day.replace(day=1))
        ),
        unscheduled=tuple(each.key for each in going_on if each.last is None),
        settled=tuple(each.key for each in measures if each.settled),
    )


def _marks(measures: Iterable[Measure]) -> Iterable[Mark]:
    for each in measures:
        if each.council is not None:
            yield Mark(each.council, What.COUNCIL, each.key)
        if each.due is not None and not each.overdue:
            yield Mark(each.due, What.DUE, each.key)


@dataclass(frozen=True, slots=True)
class Bar:
    """One measure in the drawing: from where to where, and where its council decides; in parts of the whole width."""

    key: int
    start: float
    end: float
    council: float | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Bars below an axis of months. `ticks` are the months' first days and where they are; `today` where today is."""

    ticks: tuple[tuple[date, float], ...]
    bars: tuple[Bar, ...]
    today: float


def drawing(measures: Sequence[Measure], today: date) -> Drawing | None:
    """The measures with a day, as bars from the day they are known since; None where there are none."""
    dated = sorted(
        (each for each in measures if each.last is not None), key=lambda each: (each.last or date.max, each.key)
    )
    if not dated:
        return None
    first = min(today, *(min(each.since, _first_day(each)) for each in dated)).replace(day=1)
    end = _next_month(max(today, *(each.last or today for each in dated)))

    def at(day: date) -> float:
        return (day - first) / (end - first)

    bars = []
    for each in dated:
        day_after = (each.last or today) + timedelta(days=1)
        start = min(each.since, _first_day(each))
        council = at(each.council) if each.council is not None else None
        bars.append(Bar(each.key, at(start), at(day_after), council))
    months = list(_months(first, end))
    step = -(-len(months) // MOST_TICKS)
    return Drawing(tuple((month, at(month)) for month in months[::step]), tuple(bars), at(today))


def _first_day(measure: Measure) -> date:
    return min(day for day in (measure.due, measure.council, date.max) if day is not None)


def _next_month(day: date) -> date:
    return date(day.year + day.month // YEAR, day.month % YEAR + 1, 1)


def _months(first: date, end: date) -> Iterable[date]:
    while first < end:
        yield first
        first = _next_month(first)
