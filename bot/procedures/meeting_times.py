"""The days of a meeting as somebody typed them; what is in doubt is asked back, with the slot right behind it.

Times may be past, since results are often gathered afterwards. No hour is taken for granted: a meeting begins and ends
when somebody says so. What follows on a line, or on the lines below, is the next such time after what stands before it:
„21.6.2027 10:00 bis 22.6. 16:00“ is over in 2027.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import Context
from bot.domain.timetable import MOST_DAYS, Day, is_too_long, overlapping
from bot.errors import Question, UserError
from bot.language.dates import Moment, read_deadline
from bot.language.doubts import ANSWERED, read_answered
from bot.language.hours import Edge, is_relative, split_hours
from bot.language.kept import literal
from bot.language.names import fold

A_MOMENT = timedelta(seconds=1)
_BULLET = re.compile(r"\s*[-–•*]\s+")
_NEXT_DAY = re.compile(
    r"(?<=[\dr])\s*[;,]\s+(?=(?:[^\W\d]+,?\s+)?\d{1,2}\.\s?\d{1,2}\.)"
)  # „…17:00, 4.12. …“, „Uhr; …“


@dataclass(frozen=True, slots=True)
class Place:
    """The field of a command that a time stands in, by its spellings as compared."""

    ctx: Context
    spellings: frozenset[str]

    def behind(self, line: str, end: int, joint: str = ANSWERED) -> str:
        """The command with a slot for an answer behind the first `end` characters of one line of the field."""
        spoken = self.ctx.spoken
        at = spoken.find(line, self._begins(spoken))
        at = len(spoken) if at < 0 else at + end
        return f"{literal(spoken[:at].rstrip())}{joint}{{answer}}{literal(spoken[at:])}"

    def _begins(self, spoken: str) -> int:
        """Where the field's value begins; in a field typed on the first line, or none at all, with the command."""
        passed = 0
        for number, each in enumerate(spoken.splitlines(keepends=True)):
            name, colon, _ = each.partition(":")
            if number and colon and fold(name) in self.spellings:
                return passed + len(name) + 1
            passed += len(each)
        return 0


def read_days(words: str, place: Place) -> tuple[Day, ...]:
    """The days of a list, one a line („- 21.6. 10:00–17:00“), or the one on a single line.

    Raises Question for what is in doubt, UserError for days that overlap and for too many.
    """
    lines = [part for line in words.splitlines() for part in _NEXT_DAY.split(_BULLET.sub("", line, count=1).strip())]
    lines = [line for line in lines if line]
    if len(lines) > MOST_DAYS:
        raise UserError("meeting.too_many_days", count=len(lines), most=MOST_DAYS)
    days: list[Day] = []
    for line in lines:
        days.append(_day(line, days[-1].last if days else None, place))
    require_possible(days)
    return tuple(days)


def read_end(words: str, start: datetime, place: Place) -> datetime:
    """When what begins at `start` (UTC) is over (UTC). Raises Question."""
    return _end(Edge(words.strip(), len(words.strip())), words.strip(), start, place)


def require_possible(days: Sequence[Day]) -> None:
    """The days come one after the other, within a month. Raises UserError."""
    for day in days:
        if day.ends_at is not None and day.ends_at <= day.starts_at:
            raise UserError("dates.ends_before_start", start=day.starts_at, end=day.ends_at)
    if (pair := overlapping(days)) is not None:
        raise UserError("meeting.overlap", one=pair[0], other=pair[1])
    if is_too_long(days):
        raise UserError("meeting.far_apart", one=days[0], other=days[-1])


def _day(line: str, before: datetime | None, place: Place) -> Day:
    start, end = split_hours(line)
    begins = _start(start, line, before, place)
    return Day(begins, _end(end, line, begins, place) if end is not None else None)


def _start(edge: Edge, line: str, before: datetime | None, place: Place) -> datetime:
    said = _said(place.ctx)
    after = said if before is None or is_relative(edge.words) else before
    moment = _read(edge.words, after, place.behind(line, edge.end), place.ctx)
    if moment.assumed_time:
        raise Question("meeting.which_time", resume=place.behind(line, edge.end, " "), at=moment.at)
    return _minute(moment.at)


def _end(edge: Edge, line: str, start: datetime, place: Place) -> datetime:
    resume = place.behind(line, edge.end)
    moment = _read(edge.words, _said(place.ctx) if is_relative(edge.words) else start, resume, place.ctx)
    if moment.at <= start:
        raise Question("dates.ends_before_start", resume=resume, start=start, end=moment.at)
    if is_too_long([Day(start, moment.at)]):
        raise Question("meeting.too_long", resume=resume, start=start, end=moment.at)
    if moment.assumed_time:
        raise Question("meeting.which_end_time", resume=place.behind(line, edge.end, " "), at=moment.at)
    return _minute(moment.at)


def _minute(at: datetime) -> datetime:
    """„in 10 Minuten“ is meant to the minute: nobody meets at 19:22:39."""
    return at.replace(second=0, microsecond=0)


def _said(ctx: Context) -> datetime:
    return min(ctx.message.sent_at, ctx.now)


def _read(words: str, after: datetime, resume: str, ctx: Context) -> Moment:
    """The first such time later than `after`, or one that is past and says so. Raises Question."""
    try:
        return read_answered(words, now=after, zone=ctx.house.zone)
    except UserError as problem:
        if problem.text != "dates.past":
            raise Question(problem.text, resume=resume, **problem.values) from problem
        return _over(words, problem.values["at"], ctx)


def _over(words: str, at: datetime, ctx: Context) -> Moment:
    """A time that is past: read again from just before it, to know whether a time of day was given."""
    try:
        return read_deadline(words.rpartition(ANSWERED)[2], now=at - A_MOMENT, zone=ctx.house.zone)
    except UserError:
        return Moment(at, assumed_time=False)
