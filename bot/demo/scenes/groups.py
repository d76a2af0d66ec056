"""Who belongs to the network, and who drives what: people from a table, new groups, and a field without Aktive."""

from bot.demo.cast import ANNA, BEN, EMIL, EVERYBODY, HENRIK, IDA, PLENUM, STRATEGY, Character
from bot.demo.connection import Json
from bot.demo.performance import Performance, Scene, message, saying

INHABITANTS = {"Lindenstadt": 26_000, "Erlenbrück": 18_500, "Ahornfeld": 12_400, "Ulmenried": 4_100}
INHABITANTS |= {"Eschenmoor": 2_900, "Weidenfurt": 6_700, "Holunderau": 1_800}
FIELD = "Lokale Digitalisierungsstrategie"
NEW_FIELD = "Barrierefreies Rathaus"
CSV = "text/csv"


async def table(play: Performance) -> None:
    """Nine municipalities and their people from a spreadsheet: shown before anything is taken over."""
    room = await play.person(ANNA).create_room("", invite=[play.stage.us], direct=True)
    await play.expects("die Begrüßung im Direktchat", room, message, "hilfe")
    play.chats[ANNA] = room
    await play.breathe()
    dropped = await play.person(ANNA).drop(room, "kommunen.csv", _csv(play).encode("cp1252"), CSV)
    preview = await play.answer(
        ANNA, room, dropped, "kommunen.csv", "Organisationen: 9 neu", "Personen: 8 neu, 1 geändert"
    )
    await play.asks(
        *(ANNA, room, "ja", "übernommen", "Organisationen: 9 neu", "Personen: 8 neu, 1 geändert"),
        reply_to=preview["event_id"],
    )
    await play.asks(ANNA, PLENUM, "!organisation Holunderau", "Gemeinde", "1.800 Einwohner", play.stage.user_id(IDA))


def _csv(play: Performance) -> str:
    """As Excel writes it in Germany: semicolons, and the encoding of 1995."""
    lines = ["Organisation;Ebene;Einwohner;Zugehörigkeit;Matrix-ID;Mandat"]
    for who in EVERYBODY:
        inhabitants = INHABITANTS.get(who.municipality, "")
        user_id = play.stage.user_id(who)
        lines.append(f"{who.municipality};{who.level};{inhabitants};Verwaltung;'{user_id};Mandat")
    return "\r\n".join(lines)


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
        "Neun Kommunen aus einer Tabelle",
        "Anna legt eine Datei aus Excel im Direktchat ab. Der Bot zeigt, was sich ändern würde; erst ihr „ja“ gilt.",
        table,
    ),
    Scene(
        "Arbeitsgruppen",
        "Ein Feld bekommt seinen vorhandenen Raum, eines einen neuen; man macht mit oder folgt, von überall aus.",
        groups,
        goes_on=True,
    ),
    Scene(
        "Ein Handlungsfeld ohne Aktive",
        "Wie 2019 in der Region Freiburg: Der Letzte geht, und diesmal bleibt es nicht unbemerkt.",
        nobody_left,
        goes_on=True,
    ),
)
