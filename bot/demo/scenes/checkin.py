"""While a vote is open, the owners of projects are asked how it goes: in words, by one tap, or with nothing new."""

from bot.demo.cast import ANNA, BEN, DORA, GRETA, PLENUM, Character
from bot.demo.connection import Json
from bot.demo.performance import Performance, Scene, message, rewritten, saying

FORM = """!checkin neu Wochenstand
Wen: alle Verantwortlichen
Projektstatus: in Umsetzung, in Planung
Wann: jeden Montag 9:00
Frist: 2 Werktage"""
NEWS = "Zuschlag erteilt"
ASKED = {"eAkte": BEN, "Serviceportal": DORA, "DigiLab": GRETA}


async def asking(play: Performance) -> None:
    """Nobody writes a report; each answer is a status from now on, and the last one brings the summary."""
    owners = [play.stage.user_id(who) for who in ASKED.values()]
    await play.asks(ANNA, PLENUM, FORM, "C1", "jeden Montag um 9:00 Uhr", "2 Werktage", "3 Personen", *owners)
    await play.asks(ANNA, PLENUM, "!checkin C1 jetzt", "C1", "jetzt 3 Personen", *owners)
    root = await play.expects("die Rückfrage", PLENUM, saying("C1 · Wochenstand — Rückfrage"), "Beantwortet: 0 von 3")
    _check_mentions(play, root)
    thread = root["event_id"]
    asked = {who: await _question(play, project, who, thread) for project, who in ASKED.items()}
    await play.asks(
        *(BEN, PLENUM, f"grün, 75 %, {NEWS}", "eAkte", "🟢 grün (zuvor 🟡 gelb)", "75 % (zuvor 60 %)", NEWS),
        reply_to=asked[BEN],
        thread=thread,
    )
    await play.reacts(DORA, PLENUM, asked[DORA], "🟢")
    await play.expects("das Neueste in der Rückfrage", PLENUM, rewritten("Beantwortet: 2 von 3"))
    await play.says(GRETA, PLENUM, "keine Änderung", reply_to=asked[GRETA], thread=thread)
    summary = await play.expects(
        *("die Zusammenfassung", PLENUM, saying("alle haben geantwortet"), "C1 · Wochenstand", NEWS),
        *("🟢 grün · eAkte", "75 %", "🟢 grün · Serviceportal", "Keine Änderung: DigiLab"),
    )
    seen = summary["content"]
    play.check("Die Zusammenfassung erwähnt jemanden", holds=not seen["m.mentions"].get("user_ids"), seen=seen)
    await play.asks(ANNA, PLENUM, "!status eAkte", "🟢 grün", "75 %", NEWS)


async def _question(play: Performance, project: str, who: Character, thread: str) -> str:
    """One question in the thread: which project, and who is asked."""

    def fits(event: Json) -> bool:
        related = event["content"].get("m.relates_to", {})
        return (
            message(event) and related.get("event_id") == thread and str(event["content"]["body"]).startswith(project)
        )

    asked = await play.expects(f"die Frage zu {project}", PLENUM, fits, play.stage.user_id(who))
    return str(asked["event_id"])


def _check_mentions(play: Performance, root: Json) -> None:
    mentioned = set(root["content"]["m.mentions"].get("user_ids", []))
    owners = {play.stage.user_id(who) for who in ASKED.values()}
    play.check("Erwähnt wurden andere als die Verantwortlichen", holds=mentioned == owners, seen=mentioned)


SCENES = (
    Scene(
        "Eine Rückfrage an die Verantwortlichen",
        "Während die Frist läuft: in eigenen Worten, mit einem Tippen oder mit „keine Änderung“. "
        "Wer antwortet, hat den Stand gemeldet.",
        asking,
    ),
)
