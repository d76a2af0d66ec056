"""The demo as a person interrupts it, and what it says when something does not come; it leaves nothing behind."""

import io
import time
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from bot.demo import INTERRUPTED, performance, show
from bot.demo.audience import Audience
from bot.demo.cast import ANNA, STRATEGY
from bot.demo.performance import Performance, Scene, message
from bot.demo.stage import Stage
from tests.demo.playing import DEMO, demo

pytestmark = pytest.mark.usefixtures("homeserver")  # not that they need that one: they belong to the slow layer

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

    async def missing(play: Performance, seconds: float = 0.2) -> None:
        await play.expects("ein Wunder", STRATEGY, lambda event: event["type"] == "ein.wunder", timeout=seconds)

    async def bot_gone(play: Performance) -> None:
        assert play.stage.bot is not None
        play.stage.bot.cancel()
        while not play.stage.bot.done():
            await play.breathe()

    async def never(_: Performance) -> None:
        pytest.fail("played on without what it rests on")

    async def begins(play: Performance) -> None:
        play.meanwhile(missing(play))

    async def waits_long(play: Performance) -> None:
        play.meanwhile(missing(play, 600))

    async def between(play: Performance) -> None:
        await play.breathe()

    async def waits(play: Performance) -> None:
        await play.caught_up()
        pytest.fail("nothing was missing")

    scenes = (
        Scene("Falsch", "", wrong),
        Scene("Nebenher", "", begins, story="nebenher"),
        Scene("Nichts", "", missing),
        Scene("Folge", "", never, goes_on=True),
        Scene("Dazwischen", "", between),
        Scene("Eingeholt", "", waits, goes_on=True, story="nebenher"),
        Scene("Danach", "", never, goes_on=True, story="nebenher"),
        Scene("Aufgegeben", "", waits_long),
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
    assert output.count("Es fehlt ein Wunder") == 2
    assert [name for name in ("Folge", "Eingeholt", "Danach") if f"„{name}“ fiel aus" in output] == ["Folge", "Danach"]
    assert "Der Bot läuft nicht mehr" in output
    assert "ready: caught up" in output  # the end of the bot's log


async def test_a_pause_is_as_long_as_the_audience_has_not_had_one(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    clock = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal clock
        waited.append(max(seconds, 0.0))
        clock += waited[-1]

    monkeypatch.setattr(performance.asyncio, "sleep", sleep)
    monkeypatch.setattr(performance.time, "monotonic", lambda: clock)
    with Audience(Console(file=io.StringIO())) as audience:
        play = Performance(cast("Stage", None), audience, pace=0.5)
        await play.breathe()
        await play.breathe()  # nothing happened in between
        clock += 0.375  # an answer came
        await play.breathe()
        clock += 2.0  # on a slow machine
        await play.breathe()
    assert waited == [0.0, 0.5, 0.125, 0.0]
