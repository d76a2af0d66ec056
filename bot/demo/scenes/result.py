"""What the workshop agreed on: captured, commented on, and made one definition (Modellkommunen Open Government)."""

from bot.demo.cast import ANNA, HENRIK, PLENUM
from bot.demo.performance import Performance, Scene

FIRST = "Open Government heißt: Verwaltung handelt transparent."
SECOND = "Open Government heißt: Verwaltung handelt transparent und arbeitet mit den Menschen zusammen."
OTHER = "Open Government heißt: Verwaltung beteiligt die Menschen."
DEFINITION = (
    "Open Government heißt: Verwaltung handelt transparent, beteiligt die Menschen und arbeitet mit ihnen zusammen."
)


async def captured(play: Performance) -> None:
    """Two tables wrote two definitions; one of them gets a new version, with the difference shown."""
    meeting = "!treffen neu Workshop der Modellkommunen\nBeginn: in 10 Minuten\nOrt: Kreishaus Tannengrund"
    await play.asks(ANNA, PLENUM, meeting, "T1", "Workshop der Modellkommunen", "Kreishaus Tannengrund", "Uhr")
    await play.asks(ANNA, PLENUM, f"!ergebnis Definition: {FIRST}", "E1", "Fassung 1", "zu T1", FIRST)
    await play.asks(ANNA, PLENUM, f"!ergebnis Definition: {OTHER}", "E2", "Fassung 1", "zu T1", OTHER)
    await play.asks(
        *(HENRIK, PLENUM, "!feedback E1 Anregung: Die Zusammenarbeit fehlt"),
        *("F3", "Anregung zu E1", "Die Zusammenarbeit fehlt"),
    )
    difference = ("Geändert gegenüber Fassung 1", f"bisher: „{FIRST}“", f"neu: „{SECOND}“")
    await play.asks(ANNA, PLENUM, f"!ergebnis E1 Text: {SECOND}", "E1", "Fassung 2", *difference)
    await play.asks(ANNA, PLENUM, "!antwort F3 angenommen Steht in Fassung 2", "F3", "angenommen", "Fassung 2")


async def consolidated(play: Performance) -> None:
    """Two definitions become one, which says where it came from."""
    merged = f"!ergebnis neu aus E1 E2\nText: {DEFINITION}"
    await play.asks(ANNA, PLENUM, merged, "E3", "Fassung 1", DEFINITION, "Entstanden aus E1/2, E2/1", "F3")
    await play.asks(HENRIK, PLENUM, "!ergebnisse", "T1", "E1 (aufgegangen in E3)", "E2 (aufgegangen in E3)", DEFINITION)


SCENES = (
    Scene(
        "Ergebnisse des Workshops",
        "Was beim Treffen gesagt wird, ist festgehalten; eine neue Fassung zeigt, was sich geändert hat.",
        captured,
    ),
    Scene(
        "Aus zweien eines",
        "Zwei Definitionen werden eine gemeinsame; die Herkunft bleibt lesbar.",
        consolidated,
        goes_on=True,
    ),
)
