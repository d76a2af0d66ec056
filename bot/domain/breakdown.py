"""A result by Zugehörigkeit, level and size class; and so that a confidential vote stays one. Pure.

Freiburg found out only afterwards that small municipalities were under-represented: whoever is asked is in a row, also
those who are silent, and the turnout of every size class shows.

**Confidential ballots** (`without_small_cells`) show no cell that stands for fewer than five votes, none that can be
worked out from those that are shown, and no row in which all said the same:

- Rows that may not be shown are added up into one of the rest; as the total is known, anybody could do that. If the
  rest may not be shown either, the next smallest row joins it, and so on (complementary suppression).
- A second and a third dimension could be subtracted from the first (all parties are politics; politics less parties is
  one university). So a further dimension is shown only if every group that arises from crossing it with those already
  shown may be shown by itself: whatever can be worked out is a sum of such groups.
- Where weights differ there is no breakdown: 104 weights for yes tell how the organisation with 100 voted.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from bot.domain import answers
from bot.domain.answers import MOST_RESISTANCE, Kind, Sheet
from bot.domain.deciding import Classes
from bot.domain.organisations import Bench, Level, size_class
from bot.domain.tallies import Line, lines

Group = str | int | None  # a bench, a level, the number of a size class; None: not known


@dataclass(frozen=True, slots=True)
class Member:
    """An elector, and what the result is broken down by."""

    elector: int
    weight: int = 1
    bench: str | None = None
    level: str | None = None
    inhabitants: int | None = None

    @property
    def size(self) -> int | None:
        """The size class; None if the number of inhabitants is not known."""
        return None if self.inhabitants is None else size_class(self.inhabitants)


@dataclass(frozen=True, slots=True)
class Row:
    """One group's part of a result, in electors; the lines as in `bot.domain.tallies`.

    `groups` is whom it is about: one as a rule, several where small ones were put together.
    """

    groups: tuple[Group, ...]
    entitled: int
    turnout: int
    abstained: int
    lines: tuple[Line, ...]

    @property
    def valid(self) -> int:
        """How many voted and did not abstain."""
        return self.turnout - self.abstained

    def of(self, answer: str) -> Line:
        """The line of an answer or option."""
        return next((line for line in self.lines if line.answer == answer), Line(answer, 0, 0))

    def __add__(self, other: "Row") -> "Row":
        """Both groups together."""
        return Row(
            tuple(dict.fromkeys(self.groups + other.groups)),
            self.entitled + other.entitled,
            self.turnout + other.turnout,
            self.abstained + other.abstained,
            tuple(one + another for one, another in zip(self.lines, other.lines, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows for each dimension, in the order of the enums and sizes, what is not known last.

    A dimension is empty where all are in one row, as nothing is known of anybody, and where it may not be shown.
    `crossed` has a row for each bench, level and size class that occur together: for working on, not for showing, and
    empty in what may be shown of a confidential ballot.
    """

    sheet: Sheet
    bench: tuple[Row, ...]
    level: tuple[Row, ...]
    size: tuple[Row, ...]
    crossed: tuple[Row, ...] = field(default=(), repr=False)
    same_weights: bool = True


def breakdown(members: Sequence[Member], votes: Mapping[int, str], sheet: Sheet) -> Breakdown:
    """Break a result down. `votes` are the answers that count by elector, `members` all electors, silent ones too.

    Raises ValueError for an answer that is none of this sheet's.
    """
    together: dict[tuple[Group, ...], list[Member]] = {}
    for member in members:
        together.setdefault((member.bench, member.level, member.size), []).append(member)
    crossed = tuple(_row(groups, each, votes, sheet) for groups, each in together.items())
    bench, level, size = (_collected(crossed, dimension) for dimension in range(3))
    return Breakdown(sheet, bench, level, size, crossed, len({member.weight for member in members}) <= 1)


def by_class(members: Iterable[Member], votes: Mapping[int, str]) -> Classes:
    """Turnout and electors by size class: what a quorum of classes is measured by."""
    found: dict[int | None, tuple[int, int]] = {}
    for member in members:
        turnout, electors = found.get(member.size, (0, 0))
        found[member.size] = turnout + (member.elector in votes), electors + 1
    return found


def without_small_cells(breakdown: Breakdown, at_least: int = 5) -> Breakdown:
    """What of it may be shown of a confidential ballot; see the module's rules. `at_least` are votes in a cell."""
    hidden = replace(breakdown, bench=(), level=(), size=(), crossed=())
    if not breakdown.same_weights:
        return hidden

    def may_show(row: Row) -> bool:
        return _may_show(row, breakdown.sheet.kind, at_least)

    shown: dict[int, tuple[Row, ...]] = {}
    for dimension in range(3):
        rows = _merged(_collected(breakdown.crossed, dimension), may_show)
        tried = shown | {dimension: rows}
        if rows and all(may_show(row) for row in _crossings(breakdown.crossed, tried) if row.turnout):
            shown = tried
    return replace(hidden, bench=shown.get(0, ()), level=shown.get(1, ()), size=shown.get(2, ()))


def _row(groups: tuple[Group, ...], members: Sequence[Member], votes: Mapping[int, str], sheet: Sheet) -> Row:
    said = [(votes[member.elector], member.weight) for member in members if member.elector in votes]
    given = [(answer, weight) for answer, weight in said if answer != answers.ABSTAIN]
    return Row(groups, len(members), len(said), len(said) - len(given), lines(sheet, given))


_ORDER: tuple[Sequence[Group], ...] = (tuple(Bench), tuple(Level), ())


def _collected(crossed: Iterable[Row], dimension: int) -> tuple[Row, ...]:
    """The rows of one dimension; none where all are in one row."""
    found: dict[Hashable, Row] = {}
    for row in crossed:
        group = row.groups[dimension]
        part = replace(row, groups=(group,))
        found[group] = found[group] + part if group in found else part
    if len(found) < 2:
        return ()
    order = _ORDER[dimension]

    def place(row: Row) -> tuple[bool, int, str]:
        (group,) = row.groups
        at = order.index(group) if group in order else len(order)
        return group is None, group if isinstance(group, int) else at, str(group)

    return tuple(sorted(found.values(), key=place))


def _may_show(row: Row, kind: Kind, at_least: int) -> bool:
    """Whether no cell is small, nor what is left of the row without it. An empty cell tells of nobody how they voted,
    unless all others are in one.
    """
    said = [row.abstained, *(line.votes for line in row.lines)]
    if kind is Kind.DATES:
        said += [line.maybe_votes for line in row.lines]
        said += [row.valid - line.votes - line.maybe_votes for line in row.lines]
    not_said = [row.valid - line.votes for line in row.lines]
    if row.turnout < at_least or any(0 < cell < at_least for cell in said + not_said):
        return False
    if kind is Kind.RESISTANCE:  # the cells are sums; one at either end of the scale tells what everybody said
        return not any(line.score in (0, line.weight * MOST_RESISTANCE) for line in row.lines)
    return kind is Kind.POINTS or row.turnout not in said


def _merged(rows: tuple[Row, ...], may_show: Callable[[Row], bool]) -> tuple[Row, ...]:
    """The rows that may be shown and, last, the rest together; none if no two are left to compare."""
    kept = [row for row in rows if may_show(row)]
    dropped = [row for row in rows if row not in kept]
    while dropped and kept and not may_show(reduce(Row.__add__, dropped)):
        smallest = min(kept, key=lambda row: row.turnout)
        kept.remove(smallest)
        dropped.append(smallest)
    rest = [reduce(Row.__add__, dropped)] if dropped and kept else []
    return tuple(kept + rest) if len(kept) + len(rest) > 1 else ()


def _crossings(crossed: Iterable[Row], shown: Mapping[int, tuple[Row, ...]]) -> Iterable[Row]:
    """What the electorate falls into by all dimensions that are shown."""
    found: dict[Hashable, Row] = {}
    for row in crossed:
        key = tuple(
            next(at for at, each in enumerate(rows) if row.groups[dimension] in each.groups)
            for dimension, rows in shown.items()
        )
        found[key] = found[key] + row if key in found else row
    return found.values()
