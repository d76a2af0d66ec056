"""Merged cells of an Excel sheet: what stands in one of them is meant for all that it covers. Pure.

Excel keeps the value in the first cell alone, so that the others look empty to whoever reads the file; and an empty
cell means that something is to be deleted.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import Rejected

MOST_FILLED = 1_000_000  # cells; a file may claim that everything covers everything
AREA = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\"")


@dataclass(frozen=True, slots=True)
class Area:
    """Rows and columns from 1, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


def areas(sheet: bytes) -> list[Area]:
    """The merged areas of a sheet, from its XML."""
    found = (match.groups() for match in AREA.finditer(sheet))
    return [Area(int(top), _number(left), int(bottom), _number(right)) for left, top, right, bottom in found]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def spread(rows: Iterable[Sequence[str]], merged: Sequence[Area], most_columns: int) -> Iterator[list[str]]:
    """The rows with every merged cell filled. Raises Rejected("too large once unpacked") for absurdly many."""
    by_top: dict[int, list[Area]] = defaultdict(list)
    for area in merged:
        by_top[area.top].append(area)
    open_areas: list[tuple[Area, str]] = []
    filled = 0
    for number, row in enumerate(rows, 1):
        cells = list(row)
        open_areas += [(area, cells[area.left - 1]) for area in by_top.get(number, ()) if area.left <= len(cells)]
        for area, value in open_areas:
            right = min(area.right, most_columns)
            filled += right - area.left + 1
            if filled > MOST_FILLED:
                raise Rejected("too large once unpacked")
            cells += [""] * (right - len(cells))
            cells[area.left - 1 : right] = [value] * (right - area.left + 1)
        open_areas = [(area, value) for area, value in open_areas if area.bottom > number]
        yield cells
