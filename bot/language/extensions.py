"""By how much a close is put off: „um eine Woche“, „1 Woche“, “by 3 days”."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.language.durations import SPAN, span_parts
from bot.language.names import fold
from bot.language.readings import months_later
from bot.language.vocabulary import NUMBERS, any_of, number

LONGEST = timedelta(days=3660)
_BY = r"(?:(?:um|by|for) )?(?:(?:noch|weitere|another|a further) )?"
_SPANS = re.compile(rf"{_BY}(?P<spans>{SPAN}(?:(?:, ?| )(?:(?:und|and) )?{SPAN})*)")
_MONTHS = re.compile(rf"{_BY}(?P<amount>[0-9]{{1,3}}|{any_of(NUMBERS)}) (?:monat(?:e|en)?|months?)")
_TO = re.compile(r"\s*(?:auf|to)\s+", re.IGNORECASE)


def put_off(words: str, closes: datetime, zone: ZoneInfo) -> datetime | None:
    """The new close (UTC), counted from the present one; None if the words name no span of time.

    Days keep the time on the clocks of `zone`, hours are exact. Raises UserError for more than ten years.
    """
    said = fold(words[:200]).strip(" .!")
    local = closes.astimezone(zone)
    if (found := _MONTHS.fullmatch(said)) is not None:
        if number(found["amount"]) > LONGEST.days // 31:
            raise UserError("dates.bad_duration", typed=words)
        day = months_later(local.date(), number(found["amount"]))
        return local.replace(year=day.year, month=day.month, day=day.day).astimezone(closes.tzinfo)
    if (found := _SPANS.fullmatch(said)) is None:
        return None
    parts = [span_parts(each[0]) for each in re.finditer(SPAN, found["spans"])]
    spans = [amount * unit for amount, unit in parts]
    if sum(spans, timedelta()) > LONGEST:
        raise UserError("dates.bad_duration", typed=words)
    days = sum((span for span, (_, unit) in zip(spans, parts, strict=True) if unit >= timedelta(days=1)), timedelta())
    return (local + days).astimezone(closes.tzinfo) + sum(spans, timedelta()) - days


def without_to(words: str) -> str:
    """„Freitag 12 Uhr“ for „auf Freitag 12 Uhr“."""
    return _TO.sub("", words, count=1) if _TO.match(words) else words
