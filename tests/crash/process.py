"""The bot as a process that can be killed: `python -m bot run -c config.toml`, or a fork that does the same."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.crash.database import rows_of

PATIENCE = 90  # seconds, on a busy machine
PASSWORD = "geheim"
CONFIG = """
coordinators = ["{coordinator}"]
[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
{secret}
store = "crypto"
[database]
url = "{database}"
[voting]
grace_seconds = {grace}
[rooms]
encrypted = {encrypted}
"""


@dataclass(frozen=True)
class Installation:
    """A bot's account, and the folder with its configuration and everything it keeps."""

    folder: Path
    user_id: str
    url: str = ""
    """Of its database; empty: the file of SQLite's in the folder."""

    @classmethod
    def make(
        cls,
        folder: Path,
        homeserver: str,
        user_id: str,
        coordinator: str,
        secret: str = "",
        *,
        grace: int = 0,
        encrypted: bool = False,
        database: str = "",
    ) -> Self:
        """Write the configuration; `secret` is what lets the bot in, if not the right password. `grace` in seconds.

        `homeserver` and `database` are URLs; without the latter it is a file of SQLite's in the folder. `encrypted` is
        for people who have keys: whether the rooms and direct chats are that the bot opens.
        """
        folder.mkdir()
        url = database or f"sqlite:///{folder}/zwischenstand.db"
        values = {"coordinator": coordinator, "homeserver": homeserver, "user_id": user_id, "database": url}
        settings = {"grace": grace, "encrypted": str(encrypted).lower()}
        text = CONFIG.format(**values, **settings, secret=secret or f'password = "{PASSWORD}"')
        (folder / "config.toml").write_text(text)
        return cls(folder, user_id, database)

    @property
    def database(self) -> Path:
        return self.folder / "zwischenstand.db"

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a question to its database gives."""
        return rows_of(self.url or str(self.database), statement)

    @property
    def arguments(self) -> list[str]:
        return ["run", "-c", str(self.folder / "config.toml")]


class Listener:
    """Keeps what a process says on stderr."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self.lines: list[str] = []
        self._stream = stream
        self._news = asyncio.Condition()
        self._over = False
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for line in self._stream:
            async with self._news:
                self.lines.append(line.decode().rstrip())
                self._news.notify_all()
        async with self._news:
            self._over = True
            self._news.notify_all()

    async def until(self, words: str, after: int = 0) -> int:
        """Wait for a line with these words after the first `after` lines; how many lines there were up to it."""
        async with asyncio.timeout(PATIENCE), self._news:
            while True:
                for number, line in enumerate(self.lines[after:], after + 1):
                    if words in line:
                        return number
                assert not self._over, self.transcript
                await self._news.wait()

    async def ended(self) -> None:
        await self._task

    @property
    def transcript(self) -> str:
        """The last lines, for whoever looks for a mistake."""
        return "\n".join(self.lines[-60:])


class Bot:
    """A process of its own, from the interpreter's start on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        self.process = process
        self.said = Listener(process.stderr)

    @classmethod
    async def start(cls, installation: Installation, module: str = "bot") -> Self:
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, *installation.arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        )

    async def ready(self) -> None:
        await self.said.until("ready: ")

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        assert await self.ended() == -signal.SIGKILL, self.said.transcript

    async def ended(self) -> int:
        """Wait for the end; the exit code."""
        async with asyncio.timeout(PATIENCE):
            self.process.stdin.close()  # type: ignore[union-attr]  # a pipe
            await self.process.stdout.read()  # type: ignore[union-attr]  # a pipe
            await self.said.ended()
            return await self.process.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.ended()


class Nest(Bot):
    """Forks bots, one after the other: see `tests.crash.nest`."""

    async def fork(self, **orders: object) -> "Fork":
        """Start a bot. The one before must have ended. `orders` are for `tests.faults.hatchery`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"fork {json.dumps(orders) if orders else ''}\n".encode())
        return Fork(self, int(await self.told("pid")))

    async def told(self, what: str, patience: float = PATIENCE) -> str:
        """The next line, which must begin so; what stands behind. `patience` in seconds."""
        assert self.process.stdout is not None
        async with asyncio.timeout(patience):
            line = (await self.process.stdout.readline()).decode()
        assert line.startswith(what), f"{line!r}\n{self.said.transcript}"
        return line.removeprefix(what).strip()


@dataclass(frozen=True)
class Fork:
    """A bot out of the nest."""

    nest: Nest
    pid: int

    async def ready(self) -> None:
        await self.nest.said.until("ready: ", await self.nest.said.until(f"hatched {self.pid}"))

    async def kill(self) -> None:
        """kill -9."""
        with contextlib.suppress(ProcessLookupError):  # it ended by itself: the next line tells
            os.kill(self.pid, signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL, self.nest.said.transcript

    async def ended(self) -> int:
        """Wait for its end; the exit code, negative: the signal. Ask once."""
        return int(await self.nest.told("exit"))

    def terminate(self) -> None:
        """SIGTERM; it may have ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    async def stop(self) -> None:
        """SIGTERM, and wait for an end in order."""
        self.terminate()
        assert await self.ended() == 0, self.nest.said.transcript
