"""Samples for the boards of rooms and for the charts of the portfolio."""

from typing import Any

from bot.domain.board import Age, Board, Entry, Section, Unit
from bot.domain.chart import BarChart
from bot.domain.project import Light, Phase
from bot.procedures.boards import Where
from bot.procedures.pictures import Drawn
from tests.samples.general import NASTY

LATE = Entry(
    key="eAkte",
    title=NASTY,
    light=Light.YELLOW,
    progress=60,
    phase=Phase.RUNNING,
    owner=NASTY,
    organisation=NASTY,
    fields=(NASTY, NASTY),
    age=Age(Unit.WEEKS, 5),
    stale=True,
)
NEW = Entry(
    key="Portal",
    title=None,
    light=None,
    progress=None,
    phase=None,
    owner=None,
    organisation=None,
    fields=(),
    age=Age(Unit.NEVER),
    stale=False,
)
BOARD = Board((Section(NASTY, (LATE,), ("Karte",), 3), Section(None, (NEW,), ())), 6, 1, (0, 1, 0, 1), 3)

BY_TEXT: dict[str, dict[str, Any]] = {
    "board.board": {"board": BOARD, "kept": True},
    "board.set_up": {"again": False, "may_pin": False},
    "chart.shown": {"drawn": Drawn(BarChart(NASTY, (), NASTY), (NASTY, "b"), ((NASTY, "1"),), NASTY)},
    "chart.nothing": {"kind": "participation"},
    "board.stands": {"where": Where("!a:example.org", "$tafel", "example.org")},
}
