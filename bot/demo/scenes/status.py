"""How projects stand, in whatever way people write it."""

from bot.demo.cast import ANNA, BEN, CEM, DIGILAB, DORA, FATMA, FILES, GRETA, LEADERS, PORTAL
from bot.demo.performance import Performance, Scene


async def reports(play: Performance) -> None:
    """Light, percentage and text in any order; without umlauts, in English, with a sign."""
    await play.asks(
        *(BEN, FILES, "!status eAkte gelb 60% Vergabe verzögert sich um zwei Wochen"),
        *("Elektronische Akte", "🟡 gelb", "60 %", "Vergabe verzögert sich um zwei Wochen"),
    )
    await play.asks(
        *(DORA, PORTAL, "!Status SERVICEPORTAL Drei Formulare sind online, 40 Prozent, grün"),
        *("Serviceportal", "🟢 grün", "40 %", "Drei Formulare sind online"),
    )
    await play.asks(
        *(CEM, LEADERS, "!stand fuehrungswerkstatt gruen 10 % Erstes Konzept liegt vor"),
        *("Führungswerkstatt", "🟢 grün", "10 %", "Erstes Konzept liegt vor"),
    )
    await play.asks(
        *(GRETA, DIGILAB, "!status DigiLab 🔴 Es fehlt ein Raum"),
        *("DigiLab", "🔴 rot", "Es fehlt ein Raum"),
    )


async def typing_mistake(play: Performance) -> None:
    """The bot asks back and keeps the command; one word answers it."""
    question = await play.asks(FATMA, FILES, "!status eAkt", "eAkt", "Meinten Sie eAkte?")
    await play.asks(
        *(FATMA, FILES, "ja", "eAkte · Elektronische Akte", "🟡 gelb", "60 %", play.stage.user_id(BEN)),
        reply_to=question["event_id"],
    )
    await play.asks(
        *(FATMA, FILES, "!status eAkte grün 100%"),
        *("eAkte", play.stage.user_id(BEN), play.stage.user_id(ANNA)),
    )


SCENES = (
    Scene(
        "Wie steht es?",
        "Ampel, Prozent und Text in beliebiger Reihenfolge, mit und ohne Umlaute: eine Zeile genügt.",
        reports,
    ),
    Scene(
        "Vertippt, und nicht zuständig",
        "Der Bot fragt zurück und merkt sich den Befehl; melden dürfen nur die Verantwortlichen.",
        typing_mistake,
    ),
)
