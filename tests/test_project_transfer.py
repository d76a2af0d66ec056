"""Projects on the command line: the same bytes out as in, networks made where there are none, old habits of Excel."""

from pathlib import Path

import pytest

from bot.files import sheets
from bot.language.project_rows import HEADER
from bot.procedures.file_tables import PEOPLE, PROJECTS
from bot.store import Session
from bot.store.database import Database
from bot.store.tables import Group, Network, OutboxRow, Project, RoleGrant, StatusUpdate
from tests.fakes import ANNA, BEN, CEM
from tests.operating import Office

COLUMNS = ("Verbund", "Schlüssel", "Titel", "Ziel", "Beschreibung", "Verantwortlich", "Handlungsfeld", "Agendaziele")
MORE = (
    "Leitprinzipien",
    "Projektstatus",
    "Finanzierung",
    "Einflussreich",
    "Ampel",
    "Fortschritt",
    "Gruppe",
    "Abgelegt",
)
TEXT = 'zwei\nZeilen; mit „Anführung“ und "noch einer"'
AKTE = ("Nord", "eAkte", "Elektronische Akte", "=1+1", TEXT, BEN, "Daten, Netze", "Zwei, Eins")
FILE = sheets.to_csv(
    [
        (*COLUMNS, *MORE),
        (*AKTE, "Digital zuerst", "in Umsetzung", "nicht finanziert", "ja", "rot", "0", "Digitales", ""),
        ("Nord", "Äpfel", "", "", "", "", "Netze", "Eins", "", "", "unbekannt", "nein", "", "", "Netz", "ja"),
        ("Nord", "ohne-Gruppe", "-5 Grad", "", "", CEM, "", "Drei, Eins", "", "Zukunftsprojekt", "finanziert"),
        ("Süd", "eAkte"),
    ]
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(f"sqlite:///{tmp_path / 'z.db'}", tmp_path)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_import_export_gives_the_same_bytes(office: Office, tmp_path: Path, kind: str) -> None:
    assert office.read_in(FILE)[0] == 0
    first = office.write_out(f"one.{kind}", table=PROJECTS)
    again = Office(f"sqlite:///{tmp_path / 'again.db'}", tmp_path)
    assert again.read_in(first, name=f"in.{kind}")[0] == 0
    assert again.write_out(f"two.{kind}", table=PROJECTS) == first
    code, said = again.read_in(first, name=f"in.{kind}")
    assert (code, "schon so" in said) == (0, True)
    rows = sheets.read_now(f"x.{kind}", first)
    assert rows[0] == HEADER
    assert [row[1] for row in rows[1:]] == ["Äpfel", "eAkte", "ohne-Gruppe", "eAkte"]


def test_the_same_on_postgresql(postgres_database: str, office: Office, tmp_path: Path) -> None:
    office.read_in(FILE)
    first = office.write_out("one.csv", table=PROJECTS)
    there = Office(postgres_database, tmp_path)
    assert there.read_in(first)[0] == 0
    assert there.write_out("two.csv", table=PROJECTS) == first
    code, said = there.read_in(first.decode("utf-8-sig").replace("Elektronische Akte", "E-Akte"))
    assert code == 0
    assert "Titel „Elektronische Akte“ → „E-Akte“" in said
    assert there.write_out("three.csv", table=PROJECTS) != first


def test_an_import_into_an_empty_database_makes_networks_groups_and_their_rooms(office: Office) -> None:
    code, said = office.read_in(FILE)
    assert code == 0
    assert "Nord (neuer Verbund)" in said
    assert [network.name for network in office.all(Network)] == ["Nord", "Süd"]
    assert {(row.network_id, row.person, row.role) for row in office.all(RoleGrant)} == {
        (1, ANNA, "coordinator"),
        (2, ANNA, "coordinator"),
    }
    groups = office.all(Group)
    assert {(group.name, group.created_by) for group in groups} == {("Netz", ANNA), ("Digitales", ANNA)}
    opening = [row.key for row in office.all(OutboxRow) if row.action == "open"]
    assert sorted(opening) == sorted(f"group/{group.token}" for group in groups)
    places = {project.key: project.room_id for project in office.all(Project) if project.network_id == 1}
    assert places["ohne-Gruppe"] == ""
    assert places["eAkte"] in opening
    assert {row.text for row in office.all(StatusUpdate)} == {"aus Datei „a.csv“"}


def test_two_networks_are_never_mixed(office: Office) -> None:
    office.read_in(FILE)
    code, said = office.read_in("Verbund;Schlüssel;Titel\nSüd;eAkte;Anders")
    assert (code, "geändert" in said) == (0, True)
    assert [(row.network_id, row.title) for row in office.all(Project) if row.key == "eAkte"] == [
        (1, "Elektronische Akte"),
        (2, "Anders"),
    ]
    code, said = office.read_in("Schlüssel\nneu")
    assert (code, "Der Verbund fehlt; es gibt mehrere." in said) == (1, True)
    assert office.write_out("out.csv", "süd", PROJECTS).count(b"\r\n") == 2


def test_without_a_network_in_the_file_there_is_one_all_the_same(office: Office) -> None:
    assert office.read_in("Schlüssel\neAkte")[0] == 0
    assert office.read_in("Schlüssel\nKarte")[0] == 0
    assert [network.name for network in office.all(Network)] == ["Verbund Anna"]
    assert len(office.all(Project)) == 2


def test_wrong_rows_are_named_and_nothing_is_taken_over(office: Office) -> None:
    code, said = office.read_in("Schlüssel;Fortschritt;Projektstatus\na;140 %;\nb;5;läuft\nA;;\n;7;")
    assert code == 1
    for part in ("ist keine Zahl von 0 bis 100", "„läuft“ kenne ich nicht", "steht schon in Zeile 2", "Es fehlt der"):
        assert part in said
    assert office.all(Project) == []


def test_hints_come_before_the_question(office: Office) -> None:
    office.read_in(FILE)
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "nein"

    content = "Verbund;Schlüssel;Verantwortlich;Gruppe\nNord;EAKTE;@neu:fern.example;Digitale\n"
    code, said = office.read_in(content, ask)
    assert (code, len(asked)) == (0, 1)
    for part in ("Digitale ähnelt Digitales", "nicht bekannt: @neu:fern.example", "„EAKTE“ ist eAkte"):
        assert part in said
    assert len(office.all(Group)) == 2


def test_each_kind_is_known_by_its_header(office: Office) -> None:
    assert "Personen" in office.read_in(f"Organisation;Matrix-ID\nLindenstadt;{BEN}")[1]
    assert "Projekte" in office.read_in("Organisation;Schlüssel\nLindenstadt;eAkte")[1]
    assert b"Lindenstadt" in office.write_out("p.csv", table=PEOPLE)
    assert "kann ich nicht zuordnen" in office.read_in("Farbe\nrot")[1]


def test_old_fields_of_action_are_read_as_they_are_written(office: Office) -> None:
    office.read_in("Schlüssel\neAkte")
    database = Database(office.url)

    def work(session: Session) -> None:
        project = session.get_one(Project, 1)
        project.field, project.title = "Daten;Netze , Daten", "  - "

    database.run_now(work)
    database.close()
    first = office.write_out("one.csv", table=PROJECTS)
    assert b";Daten, Netze;" in first
    assert "schon so" in office.read_in(first)[1]
