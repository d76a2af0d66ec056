"""Working days: Monday to Friday, but for the public holidays of a Land.

Days off are set by the Länder (Art. 70 GG); the library `holidays` keeps their laws with their history. Without a Land
only what all of them have in common is a holiday. Nothing here knows a clock: days are local.
"""

from datetime import date, timedelta
from functools import lru_cache

import holidays

SATURDAY = 5
STATES = frozenset(holidays.list_supported_countries()["DE"])
LANGUAGES = {"de": "de", "en": "en_US"}  # as the library calls them


@lru_cache(maxsize=256)
def _of_year(year: int, state: str | None, language: str) -> holidays.HolidayBase:
    known = state if state in STATES else None
    return holidays.country_holidays("DE", subdiv=known, years=year, expand=False, language=LANGUAGES[language])


def holiday(day: date, state: str | None, language: str = "de") -> str | None:
    """The name of the public holiday that a local day is in a Land („BW“; None or unknown: in all of them), if any."""
    name: str | None = _of_year(day.year, state, language).get(day)
    return name


def is_working_day(day: date, state: str | None) -> bool:
    """Whether people in that Land are at work on a local day."""
    return day.weekday() < SATURDAY and holiday(day, state) is None


def working_day_before(day: date, state: str | None) -> date:
    """The last working day before a local day."""
    before = day - timedelta(days=1)
    while not is_working_day(before, state):
        before -= timedelta(days=1)
    return before
