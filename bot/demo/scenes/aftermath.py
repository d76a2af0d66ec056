"""What follows from a decision: the counter-position, the project's plan, and minutes that can be checked."""

import re

from bot.demo.cast import BEN, CEM, PLENUM
from bot.demo.performance import Performance, Scene, rewritten, saying
from bot.demo.scenes.consultation import STORY
from bot.domain.verifying import Mark, Verification, verify_file

COUNTER = "Fristen regelt die Satzung."
MINUTES = ("protokoll-K1.html", "protokoll-K1.csv", "protokoll-K1.json")


async def consequences(play: Performance) -> None:
    """A dissent gets its counter-position; the owner of the project concerned is asked, and reports."""
    await play.asks(BEN, PLENUM, f"!antwort V1 {COUNTER}", "Gegenposition zu V1 für Lindenstadt", COUNTER)
    beside = f"Gegenposition Lindenstadt: „{COUNTER}“"
    await play.expects("die Gegenposition im Ergebnis", PLENUM, rewritten(beside), "Sondervotum Erlenbrück", beside)
    chat = await play.chat(BEN)
    await play.expects("die Bitte an Ben", chat, saying("Projektplan"), "A1", "eAkte", "B1", "angenommen", by=BEN)
    await play.asks(BEN, chat, "erledigt", "A1", "erledigt")


async def minutes(play: Performance) -> None:
    """Anybody can download the minutes and prove that nothing was changed; one changed word shows."""
    await play.asks(CEM, PLENUM, "!konsultation K1 protokoll", *MINUTES)
    _, content = await play.file(PLENUM, MINUTES[-1], by=CEM)
    result = await play.expects("das Ergebnis", PLENUM, saying("Beschluss B1"))
    digits = re.findall(r"\b[0-9a-f]{64}\b", str(result["content"]["body"]))
    play.check("Das Ergebnis nennt nicht eine Prüfsumme", holds=len(digits) == 1, seen=digits)
    genuine = verify_file(content, digits[0] if digits else None)
    play.check("Das Protokoll gilt nicht als echt", holds=genuine.good, seen=_bad(genuine))
    forged = verify_file(content.replace(b"die Fristen fehlen", b"die Fristen passen"))
    play.check("Ein geändertes Wort fiel nicht auf", holds=not forged.good, seen="alles in Ordnung")
    play.note(f"zwischenstand verify {MINUTES[-1]}: {len(genuine.findings)} Prüfungen, unverändert.")
    play.note(f"Mit „passen“ statt „fehlen“: {' · '.join(_bad(forged)) or 'nichts bemerkt'}")


def _bad(found: Verification) -> list[str]:
    return [f"{each.check}: {each.says}" for each in found.findings if each.mark is Mark.BAD]


SCENES = (
    Scene(
        "Sondervotum und Projektplan",
        "Wer anderer Meinung war, bleibt sichtbar, mit der Gegenposition; wen der Beschluss betrifft, wird gefragt.",
        consequences,
        goes_on=True,
        story=STORY,
    ),
    Scene(
        "Ein Protokoll, das sich prüfen lässt",
        "HTML, CSV und JSON; mit der Prüfsumme aus dem Ergebnis beweist jede und jeder, dass nichts geändert wurde.",
        minutes,
        goes_on=True,
        story=STORY,
    ),
)
