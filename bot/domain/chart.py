"""A bar chart as data; `bot.files.draw` turns it into a PNG, in a process of its own."""

from dataclasses import dataclass


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
