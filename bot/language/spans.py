"""A time from … until …: absences and deputies. „von 1.8. bis 15.8.“, “from tomorrow to Friday”, „bis Ende Juni“.

Whole days where no time is given. Of two edges the one explains the other: „vom 3. bis 7.8.“ begins on 3 August, „von
Montag bis Freitag“ ends in the same week, and „von 1.8. bis 15.8.“ has begun already if it is said on 5 August.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.language.doubts import ANSWERED, read_answered
from bot.language.names import fold
from bot.language.vocabulary import WEEKDAYS

TODAY = frozenset({"heute", "sofort", "jetzt", "ab sofort", "today", "now"})
YEAR, DAY = timedelta(days=365), timedelta(days=1)
LATELY = timedelta(days=92)  # so long ago a day without a year is taken for the beginning of what goes on
_FROM = r"(?:vom|von|ab|from|since|seit)\s+"
_UNTIL = r"(?:bis(?:\s+(?:zum|einschließlich))?|to|until|till|through)\s+"
_DASH = r"\s+[-–—]\s+|(?<=[.\d])\s*[–—]\s*(?=\d)|(?<=\.)-(?=\d)"
_BOTH = re.compile(rf"(?:{_FROM})?(?P<start>.+?)(?:\s+{_UNTIL}|{_DASH})(?P<end>.+)", re.IGNORECASE)
_ONE = re.compile(rf"(?:{_FROM}(?P<start>.+)|{_UNTIL}(?P<end>.+)|(?P<day>.+))", re.IGNORECASE)
_DAY_OF_MONTH = re.compile(r"(?:dem |den )?(\d{1,2})\.?")
_WITHOUT_YEAR = re.compile(r"\d{1,2}(?:\.|st|nd|rd|th)? ?(?:\d{1,2}\.?|[a-z]+)|[a-z]+ \d{1,2}(?:st|nd|rd|th)?")
_WORKING_WEEK = re.compile(r"(?:in )?(?:der )?(?:naechste[nr]?|kommende[nr]?|diese[nr]?|next|this) (?:woche|week)")
_WEEK = re.compile(r"(?:in )?(?:der )?(?:kw|kalenderwoche|calendar week|cw|week) ?\d{1,2}")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until `end`, both aware and in UTC; `end` None: until further notice."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Edges:
    """What was typed for beginning and end, or for a single `day`; with the answers to what was asked back."""

    start: str = ""
    end: str = ""
    day: str = ""


class Doubt(UserError):
    """What is the matter with one edge: `edge` is its name in `Edges`. It can be asked back."""

    def __init__(self, problem: UserError, edge: str) -> None:
        super().__init__(problem.text, **problem.values)
        self.edge = edge


def edges_of(typed: str) -> Edges:
    """The two edges that `typed` names, in any of the usual ways. Raises UserError `dates.no_span` (typed)."""
    words = " ".join(typed.split())
    found = _BOTH.fullmatch(words) or _ONE.fullmatch(words)
    if found is None:
        raise UserError("dates.no_span", typed=typed)
    return Edges(**{name: said.strip(" ,") for name, said in found.groupdict().items() if said})


def read_span(typed: str, *, now: datetime, zone: ZoneInfo) -> Span:
    """The time that `typed` names; whole days where no time is given, from now where no start is.

    Raises UserError: `dates.no_span` (typed), `dates.ends_before_start` (start, end), and `Doubt` with those of
    `read_answered`.
    """
    edges = edges_of(typed)
    if edges.day:
        raise UserError("dates.no_span", typed=typed)
    return between(edges, now=now, zone=zone)


def between(edges: Edges, *, now: datetime, zone: ZoneInfo, begun: bool = False) -> Span:
    """The time between two edges, or that of a single day. `begun`: it may have begun long ago. Raises as `read_span`.

    Anything but a day as a single one is `dates.no_span` (typed).
    """
    if edges.day:
        return _one_day(edges.day, now, zone)
    end = _edge(edges.end, "end", now, zone) if edges.end else None
    start = _start(edges.start, end, now, zone, begun=begun) if edges.start else now
    if end is not None and end <= start and fold(edges.end).strip(".") in WEEKDAYS:
        end = _edge(edges.end, "end", start, zone)
    if (end is None or end <= start) and begun and _WITHOUT_YEAR.fullmatch(fold(edges.start)):
        earlier = _edge(edges.start, "start", now - YEAR, zone)
        start = earlier if now - earlier <= LATELY else start
    if end is not None and end <= start:
        raise UserError("dates.ends_before_start", start=start, end=end)
    return Span(start, end)


def _start(words: str, end: datetime | None, now: datetime, zone: ZoneInfo, *, begun: bool) -> datetime:
    if fold(words) in TODAY:
        return now
    if end is not None and (alone := _DAY_OF_MONTH.fullmatch(fold(words))):
        return _day_before(int(alone[1]), words, (end - timedelta(microseconds=1)).astimezone(zone).date(), zone)
    try:
        return _edge(words, "start", now, zone)
    except Doubt as doubt:
        if not begun or doubt.text != "dates.past":
            raise
        return _midnight(doubt.values["at"].astimezone(zone).date(), zone)


def _day_before(day: int, words: str, end: date, zone: ZoneInfo) -> datetime:
    """„vom 28. bis 3.3.“: the last 28th up to 3 March."""
    month = end if day <= end.day else end.replace(day=1) - DAY
    try:
        return _midnight(month.replace(day=day), zone)
    except ValueError:
        raise Doubt(UserError("dates.impossible", typed=words), "start") from None


def _one_day(words: str, now: datetime, zone: ZoneInfo) -> Span:
    """„am 3.8.“, „morgen“, „KW 30“, „nächste Woche“."""
    if fold(words) in TODAY:
        return Span(now, _midnight(now.astimezone(zone).date() + DAY, zone))
    try:
        moment = read_answered(words, now=now, zone=zone)
    except UserError as problem:
        if problem.text == "dates.unreadable":
            raise UserError("dates.no_span", typed=words) from problem
        if problem.text == "dates.ambiguous" and _WORKING_WEEK.fullmatch(fold(words)):
            return _working_week(problem.values["candidates"][-1].astimezone(zone).date(), now, zone)
        raise Doubt(problem, "day") from problem
    day = moment.at.astimezone(zone).date()
    if not moment.assumed_time and ANSWERED not in words:
        raise UserError("dates.no_span", typed=words)
    return Span(_midnight(_monday(day, words), zone), _midnight(day + DAY, zone))


def _working_week(friday: date, now: datetime, zone: ZoneInfo) -> Span:
    """What is left of the week until its Friday is over."""
    return Span(max(now, _midnight(friday - 4 * DAY, zone)), _midnight(friday + DAY, zone))


def _edge(words: str, edge: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of a day, or its end, unless a time is given."""
    later = edge == "end"
    if fold(words) in TODAY:
        day = now.astimezone(zone).date()
    else:
        try:
            moment = read_answered(words, now=now, zone=zone)
        except UserError as problem:
            raise Doubt(problem, edge) from problem
        day = moment.at.astimezone(zone).date()
        if not _is_whole_day(moment.at, words, zone, assumed=moment.assumed_time):
            return moment.at
    return _midnight(day + DAY if later else _monday(day, words), zone)


def _is_whole_day(at: datetime, words: str, zone: ZoneInfo, *, assumed: bool) -> bool:
    """Whether no time was given; an offer that was chosen has the one that a deadline would have."""
    return assumed or (ANSWERED in words and at.astimezone(zone).time() == time(18))


def _monday(day: date, words: str) -> date:
    """A calendar week, which ends on its Friday for a deadline, begins on its Monday."""
    return day - timedelta(days=day.weekday()) if _WEEK.fullmatch(fold(words)) else day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
