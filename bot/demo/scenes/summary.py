"""What moved, in the rooms where something did."""

from bot.demo.cast import ANNA, FILES, PLENUM, STRATEGY
from bot.demo.performance import Performance, Scene, message


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
        *("Plenum der Kommunen", "K1 Open-Government-Definition: angenommen (B1)", "F3"),
    )
    anna = play.person(ANNA)
    posted = [
        event["content"]["body"]
        for event in anna.seen(play.room(STRATEGY))
        if message(event) and event["sender"] == play.stage.us
    ]
    play.check(f"In „{STRATEGY.name}“ blieb der Bot nicht still", holds=len(posted) == 1, seen=posted)
    play.note(f"Im Raum „{STRATEGY.name}“ hat noch niemand etwas gesagt: Der Bot schweigt dort.")


SCENES = (
    Scene(
        "Wochenbericht",
        "Was sich bewegt hat, was offen ist, was beschlossen wurde; ein Raum, in dem nichts geschah, bleibt still.",
        digests,
    ),
)
