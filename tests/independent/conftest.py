"""Node and matrix-js-sdk, installed once; people who use it."""

import asyncio
import fcntl
import json
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SCRIPTS = Path(sysconfig.get_path("scripts"))  # node and npm come as Python packages, see pyproject.toml
PATIENCE = 60  # seconds


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two test processes must not install at the same time."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the client, installed as package-lock.json says. Fails where npm does: nothing is skipped."""
    installed = HERE / "node_modules" / ".package-lock.json"
    with alone(tmp_path_factory.getbasetemp().parent):
        if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
            command = [SCRIPTS / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=300)
            assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
            installed.touch()
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
