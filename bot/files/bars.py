"""The picture itself. Only the child process of `bot.files.draw` imports this module, because matplotlib is large.

One unit is one pixel everywhere: at 72 dpi a point is a pixel. A phone shows the picture about 330 points wide, which
makes 28 pixels of type about ten points there.
"""

import io
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.patches import FancyBboxPatch, Rectangle

from bot.domain.chart import Bar, BarChart

DPI = 72
WIDTH = 900
MARGIN = 28
GAP = 16
ROW = 70
TITLE = 32
THICKNESS = 42
LABEL_WIDTH = 340
SHORTEST_WITH_SIGN = 48
LONGEST_TEXT = 300  # characters; nothing longer fits, and measuring it would take long
ELLIPSIS = "…"

INK = "#1b1f24"
TRACK = "#eef1f4"
AXIS = "#57606a"
# Dark enough for 4.5:1 on white (WCAG 1.4.3), and for eyes that cannot tell green from red still apart by lightness.
TONES = {"yes": "#067a57", "no": "#a31621", "abstain": "#646b75", "neutral": "#0b5cad"}
# The sign says the same as the colour; so does the label.
SIGNS = {"yes": "✔", "no": "✘", "abstain": "–", "neutral": ""}


class Typeface:
    """A font file that comes with matplotlib, so that every machine draws the same bytes."""

    def __init__(self, name: str) -> None:
        file = Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
        self.properties = FontProperties(fname=str(file))
        self._font = FT2Font(str(file))
        self._known = frozenset(self._font.get_charmap())

    def clean(self, text: str) -> str:
        """Drop what the font cannot draw (most emoji), and collapse white space."""
        composed = " ".join(unicodedata.normalize("NFC", text).split())
        drawable = (letter for letter in composed if ord(letter) in self._known and visible(letter))
        return " ".join("".join(drawable).split())[:LONGEST_TEXT]

    def width(self, text: str, size: float) -> float:
        """Pixels from the first to the last stroke."""
        self._font.set_size(size, DPI)
        self._font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
        return self._font.get_width_height()[0] / 64

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Lines no wider than `width`; a word that is too long for any line is broken with a hyphen."""
        lines: list[str] = []
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if self.width(longer, size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = self._broken(word, size, width)
            lines += full
        return [*lines, line] if line else lines

    def _broken(self, word: str, size: float, width: float) -> list[str]:
        pieces = []
        while self.width(word, size) > width and len(word) > 1:
            lengths = range(2, len(word))
            cut = 1 + bisect_right(lengths, width, key=lambda n: self.width(word[:n] + "-", size))
            hyphen = "" if word[cut - 1] in "-/" else "-"
            pieces.append(word[:cut] + hyphen)
            word = word[cut:]
        return [*pieces, word]

    def fit(self, text: str, size: float, width: float, lines: int) -> list[str]:
        """The text in at most so many lines, shortened with an ellipsis where it does not fit."""
        wrapped = self.wrap(text, size, width)
        if len(wrapped) <= lines:
            return wrapped
        last = wrapped[lines - 1]
        while last and self.width(last + ELLIPSIS, size) > width:
            last = last[:-1]
        return [*wrapped[: lines - 1], last.rstrip(" -–,;:") + ELLIPSIS]

    def balance(self, lines: list[str], size: float) -> list[str]:
        """The same words in as many lines of about equal length: no single word is left over."""
        widest = max((self.width(line, size) for line in lines), default=0.0)
        text, best = " ".join(lines), lines
        longest_word = max((self.width(word, size) for word in text.split()), default=0.0)
        for narrower in range(int(widest), int(longest_word), -10):
            wrapped = self.wrap(text, size, narrower)
            if len(wrapped) > len(lines):
                break
            best = wrapped
        return best


def visible(letter: str) -> bool:
    """No control or direction character, no variation selector (DejaVu draws those as boxes)."""
    return letter.isprintable() and not "\ufe00" <= letter <= "\ufe0f"


@dataclass(frozen=True, slots=True)
class Label:
    """What stands left of a bar, broken into lines."""

    lines: list[str]
    size: float


def number(value: float) -> str:
    """A count without decimals, a mean with a decimal comma, at most two places."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")


def label(text: str, face: Typeface) -> Label:
    """Two lines of large type; three of smaller type where that saves words."""
    if len(face.wrap(text, 27, LABEL_WIDTH)) <= 2:
        return Label(face.wrap(text, 27, LABEL_WIDTH), 27)
    return Label(face.fit(text, 20, LABEL_WIDTH, 3), 20)


class Canvas:
    """An empty picture with pixels for coordinates, the origin at the top left."""

    def __init__(self, height: int) -> None:
        mpl.rcdefaults()  # an operator's matplotlibrc must not change our bytes
        self._figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(self._figure)
        self._axes: Axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(height, 0)

    def write(
        self, x: float, middle: float, text: str, face: Typeface, size: float, *, ha: str = "left", colour: str = INK
    ) -> None:
        """One line; its capitals stand around `middle`. A dollar sign stays a dollar sign."""
        baseline = middle + 0.365 * size  # half of DejaVu's capital height of 0.73 em
        style: dict[str, Any] = {"fontproperties": face.properties, "fontsize": size, "color": colour}
        self._axes.text(x, baseline, text, ha=ha, va="baseline", parse_math=False, **style)

    def bar(self, x: float, middle: float, length: float, colour: str) -> None:
        """A bar with slightly rounded corners, square where it stands on the axis."""
        top = middle - THICKNESS / 2
        radius = min(7.0, length / 2)
        style = f"round,pad=0,rounding_size={radius}"
        self._axes.add_patch(FancyBboxPatch((x, top), length, THICKNESS, boxstyle=style, lw=0, facecolor=colour))
        self._axes.add_patch(Rectangle((x, top), length / 2, THICKNESS, lw=0, facecolor=colour))

    def axis(self, x: float, top: float, bottom: float) -> None:
        """The line on which the bars stand."""
        self._axes.add_patch(Rectangle((x - 3, top), 3, bottom - top, lw=0, facecolor=AXIS))

    def png(self) -> bytes:
        """The finished picture, without date or software in it."""
        file = io.BytesIO()
        self._figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def render(chart: BarChart) -> bytes:
    """Draw the chart as PNG, 900 pixels wide; a pure function of the chart and the matplotlib version."""
    regular, bold = Typeface("DejaVuSans"), Typeface("DejaVuSans-Bold")
    title = bold.balance(bold.fit(bold.clean(chart.title), TITLE, WIDTH - 2 * MARGIN, 3), TITLE)
    top = MARGIN + 44 * len(title) + (20 if title else 0)
    canvas = Canvas(top + ROW * len(chart.bars) + MARGIN)
    for line, text in enumerate(title):
        canvas.write(MARGIN, MARGIN + 44 * line + 22, text, bold, TITLE)
    if chart.bars:
        _draw_bars(canvas, chart.bars, top, regular, bold)
    return canvas.png()


def _draw_bars(canvas: Canvas, bars: tuple[Bar, ...], top: float, regular: Typeface, bold: Typeface) -> None:
    # An option that is nothing but emoji the font lacks is still told apart by its number.
    labels = [label(regular.clean(bar.label) or f"{row}.", regular) for row, bar in enumerate(bars, start=1)]
    column = max(regular.width(line, entry.size) for entry in labels for line in entry.lines)
    axis = MARGIN + column + GAP
    room = WIDTH - MARGIN - axis - GAP - max(bold.width(number(bar.value), 31) for bar in bars)
    longest = max(0.0, *(bar.value for bar in bars)) or 1.0
    for row, (bar, entry) in enumerate(zip(bars, labels, strict=True)):
        middle = top + ROW * row + ROW / 2
        height = entry.size * 1.12
        for line, text in enumerate(entry.lines):
            offset = (line - (len(entry.lines) - 1) / 2) * height
            canvas.write(axis - GAP, middle + offset, text, regular, entry.size, ha="right")
        length = room * max(0.0, bar.value) / longest
        canvas.bar(axis, middle, room, TRACK)
        if length > 0:
            canvas.bar(axis, middle, length, TONES.get(bar.tone, TONES["neutral"]))
        if length >= SHORTEST_WITH_SIGN:
            canvas.write(axis + 13, middle, SIGNS.get(bar.tone, ""), bold, 25, colour="white")
        canvas.write(axis + length + 12, middle, number(bar.value), bold, 31)
    canvas.axis(axis, top + 6, top + ROW * len(bars) - 6)
