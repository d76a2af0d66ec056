"""Another kind of ballot, for the towns alone: which topic comes first."""

from bot.demo.cast import ANNA, BEN, CEM, DORA, PLENUM
from bot.demo.performance import Performance, Scene, saying

WINNER = "Barrierefreies Rathaus"
FORM = f"""!konsultation neu Nächste Schritte
Frage: Womit beginnen wir?
Art: Rangfolge
Optionen: Offene Daten, {WINNER}, Bürgersprechstunde
Wahlberechtigt: Ebene Stadt
Schluss: in 2 Stunden
Erinnerung: keine"""


async def ranking(play: Performance) -> None:
    """Numbers or names; what is missing from a ranking is offered, never guessed. Anna closes when all have voted."""
    await play.asks(ANNA, PLENUM, FORM, "K2", "Rangfolge", "Stimmberechtigt: 3 Organisationen der Ebene Stadt")
    await play.expects("die Eröffnung von K2", PLENUM, saying("K2 · Nächste Schritte — Abstimmung"), "2 > 1 > 3")
    await play.asks(BEN, PLENUM, "!stimme K2 2 > 1 > 3 weil es alle betrifft")
    incomplete = "!stimme K2 Bürgersprechstunde > barrierefreies rathaus"
    offered = await play.asks(CEM, PLENUM, incomplete, "fehlt 1", "3 · Bürgersprechstunde > 2 · ")
    await play.asks(CEM, PLENUM, "ja", reply_to=offered["event_id"])
    await play.asks(DORA, PLENUM, "!stimme K2 2 > 3 > 1")
    await play.asks(ANNA, PLENUM, "!konsultation K2 schließen", "K2")
    await play.expects("das Ergebnis von K2", PLENUM, saying("Beschluss B2"), "K2", WINNER, "3 von 3", "Prüfsumme")


SCENES = (
    Scene(
        "Eine Rangfolge",
        "Über das nächste Thema entscheiden nur die Städte; geordnet wird mit Nummern oder Namen (Schulze-Verfahren).",
        ranking,
    ),
)
