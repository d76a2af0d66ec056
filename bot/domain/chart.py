"""Charts as data: `bot.files.draw` turns one into a PNG, in a process of its own, `bot.files.svg` into SVG.

In each, `alt` says in words everything that the picture shows. A `tone` is a colour by meaning; whoever draws adds a
sign, a pattern or a dash to it, so that nothing is said by colour alone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its length, and a colour by meaning."""

    label: str
    value: float
    tone: str = "neutral"  # yes | no | abstain | neutral


@dataclass(frozen=True, slots=True)
class BarChart:
    """`alt` says in words everything that the picture shows."""

    title: str
    bars: tuple[Bar, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Point:
    """A value in percent at a place on the horizontal axis. `tone` is what was said besides: a light."""

    x: float
    y: float
    tone: str = "neutral"  # green | yellow | red | neutral


@dataclass(frozen=True, slots=True)
class Line:
    """What belongs together, from left to right. `tone`: neutral is drawn through, second is dashed."""

    label: str
    points: tuple[Point, ...]
    tone: str = "neutral"  # neutral | second


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands below a place on the horizontal axis, and below that, in the row of `LineChart.notes`."""

    x: float
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class LineChart:
    """Shares in percent over time. The axis goes from the first mark or point to the last.

    `notes` says what the notes of the marks count. `key` names the tones of points, where they have any.
    """

    title: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    alt: str
    notes: str = ""
    key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar in parts; each value belongs to the part at the same place in `StackedChart.parts`."""

    label: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StackedChart:
    """Bars in parts. `parts` are pairs of name and tone: future, planned, running, done, paused, unknown."""

    title: str
    parts: tuple[tuple[str, str], ...]
    stacks: tuple[Stack, ...]
    alt: str


Chart = BarChart | LineChart | StackedChart


def as_table(chart: Chart) -> dict[str, Any]:
    """The chart in plain values, for JSON. What kind it is shows by what it has."""
    return asdict(chart)


def from_table(table: Mapping[str, Any]) -> Chart:
    """Back from `as_table`, also by way of JSON."""
    title, alt = table["title"], table["alt"]
    if "bars" in table:
        return BarChart(title, tuple(Bar(**bar) for bar in table["bars"]), alt)
    if "stacks" in table:
        parts = tuple((name, tone) for name, tone in table["parts"])
        stacks = tuple(Stack(each["label"], tuple(each["values"])) for each in table["stacks"])
        return StackedChart(title, parts, stacks, alt)
    lines = tuple(
        Line(each["label"], tuple(Point(**point) for point in each["points"]), each["tone"]) for each in table["lines"]
    )
    key = tuple((tone, name) for tone, name in table["key"])
    return LineChart(title, lines, tuple(Mark(**mark) for mark in table["marks"]), alt, table["notes"], key)
