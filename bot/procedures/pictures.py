"""The charts of the portfolio: progress over time; `picture_counts` has phases and participation (Leipzig, 2023).

Each is a chart with its numbers as a table, in one language; the same for a message and for a page. What a person may
see is in the `Extent` that is asked for: a guest's has the projects shared with them, and nobody shows them who votes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.context import Scope
from bot.domain.chart import Chart, Line, LineChart, Mark, Point
from bot.procedures import picture_words
from bot.store import pictures
from bot.store.pictures import Extent
from bot.store.tables import Project

MOST_POINTS = 13  # so that each is still seen on a phone
MOST_MARKS = 5
MOST_REPORTS = 30
YEAR = timedelta(days=365)
WEEK = timedelta(days=7)
LONG = timedelta(days=300)  # days of the month alone would mean two years


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart, and its numbers as a table: the heads of its columns, and its rows. `note` says how to read them."""

    chart: Chart
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language and on whose clocks a chart is labelled. `place` is what it is of, for its title."""

    language: str
    zone: ZoneInfo
    place: str = ""

    def word(self, name: str, *values: object) -> str:
        """A word or sentence of `picture_words`, with what is filled in."""
        words = picture_words.DE if self.language == "de" else picture_words.EN
        return words[name].format(*values)

    def titled(self, name: str) -> str:
        """A title with the place behind it."""
        return " · ".join(each for each in (self.word(name), " ".join(self.place.split())) if each)

    def day(self, at: datetime, *, year: bool = False) -> str:
        """„20.11.“, or „Nov. 2026“ where the year counts more than the day."""
        pattern = "LLL y" if year else ("d.M." if self.language == "de" else "d MMM")
        return format_date(self.local(at), pattern, locale=self.language)

    def full_day(self, at: datetime) -> str:
        """„20.11.2026“."""
        return format_date(self.local(at), "dd.MM.y" if self.language == "de" else "d MMM y", locale=self.language)

    def month(self, at: datetime) -> str:
        """„November 2026“."""
        return format_date(self.local(at), "LLLL y", locale=self.language)

    def local(self, at: datetime) -> date:
        """The reader's day."""
        return at.astimezone(self.zone).date()


def progress_of(project: Project, reader: Reader, scope: Scope) -> Drawn | None:
    """What was reported of one project's progress, with the light it had then. None where nothing was."""
    told = pictures.reports(scope.session, project.id or 0, MOST_REPORTS)
    if not told:
        return None
    points = tuple(Point(x_of(each.at), each.progress or 0, each.light or "neutral") for each in told)
    title = f"{reader.word('progress')} · {project.key}"
    rows = tuple(
        (reader.full_day(each.at), f"{each.progress} %", reader.word(f"light.{each.light}") if each.light else "–")
        for each in told
    )
    said = ", ".join(f"{day}: {share}{'' if light == '–' else f' ({light})'}" for day, share, light in rows)
    first, now = told[0].at, scope.now
    seen = [light for light in ("green", "yellow", "red") if any(each.light == light for each in told)]
    chart = LineChart(
        title,
        (Line(reader.word("reported"), points),),
        marks_between(first, now, reader),
        alt=f"{reader.word('line_chart', title)} {said}.",
        key=tuple((light, reader.word(f"light.{light}")) for light in seen),
    )
    return Drawn(chart, tuple(reader.word(head) for head in ("day", "progress", "light")), rows)


def progress(extent: Extent, reader: Reader, scope: Scope) -> Drawn | None:
    """The mean progress over time of the projects that have reported one, and how many those are. None: none has."""
    first = pictures.first_report(scope.session, extent)
    if first is None:
        return None
    times = samples(max(first, scope.now - YEAR), scope.now)
    found = pictures.progress_at(scope.session, extent, times)
    known = [(at, count, round(total / count)) for at, (count, total) in zip(times, found, strict=True) if count]
    if not known:
        return None
    title = reader.titled("progress")
    long = scope.now - first > LONG
    points = tuple(Point(x_of(at), mean) for at, _, mean in known)
    shown = {at for at, _, _ in known[:: -max(1, -(-len(known) // MOST_MARKS))]}
    marks = tuple(Mark(x_of(at), reader.day(at, year=long), str(count)) for at, count, _ in known if at in shown)
    rows = tuple((reader.full_day(at), f"{mean} %", str(count)) for at, count, mean in known)
    said = ", ".join(f"{day}: {mean} ({reader.word('of_projects', count)})" for day, mean, count in rows)
    alt = f"{reader.word('line_chart', title)} {reader.word('mean')}: {said}."
    chart = LineChart(title, (Line(reader.word("mean"), points),), marks, alt, notes=reader.word("counted"))
    return Drawn(chart, tuple(reader.word(head) for head in ("day", "mean_short", "counted")), rows)


def samples(first: datetime, now: datetime) -> list[datetime]:
    """Whole weeks apart, the last of them now, as many as are needed to reach back to `first`; oldest first."""
    weeks = max(1, -(-(now - first) // WEEK))
    step = WEEK * max(1, -(-weeks // (MOST_POINTS - 1)))
    return [now - step * back for back in range(-(-(now - first) // step), -1, -1)]


def x_of(at: datetime) -> float:
    """A time as a place on the horizontal axis: hours are near enough."""
    return round(at.timestamp() / 3600)


def marks_between(first: datetime, last: datetime, reader: Reader) -> tuple[Mark, ...]:
    """The first and the last day, and some between them."""
    days = (reader.local(last) - reader.local(first)).days
    count = min(MOST_MARKS, days + 1)
    step = (last - first) / max(1, count - 1)
    times: Sequence[datetime] = [last] if count == 1 else [first + step * number for number in range(count)]
    return tuple(Mark(x_of(at), reader.day(at, year=last - first > LONG)) for at in times)
