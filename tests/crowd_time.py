"""What the crowd says about time: meetings, workshops and reviews, tasks, check-ins, digests, zones and absences.

The examples that the commands declare come besides; these are forms with any of their lines, and words that answer.
`{name}` is a project, an organisation or a group, ours or theirs; `{person}` somebody; `{word}` a word of ours;
`{mail}` an address; T2, C1, A7, E4, K3 one of the last there are.
"""

from random import Random

LIGHTS = ("🟢", "🟡", "🔴", "👍", "✅")
SIGN_UPS = ("1️⃣", "2️⃣", "3️⃣")
REPORTS = (
    *("grün", "gelb 40%", "rot 10% Vergabe verzögert sich", "60%", "keine Änderung", "nichts Neues", "unchanged"),
    *("fast 60 %", "nicht mehr rot", "erledigt", "in Arbeit", "alle grün", "{name} gelb", "{name}: rot\n{name}: grün"),
    *("Wir warten auf den Rat.", "green 80%", "Lob: Das ist gelungen", "Frage: Was kostet das?", "Idee: Bürgercafé"),
)
"""Said to a check-in, to a project's card in a review, or to nothing at all."""
WHEN = (
    *("täglich 9:00", "täglich 20:00", "jeden Montag und Donnerstag 8:30", "jeden Montag 9:00"),
    *("alle zwei Wochen montags 9:00", "jeden Freitag und Sonntag 12:00"),
)
WHOM = ("Verantwortliche", "Aktive", "Maßnahmen", "alle", "{person}", "{person}, {person}", "Koordination")
DEADLINES = ("6 Stunden", "12 Stunden", "1 Werktag", "2 Werktage")
SOON = ("in 30 Minuten", "in 3 Stunden", "morgen 10:00", "übermorgen 9:00", "heute 8:00", "14.12. 10:00")
FORMS: tuple[tuple[str, tuple[tuple[float, str, tuple[str, ...]], ...]], ...] = (
    (
        "checkin neu {word}",
        (
            (0.9, "Wen", WHOM),
            (0.95, "Wann", WHEN),
            (0.9, "Frist", DEADLINES),
            (0.5, "Wo", ("direkt", "Raum", "hier")),
            (0.3, "Fragen", ("\n- Was ist geschafft?\n- Was fehlt noch?",)),
            (0.4, "Erinnerung", ("1 Stunde", "keine", "30 Minuten")),
            (0.4, "Eskalation", ("keine", "1", "2")),
        ),
    ),
    ("checkin C1", ((0.4, "Frist", DEADLINES), (0.4, "Wann", WHEN), (0.4, "Wen", WHOM), (0.3, "Wo", ("direkt",)))),
    (
        "treffen neu {word}",
        (
            (1.0, "Beginn", SOON),
            (0.2, "Ausrichter", ("{name}",)),
            (0.3, "Art", ("Werkstatt", "Rückschau")),
            (0.3, "Ort", ("Rathaus {name}",)),
            (0.2, "Tagesordnung", ("TOP 1: {word}",)),
        ),
    ),
    (
        "treffen T2",
        ((0.4, "Beginn", SOON), (0.3, "Ort", ("Rathaus {name}",)), (0.3, "Ausrichter", ("{name}", "keiner"))),
    ),
    (
        "aufgabe neu {word}",
        (
            (0.8, "Verantwortlich", ("{person}", "{person}, {name}", "{name}", "ich")),
            (0.8, "Frist", ("in 2 Tagen", "morgen 12:00", "in einer Stunde", "5.12. 12:00")),
            (0.4, "Beteiligt", ("\n- {name}: stellt Server, 12.000 €\n- {name}: 2 Personentage",)),
            (0.3, "Pflicht", ("ggf.", "ja")),
            (0.3, "Gremium", ("Gemeinderat 1.12.",)),
            (0.2, "Projekt", ("{name}",)),
        ),
    ),
    ("aufgabe A7", ((0.5, "Frist", ("in 2 Tagen",)), (0.5, "Verantwortlich", ("{person}", "{name}")))),
    ("verteiler aufnehmen {mail}", ((0.5, "Name", ("{word}",)), (0.3, "Sprache", ("Deutsch", "English")))),
    ("verbund", ((0.6, "Zeitzone", ("Wien", "London", "-")), (0.4, "Bundesland", ("BW", "RP", "-")))),
)
"""First lines, and below them: how often a line is there, its name, and what stands in it."""
LINES = (
    *("aufgabe A7 erledigt", "aufgabe A7 offen", "aufgabe liste alle", "aufgabe liste {name}", "maßnahmenplan alle"),
    *("maßnahmenplan {name}", "checkin C1 jetzt", "checkin C1 jetzt", "checkin C1", "checkin liste"),
    *("abwesend von heute bis 30.11.", "abwesend von 1.12. bis 5.12.", "abwesend zurücknehmen alle", "abwesend"),
    *("zeitzone London", "zeitzone Tokio", "zeitzone", "zeitzone zurücksetzen"),
    *("verteiler", "verteiler entfernen {mail}"),
    *("bericht plan täglich 7:00", "bericht plan Koordination täglich 7:30", "bericht plan Aktive täglich 18:00"),
    *("bericht plan Politik jeden Montag", "bericht plan Interessierte täglich 12:00", "bericht plan", "bericht jetzt"),
    *("treffen T2", "treffen liste", "treffen T2 werkstatt 3 Runden, 2 Tische", "treffen T2 runde weiter"),
    *("treffen T2 runde weiter", "treffen T2 platz", "treffen T2 dabei {person}", "treffen T2 nicht dabei"),
    *("ergebnis T2 Idee: {word}", "ergebnis Idee: {name}", "treffen T2 bündeln Bürgerbeteiligung: E4 E7"),
    *("treffen T2 bündeln {name}: E4", "treffen T2 lösen E4", "treffen T2 handlungsfelder", "treffen T2 bündel"),
    *("treffen T2 gründen Bürgerbeteiligung", "treffen T2 gründen {name}", "mitmachen Bürgerbeteiligung"),
    *("folgen Bürgerbeteiligung", "verlassen Bürgerbeteiligung", "treffen T2 rückschau", "treffen T2 rückschau alle"),
    *("treffen T2 weiter", "treffen T2 weiter {name}", "treffen T2 rückmeldungen", "treffen T2 zusammenfassung"),
    *("treffen T2 abschließen", "treffen T2 kalender", "treffen T2 priorisieren 10 Punkte\nSchluss: in 2 Stunden"),
    *("treffen T2 prioritäten K3", "rückblick T2 Die Tische waren zu groß.", "rückblick {word}", "rückblick T2"),
    *("rückblick T2 anders als 1: Gerade die Mischung half uns.", "rückblick T2 zurückziehen 2"),
    *("treffen T2 absagen Grund: {word}", "folgen {name}\nE-Mail: {mail}"),
)


def said(dice: Random) -> str:
    """A line, or a form with some of its lines."""
    if dice.random() < 0.6:
        return dice.choice(LINES)
    first, fields = dice.choice(FORMS)
    below = [f"{name}: {dice.choice(values)}" for often, name, values in fields if dice.random() < often]
    return "\n".join((first, *below))
