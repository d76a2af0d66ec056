"""The demo as a person runs it: it plays to its end, it notices what does not come, and it leaves nothing behind."""

import io
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
from rich.console import Console

from bot.demo import INTERRUPTED, show
from bot.demo.audience import Audience
from bot.demo.cast import ANNA, STRATEGY
from bot.demo.performance import Performance, Scene, message

pytestmark = pytest.mark.usefixtures("homeserver")  # not that they need that one: they belong to the slow layer

DEMO = ("-m", "bot", "demo")
ONLY_WAITING = (
    "-c",
    """if True:
        import sys
        from bot.demo import show, until_interrupted
        from bot.demo.audience import to_terminal
        with to_terminal() as audience:
            sys.exit(until_interrupted(show((), audience, wait=True), audience))
    """,
)


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


@pytest.mark.timeout(180)
def test_the_whole_case(tmp_path: Path) -> None:
    started = time.monotonic()
    with demo(tmp_path, *DEMO, "--no-wait") as run:
        output, _ = run.process.communicate(timeout=150)
    assert run.process.returncode == 0, output
    assert time.monotonic() - started < 120
    assert run.remains() == []
    for words in ("Meinten Sie", "7 Ja, 1 Nein, 1 Enthaltung", "die Fristen fehlen", "✓ Alles kam wie erwartet"):
        assert words in output
    assert "\x1b" not in output  # no terminal: no colours, no cursor tricks


def test_interrupted_while_it_starts(tmp_path: Path) -> None:
    with demo(tmp_path, *DEMO) as run:
        run.until("starten")
        while not list(run.temporary.glob("*/homeserver/homeserver.log")):
            time.sleep(0.01)
        assert run.interrupt() == INTERRUPTED
        assert run.remains() == []


def test_interrupted_in_the_middle(tmp_path: Path) -> None:
    with demo(tmp_path, *DEMO) as run:
        run.until("1 von ")
        time.sleep(1)  # rooms are being opened and entered
        assert run.interrupt() == INTERRUPTED
        assert run.remains() == []


def test_it_stays_up_until_interrupted(tmp_path: Path) -> None:
    with demo(tmp_path, *ONLY_WAITING) as run:
        output = run.until("Strg+C")
        assert "http://127.0.0.1:" in output
        assert "@anna.tannengrund:netz.example" in output
        assert run.process.poll() is None
        assert run.interrupt() == 0
        assert run.remains() == []


async def test_what_does_not_come_is_named_and_the_exit_code_is_1() -> None:
    async def wrong(play: Performance) -> None:
        await play.opens(ANNA, STRATEGY)
        await play.expects("die Begrüßung", STRATEGY, message)
        await play.asks(ANNA, STRATEGY, "!status", "Alles erledigt")

    async def missing(play: Performance) -> None:
        await play.expects("ein Wunder", STRATEGY, lambda event: event["type"] == "ein.wunder", timeout=0.2)

    async def bot_gone(play: Performance) -> None:
        assert play.stage.bot is not None
        play.stage.bot.cancel()
        while not play.stage.bot.done():
            await play.breathe()

    async def never(_: Performance) -> None:
        pytest.fail("played on without a bot")

    scenes = (
        Scene("Falsch", "", wrong),
        Scene("Nichts", "", missing),
        Scene("Folge", "", never, goes_on=True),
        Scene("Ende", "", bot_gone),
        Scene("Danach", "", never),
    )
    screen = io.StringIO()
    with Audience(Console(file=screen, width=200, highlight=False)) as audience:
        code = await show(scenes, audience, pace=0.1)
    output = screen.getvalue()
    assert code == 1
    assert "Es fehlt „Alles erledigt“ in: die Antwort auf „!status“ von Anna" in output
    assert "Es fehlt ein Wunder" in output
    assert "„Folge“ fiel aus" in output
    assert "Der Bot läuft nicht mehr" in output
    assert "ready: caught up" in output  # the end of the bot's log
