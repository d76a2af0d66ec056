"""Days counted out in a month: „am ersten Montag im Dezember“, “last Friday of the month”, „am 5. nächsten Monats“."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bot.language.clocks import END
from bot.language.readings import STEPS_AHEAD, WHICH, Reading, exactly, last_of, months_later, said
from bot.language.vocabulary import MONTHS, ORDINALS, WEEKDAYS, any_of

_NTH = {word: nth for word, nth in ORDINALS.items() if nth <= 5} | {
    **{f"{nth}.": nth for nth in range(1, 6)},
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    **dict.fromkeys(("letzte", "letzten", "letzter", "last"), -1),
}


def _nth_weekday(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """Without a year, in the next such month that has not passed it; a fifth Monday that is none is no day."""
    if so_far.weekday is not None:
        return
    weekday, nth = WEEKDAYS[found["word"]], _NTH[found["nth"]]
    days = _in(_first_of_month(found, today), weekday, nth, today)
    if days and days[0] < today and said(found, "month") and not said(found, "year"):
        days = _in(months_later(days[0].replace(day=1), 12), weekday, nth, today)
    yield replace(so_far, dates=days)


def _in(first: date, weekday: int, nth: int, today: date) -> tuple[date, ...]:
    if nth < 0:
        last = last_of(first)
        day = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return exactly(day.year, day.month, day.day, today) if day.month == first.month else ()


def _day_of_a_month(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    first = _first_of_month(found, today)
    yield replace(so_far, dates=exactly(first.year, first.month, int(found["day"]), today))


def _first_of_month(found: re.Match[str], today: date) -> date:
    if said(found, "month"):
        month = MONTHS[found["month"]]
        return date(int(said(found, "year") or today.year + (month < today.month)), month, 1)
    return months_later(today.replace(day=1), STEPS_AHEAD[WHICH.get(said(found, "which"), "this")])


_ON = r"(?:(?:am|den|der|dem|on the|on|the) )?"
_MONTH = (
    rf"(?:(?:im|in|of|des|of the) )?(?:(?P<month>{any_of(MONTHS)})(?![a-z])\.?(?: (?P<year>20[0-9]{{2}}))?|"
    rf"(?:(?P<which>{any_of(WHICH)}) )?(?:monats?|month)){END}"
)
COUNTED = (
    (re.compile(rf"{_ON}(?P<nth>{any_of(_NTH)}) (?P<word>{any_of(WEEKDAYS)}) {_MONTH}"), _nth_weekday),
    (
        re.compile(
            rf"{_ON}(?P<day>[0-9]{{1,2}})(?:\.|st|nd|rd|th) (?:(?:des|of) )?"
            rf"(?P<which>{any_of(WHICH)}) (?:monats|month){END}"
        ),
        _day_of_a_month,
    ),
)
