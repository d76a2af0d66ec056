"""Working days: Monday to Friday, but for the public holidays of a Land.

Days off are set by the Länder (Art. 70 GG); the library `holidays` keeps their laws with their history. Without a Land
only what all of them have in common is a holiday. Nothing here knows a clock: days are local.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase  # loaded when first asked: all countries come with it, 12 MB and 0.1 s of a start

Works = Callable[[date], bool]
"""Whether people are at work on a local day."""

SATURDAY = 5
MORNING = time(9, 0)
ONE_DAY = timedelta(days=1)
LANGUAGES = {"de": "de", "en": "en_US"}  # as the library calls them


@cache
def names_of_states() -> Mapping[str, str]:
    """The Länder by their names: „Bayern“ to „BY“."""
    names: Mapping[str, str] = _germany().subdivisions_aliases
    return names


@lru_cache(maxsize=256)
def _of_year(year: int, state: str | None, language: str) -> "HolidayBase":
    known = state if state in _germany().subdivisions else None
    return _germany(subdiv=known, years=year, expand=False, language=LANGUAGES[language])


def _germany(**wanted: Any) -> "HolidayBase":
    from holidays import country_holidays  # noqa: PLC0415 - see above

    return country_holidays("DE", **wanted)


def holiday(day: date, state: str | None, language: str = "de") -> str | None:
    """The name of the public holiday that a local day is in a Land („BW“; None or unknown: in all of them), if any."""
    name: str | None = _of_year(day.year, state, language).get(day)
    return name


def is_working_day(day: date, state: str | None) -> bool:
    """Whether people in that Land are at work on a local day."""
    return is_weekday(day) and holiday(day, state) is None


def in_land(state: str | None) -> Works:
    """Whether people in that Land are at work, as a question about a local day."""
    return partial(is_working_day, state=state)


def is_weekday(day: date) -> bool:
    """The same without regard to public holidays."""
    return day.weekday() < SATURDAY


def working_day_before(day: date, state: str | None) -> date:
    """The last working day before a local day."""
    return working_days_before(day, 1, in_land(state))


def working_day_from(day: date, works: Works) -> date:
    """A local day itself if people work on it, else the next on which they do."""
    return day if works(day) else working_days_after(day, 1, works)


def working_days_before(day: date, count: int, works: Works) -> date:
    """The `count`-th working day before a local day; with 0 that day itself. Raises ValueError for a negative count."""
    return _counted(day, count, -ONE_DAY, works)


def working_days_after(day: date, count: int, works: Works) -> date:
    """The `count`-th working day after a local day: two after a Friday is Tuesday, unless one is a holiday.

    With 0 that day itself, whatever it is. Raises ValueError for a negative count.
    """
    return _counted(day, count, ONE_DAY, works)


def _counted(day: date, count: int, step: timedelta, works: Works) -> date:
    if count < 0:
        raise ValueError(f"{count} working days")
    while count:
        day += step
        count -= works(day)
    return day


def morning(day: date, zone: ZoneInfo) -> datetime:
    """Nine o'clock on a local day (UTC): when people are reminded of things."""
    return datetime.combine(day, MORNING, zone).astimezone(UTC)
