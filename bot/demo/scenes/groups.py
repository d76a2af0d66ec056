"""Who drives what: new groups, and a field without Aktive."""

from bot.demo.cast import ANNA, BEN, EMIL, HENRIK, IDA, PLENUM, STRATEGY, Character
from bot.demo.connection import Json
from bot.demo.performance import Performance, Scene, saying

FIELD = "Lokale Digitalisierungsstrategie"
NEW_FIELD = "Barrierefreies Rathaus"


async def groups(play: Performance) -> None:
    """A group for an existing room, and one for which the bot opens a room of its own."""
    await play.asks(ANNA, STRATEGY, f"!gruppe neu {FIELD}\nRaum: hier", FIELD, "angelegt", "dieser")
    henrik = play.stage.user_id(HENRIK)
    named = f"!gruppe neu {NEW_FIELD}\nThema: Anträge, die jeder Mensch ausfüllen kann\nEingeladen: {henrik}"
    await play.asks(ANNA, PLENUM, named, NEW_FIELD, "angelegt", henrik)
    room = await _opened(play, HENRIK)
    welcome = await play.expects("die Begrüßung der Gruppe", room, saying("Willkommen"), NEW_FIELD, by=HENRIK)
    board = await play.expects("die Tafel der Gruppe", room, saying("○ ruhend"), NEW_FIELD, by=HENRIK)
    pinned = await _pinned(play, room)
    play.check("Begrüßung und Tafel sind nicht angeheftet", holds=_holds(pinned, welcome, board), seen=pinned)
    await play.asks(HENRIK, PLENUM, f"!mitmachen {NEW_FIELD}", "gehören jetzt zu den Aktiven")
    await play.asks(IDA, PLENUM, f"!folgen {FIELD}", "Sie folgen jetzt", "Direktnachricht")


async def _opened(play: Performance, who: Character) -> str:
    """The room that the bot has opened: its alias is derived from the names, so it would be found again."""
    play.note("Der Bot öffnet den Raum, heftet Begrüßung und Tafel an und lädt ein …")
    room = await play.invitation(who, 20.0)
    play.enters(room, NEW_FIELD)
    return room


async def _pinned(play: Performance, room: str) -> list[str]:
    await play.expects("das Anheften", room, lambda event: event["type"] == "m.room.pinned_events", by=HENRIK)
    return list((await play.person(HENRIK).state(room, "m.room.pinned_events")).get("pinned", []))


def _holds(pinned: list[str], *posts: Json) -> bool:
    return {post["event_id"] for post in posts} <= set(pinned)


async def nobody_left(play: Performance) -> None:
    """The last one leaves: the coordinator hears it at once, and who might step in."""
    await play.asks(EMIL, PLENUM, f"!mitmachen {FIELD}", "gehören jetzt zu den Aktiven")
    await play.asks(EMIL, PLENUM, f"!verlassen {FIELD}", FIELD)
    play.note("Das Feld hat nun niemanden mehr. Anna erfährt es allein, mit denen, die einspringen könnten.")
    ida = play.stage.user_id(IDA)
    await play.expects("die Nachricht an Anna", play.chats[ANNA], saying("keine Aktiven mehr"), FIELD, ida)
    await play.asks(BEN, PLENUM, "!gruppe liste", f"{FIELD} · ○ ruhend", f"{NEW_FIELD} · ◐ startbereit")


SCENES = (
    Scene(
        "Arbeitsgruppen",
        "Ein Feld bekommt seinen vorhandenen Raum, eines einen neuen; man macht mit oder folgt, von überall aus.",
        groups,
    ),
    Scene(
        "Ein Handlungsfeld ohne Aktive",
        "Wie 2019 in der Region Freiburg: Der Letzte geht, und diesmal bleibt es nicht unbemerkt.",
        nobody_left,
        goes_on=True,
    ),
)
