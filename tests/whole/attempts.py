"""What `test_permissions` tries: every example of every form, with the names of the things of its world."""

import re
from collections.abc import Iterator, Mapping

from commands import ALL
from tests.whole.population import FOLLOWER, GUEST, MEMBER, MODERATOR, Things

INSTEAD: Mapping[str, tuple[str, ...]] = {
    "projekt neu": ("projekt neu Bauportal", "projekt neu Karte aus I4"),
    "agenda neu": ("agenda neu\nZiel: Offene Daten",),
    "agenda wiederherstellen": ("agenda wiederherstellen Papierlos",),
    "projekt … wiederherstellen": ("projekt Archiv wiederherstellen",),
    "feedback": ("feedback eAkte Frage: Was kostet das?", "feedback eAkte", "feedback E9 Lob: Gut", "feedback E9"),
    "treffen": (
        "treffen",
        "treffen T2",
        "treffen T2\nOrt: Erlenbrück, Kreishaus",
        "treffen T2\nBeginn: 4.12. 10:00",
        "treffen W2\nAusrichter: Ahornfeld",
        "treffen W2 ergebnisse",
    ),
    "treffen … absagen": ("treffen L2 absagen Grund: Unwetterwarnung",),
    "treffen … abschließen": ("treffen W2 abschließen",),
    "treffen … zusammenfassung": ("treffen W2 zusammenfassung",),
    "treffen … werkstatt": (
        "treffen L2 werkstatt 2 Runden, 2 Tische",
        f"treffen W2 werkstatt 2 Runden, 2 Tische ohne {MEMBER}",
        "treffen W2 werkstatt",
    ),
    "treffen … runde": ("treffen W2 runde 1", "treffen W2 runde weiter"),
    "treffen … platz": ("treffen W2 platz", f"treffen W2 platz {MEMBER}"),
    "treffen … dabei": ("treffen W2 dabei", f"treffen W2 dabei {MEMBER}"),
    "treffen … nicht": ("treffen W2 nicht dabei", f"treffen W2 nicht dabei {MEMBER}"),
    "treffen … ergebnisse": ("treffen W2 ergebnisse",),
    "treffen … bündeln": (
        "treffen W2 bündeln Bürgerbeteiligung: D4",
        "treffen W2 bündeln Verkehr",
    ),
    "treffen … lösen": ("treffen W2 lösen D4", "treffen W2 lösen Bürgerbeteiligung"),
    "treffen … bündel": ("treffen W2 bündel",),
    "treffen … handlungsfelder": ("treffen W2 handlungsfelder",),
    "treffen … gründen": ("treffen W2 gründen Bürgerbeteiligung",),
    "treffen … rückschau": (
        "treffen W2 rückschau",
        "treffen W2 rückschau\nHandlungsfeld: Digitale Akte",
        "treffen W2 rückschau alle",
    ),
    "treffen … weiter": ("treffen W2 weiter", "treffen W2 weiter eAkte"),
    "treffen … rückmeldungen": ("treffen W2 rückmeldungen",),
    "treffen … priorisieren": ("treffen W2 priorisieren 10 Punkte\nSchluss: 12.12. 12:00",),
    "treffen … prioritäten": ("treffen W2 prioritäten Q3",),
    "rückblick": (
        "rückblick W2",
        "rückblick W2 Die Tische waren zu groß.",
        "rückblick W2 anders als 1: Gerade die Mischung half uns.",
        "rückblick W2 ändern 1: Neuer Text",
        "rückblick W2 zurückziehen 1",
    ),
    "ergebnis neu": (
        "ergebnis neu aus E9 N9\nText: Eines",
        "ergebnis neu aus E9 G3\nText: Zweier Gruppen",
    ),
    "ergebnis": (
        "ergebnis Definition: Open Government heißt …",
        "ergebnis T2 Leitsatz: Wir veröffentlichen …",
        "ergebnis W2 Idee: Bürgercafé\nTisch: 3\nRunde: 2",
        "ergebnis E9 Text: Neue Fassung …",
        "ergebnis E9 Art: Leitsatz",
        "ergebnis E9 Treffen: T2",
        "ergebnis G3 Treffen: T2",
        "ergebnis E9",
        "ergebnis E9/1",
        "ergebnis E9 unterschied 1 2",
        "ergebnis E9 N9",
    ),
    "konsultation neu": (
        "konsultation neu Kaffee\nFrage: Kaffee?\nSchluss: 12.12. 12:00",
        "konsultation neu Fassung\nFrage: Gut so?\nFassung: E9/2\nSchluss: 12.12. 12:00",
        "konsultation neu Plan\nFrage: Gut so?\nBetrifft: eAkte\nSchluss: 12.12. 12:00",
        "konsultation neu aus E9\nSchluss: 12.12. 12:00",
        "konsultation neu aus T2\nSchluss: 12.12. 12:00",
        "konsultation neu aus P3\nSchluss: 12.12. 12:00",
    ),
    "konsultation … öffnen": ("konsultation S3 öffnen",),
    "konsultation … ändern": ("konsultation S3 ändern\nTitel: Anders", "konsultation S3.1 ändern\nFassung: E9/2"),
    "konsultation … fassung": (
        "konsultation K3 fassung E9/2",
        "konsultation K3.1 fassung\nText: Ein neuer Text.\nStimmen: verfallen",
        "konsultation S3 fassung E9/1",
    ),
    "konsultation … protokoll": ("konsultation P3 protokoll",),
    "konsultation … zeigen": ("konsultation K3 zeigen", "konsultation P3 zeigen"),
    "konsultation": ("konsultation", "konsultation K3", "konsultation K3.1", "konsultation S3", "konsultation P3"),
    "aufgabe neu": (
        "aufgabe neu Satzung entwerfen\nFrist: 12.12. 12:00",
        "aufgabe neu Für andere\nVerantwortlich: @ben:example.org\nPflicht: ggf.",
        "aufgabe neu Serverraum bauen aus T2\nVerantwortlich: Lindenstadt\nBeteiligt:\n- Ahornfeld: 2 Personentage",
    ),
    "aufgabe": (
        "aufgabe",
        "aufgabe A7",
        "aufgabe A7 erledigt",
        "aufgabe A7 offen",
        "aufgabe A7 in Arbeit",
        "aufgabe A7 entfällt Förderung abgelehnt",
        "aufgabe A7\nBeteiligt:\n- Lindenstadt: stellt Server",
        "aufgabe A7\nGremium: Gemeinderat 15.12.",
        "aufgabe A7\nVerantwortlich: @ben:example.org",
        "aufgabe R7",
        "aufgabe R7 erledigt",
    ),
    "aufgabe liste": (
        "aufgabe liste",
        "aufgabe liste meine",
        "aufgabe liste überfällig alle",
        "aufgabe liste Gruppe Digitale Akte",
        "aufgabe liste Lindenstadt",
    ),
    "maßnahmenplan": ("maßnahmenplan", "maßnahmenplan alle", "maßnahmenplan Digitale Akte"),
    "checkin neu": (
        "checkin neu Wochenstand\nWen: Verantwortliche\nWann: jeden Montag 9:00",
        "checkin neu Aktive\nWen: Aktive\nGruppe: Digitale Akte\nWann: jeden Montag 9:00",
        f"checkin neu Eine\nWen: {MEMBER}\nWann: jeden Montag 9:00\nWo: direkt",
        "checkin neu Alle\nWen: alle Verantwortlichen\nWann: jeden Montag 9:00",
    ),
    "umfrage neu": (
        "umfrage neu Staffel 3\nWen: Verantwortliche\nFrist: 12.12. 12:00",
        f"umfrage neu Staffel 4\nWen: {MEMBER}, Lindenstadt\nFrist: 12.12. 12:00",
    ),
    "umfrage vergleich": ("umfrage vergleich", "umfrage vergleich Staffel 1, Staffel 2"),
    "umfrage formular": ("umfrage formular", "umfrage formular U1"),
    "umfrage weiter": ("umfrage weiter", "umfrage weiter U1"),
    "synergie": ("synergie Y5", "synergie Y5 ja", "synergie Y5 nein weil wir schon beauftragt haben"),
    "organisation neu": ("organisation neu Birkenau",),
    "organisation": ("organisation Lindenstadt", "organisation Lindenstadt\nMandat: keine"),
    "vertretung": ("vertretung", "vertretung @neu:example.org"),
    "gruppe neu": ("gruppe neu Bürgerservice",),
    "gruppe teilen": ("gruppe teilen Digitale Akte\nIn: Digitale Akte, Archivierung",),
    "gruppe zusammenlegen": ("gruppe zusammenlegen Digitale Akte, Drittes Feld",),
    "gruppe öffnen": ("gruppe öffnen Ohne Raum",),
    "gruppe verbinden": ("gruppe verbinden Ohne Raum",),
    "mitmachen": ("mitmachen", "mitmachen Digitale Akte", "mitmachen Bürgerbeteiligung"),
    "folgen": (
        "folgen Digitale Akte",
        "folgen Digitale Akte\nE-Mail: rathaus@lindenstadt.example",
        "folgen Bürgerbeteiligung",
        f"folgen Bürgerbeteiligung {MEMBER}",
    ),
    "verlassen": ("verlassen Digitale Akte", "verlassen Bürgerbeteiligung"),
    "rolle": (
        "rolle",
        "rolle @ben:example.org Moderation",
        "rolle @ben:example.org Moderation Digitale Akte",
        "rolle @ben:example.org Koordination",
        "rolle @kim:example.org Gast",
        f"rolle {MODERATOR} Moderation entziehen",
        f"rolle {GUEST} entziehen",
        f"rolle {FOLLOWER} entfernen ja",
    ),
    "stimme": (
        "stimme K4 ja",
        "stimme K4.1 nein weil die Fristen fehlen",
        "stimme O7 ja",
        "stimme O7 für Lindenstadt ja",
        "stimme P3 ja",
    ),
    "stimme … für …": ("stimme O7 für Ahornfeld ja (telefonisch, Fr. Huber)",),
}
"""What is tried where the examples that a form declares do not fit the things of this world.

S3 is scheduled, P3 published, O7 one of organisations, N9 another result of the group, G3 one of the moderator's group,
R7 the task that the published one left, W2 the workshop that is being held, L2 a meeting without results, D4 a result
of the workshop, Q3 the consultation that put the projects in order, Y5 the synergy of the owner's project.
"""
# these need a room without a network or a group, or a direct chat
NEVER = {
    "verbund aufnehmen !abc:example.org",
    "verbund wechseln Digitale Region",
    "gruppe verbinden Ohne Raum",
    "stimme P3 ja",  # it is over
    "umfrage einlesen 1",  # its own sender's direct chat alone
}


def attempts() -> Iterator[str]:
    """Everything that is tried: all examples of all forms, each once."""
    for command in ALL:
        for form in command.forms:
            verb = f" {'… ' if form.after_key else ''}{form.verb.de}" if form.verb else ""
            yield from INSTEAD.get(command.name.de + verb, (example.de for example in form.examples))


def words_for(words: str, things: Things) -> str:
    """What somebody types to try it on these things."""
    words = re.sub(r"Archiv\b", f"Archiv{things.number}", words)
    words = re.sub(r"eAkte\b", things.project, words)
    words = re.sub(r"Digitale Akte\b", things.group, words)
    words = re.sub(r"Bürgerbeteiligung\b", f"Bürgerbeteiligung{things.number}", words)
    words = re.sub(r"\b([KFIEVBTACU])\d+\b", rf"\g<1>{things.number}", words)
    others = {"S": f"K{things.number + 2}", "P": f"K{things.number + 4}", "N": f"E{things.number + 2}"}
    others |= {"R": f"A{things.number + 2}", "G": "E3", "O": "K7"}
    others |= {"W": f"T{things.number + 2}", "L": f"T{things.number + 4}", "D": f"E{things.number + 4}"}
    others |= {"Q": f"K{things.number + 7}", "Y": f"S{things.number}"}
    return re.sub(r"\b([SPNRGOWLDQY])\d+\b", lambda found: others[found[1]], words)
