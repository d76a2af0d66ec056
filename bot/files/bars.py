"""The layout of a bar chart: a label, a bar, its number."""

from bot.domain.chart import Bar, BarChart
from bot.files.layout import GAP, MARGIN, TONES, WIDTH, Canvas, Label, Pen, number, write_label
from bot.files.lettering import Face

ROW = 70
THICKNESS = 42
LABEL_WIDTH = 340
SHORTEST_WITH_SIGN = 48
# The sign says the same as the colour; so does the label.
SIGNS = {"yes": "✔", "no": "✘", "abstain": "–", "neutral": ""}


def label(text: str, face: Face) -> Label:
    """Two lines of large type; three of smaller type where that saves words."""
    if len(face.wrap(text, 27, LABEL_WIDTH)) <= 2:
        return Label(face.wrap(text, 27, LABEL_WIDTH), 27)
    return Label(face.fit(text, 20, LABEL_WIDTH, 3), 20)


def labels(texts: list[str], face: Face) -> tuple[list[Label], float]:
    """All labels of a chart, and where the bars begin.

    One that is nothing but emoji the face lacks is still told apart by its number.
    """
    made = [label(face.clean(text) or f"{row}.", face) for row, text in enumerate(texts, start=1)]
    return made, MARGIN + max(face.width(line, entry.size) for entry in made for line in entry.lines) + GAP


def bars(chart: BarChart, pen: Pen) -> Canvas:
    """Draw it, as high as it has bars."""
    title, top = pen.titled(chart.title)
    canvas = pen.canvas(top + ROW * len(chart.bars) + MARGIN)
    pen.head(canvas, title)
    if chart.bars:
        _draw_bars(canvas, chart.bars, top, pen)
    return canvas


def _draw_bars(canvas: Canvas, rows: tuple[Bar, ...], top: float, pen: Pen) -> None:
    column, axis = labels([bar.label for bar in rows], pen.regular)
    room = WIDTH - MARGIN - axis - GAP - max(pen.bold.width(number(bar.value), 31) for bar in rows)
    longest = max(0.0, *(bar.value for bar in rows)) or 1.0
    for row, (bar, entry) in enumerate(zip(rows, column, strict=True)):
        middle = top + ROW * row + ROW / 2
        write_label(canvas, entry, axis - GAP, middle, pen.regular)
        length = room * max(0.0, bar.value) / longest
        _bar(canvas, axis, middle, room, "track")
        if length > 0:
            _bar(canvas, axis, middle, length, bar.tone if bar.tone in TONES else "neutral")
        if length >= SHORTEST_WITH_SIGN:
            canvas.write(axis + 13, middle, SIGNS.get(bar.tone, ""), pen.bold, 25, colour="paper")
        canvas.write(axis + length + 12, middle, number(bar.value), pen.bold, 31)
    canvas.box(axis - 3, top + 6, 3, ROW * len(rows) - 12, "axis")


def _bar(canvas: Canvas, x: float, middle: float, length: float, colour: str) -> None:
    """A bar with slightly rounded corners, square where it stands on the axis."""
    top = middle - THICKNESS / 2
    canvas.box(x, top, length, THICKNESS, colour, radius=min(7.0, length / 2))
    canvas.box(x, top, length / 2, THICKNESS, colour)
