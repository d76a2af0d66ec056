"""The whole bot in this process, as `zwischenstand run` starts it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot import app
from bot.config import Settings

PATIENCE = 60  # seconds until it is ready


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """From when it is ready to the end of the block."""
    ready = asyncio.Event()
    bot = asyncio.create_task(app.run(settings, ready.set, tick=0.2))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({bot, waiting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), bot
        yield
    finally:
        waiting.cancel()
        bot.cancel()
        await asyncio.wait({bot})
