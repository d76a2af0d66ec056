"""Charts become pictures in a child process: drawing takes a second and matplotlib a hundred megabytes.

`python -m bot.files.draw` reads a chart as JSON from standard input and writes its PNG to standard output.
"""

import asyncio
import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path

from bot.domain.chart import Bar, BarChart
from bot.errors import Problem
from bot.post import Image

PATIENCE = 60.0
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class NotDrawn(Problem):
    """The drawing process failed or took too long; the message says which."""


def to_json(chart: BarChart) -> str:
    """The chart as JSON, the same text for the same chart. Raises ValueError for an infinite value or none."""
    return json.dumps(asdict(chart), ensure_ascii=False, allow_nan=False, sort_keys=True)


def from_json(text: str) -> BarChart:
    """Back from `to_json`."""
    table = json.loads(text)
    return BarChart(title=table["title"], bars=tuple(Bar(**bar) for bar in table["bars"]), alt=table["alt"])


async def draw(chart: BarChart, *, patience: float = PATIENCE) -> Image:
    """Draw the chart in a process of its own. Raises NotDrawn, after `patience` seconds at the latest."""
    request = to_json(chart).encode()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.files.draw"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
        cwd=Path(__file__).parents[2],
    )
    try:
        async with asyncio.timeout(patience):
            png, complaint = await process.communicate(request)
    except TimeoutError as error:
        raise NotDrawn(f"the chart was not drawn within {patience:g} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()  # reaps it, and empties the pipes that would hold it back
    if process.returncode or not png.startswith(SIGNATURE):
        reason = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise NotDrawn(f"the chart was not drawn (exit status {process.returncode}): {reason[:200]}")
    return Image(png=png, width=_size(png, 16), height=_size(png, 20), name=_file_name(chart.title))


def _environment() -> dict[str, str]:
    """Ours without our secrets; another drawing backend than the one we name cannot be forced on us."""
    ours = {name: value for name, value in os.environ.items() if not name.upper().startswith("ZWISCHENSTAND_")}
    return ours | {"MPLBACKEND": "agg"}


def _size(png: bytes, offset: int) -> int:
    """Width and height stand big-endian at bytes 16 and 20 (PNG, 11.2.1 IHDR)."""
    return int.from_bytes(png[offset : offset + 4], "big")


def _file_name(title: str) -> str:
    words = re.sub(r"\W+", "-", title).strip("-")
    return f"{words[:60].rstrip('-') or 'chart'}.png"


def main() -> None:
    """The child: one chart in, one picture out."""
    from bot.files.bars import render  # noqa: PLC0415  (the parent must never load matplotlib)

    sys.stdout.buffer.write(render(from_json(sys.stdin.buffer.read().decode())))


if __name__ == "__main__":
    main()
