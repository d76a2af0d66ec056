"""Recurrences as German and English people type them; both languages are always understood.

The text is read in every way the grammar allows (`recurring_words`, `rhythms`, `clocks`). If the readings agree on one
rule, that is the answer; what differs, and what lacks a time or a day, is asked back. Settled here:

- No time of day is asked back: unlike a deadline, a rule has no 18:00 that everybody expects.
- „alle zwei Wochen donnerstags“ begins with the next Thursday, „ab 4.12.“ with the first one from then on.
- „werktags“ is Monday to Friday; „wochentags“ and „am Wochenende“ are asked back.
- From 2:00 to 3:00, and whenever the clocks of the zone are turned, there is no rule: it would be left out or doubled.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.domain.recurring import Recurrence, first_from, is_turned
from bot.errors import UserError
from bot.language.clocks import clocks_at, parts_at, walls
from bot.language.dates import tidied
from bot.language.recurring_bounds import bounds_at
from bot.language.recurring_words import words_at
from bot.language.rhythms import Rhythm, Said, rhythm
from bot.language.slips import mended

_LONGEST = 120
_BLANK = re.compile(r"(?:[ ,;]|- )*")
_LITTLE = re.compile(
    r"(?:(?<![0-9] )(?<![0-9])am|an|im|in|den|dem|der|die|das|des|on|of|the|und zwar|und|and)(?![a-z0-9])"
)
_TOO_OFTEN = re.compile(r"(?:sekunde|minute|stunde|second|minute|hour|stuendlich|minuetlich|hourly)")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a text is no recurrence yet. `offers` may be chosen from by number; `open`: an answer may complete it."""

    problem: UserError
    offers: tuple[Recurrence, ...] = ()
    open: bool = False

    @property
    def unread(self) -> bool:
        """Whether nothing at all was understood."""
        return self.problem.text in {"recurrences.unreadable", "recurrences.too_often"}


@dataclass(frozen=True, slots=True)
class When:
    """What a text is read against: `now` is aware, `zone` that of the clocks.

    `usual` is the time of day where none is said; `instead` takes the place of any that is said.
    """

    now: datetime
    zone: ZoneInfo
    usual: time | None = None
    instead: time | None = None

    @property
    def today(self) -> date:
        """The day on the clocks of the zone."""
        return self.now.astimezone(self.zone).date()


def read_recurrence(text: str, *, now: datetime, zone: ZoneInfo, usual: time | None = None) -> Recurrence:
    """What `text` says comes again, on the clocks of `zone`; `first` is its first time at or after `now` (aware).

    `usual` is the time of day where none is said. Raises UserError (typed, and what else is named):
    `recurrences.unreadable`; `.ambiguous` and `.short_months` (candidates: likeliest first, possibly one);
    `.no_time`, `.short_months_no_time`, `.which_weekday`, `.which_day`, `.which_date` for what is missing;
    `.turned` (at) for a time in which clocks are turned; `.bad_time`, `.never`, `.too_often`, `.over`.
    """
    understood = understand(text, When(now, zone, usual))
    if isinstance(understood, Doubt):
        raise understood.problem
    return understood


def understand(text: str, when: When) -> Recurrence | Doubt:
    """The same, with the doubt handed back."""
    if len(text) > _LONGEST:
        return Doubt(UserError("recurrences.unreadable", typed=text))
    folded = tidied(text)
    results = [
        result
        for said in _readings(folded, when.today)
        for each in _starts(said)
        for result in _meant(each, text, when)
    ]
    sure = [result for result in results if not isinstance(result, Doubt)]
    doubts = [result for result in results if isinstance(result, Doubt)]
    offering = [doubt for doubt in doubts if doubt.offers]
    offers = tuple(dict.fromkeys([*sure, *(offer for doubt in offering for offer in doubt.offers)]))
    if len(offers) == 1 and not offering:
        return offers[0]
    if offers and all(doubt.problem.text == "recurrences.short_months" for doubt in offering) and not sure:
        return Doubt(UserError("recurrences.short_months", typed=text, candidates=offers), offers, open=True)
    if offers:
        return Doubt(UserError("recurrences.ambiguous", typed=text, candidates=offers), offers, open=True)
    return doubts[0] if doubts else _unread(text, when)


def _unread(text: str, when: When) -> Doubt:
    """Nothing was understood, perhaps for a slip: then what was probably meant is offered."""
    folded = tidied(text)
    slip = mended(folded)
    probably = understand(slip, when) if slip else None
    offers = probably.offers if isinstance(probably, Doubt) else (probably,) if probably else ()
    if offers:
        return Doubt(UserError("recurrences.ambiguous", typed=text, candidates=offers), offers, open=True)
    often = _TOO_OFTEN.search(folded)
    return Doubt(UserError("recurrences.too_often" if often else "recurrences.unreadable", typed=text))


def _readings(text: str, today: date) -> list[Said]:
    """Every way to read the whole text; each slot of a reading is filled at most once."""
    found: dict[Said, None] = {}
    seen: set[tuple[int, Said]] = set()
    waiting = [(0, Said())]
    while waiting:
        here, so_far = waiting.pop(0)
        here = blank.end() if (blank := _BLANK.match(text, here)) else here
        if (here, so_far) in seen:
            continue
        seen.add((here, so_far))
        if here == len(text):
            found[so_far] = None
            continue
        waiting += _steps(text, here, so_far, today)
    return [said for said in found if said.has_rhythm]


def _steps(text: str, here: int, so_far: Said, today: date) -> Iterator[tuple[int, Said]]:
    if little := _LITTLE.match(text, here):
        yield little.end(), so_far
    yield from words_at(text, here, so_far)
    if so_far.clock is None:
        for end, clock, half in clocks_at(text, here, after_day=so_far.has_rhythm):
            if (half is None or so_far.part is None) and clock.offset is None:
                yield end, replace(so_far, clock=clock, part=half or so_far.part)
    if so_far.part is None:
        for end, part in parts_at(text, here, after_day=bool(so_far.days) or so_far.unit == "day"):
            yield end, replace(so_far, part=part)
    yield from bounds_at(text, here, so_far, today)


def _starts(said: Said) -> list[Said]:
    """„alle zwei Wochen ab 6.11.“ is another weekday in another year."""
    return [said] if said.start is None else [replace(said, start=(start,)) for start in said.start]


def _meant(said: Said, typed: str, when: When) -> Iterator[Recurrence | Doubt]:
    """What one reading means: recurrences, or one doubt."""
    rules = rhythm(_anchored(said))
    if rules is None:
        return
    times = _times(said, when)
    sound = [at for at in times if not is_turned(at, when.zone, when.today)]
    if rules.never:
        yield Doubt(UserError("recurrences.never", typed=typed))
    elif rules.missing:
        yield Doubt(_missing(rules.missing, typed), open=True)
    elif sound:
        yield from _recurrences(said, rules, sound, typed, when, vague=len(times) > 1 or _by_night(said, when))
    elif times:
        yield Doubt(UserError("recurrences.turned", typed=typed, at=times[0]), open=True)
    elif said.clock is None and said.part is None:
        text = UserError("recurrences.short_months_no_time" if rules.short else "recurrences.no_time", typed=typed)
        yield Doubt(text, open=True)
    else:
        yield Doubt(UserError("recurrences.bad_time", typed=typed), open=True)


def _missing(what: str, typed: str) -> UserError:
    if what == "weekday":
        return UserError("recurrences.which_weekday", typed=typed)
    return UserError("recurrences.which_day" if what == "day" else "recurrences.which_date", typed=typed)


def _anchored(said: Said) -> Said:
    """„alle zwei Wochen ab Donnerstag“, „monatlich ab 15.1.“: the day it begins with is the day of all."""
    if said.start is None or said.days or said.sets or said.month_days or said.of:
        return said
    start = said.start[0]
    if said.unit == "week":
        return replace(said, days=((0, start.weekday()),))
    if said.unit == "month":
        return replace(said, month_days=(start.day,))
    return replace(said, month_days=(start.day,), months=(start.month,)) if said.unit == "year" else said


def _times(said: Said, when: When) -> list[time]:
    if when.instead is not None:
        return [when.instead]
    if said.clock is None and said.part is None:
        return [] if when.usual is None else [when.usual]
    return [wall.at for wall in walls(said.clock, said.part) if wall.days == 0]


def _by_night(said: Said, when: When) -> bool:
    """„freitags um Mitternacht“, „Freitag Nacht um eins“: of which day?"""
    timed = when.instead is None and (said.clock is not None or said.part is not None)
    return timed and said.unit != "day" and len(walls(said.clock, said.part)) > 1


def _recurrences(
    said: Said, rules: Rhythm, times: list[time], typed: str, when: When, *, vague: bool
) -> Iterator[Recurrence | Doubt]:
    found = [
        first_from(_bounded(rule, said, end), datetime.combine(start, at), when.now, when.zone)
        for rule in rules.rules
        for at in times
        for start in said.start or (when.today,)
        for end in said.end or (None,)
    ]
    offers = tuple(dict.fromkeys(each for each in found if each is not None))
    if not offers:
        yield Doubt(UserError("recurrences.over", typed=typed))
    elif rules.doubt or vague or len(offers) > 1:
        name = "recurrences.short_months" if rules.short else "recurrences.ambiguous"
        yield Doubt(UserError(name, typed=typed, candidates=offers), offers, open=True)
    else:
        yield offers[0]


def _bounded(rule: str, said: Said, end: date | None) -> str:
    """With the last day in it; and with its interval, even of one, where it was said when it begins."""
    if said.start is not None and "INTERVAL" not in rule:
        freq, _, rest = rule.partition(";")
        rule = ";".join(part for part in (freq, "INTERVAL=1", rest) if part)
    return f"{rule};UNTIL={end:%Y%m%d}T235959" if end else rule
