"""Where log and charts go while the play is on."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot import logs
from bot.config import Log
from bot.domain.chart import Bar, BarChart
from bot.files.draw import draw
from bot.redaction import Redaction


@contextlib.contextmanager
def log_in(file: Path) -> Iterator[None]:
    """The log goes to a file, as the screen belongs to the play."""
    root, loggers = logging.getLogger(), [logging.getLogger(name) for name in ("", *logs.OURS)]
    before = [logger.level for logger in loggers]
    with file.open("a", encoding="utf-8") as stream:
        handler = logs.to_stream(Log(), Redaction(), stream)
        try:
            yield
        finally:
            root.removeHandler(handler)
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)


@contextlib.contextmanager
def drawing_in(folder: Path) -> Iterator[None]:
    """The child that draws charts keeps its cache of fonts in `folder`, and not below HOME."""
    name = "MPLCONFIGDIR"
    before = os.environ.get(name)
    os.environ[name] = str(folder / "matplotlib")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.asynccontextmanager
async def drawing_ready() -> AsyncIterator[None]:
    """Have the cache of fonts made while people talk: it takes ten seconds on a slow machine, and is made once."""
    practice = asyncio.create_task(draw(BarChart("", (Bar("", 1),), "")), name="the first picture")
    try:
        yield
    finally:
        practice.cancel()
        await asyncio.gather(practice, return_exceptions=True)
