"""The time of day as people write it: „12 Uhr“, „9.30 Uhr“, “2 pm”, „halb drei“, „Freitag Mittag“.

A `Clock` is what stands there, a `Wall` what it may mean; „halb drei“ has two meanings, „25 Uhr“ none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta, timezone
from enum import StrEnum

from bot.language.names import fold
from bot.language.vocabulary import MONTHS, NUMBERS, any_of


class Part(StrEnum):
    """A part of the day, alone („Freitag Mittag“) or beside a clock („8 Uhr abends“)."""

    AM = "am"
    PM = "pm"
    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"
    MIDNIGHT = "midnight"


@dataclass(frozen=True, slots=True)
class Clock:
    """Digits as written. `twelve`: said on a twelve-hour dial, so that 2 may be 14."""

    hour: int
    minute: int = 0
    second: int = 0
    twelve: bool = False
    offset: timezone | None = None


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall-clock time, `days` after the day it was said of (24:00 is 0:00 one day later)."""

    days: int
    at: time


# end of the match, the clock, and the part of the day if it belongs to the clock (“2 pm”)
Found = tuple[int, Clock, Part | None]

_HOURS = {word: value for word, value in NUMBERS.items() if value <= 12 and word not in {"a", "an"}} | {"ein": 1}
_HOUR = rf"(?P<hour>[0-9]{{1,2}}|{any_of(_HOURS)})"
_AT = r"(?:(?:um|at) )?"
END = r"(?![a-z0-9])(?![.:][0-9])"
# „12:00 am Freitag“ is noon in German, “12:00 am Friday” midnight in English.
_GERMAN_DAY = (
    r" (?:(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend|naechste|kommende|(?:mo|di|mi|do|fr|sa|so)\b|"
    r"[0-9]{1,2}\.)"
)
_MERIDIEM = rf"(?: ?(?P<half>[ap])\.? ?m\b\.?(?!{_GERMAN_DAY}))"
_ZONES = {"z": 0, "utc": 0, "gmt": 0, "mez": 1, "cet": 1, "mesz": 2, "cest": 2}
_ZONE = rf"(?: ?(?P<zone>{any_of(_ZONES)}))?"
_UHR = r"(?: ?(?:uhr|h))"

COLON = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
_ALWAYS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_AT}{COLON}{_UHR}?{_ZONE}{END}",
        rf"{_AT}{COLON}{_MERIDIEM}{_ZONE}{END}",
        rf"{_AT}{_HOUR}{_UHR}{_ZONE}{END}",
        rf"{_AT}{_HOUR}{_UHR} ?(?P<minute>[0-9]{{2}}){_ZONE}{END}",
        rf"{_AT}(?P<hour>[0-9]{{1,2}})\.(?P<minute>[0-9]{{2}})(?:{_UHR}|{_MERIDIEM}){_ZONE}{END}",
        rf"(?:um|at) (?P<hour>[0-9]{{1,2}})\.(?P<minute>[0-9]{{2}}){_ZONE}{END}",
        rf"(?:at )?{_HOUR}{_MERIDIEM}{_ZONE}{END}",  # not „um 12 am Freitag“
    )
)
# Without „Uhr“ or a colon, a small hour may be the afternoon: “at 3”, „um drei“.
_CASUAL = (re.compile(rf"(?:um|at) {_HOUR}{END}"), re.compile(rf"{_AT}{_HOUR} ?o'?clock{END}"))
_BARE = re.compile(rf"(?<![.0-9])(?P<hour>[0-9]{{1,2}})(?! ?{any_of(MONTHS)}){END}(?!\.)")
_DOTTED = re.compile(rf"(?<![.0-9])(?P<hour>[0-9]{{1,2}})\.(?P<minute>[0-9]{{2}}){_ZONE}{END}(?!\.)")

# Minutes before or after the hour that is named.
_STEPS = {
    "halb": -30,
    "half past": 30,
    "dreiviertel": -15,
    "viertel": -45,
    "viertel vor": -15,
    "quarter to": -15,
    "viertel nach": 15,
    "quarter past": 15,
}
_SPOKEN = re.compile(rf"{_AT}(?:a )?(?P<step>{any_of(_STEPS)}) {_HOUR}(?:{_UHR})?{END}")

_PARTS: dict[str, Part] = {
    name: part
    for part, names in (
        (Part.MORNING, "frueh morgens vormittags vormittag morning"),
        (Part.NOON, "mittags mittag noon midday"),
        (Part.AFTERNOON, "nachmittags nachmittag afternoon"),
        (Part.EVENING, "abends abend evening"),
        (Part.NIGHT, "nachts nacht night"),
        (Part.MIDNIGHT, "mitternacht midnight"),
    )
    for name in names.split()
}
PART = any_of(_PARTS)
_PART = re.compile(rf"(?:(?:am|um|at|zu|in der|in the|this) )?(?P<part>{PART}){END}")
# „Freitag morgen“ is Friday morning; „morgen“ by itself is tomorrow.
_PART_OF_A_DAY = re.compile(rf"(?:am )?morgen{END}")

# The hours of each part, for a clock beside it …
_HOURS_OF: dict[Part, tuple[int, ...]] = {
    Part.AM: tuple(range(12)),
    Part.PM: tuple(range(12, 24)),
    Part.MORNING: tuple(range(13)),  # „12 Uhr vormittags“ is noon or, to who reads am, midnight
    Part.NOON: (11, 12, 13, 14),
    Part.AFTERNOON: tuple(range(12, 19)),
    Part.EVENING: tuple(range(17, 24)),
    Part.NIGHT: (20, 21, 22, 23, 0, 1, 2, 3, 4, 5),
    Part.MIDNIGHT: (0,),
}
# … and what to offer where no clock stands beside it. Only noon is one time and no more.
_OFFERED: dict[Part, tuple[Wall, ...]] = {
    Part.MORNING: (Wall(0, time(9)), Wall(0, time(12))),
    Part.NOON: (Wall(0, time(12)),),
    Part.AFTERNOON: (Wall(0, time(15)), Wall(0, time(18))),
    Part.EVENING: (Wall(0, time(18)), Wall(0, time(20))),
    Part.NIGHT: (Wall(0, time(22)), Wall(1, time(0))),
    Part.MIDNIGHT: (Wall(0, time(0)), Wall(1, time(0))),
}


def clocks_at(text: str, start: int, *, after_day: bool) -> Iterator[Found]:
    """Every clock that the folded `text` may hold at `start`.

    After a day, „9“ and „9.30“ are times as well; before one they are not.
    """
    for pattern in _ALWAYS:
        if found := pattern.match(text, start):
            yield _found(found)
    casual = (*_CASUAL, _BARE) if after_day else _CASUAL
    for pattern in casual:
        if found := pattern.match(text, start):
            hour = _hour(found["hour"])
            yield found.end(), Clock(hour, twelve=1 <= hour <= 6), None
    if found := _SPOKEN.match(text, start):
        hour = _hour(found["hour"])
        minutes = hour * 60 + _STEPS[found["step"]]
        yield (
            found.end(),
            Clock(*divmod(minutes, 60) if hour > 12 else divmod(minutes % 720, 60), twelve=hour <= 12),
            None,
        )
    if after_day and (found := _DOTTED.match(text, start)):
        yield _found(found)


def parts_at(text: str, start: int, *, after_day: bool) -> Iterator[tuple[int, Part]]:
    """Every part of the day that the folded `text` may name at `start`."""
    if found := _PART.match(text, start):
        yield found.end(), _PARTS[found["part"]]
    if after_day and (found := _PART_OF_A_DAY.match(text, start)):
        yield found.end(), Part.MORNING


def walls(clock: Clock | None, part: Part | None) -> tuple[Wall, ...]:
    """What a clock and a part of the day may mean together; empty for 25:00 or „14 Uhr morgens“."""
    if clock is None:
        return _OFFERED.get(part, ()) if part else ()
    hour, minute, second = clock.hour, clock.minute, clock.second
    if (hour, minute, second) == (24, 0, 0) and part in {None, Part.NIGHT, Part.MIDNIGHT}:
        return (Wall(1, time(0)),)
    if hour > 23 or minute > 59 or second > 59:
        return ()
    dial = (hour % 12, hour % 12 + 12) if 1 <= hour <= 12 or clock.twelve else (hour,)
    if part is None:
        return tuple(Wall(0, time(each, minute, second)) for each in (dial if clock.twelve else (hour,)))
    fitting = [each for each in dial if each in _HOURS_OF[part]]
    # The night after Friday belongs to Saturday's date: „Freitag Nacht 2 Uhr“ may be either.
    nights = (0, 1) if part in {Part.NIGHT, Part.MIDNIGHT} else (0,)
    return tuple(Wall(days, time(each, minute, second)) for each in fitting for days in nights if days == 0 or each < 6)


def read_clock(text: str) -> time | None:
    """A bare answer such as „12 Uhr“, „12:30“, „um 9“ or “2 pm”; None where it is not exactly one time of that day.

    So None for „halb drei“, for 24:00 (it is the next day's) and for a bare „2“, which picks from a list.
    """
    folded = fold(text).rstrip(" !")
    meanings = {wall for clock, part in _whole(folded) for wall in walls(clock, part)}
    only = meanings.pop() if len(meanings) == 1 else None
    return only.at if only and only.days == 0 else None


def is_clock(text: str) -> bool:
    """Whether a text is nothing but a time of day, even one that could be two („halb drei“)."""
    return any(True for _ in _whole(fold(text).rstrip(" !")))


def _whole(folded: str) -> Iterator[tuple[Clock | None, Part | None]]:
    """Readings of a whole text that holds a clock, a part of the day, or both in any order."""
    for end, part in parts_at(folded, 0, after_day=False):
        if end == len(folded):
            yield None, part
        for clock_end, clock, half in clocks_at(folded, end + 1, after_day=False):
            if clock_end == len(folded) and half is None:
                yield clock, part
    dotted = re.fullmatch(r"[0-9]{1,2}\.[0-9]{2}", folded) is not None
    for end, clock, half in clocks_at(folded, 0, after_day=dotted):
        if end >= len(folded.rstrip(".")):
            yield clock, half
        for part_end, part in parts_at(folded, end + 1, after_day=True):
            if part_end == len(folded) and half is None:
                yield clock, part


def _hour(word: str) -> int:
    return _HOURS[word] if word in _HOURS else int(word)


def _found(found: re.Match[str]) -> Found:
    groups = found.groupdict()
    half = Part(groups["half"] + "m") if groups.get("half") else None
    hour = _hour(groups["hour"])
    offset = timezone(timedelta(hours=_ZONES[groups["zone"]])) if groups.get("zone") else None
    clock = Clock(hour, int(groups.get("minute") or 0), int(groups.get("second") or 0), offset=offset)
    return found.end(), clock, half
