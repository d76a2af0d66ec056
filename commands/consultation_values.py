"""What the fields of `!konsultation neu` may say, and how a vote may be given: for the help."""

from bot.command import Details, W

VALUES = Details(
    W("Mögliche Werte", "Possible values"),
    (
        (
            W("Art", "Kind"),
            W(
                "Zustimmung · Auswahl · Mehrfachauswahl · Rangfolge · Punkte · Widerstand · Termin",
                "approval · choice · multiple choice · ranking · points · resistance · dates",
            ),
        ),
        (
            W("Regel", "Rule"),
            W(
                "einfache Mehrheit · absolute Mehrheit · zwei Drittel · drei Viertel · einstimmig · Konsent",
                "simple majority · absolute majority · two thirds · three quarters · unanimous · consent",
            ),
        ),
        (
            W("Basis (was 100 % ist)", "Base (what is 100 %)"),
            W("gültige · abgegebene · alle", "valid · cast · all"),
        ),
        (
            W("Quorum", "Quorum"),
            W(
                "60 % · 60 % der Stimmgewichte · 60 % je Größenklasse · keins",
                "60 % · 60 % of the weights · 60 % per size class · none",
            ),
        ),
        (
            W("Wahlberechtigt", "Electorate"),
            W(
                "Organisationen · Ebene Stadt · Aktive · Personen · eine Liste von Namen",
                "organisations · level city · active · persons · a list of names",
            ),
        ),
        (
            W("Sichtbarkeit", "Visibility"),
            W("offen · verdeckt · vertraulich", "open · covered · confidential"),
        ),
        (
            W("Offen ab", "Opens"),
            W("sofort · ein Datum · Entwurf (bis Sie sie öffnen)", "now · a date · draft (until you open it)"),
        ),
        (
            W("Erinnerung", "Reminder"),
            W("3 Tage, 1 Tag · keine", "3 days, 1 day · none"),
        ),
        (
            W("im Titel", "in the title"),
            W(
                "aus E4 E7 (Ergebnisse) · aus T2 (alles aus einem Treffen) · aus K3 (neue Runde)",
                "from E4 E7 (results) · from T2 (all of a meeting) · from K3 (a new round)",
            ),
        ),
    ),
)
WAYS = Details(
    W("Je nach Art der Abstimmung, und was außerdem genügt", "By the kind of vote, and what else will do"),
    (
        (W("Auswahl", "Choice"), W("2, oder der Name der Möglichkeit", "2, or the name of the option")),
        (W("Mehrfachauswahl", "Multiple choice"), W("2, 4", "2, 4")),
        (W("Rangfolge", "Ranking"), W("2 > 1 = 3 (die beste zuerst)", "2 > 1 = 3 (the best first)")),
        (W("Punkte", "Points"), W("1=3 2=1", "1=3 2=1")),
        (W("Widerstand (0 bis 10)", "Resistance (0 to 10)"), W("1=0 2=7 3=3", "1=0 2=7 3=3")),
        (
            W("Termin", "Dates"),
            W("1 ja, 2 notfalls, 3 nein; oder nur 1, 3", "1 yes, 2 if need be, 3 no; or only 1, 3"),
        ),
        (
            W("Antippen", "Tapping"),
            W(
                "in der Umfrage, oder mit 👍, 👎, 🤷, 1️⃣ auf die Abstimmung reagieren",
                "in the poll, or react to the ballot with 👍, 👎, 🤷, 1️⃣",
            ),
        ),
        (
            W("Antworten", "Replying"),
            W(
                "auf die Abstimmung oder die Erinnerung, zum Beispiel „ja“; der Befehl ist dann unnötig",
                "to the ballot or the reminder, for example “yes”; no command is needed then",
            ),
        ),
        (
            W("Zurückziehen", "Withdrawing"),
            W(
                "stimme K3 zurückziehen; eine Reaktion entfernen; die Nachricht mit der Stimme löschen",
                "vote K3 withdraw; remove the reaction; delete the message with the vote",
            ),
        ),
    ),
)
