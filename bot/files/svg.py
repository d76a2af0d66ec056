"""The same picture as SVG, for a page: text that can be read aloud and enlarged, the same bytes for the same chart.

There is no script, no style sheet, no style attribute and nothing from elsewhere in it: a strict
Content-Security-Policy refuses none of it. `dark` is the same on dark paper, for `<picture>` with
`prefers-color-scheme`.
"""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from bot.domain.chart import Chart
from bot.files.layout import DARK, LIGHT, WIDTH, Pen, Place
from bot.files.lettering import Face, visible
from bot.files.pictures import drawn

FAMILY = "Verdana, DejaVu Sans, sans-serif"
NARROW = frozenset("iljtfrI.,:;|!'()[]/ \u00a0")
WIDE = frozenset("mwMW%@–—…")
ANCHORS = {"left": "start", "center": "middle", "right": "end"}


class Reckoned(Face):
    """Widths as Verdana and DejaVu have them, roughly and never too small: what a reader has is not known here."""

    def __init__(self, *, bold: bool = False) -> None:
        self.bold = bold

    def has(self, letter: str) -> bool:
        """Browsers have a font for everything."""
        return visible(letter)

    def width(self, text: str, size: float) -> float:
        """Pixels, by kinds of letters."""
        widths = (
            0.42 if each in NARROW else 1.0 if each in WIDE or ord(each) > 0x2000 else _usual(each) for each in text
        )
        return sum(widths) * size * (1.12 if self.bold else 1.0)


def _usual(letter: str) -> float:
    return 0.76 if letter.isupper() else 0.64


class Sheet:
    """A `bot.files.layout.Canvas` that becomes SVG."""

    def __init__(self, height: float, colours: Mapping[str, str]) -> None:
        self.height = round(height)
        self._colours = colours
        self._parts = [f'<rect width="{WIDTH}" height="{self.height}" fill="{colours["paper"]}"/>']

    def write(
        self, x: float, middle: float, text: str, face: Face, size: float, *, ha: str = "left", colour: str = "ink"
    ) -> None:
        """One line; its capitals stand around `middle`."""
        if not text:
            return
        weight = ' font-weight="bold"' if face.bold else ""
        anchor = f' text-anchor="{ANCHORS[ha]}"' if ha != "left" else ""
        place = f'x="{_short(x)}" y="{_short(middle + 0.365 * size)}" font-size="{_short(size)}"'
        self._parts.append(f'<text {place}{weight}{anchor} fill="{self._colours[colour]}">{escape(text)}</text>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:
        """A filled rectangle."""
        corners = f' rx="{_short(radius)}"' if radius else ""
        size = f'width="{_short(width)}" height="{_short(height)}"'
        self._parts.append(f'<rect x="{_short(x)}" y="{_short(y)}" {size}{corners} fill="{self._colours[colour]}"/>')

    def shape(self, corners: Sequence[Place], colour: str) -> None:
        """A filled polygon with an outline of ink."""
        self._parts.append(f'<polygon points="{_listed(corners)}" {self._outlined(colour)}/>')

    def disc(self, x: float, y: float, radius: float, colour: str, *, outline: bool = True) -> None:
        """A filled circle, with an outline of ink."""
        style = self._outlined(colour) if outline else f'fill="{self._colours[colour]}"'
        self._parts.append(f'<circle cx="{_short(x)}" cy="{_short(y)}" r="{_short(radius)}" {style}/>')

    def stroke(self, places: Sequence[Place], colour: str, width: float, *, dashed: bool = False) -> None:
        """A line through these places."""
        dashes = f' stroke-dasharray="{_short(3 * width)} {_short(1.6 * width)}"' if dashed else ""
        style = f'fill="none" stroke="{self._colours[colour]}" stroke-width="{_short(width)}"{dashes}'
        self._parts.append(f'<polyline points="{_listed(places)}" {style}/>')

    def _outlined(self, colour: str) -> str:
        return f'fill="{self._colours[colour]}" stroke="{self._colours["ink"]}" stroke-width="2"'

    def text(self, chart: Chart, language: str) -> str:
        """The whole file. Its text is the title and description, and so hidden where it is drawn."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" width="{WIDTH}" '
            f'height="{self.height}" role="img" xml:lang={quoteattr(language)} font-family="{FAMILY}">'
        )
        told = f"<title>{escape(_printable(chart.title))}</title><desc>{escape(_printable(chart.alt))}</desc>"
        return f'{head}{told}<g aria-hidden="true">{"".join(self._parts)}</g></svg>\n'


def svg(chart: Chart, language: str = "de", *, dark: bool = False) -> str:
    """The chart as an SVG file in `language`; a pure function."""
    colours = DARK if dark else LIGHT
    sheet = drawn(chart, Pen(lambda height: Sheet(height, colours), Reckoned(), Reckoned(bold=True)))
    assert isinstance(sheet, Sheet)  # noqa: S101 - the pen's own
    return sheet.text(chart, language)


def _short(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _listed(places: Sequence[Place]) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in places)


def _printable(text: str) -> str:
    """Without what XML does not allow, and without what turns the direction of writing."""
    return "".join(letter if visible(letter) else " " for letter in text)
