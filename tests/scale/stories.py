"""What happens to a leader, and how the other one goes on; real processes and a real PostgreSQL."""

import asyncio
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg
from psycopg import sql

from tests.scale.machines import PATIENCE, Machine, Tasks, machine
from tests.scale.wire import Wire
from tests.scale.worker import HANGS, STOPS

TAKEN_OVER, HUNG = "another process has taken over", "the event loop hangs for more than"


async def empty(server: str) -> str:
    """An empty one, which goes with the server."""
    name = f"test_{secrets.token_hex(6)}"
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?")


Story = Callable[[Machine, Wire], Awaitable[None]]


async def _killed(first: Machine, _wire: Wire) -> None:
    first.signal(signal.SIGKILL)


async def _stopped(first: Machine, _wire: Wire) -> None:
    first.signal(signal.SIGSTOP)


async def _stopped_within(first: Machine, _wire: Wire) -> None:
    """It stops itself, as it was told."""
    async with asyncio.timeout(PATIENCE):
        while psutil.Process(first.process.pid).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)


async def _hung(first: Machine, _wire: Wire) -> None:
    """It hangs by itself, as it was told; the lease's thread lives on."""


async def _cut(_first: Machine, wire: Wire) -> None:
    wire.cut()


STORIES: dict[str, Story] = {
    "kill -9": _killed,
    "SIGSTOP": _stopped,
    "SIGSTOP in the midst of a transaction": _stopped_within,
    "network cut": _cut,
    "event loop hangs": _hung,
}
BLOWS: dict[Story, str] = {_stopped_within: STOPS, _hung: HANGS}


@asynccontextmanager
async def pair(url: str, wire: Wire, blow: str = "") -> AsyncIterator[tuple[Machine, Machine]]:
    async with machine(wire.url, blow) as first:
        await first.leads()
        async with machine(url) as second:
            await second.stands_by()
            yield first, second


async def played(server: str, story: str) -> float:
    """The seconds from the blow until the other one has done something."""
    blow = BLOWS.get(STORIES[story], "")
    url = await empty(server)
    with Wire.before(url) as wire:
        async with Tasks.given(url) as tasks, pair(url, wire, blow) as (first, second):
            await tasks.done_by(1)
            await STORIES[story](first, wire)
            began = time.monotonic()
            await tasks.done_by(2)
            took = time.monotonic() - began
            before = await tasks.rows("SELECT count(*) FROM done WHERE fence = 1")
            wire.mend()
            first.signal(signal.SIGCONT)
            code = await first.ended()
            if STORIES[story] is not _killed:
                why = HUNG if STORIES[story] is _hung else TAKEN_OVER
                assert (code, why in first.transcript) == (1, True), (story, first.transcript)
                assert STORIES[story] is not _hung or "worker.py" in first.transcript, "where it hangs"
            _all, lost, twice = await tasks.judged()
            assert (lost, twice) == (0, 0), story
            assert await tasks.rows("SELECT count(*) FROM done WHERE fence = 1") == before, f"{story}: it woke"
            assert len(await tasks.rows("SELECT 1 FROM lease")) == 1
            second.signal(signal.SIGTERM)
            assert await second.ended() == 0, second.transcript
    return took
