"""Files of projects in a chat: shown, taken over as a whole with their history, or not at all; and sent out again."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.files import making, sheets
from bot.language.project_rows import HEADER
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import (
    Aim,
    Feedback,
    Group,
    PendingImport,
    Project,
    ProjectAim,
    ProjectChange,
    StatusUpdate,
)
from tests.fakes import ANNA, BEN, CEM, ROOM, plain
from tests.filing import COUNCIL, DIRECT, Office

NEW = f"""Schlüssel;Titel;Verantwortlich;Handlungsfeld;Agendaziele;Gruppe;Ampel;Fortschritt
eAkte;Elektronische Akte;{BEN};Daten, Netze;Bürgernah;Digitales;gelb;60 %
Karte;Bürgerkarte;;;;;;
"""


@pytest.fixture
async def office(database: Database) -> Office:
    return await Office(database).open()


async def preview(office: Office, content: str, **more: Any) -> str:
    return plain((await office.drop(content, **more))[-1])


async def test_a_file_of_projects_is_shown_and_then_taken_over(office: Office) -> None:
    said = await preview(office, NEW)
    assert "neu: 2" in said
    assert "Neue Gruppen, jede mit einem Raum: Digitales" in said
    assert "Neue Agendaziele: Bürgernah" in said
    assert office.all(Project) == []
    rows = await office.bot.say(ANNA, "ja", room_id=DIRECT)
    assert "übernommen" in plain(rows[0])
    akte, karte = sorted(office.all(Project), key=lambda project: str(project.key.casefold()))
    assert (akte.title, akte.owner, akte.field, akte.light, akte.progress) == (
        "Elektronische Akte",
        BEN,
        "Daten, Netze",
        "yellow",
        60,
    )
    assert [(row.project_id, row.light, row.progress, row.text, row.author) for row in office.all(StatusUpdate)] == [
        (akte.id, "yellow", 60, "aus Datei „people1.csv“", ANNA)
    ]
    assert [(aim.kind, aim.name) for aim in office.all(Aim)] == [("goal", "Bürgernah")]
    assert [(row.project_id, row.aim_id) for row in office.all(ProjectAim)] == [(akte.id, 1)]
    assert karte.funding == "unknown"
    assert karte.influential is None
    assert office.all(PendingImport)[0].rows == "[]"


async def test_a_new_groups_projects_wait_for_its_room_and_move_in(office: Office) -> None:
    office.bot.refuses["open"] = "403 not now"
    await office.read_all(NEW)
    (group,) = office.all(Group)
    akte = next(row for row in office.all(Project) if row.key == "eAkte")
    assert (group.room_id, akte.room_id) == (None, f"group/{group.token}")
    await office.bot.say(CEM, "!feedback eAkte Frage: Was kostet das?")
    del office.bot.refuses["open"]
    await office.bot.say(ANNA, "!gruppe öffnen Digitales")
    (group,) = office.all(Group)
    assert group.room_id is not None
    rooms = {row.room_id for row in (*office.all(Feedback), *[p for p in office.all(Project) if p.key == "eAkte"])}
    assert rooms == {group.room_id}


async def test_changes_are_kept_and_only_what_differs_changes(office: Office) -> None:
    await office.bot.say(ANNA, "!projekt neu eAkte\nTitel: Akte\nZiel: Papierlos")
    await office.bot.say(ANNA, "!status eAkte grün 10% Los geht es")
    said = await preview(office, "Schlüssel;Titel;Ampel;Fortschritt;Einflussreich\nEAKTE;E-Akte;grün;20;ja")
    assert "geändert: 1" in said
    assert "Titel „Akte“ → „E-Akte“" in said
    assert "Fortschritt 10 % → 20 %" in said
    assert "Ampel" not in said
    assert "„EAKTE“ ist eAkte" in said
    office.bot.now += timedelta(minutes=1)
    await office.bot.say(ANNA, "ja", room_id=DIRECT)
    (project,) = office.all(Project)
    assert (project.key, project.title, project.goal, project.influential) == ("eAkte", "E-Akte", "Papierlos", True)
    assert project.changed_at == office.bot.now
    changes = [(row.field, row.before, row.after, row.by) for row in office.all(ProjectChange)]
    assert changes == [("title", "Akte", "E-Akte", ANNA), ("influential", None, "True", ANNA)]
    assert all(row.cause.startswith("import ") for row in office.all(ProjectChange))
    assert [(row.light, row.progress) for row in office.all(StatusUpdate)] == [("green", 10), (None, 20)]


async def test_everything_or_nothing(office: Office) -> None:
    wrong = "a;in Arbeit;10\nb;in Planung;140 %\nB;;\nBen Muster;;\nc;in Planung;50"
    said = await preview(office, f"Schlüssel;Projektstatus;Fortschritt\n{wrong}")
    assert "4 Zeilen falsch" in said
    assert "Zeile 2: Projektstatus: „in Arbeit“ kenne ich nicht" in said
    assert "Zeile 3: Fortschritt: „140 %“ ist keine Zahl von 0 bis 100." in said
    assert "Zeile 4: Der Schlüssel „B“ steht schon in Zeile 3, dort als „b“" in said
    assert "Zeile 5: „Ben Muster“ geht nicht als Schlüssel." in said
    await office.bot.say(ANNA, "ja", room_id=DIRECT)
    assert office.all(Project) == []


async def test_what_would_do_something_else_by_now_is_asked_again(office: Office) -> None:
    await office.bot.say(ANNA, "!projekt neu eAkte\nTitel: Akte")
    await preview(office, "Schlüssel;Titel\neAkte;E-Akte")
    await office.bot.say(ANNA, "!projekt eAkte\nTitel: Die Akte")
    said = await office.bot.hear(ANNA, "ja", room_id=DIRECT)
    assert "Inzwischen hat sich etwas geändert" in said
    assert "„Die Akte“ → „E-Akte“" in said
    assert office.all(Project)[0].title == "Die Akte"
    assert "übernommen" in await office.bot.hear(ANNA, "ja", room_id=DIRECT)
    assert office.all(Project)[0].title == "E-Akte"


async def test_slips_of_the_pen_are_pointed_out(office: Office) -> None:
    await office.bot.say(ANNA, "!agenda neu\nZiel: Bürgernahe Verwaltung")
    stranger = "@jemand:fern.example"
    said = await preview(office, f"Schlüssel;Agendaziele;Verantwortlich\na;Buergernahe Verwaltun;{stranger}\nb;;{BEN}")
    assert "ähnelt Bürgernahe Verwaltung" in said
    assert f"im Verbund nicht bekannt: {stranger}." in said


async def test_a_file_as_excel_writes_it_in_germany(office: Office) -> None:
    office.bot.files["ü.csv"] = "sep=;\r\nSchlüssel;Priorität\r\nBürger-App;höchste – „sofort“\r\n".encode("cp1252")
    event = office.file("", name="x.csv")
    office.bot.files["x.csv"] = office.bot.files["ü.csv"]
    assert "neu: 1" in plain((await office.bot.handle(event))[-1])
    await office.bot.say(ANNA, "ja", room_id=DIRECT)
    assert [(row.key, row.priority) for row in office.all(Project)] == [("Bürger-App", "höchste – „sofort“")]


async def test_a_table_of_something_else_and_wrong_columns_are_explained(office: Office) -> None:
    said = await preview(office, "Farbe;Form\nrot;rund")
    assert "Schlüssel, Titel" in said
    assert "Matrix-ID" in said
    said = await preview(office, "Schlüssel;Titell\na;b")
    assert "„Titell“ kenne ich nicht; meinten Sie Titel" in said
    assert "stehen mehrmals" not in said
    assert "mehrmals" in await preview(office, "Schlüssel;Titel;Title\na;b;c")


async def test_others_are_not_heard_and_a_large_file_is_not_fetched(office: Office) -> None:
    assert await office.drop(NEW, ROOM) == []
    assert await office.drop(NEW, COUNCIL, BEN) == []
    assert "5 MB" in plain((await office.drop(NEW, size=50_000_000))[0])
    assert office.all(PendingImport) == []


async def test_a_name_like_a_path_is_a_name(office: Office) -> None:
    await office.read_all("Schlüssel;Fortschritt\na;5", name="../../etc/passwd.csv")
    assert [row.text for row in office.all(StatusUpdate)] == ["aus Datei „passwd.csv“"]


def file_of(row: Row) -> tuple[str, bytes, str | None]:
    spec = json.loads(row.content)
    return spec["name"], base64.b64decode(spec["content"]), spec.get("maker")


async def exported(office: Office, person: str, words: str = "!export") -> tuple[Row, list[str]]:
    """The row that sends the file, and the keys in it."""
    _, row = await office.bot.say(person, words)
    return row, [line[1] for line in sheets.read_now("x.csv", file_of(row)[1])[1:]]


async def test_an_export_holds_what_who_asks_may_see(office: Office) -> None:
    kim = "@kim:fern.example"
    for key in ("Alt", "Karte", "eAkte"):
        await office.bot.say(ANNA, f"!projekt neu {key}\nTitel: ={key}")
    await office.bot.say(ANNA, "!projekt Alt archivieren")
    await office.bot.say(ANNA, f"!projekt eAkte teilen {kim}")
    row, keys = await exported(office, ANNA)
    assert (row.room_id, keys) == (DIRECT, ["Alt", "eAkte", "Karte"])
    assert b"'=eAkte" in file_of(row)[1]
    row, keys = await exported(office, BEN, "!export projekte")
    assert (row.room_id, keys) == (f"!direct-{BEN[1:]}", ["eAkte", "Karte"])
    assert (await exported(office, kim))[1] == ["eAkte"]


async def test_an_excel_export_is_made_aside_and_reads_in_as_it_is(office: Office) -> None:
    await office.read_all(NEW)
    _, row = await office.bot.say(ANNA, "!export projekte xlsx")
    name, content, maker = file_of(row)
    assert (name, maker) == ("projekte.xlsx", "workbook")
    made = await making.make("workbook", content)
    assert sheets.read_now(name, made)[0] == HEADER
    event = office.file("", name=name)
    office.bot.files[name] = made
    said = plain((await office.bot.handle(event))[-1])
    assert "schon so" in said


async def test_how_it_works_comes_with_templates_that_read_in(office: Office) -> None:
    said, *templates = await office.bot.say(ANNA, "import", room_id=DIRECT)
    assert "Projekte: eine Zeile je Projekt" in plain(said)
    names = [file_of(row)[0] for row in templates]
    assert names == ["projekte.csv", "personen.csv"]
    assert "neu: 1" in await preview(office, file_of(templates[0])[1].decode("utf-8-sig"))


async def test_a_guest_learns_nothing_of_groups(office: Office) -> None:
    kim = "@kim:fern.example"
    await office.read_all(NEW)
    await office.bot.say(ANNA, f"!projekt eAkte teilen {kim}")
    rows = await office.bot.say(kim, "!export")
    assert b"Digitales" not in file_of(rows[1])[1]
    _, row = await office.bot.say(ANNA, "!export")
    assert b"Digitales" in file_of(row)[1]
