"""What moved, in the rooms where something did."""

from bot.demo.cast import ANNA, FILES, PLENUM, TOGETHER
from bot.demo.performance import Performance, Scene, message
from bot.demo.person import relates_to


async def digests(play: Performance) -> None:
    """The weekly digest, now; a room without news is left in peace."""
    await play.asks(
        *(ANNA, FILES, "!bericht jetzt"),
        *(
            "Elektronische Akte",
            "eAkte",
            "🟡 gelb",
            "60 %",
            "Vergabe verzögert sich",
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
