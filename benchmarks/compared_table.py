"""One table of several programs: a figure each, and how many times the floor's that is."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from benchmarks.contenders import FLOOR, MATRIX_BOT_SDK, MAUBOT

LABEL, CELL = 48, 19


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of each program that has one; `ratio` is taken to the floor's, where that means something."""

    label: str
    values: Mapping[str, float]
    digits: int = 1
    ratio: bool = True


def machine() -> str:
    """What this runs on, and what is compared, in two lines."""
    cores, gigabytes = os.cpu_count(), psutil.virtual_memory().total / 1e9
    model = next((line.partition(":")[2].strip() for line in _cpu() if line.startswith("model name")), "")
    python = ".".join(map(str, sys.version_info[:3]))
    ours = ", ".join(f"{name} {version(name)}" for name in ("matrix-synapse", "matrix-nio"))
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores ({model}), {gigabytes:.0f} GB, Python {python}\n"
        f"{ours}, {', '.join(MAUBOT)}, {MATRIX_BOT_SDK}"
    )


def _cpu() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def load() -> str:
    """The load of the last minute, now."""
    return f"load {os.getloadavg()[0]:.1f}"


def table(title: str, names: Sequence[str], rows: Sequence[Row]) -> str:
    """The rows under a title; a dash where a program has no such figure."""
    lines = ["", f"{title:{LABEL}}" + "".join(f"{name:>{CELL}}" for name in names)]
    lines += [f"{row.label:{LABEL}}" + "".join(f"{_cell(row, name):>{CELL}}" for name in names) for row in rows]
    return "\n".join(lines)


def _cell(row: Row, name: str) -> str:
    value, floor = row.values.get(name), row.values.get(FLOOR)
    if value is None:
        return "–"
    times = f" ({value / floor:.2f} ×)" if row.ratio and floor and name != FLOOR else ""
    return f"{value:,.{row.digits}f}{times}"
