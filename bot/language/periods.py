"""Weeks, months and spans as days: „KW 50“, „Ende Juni“, “next week”, „in 3 Tagen“, “in two months”.

Vague ones („Anfang Juni“, „nächste Woche“) are readings in doubt, with days to choose from.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bot.language.clocks import END
from bot.language.durations import SPAN, span_parts
from bot.language.readings import (
    FARTHEST_YEARS,
    STEPS_AHEAD,
    WHICH,
    Reading,
    Rule,
    a_week_or_eight_days,
    exactly,
    last_of,
    monday_of,
    months_later,
    said,
    shifted,
)
from bot.language.vocabulary import MONTHS, NUMBERS, any_of, number

_EDGES = {
    **dict.fromkeys(("anfang", "beginning of", "start of", "early"), "start"),
    **dict.fromkeys(("mitte", "middle of", "mid", "mid-"), "middle"),
    **dict.fromkeys(("ende", "end of"), "end"),
}
# Days from Monday that are offered for a week, and days of a month, where no single one is meant.
_DAYS_OF_WEEK = {"": (0, 4), "start": (0, 1), "middle": (2, 3), "end": (4, 6)}
_DAYS_OF_MONTH = {"start": (1, 10), "middle": (15, 20)}


_QUARTERS = {
    word: nth
    for nth, words in enumerate(
        (
            "erstes ersten first 1st",
            "zweites zweiten second 2nd",
            "drittes dritten third 3rd",
            "viertes vierten fourth 4th",
        ),
        start=1,
    )
    for word in words.split()
}


def _relative_week(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """„nächste Woche“, „Ende der Woche“: asked back, unless a weekday says which day of it."""
    monday = monday_of(today) + timedelta(weeks=STEPS_AHEAD[WHICH.get(said(found, "which"), "this")])
    offered = _DAYS_OF_WEEK[_EDGES.get(said(found, "edge"), "")]
    if said(found, "which") or said(found, "edge"):
        yield replace(so_far, week=monday, dates=tuple(monday + timedelta(days=day) for day in offered), doubt=True)


def _calendar_week(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """An ISO week; as a deadline its Friday, the end of the working week. Without a year the next such week."""
    year, edge = int(said(found, "year") or today.isocalendar().year), _EDGES.get(said(found, "edge"), "end")
    try:
        monday = date.fromisocalendar(year, int(found["week"]), 1)
        if not said(found, "year") and monday + timedelta(days=6) < today:
            monday = date.fromisocalendar(year + 1, int(found["week"]), 1)
    except ValueError:
        yield replace(so_far, dates=())
        return
    known = exactly(monday.year, monday.month, monday.day, today)
    offered = (4,) if edge == "end" else _DAYS_OF_WEEK[edge]
    dates = tuple(monday + timedelta(days=day) for day in offered) if known else ()
    yield replace(so_far, week=monday if known else None, dates=dates, doubt=edge != "end")


def _month(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """„Ende Juni“ is its last day; the beginning, the middle, or the month as such is asked back."""
    if so_far.weekday is not None:
        return
    first = _month_meant(found, today)
    edge = _EDGES.get(said(found, "edge"), "")
    if first is None:
        yield replace(so_far, dates=())
    elif edge == "end":
        yield replace(so_far, dates=(last_of(first),))
    else:
        offered = tuple(first.replace(day=day) for day in _DAYS_OF_MONTH.get(edge, (1, last_of(first).day)))
        yield replace(so_far, dates=offered, doubt=True)


def _month_meant(found: re.Match[str], today: date) -> date | None:
    """The first day of „Juni“, „Juni 2026“, „nächsten Monats“; None for one out of reach."""
    if said(found, "month"):
        month = MONTHS[found["month"]]
        year = int(found["year"]) if said(found, "year") else today.year + (month < today.month)
        return next(iter(exactly(year, month, 1, today)), None)
    steps = STEPS_AHEAD[WHICH.get(said(found, "which"), "this")]
    return months_later(today.replace(day=1), steps)


def _quarter(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """„Quartalsende“, „Ende Q1“, „Ende des nächsten Quartals“; a quarter as such is asked back."""
    if so_far.weekday is not None:
        return
    number = said(found, "quarter") or said(found, "which_quarter")
    this = (today.month - 1) // 3
    if number:
        nth = _QUARTERS.get(number) or int(number.rstrip("."))
        year = int(said(found, "year") or today.year + (nth - 1 < this))
        first = next(iter(exactly(year, nth * 3 - 2, 1, today)), None)
    else:
        steps = STEPS_AHEAD[WHICH.get(said(found, "which"), "this")]
        first = months_later(today.replace(month=this * 3 + 1, day=1), 3 * steps)
    if first is None:
        yield replace(so_far, dates=())
        return
    last = last_of(months_later(first, 2))
    if said(found, "ending") or _EDGES.get(said(found, "edge")) == "end":
        yield replace(so_far, dates=(last,))
    else:
        middle = {"start": (first, first.replace(day=10)), "middle": (months_later(first, 1).replace(day=15),)}
        yield replace(so_far, dates=middle.get(_EDGES.get(said(found, "edge"), ""), (first, last)), doubt=True)


def _end_of_month(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    if so_far.weekday is None:
        yield replace(so_far, dates=(last_of(today),))


def _end_of_year(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    if so_far.weekday is None:
        year = (
            int(said(found, "year") or said(found, "year_too") or today.year)
            + STEPS_AHEAD[WHICH.get(said(found, "which"), "this")]
        )
        yield replace(so_far, dates=exactly(year, 12, 31, today))


def _span(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """Days and weeks name a day; with seconds, minutes or hours in it, a span is exact."""
    if so_far.weekday is not None:
        return
    parts = [span_parts(each[0]) for each in re.finditer(SPAN, found["spans"])]
    total = sum((amount * unit for amount, unit in parts), timedelta())
    if total.days > FARTHEST_YEARS * 366:
        yield replace(so_far, dates=())
    elif found["spans"] == "acht tagen":
        yield replace(so_far, dates=a_week_or_eight_days(shifted(today, 8)), doubt=True)
    elif all(unit >= timedelta(days=1) for _, unit in parts):
        yield replace(so_far, dates=shifted(today, total.days))
    else:
        yield replace(so_far, span=total)


def _span_of_months(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    if so_far.weekday is not None:
        return
    months = number(found["amount"]) * (12 if found["unit"][0] in "jy" else 1)
    yield replace(so_far, dates=(months_later(today, months),) if months <= FARTHEST_YEARS * 12 else ())


def _half_year(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    if so_far.weekday is None:
        yield replace(so_far, dates=(months_later(today, 6),))


_YEAR = r"(?P<year>[0-9]{4})"
_YEAR_TOO = r"(?P<year_too>[0-9]{4})"
_TO = "(?:at the |by the |the |zum |am )?"
_EDGE = rf"{_TO}(?P<edge>{any_of(_EDGES)}) ?(?:des |der |the |dieses )?"
_WHICH = rf"(?P<which>{any_of(WHICH)}) "
_MONTH = rf"(?P<month>{any_of(MONTHS)})(?![a-z])\.?"
_QUARTER_NAMED = rf"(?:the )?(?P<which_quarter>[1-4]\.|{any_of(_QUARTERS)}) (?:quartals?|quarter)"
_KW = "(?:kw|kalenderwoche)"
_WEEK = "(?:kw|kalenderwoche|calendar week|cw|woche|week)"
_SPANS = rf"{SPAN}(?:(?:, ?| )(?:(?:und|and) )?{SPAN})*"
_MONTHS_OR_YEARS = rf"(?P<amount>[0-9]{{1,3}}|{any_of(NUMBERS)}) (?P<unit>monat(?:en)?|months?|jahr(?:en)?|years?)"

PERIODS: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (rf"(?:in )?(?:{_EDGE}|der )?(?:{_WHICH})?(?:woche|week){END}", _relative_week),
        (rf"(?:in )?(?:{_EDGE}|der )?{_WEEK}\.? ?(?P<week>[0-9]{{1,2}})(?:[/, ]{{1,2}}{_YEAR})?{END}", _calendar_week),
        (rf"(?:in )?(?:{_EDGE}|der )?(?P<week>[0-9]{{1,2}})\. {_KW}(?:[/, ]{{1,2}}{_YEAR})?{END}", _calendar_week),
        (rf"(?:im |in )?(?:{_EDGE})?(?:q(?P<quarter>[1-4])|{_QUARTER_NAMED})(?:[/, ]{{1,2}}{_YEAR})?{END}", _quarter),
        (rf"(?:im |in )?(?:{_EDGE})?(?:the )?(?:{_WHICH})?(?:quartals?|quarter){END}", _quarter),
        (rf"(?:zum )?(?P<ending>quartalsende){END}", _quarter),
        (rf"(?:im |in )?(?:{_EDGE})?{_MONTH},?(?: {_YEAR})?{END}", _month),
        (rf"(?:im |in )?(?:{_EDGE})?{_MONTH}", _month),
        (rf"(?:im |in )?(?:{_EDGE})?(?:{_WHICH})?(?:monats?|month){END}", _month),
        (rf"(?:zum )?monatsende{END}", _end_of_month),
        (rf"(?:zum )?jahresende{END}", _end_of_year),
        (
            rf"{_TO}(?:ende|end of) (?:{_YEAR}|(?:des |the )?(?:{_WHICH})?(?:jahres|year)(?: {_YEAR_TOO})?){END}",
            _end_of_year,
        ),
        (rf"(?:in|within|binnen|innerhalb(?: von)?) (?P<spans>{_SPANS})", _span),
        (rf"(?P<spans>{_SPANS}) from now{END}", _span),
        (rf"in {_MONTHS_OR_YEARS}{END}", _span_of_months),
        (rf"in (?:einem halben jahr|half a year){END}", _half_year),
    )
)
