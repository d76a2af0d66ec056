"""Who may do what: all examples of all commands, tried in every role, in the own and another group, and from outside.

The table `permissions.txt` beside this file is what was reviewed; `--update-dialogues` writes it anew, so that a change
of anybody's rights shows as a change of that file. Besides, whatever was refused has changed nothing. The signs:

    ✓ done or shown     – refused for the role     · „kenne ich nicht“     ! refused for another reason

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
from tests.fakes import ANNA, HOUSE, US, Bot

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
    number: int  # of feedback, idea, result and consultation
    group: str


OWN = Things(GROUP, "eAkte", 1, "Digitale Akte")
OTHER = Things(OTHER_GROUP, "Portal", 2, "Serviceportal")
REFUSED = {"inbox.not_allowed", "finding.not_owner"}
UNKNOWN = re.compile(r"finding\.(no_|unknown|which_)|groups?\.(unknown|no_)|inbox\.unknown")


class Watched(Bot):
    """A bot that tells which refusal it answered last."""

    refusal: str | None = None

    def watch(self) -> None:
        """Remember refusals from now on."""
        answer = self.inbox._answer_failure

        def remembered(happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
            if isinstance(failure, Question):
                return answer(happening, scope, failure)  # asked back: it may be done
            self.refusal = failure.text if isinstance(failure, UserError) else repr(failure)
            return answer(happening, scope, failure)

        self.inbox._answer_failure = remembered  # type: ignore[method-assign]  # watched from outside


INSTEAD: Mapping[str, tuple[str, ...]] = {
    "projekt neu": ("projekt neu Bauportal", "projekt neu Karte aus I4"),
    "projekt … wiederherstellen": ("projekt Archiv wiederherstellen",),
    "konsultation neu": ("konsultation neu Kaffee\nFrage: Kaffee?\nSchluss: 12.12. 12:00",),
    "konsultation … öffnen": ("konsultation S3 öffnen",),
    "konsultation … ändern": ("konsultation S3 ändern\nTitel: Anders",),
    "konsultation … fassung": ("konsultation K3 fassung\nText: Ein neuer Text.\nStimmen: verfallen",),
    "organisation neu": ("organisation neu Birkenau",),
    "organisation": ("organisation Lindenstadt", "organisation Lindenstadt\nMandat: keine"),
    "vertretung": ("vertretung", "vertretung @neu:example.org"),
    "gruppe neu": ("gruppe neu Bürgerservice",),
    "gruppe teilen": ("gruppe teilen Digitale Akte\nIn: Digitale Akte, Archivierung",),
    "gruppe zusammenlegen": ("gruppe zusammenlegen Digitale Akte, Drittes Feld",),
    "gruppe öffnen": ("gruppe öffnen Ohne Raum",),
    "gruppe verbinden": ("gruppe verbinden Ohne Raum",),
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
    "stimme": ("stimme K4 ja",),
    "stimme … für …": ("stimme P5 für Ahornfeld ja (telefonisch, Fr. Huber)",),
}
# these need a room without a network or a group, or a direct chat
NEVER = {"verbund aufnehmen !abc:example.org", "verbund wechseln Digitale Region", "gruppe verbinden Ohne Raum"}
"""What is tried where the examples that a form declares do not fit the things of this world."""


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
    words = re.sub(r"\b([KFIEVB])\d+\b", rf"\g<1>{things.number}", words)
    return re.sub(r"\bS\d+\b", f"K{things.number + 2}", words).replace("P5", "K5")


async def build(database: Database) -> None:
    """Network A with two groups and everybody in their roles; network B beside it."""
    bot = Bot(database, house=PLACE)
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
    for line, room in setting():
        rows = await bot.say(ANNA, line, room_id=room)
        assert rows, line


def setting() -> Iterator[tuple[str, str]]:
    """How the world comes about: what Anna says where."""
    for things in (OWN, OTHER):
        yield f"!gruppe neu {things.group}\nRaum: hier", things.room
        yield f"!projekt neu {things.project}\nVerantwortlich: {OWNER}", things.room
        yield f"!projekt neu Archiv{things.number}", things.room
        yield f"!projekt Archiv{things.number} archivieren", things.room
        yield f"!feedback {things.project} Frage: Was kostet das?", things.room
        yield "!idee Eine Karte", things.room
        yield "!ergebnis Definition: Offen heißt offen", things.room
        yield "!konsultation neu Tee\nFrage: Tee?\nSchluss: 12.12. 12:00", things.room
        yield f"!mitmachen {things.group} {ACTIVE}", things.room
    for things in (OWN, OTHER):
        yield "!konsultation neu Später\nFrage: Tee?\nOffen ab: 1.12. 9:00\nSchluss: 12.12. 12:00", things.room
    yield "!organisation neu Ahornfeld\nE-Mail: rathaus@ahornfeld.example", OVERVIEW
    yield "!konsultation neu Haushalt\nFrage: Dafür?\nSchluss: 12.12. 12:00", OVERVIEW
    yield "!gruppe neu Drittes Feld", OVERVIEW
    yield "!gruppe neu Ohne Raum", OVERVIEW
    yield f"!folgen {OWN.group} {FOLLOWER}", GROUP
    yield f"!organisation neu Lindenstadt\nMandat: {HOLDER}\nVertretung: {DEPUTY}", OVERVIEW
    yield f"!rolle {MODERATOR} Moderation", GROUP
    yield f"!rolle {GUEST} Gast", OVERVIEW


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
        await bot.say(person, f"!{words}", room_id=room)
    finally:
        database.close()
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


@pytest.mark.timeout(600)
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
            if changed and sign != "✓":
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
