"""The layout of bars in parts. A part has a colour, a pattern, a place in the legend, and its number where it fits."""

from collections.abc import Iterator

from bot.domain.chart import Stack, StackedChart
from bot.files.bars import ROW, THICKNESS, labels
from bot.files.layout import GAP, LEGEND_ROW, MARGIN, SMALL, WIDTH, Canvas, Pen, Place, write_label

STEP = 13  # pixels between two strokes or dots of a pattern
SWATCH = 44
PLATE = 30  # height of what lies behind a number


def stacks(chart: StackedChart, pen: Pen) -> Canvas:
    """Draw it, as high as it has bars."""
    title, below_title = pen.titled(chart.title)
    rows = _legend(chart, pen)
    top = below_title + LEGEND_ROW * len(rows) + (14 if rows else 0)
    canvas = pen.canvas(top + ROW * len(chart.stacks) + MARGIN)
    pen.head(canvas, title)
    for row, placed in enumerate(rows):
        middle = below_title + LEGEND_ROW * row + 16
        for x, name, tone in placed:
            _part(canvas, x, middle - 14, SWATCH, 28, tone)
            canvas.write(x + SWATCH + 10, middle, name, pen.regular, SMALL)
    if chart.stacks:
        _draw(canvas, chart, top, pen)
    return canvas


def _legend(chart: StackedChart, pen: Pen) -> list[list[tuple[float, str, str]]]:
    """As many beside each other as fit."""
    rows: list[list[tuple[float, str, str]]] = []
    x = float(MARGIN)
    for name, tone in chart.parts:
        shown = pen.regular.clean(name)
        width = SWATCH + 10 + pen.regular.width(shown, SMALL) + 30
        if not rows or x + width > WIDTH - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, shown, tone))
        x += width
    return rows


def _draw(canvas: Canvas, chart: StackedChart, top: float, pen: Pen) -> None:
    column, axis = labels([each.label for each in chart.stacks], pen.regular)
    room = WIDTH - MARGIN - axis - GAP - max(pen.bold.width(str(sum(each.values)), 31) for each in chart.stacks)
    longest = max(sum(each.values) for each in chart.stacks) or 1
    for row, (stack, entry) in enumerate(zip(chart.stacks, column, strict=True)):
        middle = top + ROW * row + ROW / 2
        write_label(canvas, entry, axis - GAP, middle, pen.regular)
        x = axis
        for value, (_, tone) in zip(stack.values, chart.parts, strict=True):
            length = room * value / longest
            if value > 0:
                _part(canvas, x, middle - THICKNESS / 2, length, THICKNESS, tone)
                _count(canvas, x, middle, length, value, pen)
            x += length
        canvas.write(x + 12, middle, str(_total(stack)), pen.bold, 31)
    canvas.box(axis - 3, top + 6, 3, ROW * len(chart.stacks) - 12, "axis")


def _total(stack: Stack) -> int:
    return sum(stack.values)


def _count(canvas: Canvas, x: float, middle: float, length: float, value: int, pen: Pen) -> None:
    """How many, on a plate of paper so that no pattern runs through it; nothing where it has no room."""
    width = pen.bold.width(str(value), SMALL) + 16
    if length >= width + 8:
        centre = x + length / 2
        canvas.box(centre - width / 2, middle - PLATE / 2, width, PLATE, "paper", radius=6)
        canvas.write(centre, middle, str(value), pen.bold, SMALL, ha="center")


def _part(canvas: Canvas, x: float, y: float, width: float, height: float, tone: str) -> None:
    """A rectangle with its pattern and an outline: two parts side by side are never one."""
    canvas.box(x, y, width, height, "axis")
    if width <= 4:
        return
    x, y, width, height = x + 1, y + 1, width - 2, height - 2
    canvas.box(x, y, width, height, tone)
    if tone == "future":
        for dot_x, dot_y in _dots(x, y, width, height):
            canvas.disc(dot_x, dot_y, 2.2, "ink", outline=False)
    elif tone in ("planned", "paused"):
        for stroke in _slants(x, y, width, height, rising=tone == "planned"):
            canvas.stroke(stroke, "ink", 2)
    elif tone == "done":
        for line in range(1, 4):
            canvas.box(x, y + height * line / 4 - 1, width, 2, "paper")


def _dots(x: float, y: float, width: float, height: float) -> Iterator[Place]:
    for column in range(int((width - 5) // STEP) + 1):
        for row in range(int((height - 5) // STEP) + 1):
            yield x + 5 + STEP * column, y + 5 + STEP * row


def _slants(x: float, y: float, width: float, height: float, *, rising: bool) -> Iterator[list[Place]]:
    """Strokes at 45 degrees, cut off at the edges."""
    start = STEP / 2
    while start < width + height:
        left, right = max(0.0, start - height), min(width, start)
        low, high = start - left, start - right  # how far below the top it is there
        if rising:
            yield [(x + left, y + low), (x + right, y + high)]
        else:
            yield [(x + left, y + height - low), (x + right, y + height - high)]
        start += STEP
