"""An installation that is led a life: its configuration changes, and everything that its processes say is kept."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.matrix.account.identity import ROLES, decoded
from tests.crash.process import PATIENCE, Bot, Installation
from tests.faults.canaries import Search

TEMPLATE = "{% macro kept(idea, prefix) %}{{ {}[idea.text] }}{% endmacro %}"  # quotes the idea when it fails
CONFIG = """
coordinators = ["{anna}"]
templates = "templates"
[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
password = '{password}'
store = "{store}"
[database]
url = "{database}"
[rooms]
encrypted = false
[mail]
smtp = "{smtp}"
sender = "bot@netz.example"
[log]
format = "{format}"
level = "{level}"
"""


class Loud(Bot):
    """Keeps what it says on standard output, too."""

    out = b""

    async def ended(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            self.process.stdin.close()
            self.out += await self.process.stdout.read()
            await self.said.ended()
            return await self.process.wait()


@dataclass
class House:
    """An installation whose configuration changes, and everything that its processes say."""

    installation: Installation
    values: dict[str, str]
    search: Search
    said: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def built(cls, folder: Path, search: Search, **values: str) -> Self:
        """A folder with a configuration and templates of the operator's own."""
        (folder / "templates" / "de").mkdir(parents=True)
        (folder / "templates" / "de" / "idea.html").write_text(TEMPLATE)
        defaults = {"store": "crypto", "format": "text", "level": "info"}
        house = cls(Installation(folder, values["user_id"]), defaults | values, search)
        house.set()
        return house

    @property
    def folder(self) -> Path:
        return self.installation.folder

    def set(self, **changes: str) -> None:
        """Another configuration from now on."""
        self.values |= changes
        file = self.folder / "config.toml"
        file.write_text(CONFIG.format(**self.values))
        file.chmod(0o600)

    @contextlib.asynccontextmanager
    async def bot(self, module: str = "bot") -> AsyncIterator[Loud]:
        """A bot that runs; killed in the end, if it still does."""
        bot = await Loud.start(self.installation, module)
        try:
            async with bot:
                yield bot
        finally:
            self.note("run", "\n".join(bot.said.lines).encode() + bot.out)
            self.learn()

    async def command(self, *words: str, module: tuple[str, ...] = ("bot",), answer: str = "") -> tuple[int, bytes]:
        """Another command; its exit status, and what it says."""
        arguments = (*module, words[0], "-c", str(self.folder / "config.toml"), *words[1:])
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments), stdin=pipe, stdout=pipe, stderr=pipe
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(answer.encode()), PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.note(" ".join((*module[:1], *words)), out + err)
        self.learn()
        return process.returncode or 0, out + err

    def note(self, what: str, said: bytes) -> None:
        """What a process has said; searched in the end, when every secret is known."""
        self.said[f"{len(self.said) + 1}. {what}"] = said

    def learn(self) -> None:
        """Look for what was made meanwhile: tokens, keys."""
        for file in self.folder.glob("*/session.json"):
            token = json.loads(file.read_text()).get("access_token")
            if token:
                self.search.know("token", "_".join(token.split("_")[-2:]))  # what goes before is the name in base64
        for file in self.folder.glob("*.key"):
            self.search.know("pickle key", file.read_text().strip())
        for file in self.folder.glob("*.signing"):
            kept = json.loads(file.read_text())
            for role in ROLES:
                self.search.know("seed", decoded(kept[role]))
                self.search.know("seed as written", kept[role])
            if key := kept.get("recovery_key"):
                self.search.know("recovery key", key)
                self.search.know("recovery key without spaces", key.replace(" ", ""))
