"""Spans of time in words: „3 Tage, 1 Tag“, “2 hours”, „eine halbe Stunde“."""

import re
from datetime import timedelta

from bot.errors import UserError
from bot.language.names import fold
from bot.language.vocabulary import NUMBERS, any_of, number

UNITS: dict[str, timedelta] = {
    name: length
    for length, names in (
        (timedelta(seconds=1), "sekunden sekunde sek seconds second secs sec s"),
        (timedelta(minutes=1), "minuten minute minutes mins min"),
        (timedelta(hours=1), "stunden stunde std hours hour hrs hr h"),
        (timedelta(days=1), "tagen tage tag days day d"),
        (timedelta(weeks=1), "wochen woche weeks week"),
    )
    for name in names.split()
}

_NUMBER = rf"(?:[0-9]{{1,7}}|{any_of(NUMBERS)})"
_AMOUNT = rf"(?:[0-9]{{1,7}} ?|{any_of(NUMBERS)} )"  # „3d“, but not “and” as „an d“
# One amount with its unit; named groups are left out because `dates` repeats the expression.
SPAN = rf"(?:(?:(?:eine[rn]? )?halbe[nr]? stunde|half an hour)|{_AMOUNT}{any_of(UNITS)})(?![a-z0-9])"
_ONE = re.compile(rf"({_NUMBER}) ?({any_of(UNITS)})$")
_ITEM = re.compile(rf"(?P<span>{SPAN})|(?P<bare>{_NUMBER})(?![a-z0-9])")
_GAP = re.compile(r" ?(?:[,;+·] ?(?:(?:und|and) )?|(?:und|and) | )")
_NONE = {"keine", "keiner", "kein", "keinen", "none", "no", "nein", "ohne", "nie", "never", "-"}
_LONGEST = timedelta(days=3660)


def read_durations(text: str) -> tuple[timedelta, ...]:
    """The spans listed in `text`, in its order, each once; „keine“ is the empty tuple.

    A bare number borrows the unit that follows („3 und 1 Tage“). UserError `dates.bad_duration` for an unknown
    unit, a fraction, zero, or more than ten years.
    """
    if len(text) > 200:
        raise UserError("dates.bad_duration", typed=text)
    folded = re.sub(r" ?(?:vorher|davor|zuvor|before|earlier)(?![a-z])", "", fold(text)).rstrip(".! ")
    if folded in _NONE:
        return ()
    found: list[timedelta] = []
    waiting: list[int] = []
    for bare, span in _items(folded, text):
        if span is None:
            waiting.append(bare)
            continue
        amount, unit = span_parts(span)
        found += [unit * each for each in (*waiting, amount)]
        waiting = []
    if waiting or not found or not all(timedelta() < span <= _LONGEST for span in found):
        raise UserError("dates.bad_duration", typed=text)
    return tuple(dict.fromkeys(found))


def span_parts(span: str) -> tuple[int, timedelta]:
    """Amount and unit of one folded `SPAN`; half an hour is thirty minutes."""
    if parts := _ONE.match(span):
        return number(parts[1]), UNITS[parts[2]]
    return 30, UNITS["min"]


def _items(folded: str, text: str) -> list[tuple[int, str | None]]:
    items: list[tuple[int, str | None]] = []
    position = 0
    while position < len(folded):
        item = _ITEM.match(folded, position)
        if item is None or re.match(r",[0-9]", folded[item.end() :]):  # „1,5 Tage“ or two numbers: who knows
            raise UserError("dates.bad_duration", typed=text)
        items.append((number(item["bare"]) if item["bare"] else 0, item["span"]))
        gap = _GAP.match(folded, item.end())
        if gap is None and item.end() < len(folded):
            raise UserError("dates.bad_duration", typed=text)
        position = gap.end() if gap else item.end()
    return items
