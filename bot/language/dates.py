"""Deadlines as German and English people type them; both languages are always understood.

The text is read in every way the grammar allows (`days`, `periods`, `clocks`). If the readings agree on one moment
that is still to come, that is the answer; if they differ, the person is asked. What was settled where the surface
leaves it open:

- No time: 18:00. „in 3 Tagen“ is a day (18:00), „in 2 Stunden“ an instant. No day: today.
- „KW 50“ is the Friday of that ISO week. „Ende Juni“ is its last day; „Anfang“, „Mitte“, a bare month,
  „nächste Woche“ and „heute Abend“ are asked back.
- „Dienstag“ is the coming one. „nächsten Dienstag“ is asked back when the coming one is still in this week.
- A weekday that is today's, or that does not fit its date, is asked back, even if only one moment is left to offer.
- A time without „Uhr“ or minutes from 1 to 6 (“at 3”) and „halb drei“ may be afternoon: asked back.
- 12/11/2025 is asked back if both orders are dates; 12.11. is always the day first.
- „in acht Tagen“ is a week to most Germans, eight days to the others: asked back, like a word with a slip in it.
- Times that the clocks skip in spring are impossible, those they repeat in autumn are asked back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.language.clocks import Part, Wall, clocks_at, parts_at, read_clock, walls
from bot.language.days import days_at
from bot.language.names import fold
from bot.language.readings import Reading
from bot.language.slips import mended

_USUAL = (Wall(0, time(18)),)
_LONGEST = 120
_BETWEEN = re.compile(r"(?:[ ,;]|- |(?:bis|by|until|till|spaetestens|zum|zur)(?![a-z0-9]))*")
_QUOTES = " „“”\"'»«‚"
_LAST_DOT = re.compile(r"(?<=[a-z])\.$|(?<=:[0-9]{2})\.$")


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is aware and in UTC; `assumed_time` says that 18:00 was taken because no time was given."""

    at: datetime
    assumed_time: bool


def read_deadline(text: str, *, now: datetime, zone: ZoneInfo) -> Moment:
    """The one moment after `now` (aware) that `text` names on the clocks of `zone`.

    UserError: `dates.unreadable` (typed), `dates.past` (at), `dates.impossible` (typed) and `dates.ambiguous` (typed,
    and candidates: what may have been meant and lies ahead, likeliest first, in UTC; possibly only one).
    """
    if len(text) > _LONGEST:
        raise UserError("dates.unreadable", typed=text)
    folded = tidied(text)
    found = _found(folded, now, zone)
    if found is None:
        probably = _found(slip, now, zone) if (slip := mended(folded)) else None
        if probably is None or not probably.ahead:
            raise UserError("dates.unreadable", typed=text)
        raise UserError("dates.ambiguous", typed=text, candidates=tuple(probably.ahead))
    if len(found.ahead) > 1 or (found.doubt and found.ahead):
        raise UserError("dates.ambiguous", typed=text, candidates=tuple(found.ahead))
    if found.past and not found.ahead:
        raise UserError("dates.past", at=max(found.past))
    if not found.ahead:
        raise UserError("dates.impossible", typed=text)
    return next(Moment(at, assumed) for at, assumed in found.ahead.items())


@dataclass(frozen=True, slots=True)
class _Found:
    """What all readings of a text may mean: moments to come, with whether their time was assumed, and past ones."""

    ahead: dict[datetime, bool]
    past: list[datetime]
    doubt: bool


def _found(folded: str, now: datetime, zone: ZoneInfo) -> _Found | None:
    """None where the text has no reading."""
    today = now.astimezone(zone).date()
    readings = [each for each in _readings(folded, 0, Reading(), today) if _sound(each)]
    found = _Found({}, [], doubt=False)
    for reading in readings:
        moments, doubtful = _moments(reading, now, zone)
        coming = [moment for moment in moments if moment > now]
        assumed = reading.clock is None and reading.part is None and reading.span is None
        past = found.past + [moment for moment in moments if moment <= now]
        found = _Found(found.ahead | dict.fromkeys(coming, assumed), past, found.doubt or (doubtful and bool(coming)))
    return found if readings else None


def tidied(text: str) -> str:
    """Folded, without quotation marks around it and without what closes a sentence."""
    return _LAST_DOT.sub("", fold(text).strip(_QUOTES).rstrip("!? "))


def _readings(text: str, start: int, so_far: Reading, today: date) -> Iterator[Reading]:
    """Every way to read all of `text` from `start` on; each slot of a reading is filled at most once."""
    between = _BETWEEN.match(text, start)
    here = between.end() if between else start
    if here == len(text):
        yield so_far
        return
    for end, reading in _steps(text, here, so_far, today):
        yield from _readings(text, end, reading, today)


def _steps(text: str, here: int, so_far: Reading, today: date) -> Iterator[tuple[int, Reading]]:
    yield from days_at(text, here, so_far, today)
    after_day = so_far.weekday is not None or (so_far.has_day and not so_far.doubt)
    if so_far.clock is None:
        for end, clock, half in clocks_at(text, here, after_day=after_day):
            if half is None or so_far.part is None:
                yield end, replace(so_far, clock=clock, part=half or so_far.part)
    if so_far.part is None:
        for end, part in parts_at(text, here, after_day=after_day):
            yield end, replace(so_far, part=part)


def _sound(reading: Reading) -> bool:
    """Something was said, and an instant („in 2 Stunden“) was not given a clock besides."""
    if reading.span is not None:
        return reading.clock is None and reading.part is None and reading.weekday is None
    return reading != Reading()


def _moments(reading: Reading, now: datetime, zone: ZoneInfo) -> tuple[list[datetime], bool]:
    """The moments a reading may mean, past ones too, and whether it is to be asked back in any case."""
    if reading.span is not None:
        return [now.astimezone(UTC) + reading.span], False
    days, doubt = days_meant(reading, now.astimezone(zone).date())
    timed = reading.clock is not None or reading.part is not None
    offset = reading.clock.offset if reading.clock else None
    moments = [
        moment
        for wall in (walls(reading.clock, reading.part) if timed else _USUAL)
        for day in days
        for moment in _instants(datetime.combine(day + timedelta(days=wall.days), wall.at, offset), zone)
    ]
    return moments, doubt or _vague(reading)


def _vague(reading: Reading) -> bool:
    """„Freitag Abend“; and „halb drei“ without a day, when the night's half past two may be meant."""
    if reading.clock is None:
        return reading.part not in {None, Part.NOON}
    return reading.clock.twelve and reading.part is None and not reading.has_day and reading.weekday is None


def days_meant(reading: Reading, today: date) -> tuple[tuple[date, ...], bool]:
    """The days a reading may mean, and whether to ask even if one of them is left."""
    weekday, dates = reading.weekday, reading.dates
    if weekday is None:
        return (today,) if dates is None else dates, reading.doubt
    if reading.week is not None:
        return (reading.week + timedelta(days=weekday),), False
    if dates is None:
        return _days_called(weekday, reading.which, today)
    fitting = tuple(day for day in dates if day.weekday() == weekday)
    if fitting or reading.strict or not dates:
        return fitting, reading.doubt
    return (dates[0], dates[0] + timedelta(days=weekday - dates[0].weekday())), True


def _days_called(weekday: int, which: str, today: date) -> tuple[tuple[date, ...], bool]:
    """„Dienstag“, „nächsten Dienstag“ … without any date."""
    ahead = (weekday - today.weekday()) % 7
    after_today = ahead or 7
    next_week = weekday - today.weekday() + 7
    doubt = False
    match which:
        case "last":
            days = [ahead - 7]
        case "coming":
            days = [after_today]
        case "next":
            days = [after_today, next_week]
        case "after next":
            days = [after_today + 7, next_week + 7]
        case _:
            doubt = ahead == 0
            days = [0, 7] if doubt else [ahead]
    return tuple(today + timedelta(days=each) for each in dict.fromkeys(days)), doubt


def _instants(moment: datetime, zone: ZoneInfo) -> list[datetime]:
    """A local time in UTC: none in the hour that spring skips, two in the hour that autumn repeats."""
    if moment.tzinfo is not None:
        return [moment.astimezone(UTC)]
    both = [moment.replace(tzinfo=zone, fold=turn).astimezone(UTC) for turn in (0, 1)]
    real = [each for each in both if each.astimezone(zone).replace(tzinfo=None) == moment]
    return list(dict.fromkeys(real))


__all__ = ["Moment", "days_meant", "read_clock", "read_deadline", "tidied"]
