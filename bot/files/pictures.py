"""Each kind of chart has its layout."""

from bot.domain.chart import BarChart, Chart, LineChart
from bot.files.bars import bars
from bot.files.layout import Canvas, Pen
from bot.files.lines import lines
from bot.files.stacks import stacks


def drawn(chart: Chart, pen: Pen) -> Canvas:
    """The chart on a canvas of the pen's."""
    if isinstance(chart, BarChart):
        return bars(chart, pen)
    return lines(chart, pen) if isinstance(chart, LineChart) else stacks(chart, pen)
