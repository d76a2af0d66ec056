"""The bot as a process that can be killed: `python -m bot run -c config.toml`, or a fork that does the same."""

import asyncio
import os
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.demo.homeserver import Homeserver

START_SECONDS = 40
PASSWORD = "geheim"
CONFIG = """
coordinators = ["{coordinator}"]
[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
{secret}
store = "crypto"
[database]
url = "sqlite:///{folder}/zwischenstand.db"
[voting]
grace_seconds = 0
"""


@dataclass(frozen=True)
class Installation:
    """An account on the homeserver, and the folder with its configuration and everything the bot keeps."""

    folder: Path
    user_id: str
    config: Path

    @property
    def database(self) -> Path:
        return self.folder / "zwischenstand.db"

    @property
    def session(self) -> Path:
        return self.folder / "crypto" / "session.json"


def install(
    folder: Path, homeserver: Homeserver, user_id: str, coordinator: str, secret: str = f'password = "{PASSWORD}"'
) -> Installation:
    """Write the configuration; `secret` is the line or lines that let the bot in."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.toml"
    table = {"coordinator": coordinator, "homeserver": homeserver.url, "user_id": user_id, "secret": secret}
    config.write_text(CONFIG.format(folder=folder, **table))
    return Installation(folder, user_id, config)


def environment() -> dict[str, str]:
    """Ours, with bytecode kept: the second start is then as quick as in an installation."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return env | {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / f"zwischenstand-bytecode-{os.getuid()}")}


@dataclass
class Bot:
    """A running bot and what it has said on stderr."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _listening: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, installation: Installation) -> Self:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "-c", str(installation.config)),
            stderr=asyncio.subprocess.PIPE,
            env=environment(),
        )
        bot = cls(process)
        bot._listening = asyncio.create_task(bot._listen())
        return bot

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._news:
                self.lines.append(line.decode().rstrip())
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def until_said(self, words: str, since: int = 0) -> None:
        """Wait for a line with these words after the first `since` lines."""
        assert self._listening is not None
        async with asyncio.timeout(START_SECONDS), self._news:
            while not any(words in line for line in self.lines[since:]):
                assert not self._listening.done(), self.transcript
                await self._news.wait()

    async def ready(self) -> None:
        await self.until_said("ready")

    @property
    def transcript(self) -> str:
        return "\n".join(self.lines[-60:])

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        assert await self.ended() == -signal.SIGKILL, self.transcript

    async def ended(self, seconds: float = START_SECONDS) -> int:
        """Wait for the end; the exit code."""
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
            assert self._listening is not None
            await self._listening
        return code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.ended()


class Nest:
    """Forks bots one after the other; see `tests.crash.nest`."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._bot: Bot | None = None
        self._pid: int | None = None

    async def __aenter__(self) -> Self:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.crash.nest", "run", "-c", str(self._installation.config)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(),
        )
        self._bot = Bot(process)
        self._bot._listening = asyncio.create_task(self._bot._listen())
        async with asyncio.timeout(START_SECONDS):
            assert await self._told() == "nest", self._bot.transcript
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        bot, _ = self._running()
        if self._pid is not None:
            await self.kill()
        bot.process.stdin.close()  # type: ignore[union-attr]  # a pipe
        await bot.ended()

    async def fork(self) -> None:
        """Start a bot."""
        bot, _ = self._running()
        self._since = len(bot.lines)
        bot.process.stdin.write(b"fork\n")  # type: ignore[union-attr]  # a pipe
        self._pid = int((await self._told()).removeprefix("pid "))
