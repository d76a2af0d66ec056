"""Who has a vote: nine municipalities and their people, from a table."""

from bot.demo.cast import ANNA, DEPUTIES, EVERYBODY, IDA, MUNICIPALITIES, PLENUM
from bot.demo.performance import Performance, Scene, message

CSV = "text/csv"


async def table(play: Performance) -> None:
    """Municipalities and people from a spreadsheet: shown before anything is taken over."""
    room = await play.person(ANNA).create_room("", invite=[play.stage.us], direct=True)
    await play.expects("die Begrüßung im Direktchat", room, message, "hilfe")
    play.chats[ANNA] = room
    await play.breathe()
    dropped = await play.person(ANNA).drop(room, "kommunen.csv", _csv(play).encode("cp1252"), CSV)
    new = (f"Organisationen: {len(MUNICIPALITIES)} neu", f"Personen: {len(EVERYBODY) - 1} neu, 1 geändert")
    preview = await play.answer(ANNA, room, dropped, "kommunen.csv", *new)
    await play.asks(ANNA, room, "ja", "übernommen", *new, reply_to=preview["event_id"])
    ida = play.stage.user_id(IDA)
    await play.asks(ANNA, PLENUM, "!organisation Holunderau", "Gemeinde", "1.800 Einwohner", f"Mandat: {ida}")
    await play.asks(ANNA, PLENUM, "!organisation Weidenfurt", "Gemeinde", "Noch niemand hat ein Mandat")


def _csv(play: Performance) -> str:
    """As Excel writes it in Germany: semicolons, and the encoding of 1995."""
    lines = ["Organisation;Ebene;Einwohner;Zugehörigkeit;Matrix-ID;Mandat"]
    for each in MUNICIPALITIES:
        known = f"{each.name};{each.level};{each.inhabitants or ''};Verwaltung"
        speakers = [
            f"'{play.stage.user_id(who)};{'Vertretung' if who in DEPUTIES else 'Mandat'}" for who in each.people
        ]
        lines += [f"{known};{speaker}" for speaker in speakers or [";"]]
    return "\r\n".join(lines)


SCENES = (
    Scene(
        "Neun Kommunen aus einer Tabelle",
        "Anna legt eine Datei aus Excel im Direktchat ab. Der Bot zeigt, was sich ändern würde; erst ihr „ja“ gilt.",
        table,
    ),
)
