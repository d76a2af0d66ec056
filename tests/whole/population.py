"""The world in which `test_permissions` tries everything: who there is, and how all their things came about."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import Invited, Members
from bot.language.names import fold
from bot.store import Session, projects
from bot.store.database import Database
from bot.store.tables import Synergy
from tests.fakes import ANNA, HOUSE, START, US, Bot, plain

OVERVIEW, GROUP, OTHER_GROUP, ABROAD = (f"!{name}:example.org" for name in ("alle", "akte", "portal", "fern"))
PLACE = dataclasses.replace(
    HOUSE, coordinators=(ANNA, "@olga:example.org"), mail=True, web="https://stand.example.org", widget=True
)
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


@dataclass(frozen=True)
class Things:
    """The names that a command is tried with."""

    room: str
    project: str
    number: int  # of feedback, idea, meeting, result, running consultation, dissent, task and survey
    group: str


OWN = Things(GROUP, "eAkte", 1, "Digitale Akte")
OTHER = Things(OTHER_GROUP, "Portal", 2, "Serviceportal")


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
    await database.run(lambda session: resemble(session, bot.now))


def resemble(session: Session, now: datetime) -> None:
    """The owner's projects resemble others: S1, S2."""
    for things in (OWN, OTHER):
        pair = [projects.by_folded(session, 1, fold(key)) for key in (things.project, f"Radweg{things.number}")]
        first, second = sorted(project.id or 0 for project in pair if project is not None)
        number, terms = things.number, '[["Akte", "Akte"]]'
        row = Synergy(
            network_id=1, number=number, first_id=first, second_id=second, score=1, terms=terms, found_at=now
        )  # fmt: skip
        session.add(row)


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
    for things, asked in ((OWN, OWNER), (OTHER, MEMBER)):
        yield ANNA, f"!umfrage neu Staffel {things.number}\nWen: {asked}\nFrist: 12.12. 12:00", things.room
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
    for aim in ("Ziel: Bürgernahe Verwaltung", "Leitprinzip: Digital zuerst", "Ziel: Papierlos"):
        yield ANNA, f"!agenda neu\n{aim}", GROUP
    yield ANNA, "!agenda ablegen Papierlos", GROUP
    yield ANNA, "!tafel", GROUP
    yield ANNA, "!organisation neu Ahornfeld\nE-Mail: rathaus@ahornfeld.example", OVERVIEW
    yield ANNA, f"!organisation neu Lindenstadt\nMandat: {HOLDER}\nVertretung: {DEPUTY}", OVERVIEW
    yield ANNA, "!konsultation neu Haushalt\nFrage: Dafür?\nSchluss: 12.12. 12:00", OVERVIEW
    yield ANNA, "!gruppe neu Drittes Feld", OVERVIEW
    yield ANNA, "!gruppe neu Ohne Raum", OVERVIEW
    yield ANNA, f"!folgen {OWN.group} {FOLLOWER}", GROUP
    yield ANNA, f"!rolle {MODERATOR} Moderation", GROUP
    yield ANNA, f"!rolle {GUEST} Gast", OVERVIEW
