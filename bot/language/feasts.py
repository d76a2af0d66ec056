"""Days that go by their name: „Silvester“, „Karfreitag“, “Christmas Eve”; the next one, unless a year is given.

A feast of several days is asked back. What lies before or after one („nach Ostern“) is nobody's day, and not read.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from dateutil.easter import easter

from bot.language.clocks import END
from bot.language.readings import Reading, exactly, said
from bot.language.vocabulary import any_of

# Month and day of the first day, and how many days may be meant.
_FIXED = {
    **dict.fromkeys(("silvester", "sylvester", "new year's eve", "new years eve"), (12, 31, 1)),
    **dict.fromkeys(("neujahr", "neujahrstag", "new year's day", "new years day"), (1, 1, 1)),
    **dict.fromkeys(("heiligabend", "heiliger abend", "heiligen abend", "christmas eve"), (12, 24, 1)),
    **dict.fromkeys(("erster weihnachtstag", "ersten weihnachtstag", "christmas day"), (12, 25, 1)),
    **dict.fromkeys(("zweiter weihnachtstag", "zweiten weihnachtstag", "boxing day"), (12, 26, 1)),
    **dict.fromkeys(("weihnachten", "christmas", "xmas"), (12, 24, 3)),
    **dict.fromkeys(("nikolaus", "nikolaustag"), (12, 6, 1)),
    **dict.fromkeys(("tag der arbeit", "maifeiertag"), (5, 1, 1)),
    **dict.fromkeys(("tag der deutschen einheit",), (10, 3, 1)),
}
# Days from Easter Sunday, and how many days may be meant.
_MOVING = {
    "rosenmontag": (-48, 1),
    "aschermittwoch": (-46, 1),
    "gruendonnerstag": (-3, 1),
    **dict.fromkeys(("karfreitag", "good friday"), (-2, 1)),
    **dict.fromkeys(("ostern", "easter"), (-2, 4)),
    **dict.fromkeys(("ostersonntag", "easter sunday"), (0, 1)),
    **dict.fromkeys(("ostermontag", "easter monday"), (1, 1)),
    **dict.fromkeys(("christi himmelfahrt", "himmelfahrt", "ascension day"), (39, 1)),
    **dict.fromkeys(("pfingsten", "pentecost", "whitsun"), (49, 2)),
    **dict.fromkeys(("pfingstsonntag",), (49, 1)),
    **dict.fromkeys(("pfingstmontag", "whit monday"), (50, 1)),
    "fronleichnam": (60, 1),
}


def _feast(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    year = int(said(found, "year") or today.year)
    days = _days(found["feast"], year)
    if not said(found, "year") and days[-1] < today:
        days = _days(found["feast"], year + 1)
    known = all(exactly(day.year, day.month, day.day, today) for day in days)
    yield replace(so_far, dates=days if known else (), doubt=len(days) > 1 and known)


def _days(feast: str, year: int) -> tuple[date, ...]:
    if feast in _FIXED:
        month, day, length = _FIXED[feast]
        first = date(year, month, day)
    else:
        ahead, length = _MOVING[feast]
        first = easter(year) + timedelta(days=ahead)
    return tuple(first + timedelta(days=each) for each in range(length))


FEASTS = (
    (
        re.compile(
            rf"(?:an |am |zu |at |on )?(?P<feast>{any_of([*_FIXED, *_MOVING])})(?: (?P<year>(?:19|20)[0-9]{{2}}))?{END}"
        ),
        _feast,
    ),
)
