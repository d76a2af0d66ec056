"""Work in a process of its own: what costs memory, seconds or trust costs the bot neither."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Outcome(NamedTuple):
    """What a child left: its exit status, what it wrote, and what it complained of."""

    status: int
    answer: bytes
    complaint: bytes


async def run(
    module: str, *arguments: str, request: bytes, patience: float, environment: Mapping[str, str] | None = None
) -> Outcome:
    """`python -m module arguments…`, with `request` on its standard input.

    Its environment is ours without our secrets, and with `environment`. Raises TimeoutError after `patience` seconds.
    No process is left behind, whatever happens.
    """
    ours = {name: value for name, value in os.environ.items() if not name.upper().startswith("ZWISCHENSTAND_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ours | dict(environment or {}),
        cwd=Path(__file__).parents[2],
    )
    try:
        async with asyncio.timeout(patience):
            answer, complaint = await process.communicate(request)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()  # reaps it, and empties the pipes that would hold it back
    return Outcome(process.returncode or 0, answer, complaint)
