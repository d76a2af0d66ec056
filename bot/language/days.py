"""Days as people write them: „12.12.“, “December 12”, „nächsten Dienstag“, „übermorgen“, ISO dates.

Every rule offers the readings it finds at one place of the folded text; what a reading means, together with a clock
and a weekday, is settled in `dates`. A day that cannot exist is a reading without dates.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta, timezone

from bot.language.clocks import COLON, END, PART, Clock, Part
from bot.language.counted_days import COUNTED
from bot.language.feasts import FEASTS
from bot.language.periods import PERIODS
from bot.language.readings import (
    WHICH,
    Reading,
    Rule,
    a_week_or_eight_days,
    exactly,
    monday_of,
    months_later,
    said,
    shifted,
    upcoming,
)
from bot.language.vocabulary import MONTHS, NUMBERS, ORDINALS, WEEKDAYS, any_of, number

_DAYS_AHEAD = {
    "vorgestern": -2,
    "gestern": -1,
    "yesterday": -1,
    "heute": 0,
    "today": 0,
    "tonight": 0,
    "morgen": 1,
    "tomorrow": 1,
    "uebermorgen": 2,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
}


def days_at(text: str, start: int, so_far: Reading, today: date) -> Iterator[tuple[int, Reading]]:
    """Every way to go on from `so_far` with the day or weekday at `start`: the new place and the new reading."""
    rules = () if so_far.has_day else _DAYS + PERIODS + FEASTS + COUNTED
    if so_far.weekday is None and so_far.span is None:
        rules += _WEEKDAYS
    for pattern, rule in rules:
        if found := pattern.match(text, start):
            for reading in rule(found, so_far, today):
                yield found.end(), reading


def _dated(found: re.Match[str], month: int, day: int, today: date) -> tuple[date, ...]:
    year = said(found, "year")
    if not year:
        return upcoming(month, day, today)
    return exactly(int(year) if len(year) == 4 else 2000 + int(year), month, day, today)


def _full_date(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    word = found["month"]
    month = MONTHS[word] if word in MONTHS else int(word)
    yield replace(so_far, dates=_dated(found, month, _number_of(found), today))


def _number_of(found: re.Match[str]) -> int:
    return ORDINALS[found["day"]] if found["day"] in ORDINALS else int(found["day"])


def _either_order(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """12/11: day first in Europe, month first in America; in doubt even if one of the two is past."""
    one, other = int(found["one"]), int(found["other"])
    both = (_dated(found, other, one, today), _dated(found, one, other, today))
    for dates in both:
        yield replace(so_far, dates=dates, doubt=both[0] != both[1] and all(both))


def _iso_instant(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    if so_far.clock is not None:
        return
    minutes = int(found["offset_hours"]) * 60 + int(found["offset_minutes"] or 0)
    dates = exactly(int(found["year"]), int(found["month"]), int(found["day"]), today)
    if minutes > 14 * 60:  # UTC+14 is the widest offset on earth
        dates, minutes = (), 0
    offset = timezone(timedelta(minutes=-minutes if found["sign"] == "-" else minutes))
    clock = Clock(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), offset=offset)
    yield replace(so_far, dates=dates, clock=clock)


def _day_of_month(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """„am 12.“: the next such day."""
    day = _number_of(found)
    month = today.replace(day=1) if day >= today.day else months_later(today.replace(day=1), 1)
    yield replace(so_far, dates=exactly(month.year, month.month, day, today))


def _day_beside_weekday(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """“Friday 12” may be twelve o'clock as well; so it is a day only if that day is a Friday."""
    if so_far.weekday is not None and so_far.clock is None:
        for reading in _day_of_month(found, so_far, today):
            yield replace(reading, strict=True)


def _relative_day(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    word = found["word"]
    if word == "morgen" and so_far.weekday is not None:  # „Freitag morgen“ is the morning of Friday
        return
    part = Part.EVENING if word == "tonight" else so_far.part
    days = _DAYS_AHEAD[word] + _ahead(found)
    if said(found, "amount") == "acht" and found["unit"].startswith("t"):
        yield replace(so_far, dates=a_week_or_eight_days(shifted(today, days)), part=part, doubt=True)
    else:
        yield replace(so_far, dates=shifted(today, days), part=part)


def _weekday(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    yield replace(so_far, weekday=WEEKDAYS[found["word"]], which=WHICH.get(said(found, "which"), ""))


def _weekday_in_weeks(found: re.Match[str], so_far: Reading, today: date) -> Iterator[Reading]:
    """„Montag in einer Woche“, said on a Thursday: a week after the coming Monday, or Monday of next week."""
    if so_far.has_day:
        return
    weekday, ahead = WEEKDAYS[found["word"]], _ahead(found)
    in_that_week = shifted(monday_of(today), weekday + ahead)
    after_the_coming = shifted(today, (weekday - today.weekday()) % 7 + ahead)
    yield replace(so_far, weekday=weekday, dates=tuple(dict.fromkeys(in_that_week + after_the_coming)))


def _ahead(found: re.Match[str]) -> int:
    """The days of „… in zwei Wochen“; 0 where that is not said."""
    if not said(found, "amount"):
        return 0
    return number(found["amount"]) * (7 if found["unit"].startswith("w") else 1)


_MONTH = rf"(?P<month>{any_of(MONTHS)})(?![a-z])\.?"
_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{4})"
_TH = r"(?:st|nd|rd|th|ten|ter|tes)"
_IN_WORDS = rf"(?P<day>{any_of(ORDINALS)})(?![a-z])"
_NOT_COUNTED = rf"(?! (?:{any_of(WEEKDAYS)})(?![a-z]))"  # „am 2. Dienstag“ is none on the 2nd
_ON = r"(?:(?:am|den|dem|der|vom|on the|on|the|d\.) ?)?"
_OFFSET = r"(?P<sign>[+-])(?P<offset_hours>[0-9]{2})(?::?(?P<offset_minutes>[0-9]{2}))?"
_IN = rf"in (?P<amount>[0-9]{{1,5}}|{any_of(NUMBERS)}) (?P<unit>wochen|woche|weeks|week|tagen|tag|days|day)"
_WEEKDAY = rf"{_ON}(?:(?P<which>{any_of(WHICH)}) )?(?P<word>{any_of(WEEKDAYS)})"


def _rules(*pairs: tuple[str, Rule]) -> tuple[tuple[re.Pattern[str], Rule], ...]:
    return tuple((re.compile(pattern), rule) for pattern, rule in pairs)


_DAYS = _rules(
    (rf"{_ON}{_DAY}\. ?(?P<month>[0-9]{{1,2}})\. ?{_YEAR}{END}", _full_date),
    (rf"{_ON}{_DAY}\. ?(?P<month>[0-9]{{1,2}})\.(?P<year>[0-9]{{2}}){END}\.?", _full_date),
    (rf"{_ON}{_DAY}\. ?(?P<month>[0-9]{{1,2}})\.(?![0-9]{{4}})", _full_date),
    (rf"{_ON}{_DAY}\. ?(?P<month>[0-9]{{1,2}}){END}(?!\.)", _full_date),
    (rf"{_ON}{_DAY}(?:\.|{_TH})? ?(?:of )?{_MONTH},? ?{_YEAR}{END}", _full_date),
    (rf"{_ON}{_DAY}(?:\.|{_TH})? ?(?:of )?{_MONTH}", _full_date),
    (rf"{_ON}{_IN_WORDS} (?:of )?{_MONTH},? ?{_YEAR}{END}", _full_date),
    (rf"{_ON}{_IN_WORDS} (?:of )?{_MONTH}", _full_date),
    (rf"{_ON}{_MONTH} ?{_DAY}{_TH}?,? {_YEAR}{END}", _full_date),
    (rf"{_ON}{_MONTH} ?{_DAY}{_TH}?{END}", _full_date),
    (rf"{_YEAR}-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})[t ]{COLON} ?{_OFFSET}{END}", _iso_instant),
    (rf"{_YEAR}(?P<s>[-/.])(?P<month>[0-9]{{1,2}})(?P=s)(?P<day>[0-9]{{1,2}})(?:t(?=[0-9])|{END})", _full_date),
    (rf"{_ON}(?P<one>[0-9]{{1,2}})/(?P<other>[0-9]{{1,2}})(?:/(?P<year>[0-9]{{4}}|[0-9]{{2}}))?{END}", _either_order),
    (rf"{_ON}(?P<one>[0-9]{{1,2}})-(?P<other>[0-9]{{1,2}})-{_YEAR}{END}", _either_order),
    (rf"{_ON}{_DAY}(?:\.(?! ?[0-9]{{1,2}}\.)|{_TH}){END}{_NOT_COUNTED}", _day_of_month),
    (rf"(?:am|den|on the|zum) {_IN_WORDS}{END}{_NOT_COUNTED}", _day_of_month),
    (rf"{_DAY}{END}(?!\.)", _day_beside_weekday),
    (rf"(?P<word>{any_of(_DAYS_AHEAD)})(?: {_IN})?(?:{END}|(?={PART}))", _relative_day),
)
_WEEKDAYS = _rules(
    (rf"{_WEEKDAY}(?:\.(?![0-9])|{END}|(?={PART}|morgen))", _weekday),
    (rf"{_ON}(?P<word>{any_of(WEEKDAYS)}) {_IN}{END}", _weekday_in_weeks),
)
