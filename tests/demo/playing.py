"""The demo in a process of its own, with a home and a temporary folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it brings no types
import pytest

DEMO = ("-m", "bot", "demo")


@dataclass(frozen=True)
class Run:
    """The demo in a process of its own, with folders of its own."""

    process: subprocess.Popen[str]
    home: Path
    temporary: Path

    def until(self, words: str) -> str:
        """Its output up to these words."""
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if words in line:
                return "".join(lines)
        pytest.fail(f"{words!r} never came, but:\n{''.join(lines)}")

    def interrupt(self, times: int = 3) -> int:
        """Ctrl-C, as the terminal sends it to the whole process group, and again while it cleans up."""
        for _ in range(times):
            os.killpg(self.process.pid, signal.SIGINT)
            time.sleep(0.05)
        return self.process.wait(timeout=30)

    def remains(self) -> list[str]:
        """Files and processes that are left; there should be none."""
        files = [str(path) for folder in (self.home, self.temporary) for path in folder.rglob("*")]
        return files + [f"process {process.pid}: {process.cmdline()}" for process in self._processes()]

    def _processes(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            try:
                if process.environ().get("HOME") == str(self.home):
                    yield process
            except psutil.Error:  # gone, a zombie, or somebody else's
                continue


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[Run]:
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    environment = os.environ | {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    run = Run(process, home, temporary)
    with process:
        try:
            yield run
        finally:
            if process.poll() is None:
                process.kill()
