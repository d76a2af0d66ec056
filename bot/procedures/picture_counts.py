"""The two charts of the portfolio that count: phases by field of action, and participation."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.context import Scope
from bot.domain.chart import Line, LineChart, Point, Stack, StackedChart
from bot.domain.project import Phase, several
from bot.language.names import fold
from bot.procedures.pictures import WEEK, YEAR, Drawn, Reader, marks_between, x_of
from bot.store import groups, pictures
from bot.store.pictures import Answered, Extent, Placed, Voted

MOST_STACKS = 12
MOST_CONSULTATIONS = 12
WEEKLY = 12 * WEEK  # what reaches back further is gathered by months
PARTS = (*(phase.value for phase in Phase), "unknown")
LONGEST_TITLE = 60


def phases(extent: Extent, reader: Reader, scope: Scope) -> Drawn | None:
    """How many projects stand in which phase, by field of action; of a project without one that of its group.

    A project with several fields counts in each. None where there is no project.
    """
    placed = pictures.phases(scope.session, extent)
    if not placed:
        return None
    by_room = {group.room_id or "": group.name for group in groups.of_network(scope.session, extent.network_id)}
    by_field = _gathered(_by_field(placed, {} if extent.room_id else by_room, reader), reader)
    used = [part for part in PARTS if any(counts[part] for counts in by_field.values())]
    title = reader.titled("phases")
    rows = tuple((name, f"{counts.total()}: {_told(counts, used, reader)}") for name, counts in by_field.items())
    note = reader.word("several_fields") if any(len(several(each.field)) > 1 for each in placed) else ""
    alt = f"{reader.word('stacked_chart', title)} " + "; ".join(f"{name} {told}" for name, told in rows) + "."
    chart = StackedChart(
        title,
        tuple((reader.word(f"phase.{part}"), part) for part in used),
        tuple(Stack(name, tuple(counts[part] for part in used)) for name, counts in by_field.items()),
        alt=f"{alt} {note}".rstrip(),
    )
    return Drawn(chart, (reader.word("field"), reader.word("projects")), rows, note)


def _told(counts: Mapping[str, int], used: Sequence[str], reader: Reader) -> str:
    return ", ".join(f"{counts[part]} {reader.word(f'phase.{part}')}" for part in used if counts[part])


def _by_field(placed: Sequence[Placed], by_room: Mapping[str, str], reader: Reader) -> dict[str, Counter[str]]:
    """By name of the field, in whichever spelling was met first; those of no field last."""
    none = reader.word("no_field")
    names: dict[str, str] = {}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in sorted(placed, key=lambda row: (row.field or "", row.room_id)):
        usual = by_room.get(each.room_id)
        for field in several(each.field) or ((usual,) if usual else (none,)):
            name = names.setdefault(fold(field), field)
            found[name][each.phase or "unknown"] += each.projects
    return {name: found[name] for name in sorted(found, key=lambda name: (name == none, fold(name)))}


def _gathered(by_field: dict[str, Counter[str]], reader: Reader) -> dict[str, Counter[str]]:
    """As many as a phone can show: the fields with most projects, the others in one bar."""
    if len(by_field) <= MOST_STACKS:
        return by_field
    largest = sorted(by_field, key=lambda name: -by_field[name].total())[: MOST_STACKS - 1]
    rest = [counts for name, counts in by_field.items() if name not in largest]
    together: Counter[str] = sum(rest, Counter())
    return {name: counts for name, counts in by_field.items() if name in largest} | {
        reader.word("others", len(rest)): together
    }


def participation(extent: Extent, reader: Reader, scope: Scope) -> Drawn | None:
    """Of a year: how many of those entitled voted, consultation by consultation, and how many answered check-ins.

    Not for guests. None where there was neither. Of check-ins a point is a week, or a month if they reach back further.
    """
    since = scope.now - YEAR
    votes = pictures.voted(scope.session, extent, since, MOST_CONSULTATIONS)
    votes = [each for each in votes if each.entitled]
    rounds = pictures.answered(scope.session, extent, since)
    if not votes and not rounds:
        return None
    first = min([each.closed_at for each in votes[:1]] + [each.deadline for each in rounds[:1]])
    spans = _spans(rounds, reader, weekly=scope.now - first <= WEEKLY)
    title = reader.titled("participation")
    lines, rows = [], list[tuple[str, str]]()
    if votes:
        points = tuple(Point(x_of(each.closed_at), _percent(each.voted, each.entitled)) for each in votes)
        lines.append(Line(reader.word("consultations"), points))
        rows += [(_called(each, reader), _share(each.voted, each.entitled, reader)) for each in votes]
    if spans:
        points = tuple(Point(x_of(at), _percent(given, put)) for _, at, given, put in spans)
        lines.append(Line(reader.word("check_ins"), points, "second"))
        rows += [(name, _share(given, put, reader)) for name, _, given, put in spans]
    alt = f"{reader.word('line_chart', title)} " + "; ".join(f"{what}: {share}" for what, share in rows) + "."
    chart = LineChart(title, tuple(lines), marks_between(first, scope.now, reader), alt)
    return Drawn(chart, (reader.word("what"), reader.word("turnout")), tuple(rows))


def _called(each: Voted, reader: Reader) -> str:
    """„K3 Definition (20.11.2026)“."""
    title = " ".join(each.title.split())
    shown = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"
    return f"K{each.number} {shown} ({reader.full_day(each.closed_at)})"


def _spans(rounds: Sequence[Answered], reader: Reader, *, weekly: bool) -> list[tuple[str, datetime, int, int]]:
    """Rounds by week or month: its name, its last deadline, how many questions were answered, how many put."""
    found: dict[str, tuple[datetime, int, int]] = {}
    for each in rounds:
        monday = each.deadline - timedelta(days=reader.local(each.deadline).weekday())
        name = reader.word("week", reader.day(monday)) if weekly else reader.word("month", reader.month(each.deadline))
        _, given, put = found.get(name, (each.deadline, 0, 0))
        found[name] = (each.deadline, given + each.answered, put + each.put)
    return [(name, *values) for name, values in found.items()]


def _share(part: int, whole: int, reader: Reader) -> str:
    return reader.word("share", part, whole, _percent(part, whole))


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
