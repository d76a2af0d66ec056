"""The layout of a line chart: shares in percent over time."""

from dataclasses import dataclass

from bot.domain.chart import Line, LineChart, Point
from bot.files.layout import LEGEND_ROW, MARGIN, SMALL, WIDTH, Canvas, Pen, Place, marker

HEIGHT = 380
LEFT = 120  # where the axis stands: „100 %“ has room beside it
INSET = 34  # from the axis to the first point, so that its marker is whole
RIGHT = WIDTH - MARGIN - 64
VALUE = 25
PLATE = 30  # height of what lies behind a number
SHARES = (0, 25, 50, 75, 100)
APART = 14  # pixels between two labels
MOST_LABELLED = 6  # points of the only line; of more, the first and the last have their number


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the values of a chart lie on the sheet."""

    top: float
    first: float
    last: float

    @property
    def bottom(self) -> float:
        """The line of 0 %."""
        return self.top + HEIGHT

    def x(self, value: float) -> float:
        """Where a time lies."""
        if self.last <= self.first:
            return (LEFT + RIGHT) / 2
        return LEFT + INSET + (RIGHT - LEFT - INSET) * (value - self.first) / (self.last - self.first)

    def y(self, share: float) -> float:
        """Where a share lies."""
        return self.bottom - HEIGHT * min(100.0, max(0.0, share)) / 100


def lines(chart: LineChart, pen: Pen) -> Canvas:
    """Draw it."""
    title, below_title = pen.titled(chart.title)
    entries = _legend(chart)
    rows = _rows(entries, pen)
    xs = [point.x for line in chart.lines for point in line.points] + [mark.x for mark in chart.marks]
    top = below_title + LEGEND_ROW * len(rows) + 34
    frame = Frame(top, min(xs, default=0.0), max(xs, default=0.0))
    canvas = pen.canvas(frame.bottom + 58 + (78 if chart.notes else 0) + MARGIN - 10)
    pen.head(canvas, title)
    for row, placed in enumerate(rows):
        for x, entry in placed:
            entry.draw(canvas, x, below_title + LEGEND_ROW * row + 16, pen)
    _grid(canvas, frame, pen)
    _below(canvas, chart, frame, pen)
    for line in chart.lines:
        _line(canvas, line, frame)
    _numbers(canvas, chart, frame, pen)
    return canvas


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that the legend explains: a line, or the tone of a point."""

    label: str
    tone: str
    is_line: bool

    @property
    def sample(self) -> float:
        """How wide its sign is."""
        return 76 if self.is_line else 34

    def draw(self, canvas: Canvas, x: float, middle: float, pen: Pen) -> None:
        """The sign and the label."""
        if self.is_line:
            _stroke(canvas, [(x, middle), (x + 62, middle)], self.tone)
        marker(canvas, x + (31 if self.is_line else 12), middle, self.tone)
        canvas.write(x + self.sample, middle, pen.regular.clean(self.label), pen.regular, SMALL)


def _legend(chart: LineChart) -> list[Entry]:
    tones = [Entry(label, tone, is_line=False) for tone, label in chart.key]
    return [Entry(line.label, line.tone, is_line=True) for line in chart.lines if not tones] + tones


def _rows(entries: list[Entry], pen: Pen) -> list[list[tuple[float, Entry]]]:
    """As many beside each other as fit."""
    rows: list[list[tuple[float, Entry]]] = []
    x = float(MARGIN)
    for entry in entries:
        width = entry.sample + pen.regular.width(pen.regular.clean(entry.label), SMALL) + 36
        if not rows or x + width > WIDTH - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, entry))
        x += width
    return rows


def _grid(canvas: Canvas, frame: Frame, pen: Pen) -> None:
    for share in SHARES:
        y = frame.y(share)
        canvas.box(LEFT, y - 1, RIGHT + 20 - LEFT, 2, "axis" if share == 0 else "grid")
        canvas.write(LEFT - 12, y, f"{share} %", pen.regular, SMALL, ha="right")


def _below(canvas: Canvas, chart: LineChart, frame: Frame, pen: Pen) -> None:
    """The marks, from the last one back: none over another."""
    free = float(WIDTH - MARGIN) + APART
    for mark in sorted(chart.marks, key=lambda each: -each.x):
        label, note = pen.regular.clean(mark.label), pen.bold.clean(mark.note)
        width = max(pen.regular.width(label, SMALL), pen.bold.width(note, SMALL))
        x = min(frame.x(mark.x), WIDTH - MARGIN - width / 2)
        if x + width / 2 + APART > free or x - width / 2 < MARGIN:
            continue
        free = x - width / 2
        canvas.box(frame.x(mark.x) - 1, frame.bottom, 2, 10, "axis")
        canvas.write(x, frame.bottom + 32, label, pen.regular, SMALL, ha="center")
        canvas.write(x, frame.bottom + 66, note, pen.bold, SMALL, ha="center")
    if chart.notes:
        notes = f"↑ {pen.regular.clean(chart.notes)}"
        canvas.write(WIDTH - MARGIN, frame.bottom + 106, notes, pen.regular, SMALL, ha="right")


def _line(canvas: Canvas, line: Line, frame: Frame) -> None:
    places = [(frame.x(point.x), frame.y(point.y)) for point in line.points]
    _stroke(canvas, places, line.tone)
    for point, (x, y) in zip(line.points, places, strict=True):
        marker(canvas, x, y, point.tone if point.tone != "neutral" else line.tone)


def _numbers(canvas: Canvas, chart: LineChart, frame: Frame, pen: Pen) -> None:
    """On plates of paper above all lines; of several lines only where each ends, beside it."""
    if len(chart.lines) == 1:
        points = chart.lines[0].points
        for point in points if len(points) <= MOST_LABELLED else (points[0], points[-1]):
            y = frame.y(point.y)
            _number(canvas, point, frame.x(point.x), y - 32 if y > frame.top + 40 else y + 32, pen)
        return
    taken: list[Place] = []
    for point in sorted((line.points[-1] for line in chart.lines if line.points), key=lambda each: -each.y):
        x, y = frame.x(point.x) + 44, frame.y(point.y)
        while any(abs(x - other) < 60 and abs(y - beside) < PLATE for other, beside in taken):
            y += 4
        taken.append((x, y))
        _number(canvas, point, x, y, pen)


def _number(canvas: Canvas, point: Point, x: float, middle: float, pen: Pen) -> None:
    shown = f"{point.y:g}"
    width = pen.bold.width(shown, VALUE) + 8
    canvas.box(x - width / 2, middle - PLATE / 2, width, PLATE, "paper", radius=5)
    canvas.write(x, middle, shown, pen.bold, VALUE, ha="center")


def _stroke(canvas: Canvas, places: list[Place], tone: str) -> None:
    if len(places) > 1:
        canvas.stroke(places, "second" if tone == "second" else "neutral", 5, dashed=tone == "second")
