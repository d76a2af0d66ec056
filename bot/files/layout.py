"""What all pictures share: the sheet they are drawn on, colours by meaning, signs and patterns that say the same.

A layout draws on a `Canvas`: `bot.files.png` makes it a PNG, `bot.files.svg` SVG. One unit is one pixel. A phone shows
the picture about 330 points wide, which makes 28 pixels of type about ten points there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.files.lettering import Face

WIDTH = 900
MARGIN = 28
GAP = 16
TITLE = 32
TITLE_LINE = 44
SMALL = 23
LEGEND_ROW = 42

# Dark enough for 4.5:1 on the paper (WCAG 1.4.3), and for eyes that cannot tell green from red apart by lightness.
TONES = {"yes": "#067a57", "no": "#a31621", "abstain": "#646b75", "neutral": "#0b5cad"}
LIGHT: Mapping[str, str] = TONES | {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "track": "#eef1f4",
    "axis": "#57606a",
    "grid": "#d0d7de",
    "second": "#8a3b00",
    "green": "#0f9d70",
    "yellow": "#f2c200",
    "red": "#a31621",
    "future": "#d9e7f7",
    "planned": "#8db9ea",
    "running": "#0b5cad",
    "done": "#067a57",
    "paused": "#c4c9cf",
    "unknown": "#ffffff",
}
DARK: Mapping[str, str] = {
    **LIGHT,
    "paper": "#15191e",
    "ink": "#f0f3f6",
    "track": "#2a3038",
    "axis": "#9aa4ae",
    "grid": "#3a424c",
    "yes": "#3fb68b",
    "no": "#ff8a80",
    "abstain": "#a3abb4",
    "neutral": "#6cb0ff",
    "second": "#ffb077",
    "green": "#3fb68b",
    "yellow": "#f2c200",
    "red": "#e5534b",
    "future": "#1f3a57",
    "planned": "#2f6299",
    "running": "#6cb0ff",
    "done": "#3fb68b",
    "paused": "#4b535c",
    "unknown": "#15191e",
}
Place = tuple[float, float]


class Canvas(Protocol):
    """A sheet with pixels for coordinates, the origin at the top left. What is drawn later lies above."""

    def write(
        self, x: float, middle: float, text: str, face: Face, size: float, *, ha: str = "left", colour: str = "ink"
    ) -> None:
        """One line; its capitals stand around `middle`. `ha`: left, center or right."""

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:
        """A filled rectangle."""

    def shape(self, corners: Sequence[Place], colour: str) -> None:
        """A filled polygon with an outline of ink."""

    def disc(self, x: float, y: float, radius: float, colour: str, *, outline: bool = True) -> None:
        """A filled circle, with an outline of ink."""

    def stroke(self, places: Sequence[Place], colour: str, width: float, *, dashed: bool = False) -> None:
        """A line through these places."""


@dataclass(frozen=True, slots=True)
class Pen:
    """What a layout draws with: a canvas of a given height, and two faces."""

    canvas: Callable[[float], Canvas]
    regular: Face
    bold: Face

    def titled(self, title: str) -> tuple[list[str], float]:
        """The lines of a title, and where what is below it begins."""
        lines = self.bold.balance(self.bold.fit(self.bold.clean(title), TITLE, WIDTH - 2 * MARGIN, 3), TITLE)
        return lines, MARGIN + TITLE_LINE * len(lines) + (20 if lines else 0)

    def head(self, canvas: Canvas, lines: Sequence[str]) -> None:
        """Write the title."""
        for line, text in enumerate(lines):
            canvas.write(MARGIN, MARGIN + TITLE_LINE * line + 22, text, self.bold, TITLE)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands left of a bar, broken into lines."""

    lines: list[str]
    size: float


def write_label(canvas: Canvas, label: Label, right: float, middle: float, face: Face) -> None:
    """Write it in lines around `middle`, up to `right`."""
    height = label.size * 1.12
    for line, text in enumerate(label.lines):
        offset = (line - (len(label.lines) - 1) / 2) * height
        canvas.write(right, middle + offset, text, face, label.size, ha="right")


def marker(canvas: Canvas, x: float, y: float, tone: str, size: float = 11) -> None:
    """The sign of a tone: a light has its colour and a shape of its own; the second line has squares, too."""
    if tone == "yellow":
        canvas.shape([(x, y - size * 1.15), (x + size * 1.1, y + size * 0.9), (x - size * 1.1, y + size * 0.9)], tone)
    elif tone in ("red", "second"):
        canvas.shape([(x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size)], tone)
    else:
        canvas.disc(x, y, size, tone if tone == "green" else "neutral")


def number(value: float) -> str:
    """A count without decimals, a mean with a decimal comma, at most two places."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")
