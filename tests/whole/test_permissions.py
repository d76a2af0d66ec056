"""Who may do what: all examples of all commands, tried in every role, in the own and another group, and from outside.

The table `permissions.txt` beside this file is what was reviewed; `--update-dialogues` writes it anew, so that a change
of anybody's rights shows as a change of that file. Besides, whatever was refused has changed nothing. The signs:

    ✓ done or shown     – refused for the role     · „kenne ich nicht“     ! refused for another reason
    ○ on record as a vote, and does not count: who has said it has no vote there

The columns: Koordination, Moderation of the own group, mandate Holder, Vertretung, Eigner of the projects, Aktive,
Follower, member (L), Gast; the same on another group's things; and the coordinator of another network (X).
"""

import asyncio
import contextlib
import dataclasses
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.context import Scope
from bot.errors import Question, UserError
from bot.events import Happening, Invited, Members
from bot.store.database import Database
from bot.store.outbox import Row
from commands import ALL
from tests.fakes import ANNA, HOUSE, START, US, Bot, plain

TABLE = Path(__file__).parent / "permissions.txt"
OURS = {"handled_event", "outbox", "open_question", "account", "occurrence", "alembic_version"}  # the machine's own
OVERVIEW, GROUP, OTHER_GROUP, ABROAD = (f"!{name}:example.org" for name in ("alle", "akte", "portal", "fern"))
PLACE = dataclasses.replace(HOUSE, coordinators=(ANNA, "@olga:example.org"), mail=True)
ROLES = {
    "Koordination": ANNA,
    "Moderation": "@mia:example.org",
    "Mandat": "@hans:example.org",
    "Vertretung": "@vera:example.org",
    "Verantwortlich": "@omar:example.org",
    "aktiv": "@ada:example.org",
    "folgt": "@felix:example.org",
    "Mitglied": "@max:example.org",
    "Gast": "@gast:example.org",
}
STRANGER = "@olga:example.org"  # coordinates another network
MODERATOR = ROLES["Moderation"]
HOLDER, DEPUTY, OWNER, ACTIVE, FOLLOWER, MEMBER, GUEST = list(ROLES.values())[2:]


INITIALS = (
    "KMHVEAFLG"  # Koordination, Moderation, Holder of a mandate, Vertretung, Eigner, aktiv, folgt, Mitglied, Gast
)
Content = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Things:
    """The names that a command is tried with."""

    room: str
    project: str
    number: int  # of feedback, idea, meeting, result, running consultation, dissent and task
    group: str


OWN = Things(GROUP, "eAkte", 1, "Digitale Akte")
OTHER = Things(OTHER_GROUP, "Portal", 2, "Serviceportal")
REFUSED = {
    "inbox.not_allowed",
    "finding.not_owner",
    "task.not_owner",
    "publishing.may_not_answer",
    "retro.not_yours",
    "workshop.other_table",
}
NO_VOTE = "○"
UNKNOWN = re.compile(r"finding\.(no_|unknown|which_)|groups?\.(unknown|no_)|inbox\.unknown")


class Watched(Bot):
    """A bot that tells which refusal it answered last."""

    refusal: str | None = None
    asked = False  # a question back

    def watch(self) -> None:
        """Remember refusals from now on."""
        answer = self.inbox._answer_failure

        def remembered(happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
            if isinstance(failure, Question):
                self.asked = True  # it may be done
                return answer(happening, scope, failure)
            self.refusal = failure.text if isinstance(failure, UserError) else repr(failure)
            return answer(happening, scope, failure)

        self.inbox._answer_failure = remembered  # type: ignore[method-assign]  # watched from outside


INSTEAD: Mapping[str, tuple[str, ...]] = {
    "projekt neu": ("projekt neu Bauportal", "projekt neu Karte aus I4"),
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
        "treffen W2 bündeln Verkehr: E9",
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
        "ergebnis neu aus E9 U3\nText: Zweier Gruppen",
    ),
    "ergebnis": (
        "ergebnis Definition: Open Government heißt …",
        "ergebnis T2 Leitsatz: Wir veröffentlichen …",
        "ergebnis W2 Idee: Bürgercafé\nTisch: 3\nRunde: 2",
        "ergebnis E9 Text: Neue Fassung …",
        "ergebnis E9 Art: Leitsatz",
        "ergebnis E9 Treffen: T2",
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

S3 is scheduled, P3 published, O7 one of organisations, N9 another result of the group, U3 one of the moderator's group,
R7 the task that the published one left, W2 the workshop that is being held, L2 a meeting without results, D4 a result
of the workshop, Q3 the consultation that put the projects in order.
"""
# these need a room without a network or a group, or a direct chat
NEVER = {
    "verbund aufnehmen !abc:example.org",
    "verbund wechseln Digitale Region",
    "gruppe verbinden Ohne Raum",
    "stimme P3 ja",  # it is over
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
    words = re.sub(r"\b([KFIEVBTAC])\d+\b", rf"\g<1>{things.number}", words)
    others = {"S": f"K{things.number + 2}", "P": f"K{things.number + 4}", "N": f"E{things.number + 2}"}
    others |= {"R": f"A{things.number + 2}", "U": "E3", "O": "K7"}
    others |= {"W": f"T{things.number + 2}", "L": f"T{things.number + 4}", "D": f"E{things.number + 4}"}
    others |= {"Q": f"K{things.number + 7}"}
    return re.sub(r"\b([SPNRUOWLDQ])\d+\b", lambda found: others[found[1]], words)


async def build(database: Database) -> None:
    """Network A with two groups and everybody in their roles; network B beside it."""
    bot = Bot(database, house=PLACE, now=START - timedelta(hours=1))
    everybody = frozenset({US, *ROLES.values()})
    others = everybody - {MODERATOR} | {"@moritz:example.org"}
    for room, inviter, present in (
        (OVERVIEW, ANNA, everybody),
        (GROUP, ANNA, everybody),
        (OTHER_GROUP, ANNA, others),
        (ABROAD, STRANGER, frozenset({US, STRANGER})),
    ):
        await bot.handle(
            Invited(room_id=room, inviter=inviter, direct=False, received_at=bot.now),
            Members(room_id=room, joined=present),
        )
    bot.refuses = {"open": "der Alias ist vergeben"}  # so that there is a group without a room
    for person, line, room in setting():
        rows = await bot.say(person, line, room_id=room)
        assert rows, line
        assert "Nummer" not in plain(rows[0]), plain(rows[0])
        if "schließen" in line:
            bot.now += timedelta(minutes=2)  # the grace time
            assert any("Beschluss B" in plain(row) for row in await bot.tick()), line


def setting() -> Iterator[tuple[str, str, str]]:
    """How the world comes about: who says what where."""
    for things in (OWN, OTHER):
        yield from ((ANNA, line, things.room) for line in first_of(things))
    for things in (OWN, OTHER):
        yield (
            ANNA,
            "!konsultation neu Später\nFrage: Tee?\nOffen ab: 1.12. 9:00\nSchluss: 12.12. 12:00",
            things.room,
        )
        yield ANNA, "!ergebnis Definition: Digital heißt digital", things.room
    for things in (OWN, OTHER):
        yield from published(things)
    yield from network_wide()
    for things in (OWN, OTHER):
        yield ANNA, "!treffen neu Werkstatt\nBeginn: heute 8:45\nAusrichter: Lindenstadt", things.room
    for things in (OWN, OTHER):
        yield ANNA, "!treffen neu Klausur\nBeginn: 10.12. 10:00", things.room
    for things in (OWN, OTHER):
        yield from workshop(things)
    yield FOLLOWER, "!abwesend von heute bis 30.11.", GROUP


def first_of(things: Things) -> Iterator[str]:
    """One of each kind of thing, with the number that `Things` says."""
    yield f"!gruppe neu {things.group}\nRaum: hier"
    yield f"!projekt neu {things.project}\nVerantwortlich: {OWNER}"
    yield f"!projekt neu Radweg{things.number}\nHandlungsfeld: {things.group}"
    yield f"!projekt neu Archiv{things.number}"
    yield f"!projekt Archiv{things.number} archivieren"
    yield f"!feedback {things.project} Frage: Was kostet das?"
    yield "!idee Eine Karte"
    yield "!treffen neu Workshop\nBeginn: 3.12. 10:00"
    yield f"!ergebnis T{things.number} Definition: Offen heißt offen"
    yield f"!ergebnis E{things.number} Text: Offen heißt frei"
    yield f"!aufgabe neu Satzung\nVerantwortlich: {OWNER}"
    yield "!konsultation neu Tee\nFrage: Tee?\nSchluss: 12.12. 12:00"
    yield f"!mitmachen {things.group} {ACTIVE}"
    yield "!checkin neu Wochenstand\nWen: Verantwortliche\nWann: jeden Montag 9:00"


def published(things: Things) -> Iterator[tuple[str, str, str]]:
    """A consultation of persons that was decided against the follower's dissent, and left the owner a task."""
    key, room = f"K{things.number + 4}", things.room
    yield ANNA, f"!konsultation neu Alt\nFrage: Tee?\nBetrifft: {things.project}\nSchluss: 12.12. 12:00", room
    yield FOLLOWER, f"!stimme {key} nein weil er kalt ist", room
    yield ANNA, f"!stimme {key} ja", room
    yield MEMBER, f"!stimme {key} ja", room
    yield ANNA, f"!konsultation {key} schließen", room


def workshop(things: Things) -> Iterator[tuple[str, str, str]]:
    """A workshop that Lindenstadt holds: planned, with a field of action, a view, and its projects put in order."""
    number, room = things.number, things.room
    meeting, key = f"T{number + 2}", f"K{number + 7}"
    yield ANNA, f"!ergebnis {meeting} Idee: Bürgercafé", room
    yield ANNA, f"!treffen {meeting} werkstatt 2 Runden, 4 Tische", room
    yield ANNA, f"!treffen {meeting} bündeln Bürgerbeteiligung{number}: E{number + 4}", room
    yield FOLLOWER, f"!rückblick {meeting} Die Tische waren zu groß.", room
    yield ANNA, f"!treffen {meeting} priorisieren 10 Punkte\nSchluss: 12.12. 12:00", room
    yield ANNA, f"!konsultation {key} öffnen", room
    yield HOLDER, f"!stimme {key} 1=6 2=4", room
    yield ANNA, f"!konsultation {key} schließen", room


def network_wide() -> Iterator[tuple[str, str, str]]:
    """Organisations and their consultation, groups without anything, and who has which role."""
    yield ANNA, "!organisation neu Ahornfeld\nE-Mail: rathaus@ahornfeld.example", OVERVIEW
    yield ANNA, f"!organisation neu Lindenstadt\nMandat: {HOLDER}\nVertretung: {DEPUTY}", OVERVIEW
    yield ANNA, "!konsultation neu Haushalt\nFrage: Dafür?\nSchluss: 12.12. 12:00", OVERVIEW
    yield ANNA, "!gruppe neu Drittes Feld", OVERVIEW
    yield ANNA, "!gruppe neu Ohne Raum", OVERVIEW
    yield ANNA, f"!folgen {OWN.group} {FOLLOWER}", GROUP
    yield ANNA, f"!rolle {MODERATOR} Moderation", GROUP
    yield ANNA, f"!rolle {GUEST} Gast", OVERVIEW


def stored(file: Path) -> Content:
    """Everything in a database, but for what the machine keeps for itself."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return {
            table.name: connection.execute(f'SELECT * FROM "{table.name}"').fetchall()  # noqa: S608
            for table in SQLModel.metadata.sorted_tables
            if table.name not in OURS
        }


async def tried(file: Path, person: str, room: str, words: str) -> str:
    """What came of it, as the sign for the table."""
    database = Database(f"sqlite:///{file}")
    try:
        bot = Watched(database, house=PLACE)
        bot.watch()
        rows = await bot.say(person, f"!{words}", room_id=room)
    finally:
        database.close()
    counts = bot.asked or "✅" in map(plain, rows) or "(telefonisch" in words
    if bot.refusal is None and words.startswith("stimme ") and not counts:
        return NO_VOTE
    return _sign(bot.refusal)


def _sign(refusal: str | None) -> str:
    if refusal is None:
        return "✓"
    if refusal in REFUSED:
        return "–"
    return "·" if UNKNOWN.match(refusal) else "!"


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """The world, built once."""
    file = tmp_path_factory.mktemp("world") / "world.db"
    shutil.copy(migrated, file)
    database = Database(f"sqlite:///{file}")
    asyncio.run(build(database))
    database.close()
    return file


@pytest.mark.timeout(1200)
async def test_everybody_may_do_what_was_reviewed_and_nothing_else(
    populated: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    lines, holes = [_heading()], []
    before = stored(populated)
    for example in dict.fromkeys(attempts()):
        cells = []
        for person, room, things in _cells():
            file = tmp_path / "cell.db"
            shutil.copy(populated, file)
            words = words_for(example, things)
            sign = await tried(file, person, room, words)
            changed = (after := stored(file)) != before
            cells.append(sign)
            if changed and sign not in ("✓", NO_VOTE):
                holes.append(f"{person} was refused „{words}“ in {room} ({sign}), and yet something changed")
            if person == STRANGER and _of_network(after) != _of_network(before):
                holes.append(f"{person} changed another network with „{words}“")
        if not {"✓"} & set(cells) and example not in NEVER:
            holes.append(f"„{example}“ can be done by nobody here: the row shows nothing")
        lines.append(f"{_short(example):44}" + "  ".join(cells))
    found = "\n".join(lines) + "\n"
    if pytestconfig.getoption("--update-dialogues"):
        TABLE.write_text(found, encoding="utf-8")
    assert holes == []
    assert found == TABLE.read_text(encoding="utf-8")


def _cells() -> Iterator[tuple[str, str, Things]]:
    """Everybody on the things of their own group, on those of another one, and somebody of another network."""
    for things in (OWN, OTHER):
        for person in ROLES.values():
            yield person, GROUP, things
    yield STRANGER, ABROAD, OWN


def _heading() -> str:
    initials = "  ".join(INITIALS)
    return f"{'':44}{initials}  {initials}  X"


def _short(example: str) -> str:
    first, *fields = example.splitlines()
    return (first + (" + Feld" if fields else ""))[:42]


def _of_network(content: Content) -> Content:
    """The rows that belong to network A."""
    tables = SQLModel.metadata.tables
    return {
        name: [row for row in rows if row[list(tables[name].c.keys()).index("network_id")] == 1]
        for name, rows in content.items()
        if "network_id" in tables[name].c
    }
