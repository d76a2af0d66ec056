"""`zwischenstand run` that says on stderr how long its event loop was not free, whenever that is worth a line."""

import asyncio
import sys
import time

import bot.app
from bot.__main__ import main
from bot.matrix.client import Account

WORTH = 0.02
"""Seconds."""

LOOK = 0.002
"""Seconds between two looks."""

_watching: set[asyncio.Task[None]] = set()


async def watch() -> None:
    """A look that comes late: the loop was kept by work of this thread's own, or by waiting (disk, other processes)."""
    while True:
        before, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(LOOK)
        late = time.perf_counter() - before - LOOK
        if late >= WORTH:
            own = time.thread_time() - worked
            print(f"blocked {late * 1000:.0f} ms, own {own * 1000:.0f} ms", file=sys.stderr, flush=True)


class Watched(Account):
    """An account whose event loop is watched from the login on."""

    async def login(self) -> None:
        await super().login()
        if not _watching:
            _watching.add(asyncio.create_task(watch()))
            print("watching", file=sys.stderr, flush=True)


if __name__ == "__main__":
    setattr(bot.app, "Account", Watched)  # noqa: B010 - measured where it is used
    main()
