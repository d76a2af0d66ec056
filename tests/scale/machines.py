"""Machines that lead and stand by, as processes, and tasks for them."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg

from tests.scale import worker

TABLES = (
    "CREATE TABLE IF NOT EXISTS task (name text PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS done (name text, fence bigint)",
)
MISSING = "SELECT name FROM task WHERE name NOT IN (SELECT name FROM done) LIMIT 1"
EVERY = 0.02  # seconds between two tasks
PATIENCE = 60  # seconds, on a busy machine


class Machine:
    """One process of `tests.scale.worker`; forked from one that has imported everything, which takes the longest."""

    def __init__(self, process: BaseProcess, said: Path) -> None:
        self.process = process
        self._said = said

    @property
    def transcript(self) -> str:
        """What it has said."""
        return self._said.read_text() if self._said.exists() else ""

    async def leads(self) -> None:
        """Wait until it does."""
        await self._says(", number ")

    async def stands_by(self) -> None:
        """Wait until it does."""
        await self._says("standby: ")

    async def _says(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while words not in self.transcript:
                assert self.process.is_alive(), self.transcript
                await asyncio.sleep(0.02)

    async def ended(self) -> int | None:
        """Wait for its end; the exit code, None if there is none in time."""
        await asyncio.to_thread(self.process.join, PATIENCE)
        code: int | None = self.process.exitcode
        return code

    def signal(self, number: signal.Signals) -> None:
        """It may have ended by itself."""
        assert self.process.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)


@asynccontextmanager
async def machine(url: str, blow: str = "") -> AsyncIterator[Machine]:
    """One that is killed in the end, if it still lives."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.scale.worker"])
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        process = context.Process(target=worker.begin, args=(url, blow, str(said)), daemon=True)
        await asyncio.to_thread(process.start)
        started = Machine(process, said)
        try:
            yield started
        finally:
            process.kill()
            await started.ended()


class Tasks:
    """Tasks that come without a pause."""

    def __init__(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        self._connection = connection
        self._given = 0
        self._giving: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def given(cls, url: str) -> AsyncIterator["Tasks"]:
        """From now on, until `all_done` is asked for."""
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            for table in TABLES:
                await connection.execute(table)
            tasks = cls(connection)
            tasks._giving = asyncio.create_task(tasks._give())
            try:
                yield tasks
            finally:
                tasks._giving.cancel()
                await asyncio.gather(tasks._giving, return_exceptions=True)

    async def _give(self) -> None:
        while True:
            await self.give(f"{self._given:06}")
            self._given += 1
            await asyncio.sleep(EVERY)

    async def give(self, name: str) -> None:
        """One more."""
        await self._connection.execute("INSERT INTO task VALUES (%s)", (name,))

    async def rows(self, question: str) -> list[tuple[object, ...]]:
        """What the database says."""
        return await (await self._connection.execute(question.encode())).fetchall()

    async def done_by(self, fence: int) -> None:
        """Wait until whoever leads under that number has done something."""
        async with asyncio.timeout(PATIENCE):
            while (fence,) not in await self.rows("SELECT DISTINCT fence FROM done"):  # noqa: ASYNC110 - of others
                await asyncio.sleep(0.02)

    async def judged(self) -> tuple[int, int, int]:
        """When all are done: how many there were, how many are missing, how many were done twice."""
        assert self._giving
        self._giving.cancel()
        await asyncio.gather(self._giving, return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            while await self.rows(MISSING):  # noqa: ASYNC110 - of other processes
                await asyncio.sleep(0.05)
        done = [str(name) for (name,) in await self.rows("SELECT name FROM done")]
        given = await self.rows("SELECT 1 FROM task")
        return len(given), len(given) - len(set(done)), len(done) - len(set(done))
