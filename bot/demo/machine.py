"""A machine beside ours: a folder with a configuration, and `zwischenstand` run there in processes of its own."""

import asyncio
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.config.names import our_variables
from bot.demo.child import Child
from bot.errors import OperatorError

START_SECONDS = 60


class Machine:
    """Used in `async with`: its bot is stopped after the block."""

    def __init__(self, folder: Path, configuration: str) -> None:
        """`folder` may hold the keys of a bot; `configuration` is what is to stand in its `config.toml`."""
        self._folder = folder
        self._bot: Child | None = None
        file = folder / "config.toml"
        file.touch(mode=0o600)  # there are secrets in it
        file.write_text(configuration, encoding="utf-8")

    async def command(self, name: str, *words: str, **environment: str) -> str:
        """Run `zwischenstand NAME WORDS` to its end; what it said. Raises OperatorError if it fails."""
        with self._started(name, *words, **environment) as process:
            code = await process.end()
        if code != 0:
            raise OperatorError(f"zwischenstand {name}: {code}\n{self._said(name)}")
        return self._said(name)

    async def run(self) -> None:
        """Start the bot, `zwischenstand run`, and return when it answers. Raises OperatorError if it does not."""
        self._bot = self._started("run")
        deadline = time.monotonic() + START_SECONDS
        while "ready: " not in self._said("run"):
            if self._bot.pid is None or time.monotonic() > deadline:
                raise OperatorError(f"Der Bot auf der anderen Maschine antwortet nicht.\n{self._said('run')}")
            await asyncio.sleep(0.02)

    def kill(self) -> int | None:
        """kill -9 to the bot; how it has ended then, as in `Child.code`."""
        if self._bot is None:
            return None
        self._bot.kill()
        return self._bot.code

    def _started(self, name: str, *words: str, **environment: str) -> Child:
        ours = set(our_variables().values())  # they would go over the file
        clean = {key: value for key, value in os.environ.items() if key not in ours and not key.startswith("PG")}
        command = (sys.executable, "-P", "-m", "bot", name, *words)
        return Child(*command, folder=self._folder, log=self._log(name), environment=clean | environment)

    def _said(self, name: str) -> str:
        return self._log(name).read_text(encoding="utf-8", errors="replace")

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bot is not None:
            await self._bot.stop()
