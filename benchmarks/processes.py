"""Processes to be measured: the bot as `zwischenstand run` starts it, and what it is compared with."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]  # it ships no types

CONFIG = """
coordinators = ["{coordinator}"]
[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
password = "{password}"
store = "crypto"
[database]
url = "sqlite:///{folder}/zwischenstand.db"
[rooms]
encrypted = false
"""


PYTHON = (sys.executable, "-m")


def configuration(folder: Path, homeserver: str, user_id: str, coordinator: str, password: str) -> Path:
    """Write a bot's config.toml into `folder`; all it keeps will lie beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.toml"
    values = {"homeserver": homeserver, "user_id": user_id, "coordinator": coordinator, "password": password}
    file.write_text(CONFIG.format(folder=folder, **values))
    return file


def environment() -> dict[str, str]:
    """Ours, with bytecode kept as in an installation; some machines that build things switch that off."""
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return ours | {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / f"zwischenstand-bytecode-{os.getuid()}")}


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])


def post(url: str, body: Any) -> Any:
    """What is answered to a POST with this body, both JSON."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=600)
    connection.request("POST", address.path, json.dumps(body), {"Content-Type": "application/json"})
    with closing(connection), connection.getresponse() as answer:
        return json.load(answer)


class Measured:
    """A process: a Python module, or whatever `program` is, with these arguments.

    `lines` is what it wrote (a line says when it is ready), each with our clock.
    """

    def __init__(self, *arguments: str, program: Sequence[str] = PYTHON) -> None:
        self.started = time.time()
        self._process = subprocess.Popen(
            [*program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
        )
        self._seen = psutil.Process(self._process.pid)
        self.lines: list[tuple[float, str]] = []
        self._news = threading.Condition()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with self._news:
                    self.lines.append((time.time(), line.rstrip()))
                    self._news.notify_all()

    def until(self, words: str, seconds: float = 60) -> float:
        """Wait for a line with these words; when it came (seconds since 1970)."""

        def found() -> float | None:
            return next((at for at, line in self.lines if words in line), None)

        with self._news:
            at = self._news.wait_for(found, timeout=seconds)
        if at is None:
            raise TimeoutError("\n".join(line for _, line in self.lines[-20:]))
        return at

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of CPU it has used."""
        times = self._seen.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        """Resident memory now."""
        return float(self._seen.memory_info().rss) / 1e6

    def stop(self) -> None:
        """SIGTERM, and wait; kill -9 after 10 s."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listening.join(10)


@contextmanager
def running(
    *arguments: str, ready: str = "ready", program: Sequence[str] = PYTHON, seconds: float = 60
) -> Iterator[Measured]:
    """A process that is ready, within so many seconds; stopped in the end."""
    process = Measured(*arguments, program=program)
    try:
        process.until(ready, seconds)
        yield process
    finally:
        process.stop()
