"""The next meeting: two days, a calendar file, tables, what was agreed, and who sees it differently."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.cast import ANNA, CEM, DORA, FATMA, PORTAL
from bot.demo.performance import Performance, Scene

ZONE = ZoneInfo("Europe/Berlin")  # what the bot takes where nothing else is set
TITLE = "Zukunftswerkstatt Bürgerportal"
PRINCIPLE = "Jeder Antrag lässt sich am Telefon erklären."
MEASURE = "Gemeinsames Nutzerkonto"
VIEW = "Auf die Tischrunden hätten wir verzichten können."
OTHER_VIEW = "Gerade dort kamen wir kleinen Gemeinden zu Wort."


async def announced(play: Performance) -> None:
    """Two days with a calendar file; when they change, every calendar changes with them."""
    form = f"!treffen neu {TITLE}\n{_in_three_weeks()}\nOrt: Lindenstadt, Rathaus"
    await play.asks(ANNA, PORTAL, form, "T2", TITLE, "Tag 1:", "Tag 2:", "in 21 Tagen", "Lindenstadt, Rathaus")
    posted, content = await play.file(PORTAL, "T2.ics", by=DORA)
    first = _events(play, content, "SEQUENCE:0", "LOCATION:Lindenstadt\\, Rathaus")
    play.note("Damit niemand drei Wochen wartet, zieht Anna es vor: auf gestern und heute.")
    change = f"!treffen T2\n{_now()}\nOrt: Erlenbrück, Kreishaus"
    await play.asks(ANNA, PORTAL, change, "Geändert: T2", "läuft", "bisher: Lindenstadt, Rathaus")
    _, content = await play.file(PORTAL, "T2.ics", by=DORA, after=posted)
    again = _events(play, content, "SEQUENCE:1", "LOCATION:Erlenbrück\\, Kreishaus")
    play.check("Der Kalender führte zwei Treffen statt eines geänderten", holds=first == again, seen=(first, again))
    tables = "!treffen T2 werkstatt 2 Runden, 2 Tische"
    await play.asks(ANNA, PORTAL, tables, "2 Runden an 2 Tischen mit je 2 Personen", "Niemand trifft jemanden zweimal")
    await play.asks(FATMA, PORTAL, "!treffen T2 platz", "Runde 1: Tisch", "Runde 2: Tisch")


async def agreed(play: Performance) -> None:
    """A measure of two municipalities with what each gives to it, in a plan along the dates of councils."""
    await play.asks(ANNA, PORTAL, f"!ergebnis Grundsatz: {PRINCIPLE}", "E4", "Grundsatz", f"zu T2 ({TITLE})")
    council, due = (_day(datetime.now(ZONE) + timedelta(days=days)) for days in (40, 90))
    measure = (
        f"!aufgabe neu {MEASURE}\n"
        "Verantwortlich: Ahornfeld, Erlenbrück\n"
        "Beteiligt:\n- Ahornfeld: stellt Server, 12.000 €\n- Erlenbrück: 2 Personentage, 20 T€\n"
        f"Gremium: Gemeinderat {council}\nFrist: {due} 12:00"
    )
    funds = ("Ahornfeld: stellt Server, 12.000 €", "Erlenbrück: 2 Personentage, 20.000 €", "zusammen: 32.000 €")
    await play.asks(ANNA, PORTAL, measure, "A2", MEASURE, "Gemeinderat", *funds, "Aus Treffen T2")
    await play.asks(DORA, PORTAL, "!aufgabe A2 in Arbeit", "A2", "in Arbeit")
    plan = ("1 Maßnahme", f"Gremium (Gemeinderat): A2 {MEASURE}", "Beiträge", "32.000 €")
    await play.asks(CEM, PORTAL, "!maßnahmenplan", "Maßnahmenplan", *plan)
    _, page = await play.file(PORTAL, "massnahmenplan.html", by=CEM)
    play.check("Im Maßnahmenplan als Datei fehlt die Maßnahme", holds=MEASURE.encode() in page, seen=len(page))
    _, sheet = await play.file(PORTAL, "massnahmenplan.xlsx", by=CEM)
    play.check("Der Maßnahmenplan ist keine Excel-Datei", holds=sheet.startswith(b"PK"), seen=sheet[:8])


async def looking_back(play: Performance) -> None:
    """One message sums it up; views stand beside each other, nobody's is changed."""
    closed = (TITLE, f"E4 (Fassung 1): {PRINCIPLE}", f"A2 · {MEASURE}", "Noch nicht abgestimmt: E4")
    await play.asks(ANNA, PORTAL, "!treffen T2 abschließen", "was herausgekommen ist", *closed)
    await play.asks(DORA, PORTAL, f"!rückblick T2 {VIEW}", "Rückblick 1", "Ahornfeld", VIEW)
    other = f"!rückblick T2 anders als 1: {OTHER_VIEW}"
    await play.asks(FATMA, PORTAL, other, "Rückblick 2", "Eschenmoor", OTHER_VIEW, VIEW)
    await play.asks(CEM, PORTAL, "!rückblick T2", VIEW, "sieht es anders als 1", OTHER_VIEW)


def _in_three_weeks() -> str:
    first = datetime.now(ZONE) + timedelta(days=21)
    return f"Tage:\n- {_day(first)} 10:00–17:00\n- {_day(first + timedelta(days=1))} 9:00–13:00"


def _now() -> str:
    """Yesterday, and from an hour ago on, be it over midnight."""
    now = datetime.now(ZONE)
    start, end = now - timedelta(hours=1), now + timedelta(hours=2)
    second = f"{_day(start)} {start:%H:%M} bis {_day(end)} {end:%H:%M}"
    return f"Tage:\n- {_day(now - timedelta(days=1))} 10:00–17:00\n- {second}"


def _day(at: datetime) -> str:
    return f"{at.day}.{at.month}.{at.year}"


def _events(play: Performance, content: bytes, *lines: str) -> list[str]:
    """The IDs of a calendar file's two events, each of which has these lines; long ones are folded (RFC 5545, 3.1)."""
    written = content.decode().replace("\r\n ", "").splitlines()
    play.check("Es ist keine Kalenderdatei", holds=written[0] == "BEGIN:VCALENDAR", seen=written[:1])
    for line in ("BEGIN:VEVENT", *lines):
        play.check(f"In der Kalenderdatei steht nicht zweimal {line}", holds=written.count(line) == 2, seen=written)
    summaries = [line for line in written if line.startswith("SUMMARY:")]
    play.check("Der Titel fehlt im Kalender", holds=all(TITLE in line for line in summaries), seen=summaries)
    return [line for line in written if line.startswith("UID:")]


SCENES = (
    Scene(
        "Das nächste Treffen",
        "Zwei Tage, die in jeden Kalender passen; ändert sich etwas, ändert sich der Kalender mit. "
        "An den Tischen trifft niemand jemanden zweimal.",
        announced,
    ),
    Scene(
        "Eine Maßnahme zweier Kommunen",
        "Wer trägt was bei, wann entscheidet der Rat: der Maßnahmenplan im Chat und als Datei.",
        agreed,
        goes_on=True,
    ),
    Scene(
        "Rückblick",
        "Nach dem Treffen fasst eine Nachricht alles zusammen; verschiedene Sichten stehen nebeneinander.",
        looking_back,
        goes_on=True,
    ),
)
