"""Import and export on the command line: what an operator sees, and what is stored."""

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.__main__ import app
from bot.errors import InUse, OperatorError
from bot.files import sheets
from bot.language import project_rows
from bot.store import people
from bot.store.database import Database
from bot.store.tables import Group, Network, Organisation, OutboxRow, RoleGrant, Room
from bot.transfer import Transfer
from tests.fakes import ANNA, BEN, CEM, START
from tests.operating import Office

PEOPLE = f"""Verbund;Organisation;Ebene;Gehört zu;Matrix-ID;Name;E-Mail;Mandat;Rolle
Nord;Lindenstadt;Stadt;Lindenkreis;{BEN};Ben „=x“;ben@lindenstadt.example;Mandat;Koordination
Nord;Lindenkreis;Landkreis;;;;;;
Nord;;;;{CEM};;;;Gast
Süd;Ahornfeld;Gemeinde;;{BEN};'=Ben;;Vertretung;
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(f"sqlite:///{tmp_path / 'z.db'}", tmp_path)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_import_export_gives_the_same_bytes(office: Office, tmp_path: Path, kind: str) -> None:
    assert office.read_in(PEOPLE)[0] == 0
    first = office.write_out(f"one.{kind}")
    again = Office(f"sqlite:///{tmp_path / 'again.db'}", tmp_path)
    assert again.read_in(first, name=f"in.{kind}")[0] == 0
    assert again.write_out(f"two.{kind}") == first
    code, said = again.read_in(first, name=f"in.{kind}")
    assert (code, "schon so" in said) == (0, True)


def test_the_same_on_postgresql(postgres_database: str, office: Office, tmp_path: Path) -> None:
    office.read_in(PEOPLE)
    first = office.write_out("one.csv")
    there = Office(postgres_database, tmp_path)
    assert there.read_in(first)[0] == 0
    assert there.write_out("two.csv") == first
    code, said = there.read_in(PEOPLE.replace("Stadt;", "Gemeinde;").replace("Gast", "Mitglied"))
    assert code == 0
    assert "Ebene Stadt → Gemeinde" in said
    assert there.write_out("three.csv") != first


def test_an_import_into_an_empty_database_makes_the_networks(office: Office) -> None:
    code, said = office.read_in(PEOPLE)
    assert code == 0
    assert "Nord (neuer Verbund)" in said
    assert [network.name for network in office.all(Network)] == ["Nord", "Süd"]
    grants = [(row.network_id, row.person, row.role) for row in office.all(RoleGrant)]
    assert sorted(grants) == [(1, BEN, "coordinator"), (1, CEM, "guest"), (2, ANNA, "coordinator")]


def test_without_a_network_in_the_file_there_is_one_all_the_same(office: Office) -> None:
    assert office.read_in(f"Organisation;Matrix-ID\nLindenstadt;{BEN}")[0] == 0
    assert office.read_in("Organisation\nAhornfeld")[0] == 0
    assert [network.name for network in office.all(Network)] == ["Verbund Anna"]
    assert len(office.all(Organisation)) == 2


def test_two_networks_of_one_name_are_never_mixed(office: Office) -> None:
    office.read_in(PEOPLE)
    database = Database(office.url)
    database.run_now(lambda session: session.add(Network(name="NORD", founder=ANNA, created_at=START)))
    database.close()
    code, said = office.read_in("Verbund;Organisation\nNord;Neu")
    assert (code, "verbund umbenennen" in said) == (1, True)
    assert len(office.all(Organisation)) == 3
    for name in (None, "Nord"):
        out = io.StringIO()
        file = office.folder / "out.csv"
        assert Transfer(office.settings, Console(file=out, width=200)).write_out(file, name, force=True) == 1
        assert "verbund umbenennen" in out.getvalue()
        assert not file.exists()
    assert b"Ahornfeld" in office.write_out("out.csv", "Süd"), "that name is its own"


def test_a_name_that_is_taken_meanwhile_is_not_mixed_up(office: Office) -> None:
    office.read_in(PEOPLE)

    def meanwhile(question: str) -> str:
        with sqlite3.connect(office.url.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE network SET name = 'Nord'")
        connection.close()
        return "j"

    with pytest.raises(OperatorError, match="meanwhile"):
        office.read_in("Verbund;Organisation\nNord;Neu", meanwhile)


def test_with_several_networks_a_row_must_say_which(office: Office) -> None:
    office.read_in(PEOPLE)
    code, said = office.read_in("Organisation\nErlenbrück")
    assert code == 1
    assert "Der Verbund fehlt" in said


def test_a_wrong_row_is_shown_and_nothing_is_taken_over(office: Office) -> None:
    code, said = office.read_in("Organisation;Einwohner\nGut;1\n[red]Böse[/red];viele\n" + "X;=1\n" * 60)
    assert code == 1
    assert "„viele“ ist keine ganze Zahl" in said
    assert said.count("Formel statt Wert") == 60
    assert office.all(Organisation) == []


def test_what_is_no_table_of_ours_is_refused(office: Office) -> None:
    assert office.read_in("Titel;[bold]Jahr\na;b")[0] == 1
    code, said = office.read_in("Organisation;[bold]Farbe\na;b")
    assert (code, "[bold]Farbe" in said) == (1, True)
    code, said = office.read_in(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", name="alt.xls")
    assert (code, ".xlsx" in said) == (1, True)
    with pytest.raises(OperatorError, match="cannot be read"):
        Transfer(office.settings).read_in(office.folder / "nowhere.csv", None)


def test_a_no_leaves_everything_as_it_is(office: Office) -> None:
    asked = []

    def no(question: str) -> str:
        asked.append(question)
        return ""

    code, said = office.read_in(PEOPLE, no)
    assert (code, asked) == (0, ["Übernehmen? [j/N] "])
    assert "Nichts übernommen" in said
    assert office.all(Network) == []
    assert office.read_in(PEOPLE, lambda question: "ja")[0] == 0
    assert len(office.all(Network)) == 2


def test_what_changes_meanwhile_is_not_written_over(office: Office) -> None:
    office.read_in(PEOPLE)

    def meanwhile(question: str) -> str:
        with sqlite3.connect(office.url.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE organisation SET level = 'office' WHERE folded = 'lindenstadt'")
        connection.close()
        return "j"

    with pytest.raises(OperatorError, match="meanwhile"):
        office.read_in(PEOPLE.replace("Stadt;", "Dezernat;"), meanwhile)
    assert [row.level for row in office.all(Organisation) if row.folded == "lindenstadt"] == ["office"]


def test_what_is_to_be_said_of_it_waits_for_the_bot(office: Office) -> None:
    office.read_in(PEOPLE)
    database = Database(office.url)
    database.run_now(
        lambda session: session.add_all(
            [
                Room(room_id="!g:example.org", network_id=1, invited_by=ANNA, since=START),
                Group(
                    network_id=1,
                    name="Digitales",
                    folded="digitales",
                    token="t",
                    created_by=ANNA,
                    created_at=START,
                    room_id="!g:example.org",
                ),
            ]
        )
    )
    database.close()
    assert office.read_in(f"Verbund;Matrix-ID;Aktiv in\nNord;{BEN};Digitales")[0] == 0
    waiting = [(row.action, row.person) for row in office.all(OutboxRow) if row.action == "invite"]
    assert waiting == [("invite", BEN)]


def test_export_reads_beside_the_bot_and_import_says_what_else_to_do(office: Office) -> None:
    office.read_in(PEOPLE)
    bot = Database(office.url)
    try:
        bot.run_now(lambda session: session.add(Network(name="West", founder=ANNA, created_at=START)))
        assert b"Lindenstadt" in office.write_out("out.csv")
        with pytest.raises(InUse, match="direct chat"):
            office.read_in(PEOPLE)
    finally:
        bot.close()


def test_a_database_opened_for_reading_takes_nothing(office: Office) -> None:
    office.read_in(PEOPLE)
    database = Database(office.url, read_only=True)
    try:
        with pytest.raises(Exception, match="readonly"):
            database.run_now(lambda session: session.add(Network(name="x", founder=ANNA, created_at=START)))
    finally:
        database.close()


def test_there_is_nothing_to_export_where_there_is_no_database(office: Office) -> None:
    with pytest.raises(OperatorError, match="no such database"):
        office.write_out("out.csv")
    Path(office.url.removeprefix("sqlite:///")).touch()
    with pytest.raises(OperatorError, match="start the bot once"):
        office.write_out("out.csv")


def test_one_network_alone_is_exported_by_its_name(office: Office) -> None:
    office.read_in(PEOPLE)
    content = office.write_out("out.csv", "süd").decode("utf-8-sig")
    assert "Ahornfeld" in content
    assert "Lindenstadt" not in content
    with pytest.raises(OperatorError, match="Nord, Süd"):
        office.write_out("out.csv", "West")


def test_a_file_is_not_written_over_and_is_nobody_elses_to_read(office: Office) -> None:
    office.read_in(PEOPLE)
    office.write_out("out.csv", force=False)
    assert (office.folder / "out.csv").stat().st_mode & 0o777 == 0o600
    with pytest.raises(OperatorError, match="--force"):
        office.write_out("out.csv", force=False)
    with pytest.raises(OperatorError, match=r"\.csv or \.xlsx"):
        office.write_out("out.pdf")
    with pytest.raises(OperatorError, match="cannot be written"):
        office.write_out("nowhere/out.csv")


def test_what_was_exported_is_what_was_read_in(office: Office) -> None:
    office.read_in(PEOPLE)
    database = Database(office.url, read_only=True)
    stored = database.run_now(lambda session: people.stored(session, 2, (ANNA,), START))
    database.close()
    assert stored.members[BEN].name == "=Ben"
    assert "'=Ben" in office.write_out("out.csv").decode()


def test_the_command_line_takes_what_the_surface_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        'coordinators = ["@anna:example.org"]\n[matrix]\nhomeserver = "https://m.example.org"\n'
        'user_id = "@z:example.org"\npassword = "x"\n[database]\nurl = "sqlite:///z.db"\n',
        encoding="utf-8",
    )
    source, target = tmp_path / "in.csv", tmp_path / "out.xlsx"
    source.write_text(PEOPLE, encoding="utf-8")
    command = CliRunner()

    def run(*words: str, answer: str = "") -> Any:
        return command.invoke(app, [words[0], "-c", str(config), *words[1:]], input=answer)

    assert run("import", str(source)).exit_code == 0  # nobody answers: nothing happens
    assert run("import", str(source), answer="ja\n").exit_code == 0
    assert run("export", "personen", "--verbund", "Nord", str(target)).exit_code == 0
    assert target.read_bytes().startswith(b"PK")
    for words in ((), ("projekte",)):
        assert run("export", *words, "--force", str(target)).exit_code == 0
        assert sheets.read_now("x.xlsx", target.read_bytes()) == [project_rows.HEADER]
    assert "say projekte or personen" in str(run("export", "alles", str(target)).exception)
    source.write_text("Organisation;Einwohner\nA;x", encoding="utf-8")
    assert run("import", str(source), "--yes").exit_code == 1
