"""The homeserver dies in the midst of it (kill -9); nothing is lost, nothing comes twice."""

import asyncio

from bot.demo.cast import DIGILAB, LEADERS, PORTAL, Character, Place
from bot.demo.performance import Performance, Scene
from bot.demo.person import relates_to

PLACES = (PORTAL, DIGILAB, LEADERS)
BEFORE = "Ein Wartungsfenster für alle Fachverfahren"
AFTER = "Ein Merkblatt für den Ausfall"


async def outage(play: Performance) -> None:
    """People write before and while the homeserver is down, and have one answer each when it is back."""
    said = await _write(play, BEFORE)
    play.stage.homeserver.kill()
    play.note("kill -9: Der Heimserver ist tot. Wer jetzt schreibt, dessen Element versucht es immer wieder.")
    writing = asyncio.create_task(_write(play, AFTER))
    await play.breathe()
    await play.stage.homeserver.start()
    said += await writing
    play.note("Er läuft wieder.")
    for who, where, event_id in said:
        await play.answer(who, where, event_id, "!idee", "notiert")
    for who, where, event_id in said:
        history = await play.person(who).history(play.room(where))
        answers = sum(event["sender"] == play.stage.us and event_id in relates_to(event) for event in history)
        play.check(f"Eine Idee in „{where.name}“ hat nicht genau eine Antwort", holds=answers == 1, seen=answers)
    play.note(f"{len(said)} Ideen, {len(said)} Antworten: keine fehlt, keine kam zweimal.")


async def _write(play: Performance, words: str) -> list[tuple[Character, Place, str]]:
    people = [place.active[0] for place in PLACES]
    said = [play.says(who, where, f"!idee {words}") for who, where in zip(people, PLACES, strict=True)]
    return list(zip(people, PLACES, await asyncio.gather(*said), strict=True))


SCENES = (
    Scene(
        "Der Heimserver fällt aus",
        "Mitten in der Arbeit stirbt der Server; danach ist jede Frage beantwortet, und jede nur einmal.",
        outage,
    ),
)
