"""Hatches bots like `tests.crash.nest`, each with what is to happen to it: where it dies, what its clock shows.

A line on standard input is `fork` and then JSON: `die_at` (a point and how many times it is reached, or an object of
such), `died` (a file for the name of the one), `log` (a file for the names of the points reached), `arguments`
(another command line), `clock` (seconds by which its clock is ahead), `clock_file` (at SIGUSR2 the clock of the running
bot moves by the seconds that stand in it then).
"""

import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

from tests.crash import nest
from tests.faults.points import Points


def prepare(orders: str) -> None:
    """In the child, before it begins to be a bot."""
    wanted: dict[str, Any] = json.loads(orders) if orders else {}
    if "arguments" in wanted:
        sys.argv[1:] = wanted["arguments"]
    die_at, log, died = wanted.get("die_at", {}), wanted.get("log"), wanted.get("died")
    if die_at or log:
        ends = die_at if isinstance(die_at, dict) else {die_at[0]: die_at[1]}
        Points(ends, Path(log) if log else None, Path(died) if died else None).install()
    if "clock" in wanted:
        _move_clock(float(wanted["clock"]), wanted.get("clock_file"))


def _move_clock(ahead: float, file: str | None) -> None:
    """Both kinds of clock that a program reads the time of day from; how long something takes is not touched."""
    traveller = time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()

    def move(_number: int, _frame: object) -> None:
        if file:
            traveller.shift(float(Path(file).read_text()))

    signal.signal(signal.SIGUSR2, move)


if __name__ == "__main__":
    nest.hatch(prepare)
