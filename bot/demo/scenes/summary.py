"""What moved, in the rooms where something did."""

from bot.demo.cast import ANNA, BEN, FILES, PLENUM, TOGETHER
from bot.demo.performance import Performance, Scene, message
from bot.demo.person import relates_to
from bot.demo.scenes.checkin import NEWS


async def digests(play: Performance) -> None:
    """When it comes, what it would say, and the digest now; a room without news is left in peace."""
    weekly = "jeden Freitag um 15:00 Uhr"
    await play.asks(ANNA, FILES, "!bericht plan jeden Freitag 15:00", weekly, "das nächste Mal am Freitag")
    await play.asks(
        BEN, FILES, "!bericht vorschau", "Vorschau", "Elektronische Akte", "Der nächste Bericht kommt am Freitag"
    )
    await play.asks(
        *(ANNA, FILES, "!bericht jetzt"),
        *(
            "Elektronische Akte",
            "eAkte",
            "🟢 grün",
            "75 %",
            NEWS,
            "F1",
            "angenommen",
            "F2",
            "offen",
        ),
    )
    await play.asks(
        *(ANNA, PLENUM, "!bericht jetzt"),
        *("Plenum der Kommunen", "K1 Open-Government-Definition: angenommen · Beschluss B1"),
        *("F3", "Arbeitsgruppen ohne Aktive"),
    )
    anna = play.person(ANNA)
    posted = [
        event["content"]["body"]
        for event in anna.seen(play.room(TOGETHER))
        if message(event) and event["sender"] == play.stage.us and not relates_to(event)
    ]
    play.check(f"In „{TOGETHER.name}“ sprach der Bot ungefragt", holds=len(posted) == 1, seen=posted)
    play.note(f"Im Raum „{TOGETHER.name}“ hat er nur gegrüßt und geantwortet: Ungefragt sagt er dort nichts.")


SCENES = (
    Scene(
        "Wochenbericht",
        "Was sich bewegt hat, was offen ist, was beschlossen wurde; ein Raum, in dem nichts geschah, bleibt still.",
        digests,
    ),
)
