"""The picture as PNG. Only the child process of `bot.files.draw` imports this module, because matplotlib is large.

At 72 dpi a point is a pixel.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle

from bot.domain.chart import Chart
from bot.files.layout import LIGHT, WIDTH, Pen, Place
from bot.files.lettering import Face
from bot.files.pictures import drawn

DPI = 72


class Typeface(Face):
    """A font file that comes with matplotlib, so that every machine draws the same bytes."""

    def __init__(self, name: str) -> None:
        file = Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
        self.properties = FontProperties(fname=str(file))
        self._font = FT2Font(str(file))
        self._known = frozenset(self._font.get_charmap())

    def has(self, letter: str) -> bool:
        """Whether the font has a glyph for it."""
        return ord(letter) in self._known

    def width(self, text: str, size: float) -> float:
        """Pixels from the first to the last stroke."""
        self._font.set_size(size, DPI)
        self._font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
        return self._font.get_width_height()[0] / 64


class Sheet:
    """A `bot.files.layout.Canvas` that becomes a PNG."""

    def __init__(self, height: float, colours: Mapping[str, str] = LIGHT) -> None:
        mpl.rcdefaults()  # an operator's matplotlibrc must not change our bytes
        self._colours = colours
        paper = colours["paper"]
        self._figure = Figure(figsize=(WIDTH / DPI, round(height) / DPI), dpi=DPI, facecolor=paper)
        FigureCanvasAgg(self._figure)
        self._axes: Axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(round(height), 0)
        self._layer = 1

    def _above(self) -> int:
        """What is drawn later lies above."""
        self._layer += 1
        return self._layer

    def write(
        self, x: float, middle: float, text: str, face: Face, size: float, *, ha: str = "left", colour: str = "ink"
    ) -> None:
        """One line; its capitals stand around `middle`. A dollar sign stays a dollar sign."""
        assert isinstance(face, Typeface)  # noqa: S101 - ours are
        baseline = middle + 0.365 * size  # half of DejaVu's capital height of 0.73 em
        style: dict[str, Any] = {
            "fontproperties": face.properties,
            "fontsize": size,
            "color": self._colours[colour],
            "zorder": self._above(),
        }
        self._axes.text(x, baseline, text, ha=ha, va="baseline", parse_math=False, **style)

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:
        """A filled rectangle."""
        style: dict[str, Any] = {"lw": 0, "facecolor": self._colours[colour], "zorder": self._above()}
        if radius:
            corners = f"round,pad=0,rounding_size={radius}"
            self._axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=corners, **style))
        else:
            self._axes.add_patch(Rectangle((x, y), width, height, **style))

    def shape(self, corners: Sequence[Place], colour: str) -> None:
        """A filled polygon with an outline of ink."""
        self._axes.add_patch(Polygon(list(corners), closed=True, **self._outlined(colour)))

    def disc(self, x: float, y: float, radius: float, colour: str, *, outline: bool = True) -> None:
        """A filled circle, with an outline of ink."""
        style = self._outlined(colour) if outline else {"lw": 0, "facecolor": self._colours[colour]}
        self._axes.add_patch(Circle((x, y), radius, **({"zorder": self._above()} | style)))

    def stroke(self, places: Sequence[Place], colour: str, width: float, *, dashed: bool = False) -> None:
        """A line through these places."""
        xs, ys = [x for x, _ in places], [y for _, y in places]
        style: dict[str, Any] = {"color": self._colours[colour], "lw": width, "zorder": self._above()}
        self._axes.add_line(Line2D(xs, ys, linestyle=(0, (3, 1.6)) if dashed else "solid", **style))

    def _outlined(self, colour: str) -> dict[str, Any]:
        ink = self._colours["ink"]
        return {"lw": 2, "edgecolor": ink, "facecolor": self._colours[colour], "zorder": self._above()}

    def png(self) -> bytes:
        """The finished picture, without date or software in it."""
        file = io.BytesIO()
        self._figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def render(chart: Chart) -> bytes:
    """Draw the chart as PNG, 900 pixels wide; a pure function of the chart and the matplotlib version."""
    sheet = drawn(chart, Pen(Sheet, Typeface("DejaVuSans"), Typeface("DejaVuSans-Bold")))
    assert isinstance(sheet, Sheet)  # noqa: S101 - the pen's own
    return sheet.png()
