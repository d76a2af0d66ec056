"""Charts become pictures in a child process: drawing takes a second and matplotlib a hundred megabytes.

`python -m bot.files.draw` reads a chart as JSON from standard input and writes its PNG to standard output.
"""

import json
import re
import sys

from bot.domain.chart import Chart, as_table, from_table
from bot.errors import Problem
from bot.files import child
from bot.post import Image

PATIENCE = 60.0
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class NotDrawn(Problem):
    """The drawing process failed or took too long; the message says which."""


def to_json(chart: Chart) -> str:
    """The chart as JSON, the same text for the same chart. Raises ValueError for an infinite value or none."""
    return json.dumps(as_table(chart), ensure_ascii=False, allow_nan=False, sort_keys=True)


def from_json(text: str) -> Chart:
    """Back from `to_json`."""
    return from_table(json.loads(text))


async def draw(chart: Chart, *, patience: float = PATIENCE) -> Image:
    """Draw the chart in a process of its own. Raises NotDrawn, after `patience` seconds at the latest."""
    request = to_json(chart).encode()
    try:
        status, png, complaint = await child.run(
            "bot.files.draw", request=request, patience=patience, environment={"MPLBACKEND": "agg"}
        )
    except TimeoutError as error:
        raise NotDrawn(f"the chart was not drawn within {patience:g} seconds") from error
    if status or not png.startswith(SIGNATURE):
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        kind = last.partition(":")[0][:80]  # what follows may quote the chart
        raise NotDrawn(f"the chart was not drawn (exit status {status}): {kind}")
    return Image(png=png, width=_size(png, 16), height=_size(png, 20), name=_file_name(chart.title))


def _size(png: bytes, offset: int) -> int:
    """Width and height stand big-endian at bytes 16 and 20 (PNG, 11.2.1 IHDR)."""
    return int.from_bytes(png[offset : offset + 4], "big")


def _file_name(title: str) -> str:
    words = re.sub(r"\W+", "-", title).strip("-")
    return f"{words[:60].rstrip('-') or 'chart'}.png"


def main() -> None:
    """The child: one chart in, one picture out."""
    from bot.files.png import render  # noqa: PLC0415  (the parent must never load matplotlib)

    sys.stdout.buffer.write(render(from_json(sys.stdin.buffer.read().decode())))


if __name__ == "__main__":
    main()
