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
from bot.demo.scenes.result import DEFINITION

STORY = "K1"
OPEN_SECONDS = 27
REMIND_SECONDS = 8  # before the close
LATE_SECONDS = 20  # what a slow machine may need beyond a deadline
POLL_START, POLL_END = "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.end"
PNG = b"\x89PNG\r\n\x1a\n"
reminding = saying("liegt noch keine Stimme vor")
FORM = f"""!konsultation neu Open-Government-Definition
Frage: Stimmen Sie der Definition zu?
Fassung: E3/1
Quorum: 60 %
Betrifft: eAkte
Schluss: in {OPEN_SECONDS} Sekunden
Erinnerung: {REMIND_SECONDS} Sekunden"""

VOTES = {
    "Tannengrund": ("Ja", ""),
    "Lindenstadt": ("Ja", ""),
    "Erlenbrück": ("Nein", "die Fristen fehlen"),
    "Ahornfeld": ("Ja", ""),
    "Ulmenried": ("Ja", "die Satzung die Fristen regelt"),
    "Eschenmoor": ("Ja", ""),
    "Haselgau": ("Enthaltung", ""),
    "Weidenfurt": ("Ja", "telefonisch, Fr. Huber"),
    "Holunderau": ("Ja", ""),
}  # with a part of the reason that the result names
BREAKDOWN = {("Stadt", "3 von 3", "2", "1", "0"), ("Gemeinde", "4 von 4", "4", "0", "0")}


async def opening(play: Performance) -> None:
    """Whoever holds a mandate is asked directly; whom nobody can reach in Matrix is called by the coordinator."""
    echo = ("K1", "Quorum 60 %", "Stimmberechtigt: 9 Organisationen", "Betrifft: eAkte", "Uhr")
    await play.asks(ANNA, PLENUM, FORM, *echo)
    announced = await play.expects(
        *("die Eröffnung von K1", PLENUM, saying("Abstimmung der Organisationen")),
        *("K1", "E3 Fassung 1", DEFINITION, "Stimmberechtigt: 9 Organisationen", "Quorum 60 %"),
    )
    poll = (await play.expects("die native Abstimmung", PLENUM, lambda e: e["type"] == POLL_START))["event_id"]
    await play.clicks(ANNA, PLENUM, poll, "yes")
    await play.reacts(DORA, PLENUM, announced["event_id"], "👍")
    await play.clicks(EMIL, PLENUM, poll, "no")
    await play.clicks(GRETA, PLENUM, poll, "abstain")
    await play.asks(CEM, PLENUM, "!stimme K1 nein weil die Fristen fehlen")
    await play.asks(EMIL, PLENUM, "!stimme K1 ja weil die Satzung die Fristen regelt")
    chat = await play.chat(FATMA)
    asked = await play.expects("die Frage an Fatma", chat, saying("K1"), "für Eschenmoor", DEFINITION, by=FATMA)
    await play.reacts(FATMA, chat, asked["event_id"], "👍")


async def speaking(play: Performance) -> None:
    """A deputy yields to the mandate holder and is told so; the coordinator records what she was told by phone."""
    await play.asks(HENRIK, PLENUM, "!stimme K1 nein weil uns die Zeit fehlt")
    await play.asks(BEN, PLENUM, "!vote k1 Yes")
    await play.expects(
        *("die Nachricht an Henrik", await play.chat(HENRIK), saying("mit eigenem Mandat")),
        *("K1", "Lindenstadt", play.stage.user_id(BEN), "zählt nicht"),
        by=HENRIK,
    )
    await play.expects("der Hinweis an Anna", play.chats[ANNA], saying("rufen Sie"), "K1", "Weidenfurt")
    recorded = "!stimme K1 für Weidenfurt ja (telefonisch, Fr. Huber)"
    await play.asks(ANNA, PLENUM, recorded, "Eingetragen für Weidenfurt", "Ja", "telefonisch, Fr. Huber")
    await play.asks(ANNA, PLENUM, "!konsultation K1", "Beteiligung: 8 von 9")


async def reminder(play: Performance) -> None:
    """Work goes on, here and in the next scenes, until the deadline is near."""
    await play.asks(
        *(GRETA, DIGILAB, "!status DigiLab gelb 20% Raum gefunden, ab März"),
        *("🟡 gelb", "20 %", "🔴 rot", "Raum gefunden, ab März"),
    )
    play.note("Die Frist läuft. Von Holunderau liegt noch keine Stimme vor …")
    play.meanwhile(reminded(play))


async def reminded(play: Performance) -> None:
    """Only who has not voted is asked, alone, once; one word is enough."""
    chat = await play.chat(IDA)
    patience = OPEN_SECONDS + LATE_SECONDS
    await play.expects("die Erinnerung", chat, reminding, "Holunderau", "Stimmen Sie", by=IDA, timeout=patience)
    await play.asks(IDA, chat, "ja")
    people = {
        who.first_name
        for who in EVERYBODY
        for room in play.person(who).rooms()
        if any(map(reminding, play.person(who).seen(room)))
    }
    play.check("Eine Erinnerung bekam, wer schon abgestimmt hatte", holds=people == {"Ida"}, seen=sorted(people))


async def outcome(play: Performance) -> None:
    """The poll ends by itself; the result names every municipality, and what its decision rests on."""
    await play.caught_up()
    if not any(map(ending, play.person(ANNA).seen(play.room(PLENUM)))):
        play.note("Bis zum Schluss tut niemand mehr etwas …")
    await play.expects("das Ende der Abstimmung", PLENUM, ending, timeout=OPEN_SECONDS + LATE_SECONDS)
    result = await play.expects(
        *("das Ergebnis von K1", PLENUM, saying("Beschluss B1")),
        *("K1", "angenommen", "7 Ja, 1 Nein, 1 Enthaltung, 0 ohne Stimme", "Quorum 60 % erreicht (9 von 9)"),
        *("V1 · Sondervotum Erlenbrück: „", "die Fristen fehlen“", "Betrifft eAkte"),
        *(f"Lindenstadt: Nein, von {play.stage.user_id(HENRIK)}", "mit dem Server abgeglichen", "Prüfsumme"),
    )
    rows = table_rows(str(result["content"].get("formatted_body", "")))
    told = {row[0]: row[1:] for row in rows if len(row) == 3}
    for name, (choice, reason) in VOTES.items():
        said = told.get(name, ("", ""))
        right = said[0] == choice and (reason in said[1] if reason else not said[1])
        play.check(f"Im Ergebnis steht für {name} nicht {choice} {reason}", holds=right, seen=said)
    play.check("Die Aufteilung stimmt nicht", holds=set(rows) >= BREAKDOWN, seen=rows)
    await picture(play)


async def picture(play: Performance) -> None:
    """The chart can be downloaded, and says the same numbers in words."""
    posted = await play.expects(
        *("das Diagramm", PLENUM, is_image),
        *("Ja: 7", "Nein: 1", "Enthaltung: 1", "ohne Stimme: 0"),
        timeout=LATE_SECONDS,
    )
    file = await play.person(IDA).attachment(posted)
    play.check("Das Diagramm ist keine PNG-Datei", holds=file.startswith(PNG), seen=file[:16])
    play.note(f"Das Bild liegt auf dem Heimserver: {len(file) / 1024:.0f} KiB, PNG.")


def ending(event: Json) -> bool:
    """Whether this is the end of a native poll."""
    return bool(event["type"] == POLL_END)


def is_image(event: Json) -> bool:
    """Whether this is a picture."""
    return message(event) and event["content"].get("msgtype") == "m.image"


OPEN = (
    Scene(
        "Neun Kommunen stimmen ab",
        f"Antippen, schreiben, reagieren oder im Direktchat antworten gilt gleich viel, und ändern darf man sich; "
        f"die Frist läuft {OPEN_SECONDS} Sekunden, in Wirklichkeit Wochen.",
        opening,
        story=STORY,
    ),
    Scene(
        "Vertretung, Mandat und Telefon",
        "Je Kommune zählt eine Stimme: das Mandat vor der Vertretung, beide vor dem, was die Koordination einträgt.",
        speaking,
        goes_on=True,
        story=STORY,
    ),
    Scene(
        "Eine Kommune schweigt",
        f"Die Arbeit geht derweil weiter. {REMIND_SECONDS} Sekunden vor Schluss fragt der Bot nach, allein und "
        "nur dort; ein bloßes „ja“ genügt.",
        reminder,
        goes_on=True,
        story=STORY,
    ),
)
RESULT = Scene(
    "Das Ergebnis",
    "Die Abstimmung schließt von selbst; wer wie gestimmt hat und warum, steht in Tabelle und Diagramm.",
    outcome,
    goes_on=True,
    story=STORY,
)
