"""The definition is put to the vote of nine municipalities, with deadlines of seconds (Modellkommunen, 2017)."""

from bot.demo.cast import (
    ANNA,
    BEN,
    CEM,
    DIGILAB,
    DORA,
    EMIL,
    EVERYBODY,
    FATMA,
    GRETA,
    HENRIK,
    IDA,
    PLENUM,
)
from bot.demo.connection import Json
from bot.demo.performance import Performance, Scene, message, saying
from bot.demo.rendering import table_rows
from bot.demo.scenes.result import SECOND

OPEN_SECONDS = 27
REMIND_SECONDS = 8  # before the close
LATE_SECONDS = 20  # what a slow machine may need beyond a deadline
POLL_START, POLL_END = "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.end"
PNG = b"\x89PNG\r\n\x1a\n"

VOTES = {
    ANNA: ("Ja", ""),
    BEN: ("Ja", ""),
    CEM: ("Nein", "die Fristen fehlen"),
    DORA: ("Ja", ""),
    EMIL: ("Ja", "die Satzung die Fristen regelt"),
    FATMA: ("Ja", ""),
    GRETA: ("Ja", ""),
    HENRIK: ("Enthaltung", ""),
    IDA: ("Ja", ""),
}


async def vote(play: Performance) -> None:
    """Eight votes by four ways, one of them changed; Ida keeps silent."""
    form = (
        "!konsultation neu Open-Government-Definition\n"
        "Frage: Stimmen Sie der Definition in Fassung 2 zu?\n"
        "Fassung: E1/2\n"
        f"Schluss: in {OPEN_SECONDS} Sekunden\n"
        f"Erinnerung: {REMIND_SECONDS} Sekunden"
    )
    await play.asks(ANNA, PLENUM, form, "K1", "Open-Government-Definition", "Stimmen Sie der Definition", "Uhr")
    opening = await play.expects(
        "die Eröffnung von K1",
        *(PLENUM, saying("Stimmberechtigt")),
        *("K1", "E1 Fassung 2", SECOND, f"Stimmberechtigt: {len(EVERYBODY)}"),
    )
    poll = (await play.expects("die native Abstimmung", PLENUM, lambda e: e["type"] == POLL_START))["event_id"]
    await play.clicks(ANNA, PLENUM, poll, "yes")
    await play.clicks(BEN, PLENUM, poll, "yes")
    await play.asks(CEM, PLENUM, "!stimme K1 nein weil die Fristen fehlen")
    await play.reacts(DORA, PLENUM, opening["event_id"], "👍")
    await play.clicks(EMIL, PLENUM, poll, "no")
    await play.clicks(GRETA, PLENUM, poll, "yes")
    await play.clicks(HENRIK, PLENUM, poll, "abstain")
    await play.asks(FATMA, PLENUM, "!vote k1 Yes")
    await play.asks(EMIL, PLENUM, "!stimme K1 ja weil die Satzung die Fristen regelt")
    await play.asks(ANNA, PLENUM, "!konsultation K1", "Beteiligung: 8 von 9")


async def reminder(play: Performance) -> None:
    """Only whoever has not voted is asked, alone, once; one word is enough."""
    await play.asks(
        *(GRETA, DIGILAB, "!status DigiLab gelb 20% Raum gefunden, ab März"),
        *("🟡 gelb", "20 %", "🔴 rot", "Raum gefunden, ab März"),
    )
    play.note("Die Frist läuft. Von Holunderau liegt noch keine Stimme vor …")
    room = await play.invitation(IDA, OPEN_SECONDS + LATE_SECONDS)
    await play.expects("die Erinnerung an Ida", room, saying("K1"), "Open-Government-Definition", "Stimme", by=IDA)
    await play.asks(IDA, room, "ja")
    public = set(play.stage.rooms.values())
    asked = {who.first_name for who in EVERYBODY if play.person(who).rooms() - public}
    play.check("Eine Erinnerung bekam, wer schon abgestimmt hatte", holds=asked == {"Ida"}, seen=sorted(asked))


async def outcome(play: Performance) -> None:
    """The poll ends by itself; the result names every vote, and is there as a picture, too."""
    play.note("Bis zum Schluss tut niemand mehr etwas …")
    patience = OPEN_SECONDS + LATE_SECONDS
    await play.expects("das Ende der Abstimmung", PLENUM, lambda e: e["type"] == POLL_END, timeout=patience)
    result = await play.expects(
        "das Ergebnis von K1",
        *(PLENUM, saying("B1")),
        *("K1", "angenommen", "7 Ja, 1 Nein, 1 Enthaltung, 0 ohne Stimme", "9 von 9", "Beschluss B1"),
    )
    rows = set(table_rows(str(result["content"].get("formatted_body", ""))))
    for who, (choice, reason) in VOTES.items():
        expected = (play.stage.user_id(who), choice, reason)
        play.check(f"Im Ergebnis steht nicht {expected}", holds=expected in rows, seen=sorted(rows))
    play.check("Das Ergebnis hat nicht eine Zeile je Kommune", holds=len(rows) == len(VOTES) + 1, seen=sorted(rows))
    await picture(play)


async def picture(play: Performance) -> None:
    """The chart can be downloaded, and says the same numbers in words."""
    posted = await play.expects(
        *("das Diagramm", PLENUM, is_image),
        *("Ja: 7", "Nein: 1", "Enthaltung: 1", "ohne Stimme: 0"),
        timeout=LATE_SECONDS,
    )
    file = await play.person(IDA).download(str(posted["content"]["url"]))
    play.check("Das Diagramm ist keine PNG-Datei", holds=file.startswith(PNG), seen=file[:16])
    play.note(f"Das Bild liegt auf dem Heimserver: {len(file) / 1024:.0f} KiB, PNG.")


def is_image(event: Json) -> bool:
    """Whether this is a picture."""
    return message(event) and event["content"].get("msgtype") == "m.image"


SCENES = (
    Scene(
        "Neun Kommunen stimmen ab",
        f"Antippen, schreiben oder reagieren zählt gleich viel, und ändern darf man sich; die Frist läuft "
        f"{OPEN_SECONDS} Sekunden, in Wirklichkeit Wochen.",
        vote,
    ),
    Scene(
        "Eine Kommune schweigt",
        f"Die Arbeit geht derweil weiter. {REMIND_SECONDS} Sekunden vor Schluss fragt der Bot nach, allein und "
        "nur dort; ein bloßes „ja“ genügt.",
        reminder,
        goes_on=True,
    ),
    Scene(
        "Das Ergebnis",
        "Die Abstimmung schließt von selbst; wer wie gestimmt hat und warum, steht in Tabelle und Diagramm.",
        outcome,
        goes_on=True,
    ),
)
