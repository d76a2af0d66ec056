"""Node and matrix-js-sdk, installed once; people who use it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.demo.homeserver import Homeserver
from tests.crash.conftest import bytecode
from tests.crash.process import PASSWORD, Installation
from tests.independent.group import SealedGroup
from tests.independent.sealed import Clients, Sealed
from tests.packages import SCRIPTS, install

HERE = Path(__file__).parent
PATIENCE = 60  # seconds
NAMES = ("anna", "ben", "cem", "dora", "emil", "fritz")

assert bytecode  # a fixture: every process started here keeps its bytecode


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the client, installed as package-lock.json says. Fails where npm does: nothing is skipped."""
    install(HERE, tmp_path_factory.getbasetemp().parent)
    return HERE


class Voters:
    """People at matrix-js-sdk, all in one process; see voter.mjs for what they can be asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, what: str, who: str, **more: Any) -> dict[str, Any]:
        """Ask for one thing; the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018 - both are pipes
        stdin.write(json.dumps({"do": what, "who": who, **more}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await stdout.readline()
                assert line, "the JavaScript client has ended"
                if line.startswith(b"{"):  # it logs, too
                    break
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer


@pytest.fixture
async def voters(javascript: Path) -> AsyncIterator[Voters]:
    """A process with nobody signed in yet."""
    process = await asyncio.create_subprocess_exec(
        *(str(SCRIPTS / "node"), str(javascript / "voter.mjs")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=2**24,
    )
    try:
        yield Voters(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            assert process.stdout is not None
            await process.stdout.read()
            await process.wait()


@pytest.fixture
async def clients(javascript: Path, tmp_path: Path) -> AsyncIterator[Clients]:
    """A process for people in encrypted rooms, with nobody signed in yet."""
    process = await Clients.start(SCRIPTS / "node", javascript / "sealed.mjs", tmp_path / "clients.log")
    try:
        yield process
    finally:
        await process.close()


class NewPerson(Protocol):
    """Makes people whose client is matrix-js-sdk, cross-signed."""

    async def __call__(self, name: str, *, auto_join: bool = False) -> Sealed: ...


@pytest.fixture
def new_person(homeserver: Homeserver, clients: Clients) -> NewPerson:
    """Registers people under names of their own."""

    async def make(name: str, *, auto_join: bool = False) -> Sealed:
        return await clients.newcomer(homeserver, name, auto_join=auto_join)

    return make


class NewSealedGroup(Protocol):
    """Makes a bot and people in encrypted rooms."""

    async def __call__(self, size: int, *, grace: int = 0) -> SealedGroup: ...


@pytest.fixture
def new_sealed_group(homeserver: Homeserver, new_person: NewPerson, tmp_path: Path) -> NewSealedGroup:
    """Registers a bot and some people, who follow every invitation, and writes the bot's configuration."""

    async def make(size: int, *, grace: int = 0) -> SealedGroup:
        people = tuple([await new_person(name, auto_join=True) for name in NAMES[:size]])
        name = f"zwischenstand-{secrets.token_hex(4)}"
        user_id = await homeserver.register(name, PASSWORD)
        folder, coordinator = tmp_path / name, people[0].user_id
        made = Installation.make(folder, homeserver.url, user_id, coordinator, grace=grace, encrypted=True)
        return SealedGroup(made, people)

    return make
