"""A result of the workshop: captured, commented on, worded anew (Modellkommunen Open Government)."""

from bot.demo.cast import ANNA, HENRIK, PLENUM
from bot.demo.performance import Performance, Scene

FIRST = "Open Government heißt: Verwaltung handelt transparent und beteiligt die Menschen."
SECOND = (
    "Open Government heißt: Verwaltung handelt transparent, beteiligt die Menschen und arbeitet mit ihnen zusammen."
)


async def definition(play: Performance) -> None:
    """Two versions of the definition; the earlier one stays readable."""
    await play.asks(ANNA, PLENUM, f"!ergebnis Definition: {FIRST}", "E1", "Definition", "Fassung 1", FIRST)
    await play.asks(
        *(HENRIK, PLENUM, "!feedback E1 Anregung: Die Zusammenarbeit fehlt"),
        *("F3", "Anregung zu E1", "Die Zusammenarbeit fehlt"),
    )
    await play.asks(ANNA, PLENUM, f"!ergebnis E1 Text: {SECOND}", "E1", "Fassung 2", SECOND, "Fassung 1", FIRST)
    await play.asks(ANNA, PLENUM, "!antwort F3 angenommen Steht in Fassung 2", "F3", "angenommen", "Fassung 2")


SCENES = (
    Scene(
        "Ein Ergebnis des Workshops",
        "Die Definition wird festgehalten und neu gefasst; beide Fassungen bleiben lesbar.",
        definition,
    ),
)
