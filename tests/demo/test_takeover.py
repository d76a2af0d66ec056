"""The scene in which one bot dies and another goes on: it must notice when that does not happen, or happens twice."""

import asyncio
import io
from collections.abc import Callable

import pytest
from rich.console import Console

from bot.demo import show
from bot.demo.audience import Audience
from bot.demo.cast import ANNA, BEN, FILES
from bot.demo.performance import Performance, Scene, saying
from bot.demo.person import Person
from bot.demo.scenes import takeover
from bot.demo.scenes.checkin import NEWS

pytestmark = pytest.mark.usefixtures("homeserver")  # not that they need that one: they belong to the slow layer


async def begun(play: Performance) -> None:
    """What the scene rests on."""
    await play.opens(ANNA, FILES)
    await play.everybody_in(FILES)
    project = f"!projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: {play.stage.user_id(BEN)}"
    await play.asks(ANNA, FILES, project, "eAkte")
    await play.asks(BEN, FILES, f"!status eAkte grün 75 % {NEWS}", "75 %")


async def impostor(play: Performance) -> Person:
    """Somebody else at the bot's account."""
    person = Person(play.stage.homeserver.url, play.stage.us, play.stage.bot_password)
    await person.login()
    return person


async def forged(play: Performance, person: Person) -> None:
    """Ben's question is answered once more than the bot does."""
    room, known = play.room(FILES), " ".join(takeover.KNOWN)
    before = len(person.seen(room))
    ben = play.stage.user_id(BEN)
    asked = await person.wait_for(
        room,
        lambda event: (
            event in person.seen(room)[before:] and event["sender"] == ben and saying(takeover.QUESTION)(event)
        ),
    )
    await person.say(room, known, reply_to=asked["event_id"])


@pytest.mark.timeout(180)
async def test_a_takeover_that_does_not_happen_and_an_answer_given_twice_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kills: list[Callable[[], int | None]] = []
    misses: dict[str, list[str]] = {}

    async def moved(play: Performance) -> None:
        kills.append((await takeover.moved(play)).kill)

    async def spared(play: Performance) -> None:
        await takeover.takeover(play, lambda: None)

    async def twice(play: Performance) -> None:
        misses["spared"] = play.misses[:]
        async with await impostor(play) as person:
            forging = asyncio.create_task(forged(play, person))
            await takeover.takeover(play, kills[0])
            await forging

    async def nobody(play: Performance) -> None:
        misses["twice"] = play.misses[len(misses["spared"]) :]
        monkeypatch.setattr(takeover, "PATIENCE", 3.0)

        def kill() -> int | None:
            assert play.stage.bot is not None
            play.stage.bot.cancel()
            return kills[0]()

        await takeover.takeover(play, kill)

    acts = (begun, moved, spared, twice, nobody)
    screen = io.StringIO()
    with Audience(Console(file=screen, width=200, highlight=False)) as audience:
        code = await show([Scene(act.__name__, "", act) for act in acts], audience, pace=0.1)
    output = screen.getvalue()
    assert code == 1, output
    assert "Zeilen, auf beiden Seiten dieselbe Prüfsumme" in output
    assert [miss.partition(".")[0] for miss in misses["spared"]] == [
        "Der Bot, der führt, lebt noch",
        "Der andere Bot hat nicht übernommen",
    ]
    assert misses["twice"] == [f"{BEN.first_name} bekam nicht genau eine Antwort. Zu sehen war: 2"]
    assert f"Es fehlt die Antwort auf „{takeover.QUESTION}“ von {BEN.first_name}" in output
    assert "Der Bot läuft nicht mehr" in output
