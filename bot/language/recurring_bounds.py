"""From when to when a rule holds: „ab 4.12.“, „beginnend am Montag“, „bis Ende Juni“, “until 30 June”.

A week begins on its Monday and ends on its Sunday, a month on its first and last day. A day without a year that is far
ahead may be that of the last year, from which periods are counted.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bot.language.dates import days_meant
from bot.language.days import days_at
from bot.language.readings import Reading, last_of
from bot.language.rhythms import Said

_FROM = re.compile(
    r"(?:ab|beginnend(?: ab| am| mit)?|startend(?: ab| am)?|erstmals|erstmalig|seit|vom|von|"
    r"(?:zum|das) (?:ersten|erste|naechsten|naechste) mal|from|starting(?: from| on)?|beginning(?: on)?|first on|"
    r"for the first time|the next time|since)(?: am| dem| den| on| the)? "
)
_UNTIL = re.compile(r"(?:bis(?: einschliesslich)?(?: zum| zu)?|until|till|to|through) ")
_CLOCK_OR_DAY = re.compile(r"[0-9]{1,2}\.[0-9]{2}")  # „9.00 bis 9.10“ is no day in October
_SOON = re.compile(r"(?:sofort|jetzt|now)(?![a-z])")
_GAP = re.compile(r",? ?(?:(?:dem|den|the|d\.) )?")
_FAR = timedelta(days=270)


def bounds_at(text: str, here: int, so_far: Said, today: date) -> Iterator[tuple[int, Said]]:
    """Every way to go on from `so_far` with „ab …“ or „bis …“ at `here`: the new place and the new reading."""
    if so_far.start is None and (opening := _FROM.match(text, here)):
        for behind, days in _edges(text, opening.end(), today, end=False):
            yield behind, replace(so_far, start=days)
    if so_far.end is None and (closing := _UNTIL.match(text, here)):
        for behind, days in _edges(text, closing.end(), today, end=True):
            yield behind, replace(so_far, end=days)


def _edges(text: str, start: int, today: date, *, end: bool) -> Iterator[tuple[int, tuple[date, ...]]]:
    """The first or the last day of the time in which a rule holds."""
    if not end and (soon := _SOON.match(text, start)):
        yield soon.end(), (today,)
    for behind, reading in days_at(text, start, Reading(), today):
        if _CLOCK_OR_DAY.fullmatch(text, start, behind):
            continue
        yield from _edge(behind, reading, today, end=end)
        if not reading.has_day and (gap := _GAP.match(text, behind)):
            for last, both in days_at(text, gap.end(), reading, today):
                if both.has_day:
                    yield from _edge(last, both, today, end=end)


def _edge(behind: int, reading: Reading, today: date, *, end: bool) -> Iterator[tuple[int, tuple[date, ...]]]:
    if reading.span is not None or reading.clock is not None or (end and not reading.has_day):
        return
    days, doubt = days_meant(reading, today)
    if reading.week is not None and reading.weekday is None:
        days = (reading.week + timedelta(days=6 if end else 0),)
    elif doubt and len(days) == 2 and days[0].day == 1 and days[1] == last_of(days[0]):  # „ab Januar“, „bis Juni“
        days = days[1:] if end else days[:1]
    if days and not end and days[0] - today > _FAR and reading.weekday is None:  # without a year, a day long past?
        days += tuple(day.replace(year=day.year - 1) for day in days if (day.month, day.day) != (2, 29))
    if days:
        yield behind, days
