"""The controlling file: real numbers and days, what the asker may see, and nothing that is calculated."""

import base64
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.context import Scope
from bot.domain.consultation import Visibility
from bot.files import workbook
from bot.procedures import controlling
from bot.procedures.controlling_tables import Wording
from bot.store import Session
from bot.store.database import Database
from bot.store.outbox import Row
from tests import portfolio
from tests.ballotbox import APPROVAL, direct, opened
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, TEXTS, Bot, plain
from tests.statements import statements

EVIL = "=HYPERLINK(1)"
DIRECT = direct(BEN)
GERMAN = ["Zusammenfassung", "Projekte", "Verlauf", "Maßnahmen", "Beschlüsse"]


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Three projects, reports and changes of two times, two measures."""
    made = Bot(database, now=START - timedelta(weeks=6))
    await made.enter()
    await made.say(ANNA, f"!projekt neu eAkte\nTitel: Akte\nVerantwortlich: {BEN}\nHandlungsfeld: Daten, Netze")
    await made.say(ANNA, f"!projekt neu Portal\nTitel: {EVIL}\nHandlungsfeld: daten\nFinanzierung: nicht finanziert")
    await made.say(ANNA, "!projekt neu Karte\nFinanzierung: unbekannt")
    await made.say(ANNA, "!status Portal grün 20% Alt")
    made.now = START - timedelta(days=3)
    await made.say(BEN, "!status eAkte gelb 61% Vergabe\nverzögert sich")
    await made.say(ANNA, "!projekt eAkte\nProjektstatus: in Umsetzung\nZiel: @SUM(A1)")
    await made.say(BEN, "!feedback eAkte Frage: Wann?")
    await made.say(ANNA, "!aufgabe neu Server\nFrist: 15.1.2027 12:00\nGremium: Gemeinderat 15.12.2026\nHerkunft: F1")
    await made.say(ANNA, "!aufgabe neu Schulung\nPflicht: ggf.\nFrist: 19.11.2026 12:00")
    made.now = START
    return made


async def exported(bot: Bot, who: str = BEN, words: str = "!export controlling", **more: Any) -> tuple[Row, Row]:
    reply, document = await bot.say(who, words, **more)
    return reply, document


def book(document: Row) -> Workbook:
    """The file as whoever opens it has it."""
    content = json.loads(document.content)
    assert content["maker"] == "workbook"
    return load_workbook(io.BytesIO(workbook.made(base64.b64decode(content["content"]))))


def rows(sheet: Worksheet) -> list[dict[str, Any]]:
    header, *others = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [dict(zip(map(str, header), row, strict=True)) for row in others]


def summary(found: Workbook) -> dict[tuple[str, str], Any]:
    return {(row["Bereich"], row["Angabe"]): row["Wert"] for row in rows(found["Zusammenfassung"])}


async def test_it_goes_to_the_direct_chat_and_the_room_is_told(bot: Bot) -> None:
    reply, document = await exported(bot)
    assert (reply.room_id, document.person, document.room_id) == (ROOM, BEN, DIRECT)
    assert json.loads(document.content)["name"] == "controlling-2026-11-20.xlsx"
    for words in ("3 Projekte, 2 offene Maßnahmen, 0 Beschlüsse", "28. August 2026", "Direktnachricht"):
        assert words in plain(reply)


async def test_the_summary_counts_and_tells_unknown_from_no(bot: Bot) -> None:
    found = summary(book((await exported(bot))[1]))
    assert found["Projekte", "Anzahl"] == 3
    assert (found["Projektstatus", "in Umsetzung"], found["Projektstatus", "ohne Angabe"]) == (1, 2)
    assert (found["Finanzierung", "nicht finanziert"], found["Finanzierung", "unbekannt"]) == (1, 2)
    assert (found["Ampel", "grün"], found["Ampel", "gelb"], found["Ampel", "ohne Angabe"]) == (1, 1, 1)
    fields = [(found[key], key[1]) for key in found if key[0] == "Handlungsfeld"]
    assert fields == [(2, "Daten"), (1, "Netze"), (1, "ohne Angabe")]
    assert found["Aktualität", "Projekte ohne Meldung seit mehr als 4 Wochen"] == 2
    assert found["Aktualität", "Fortschritt im Mittel"] == pytest.approx(0.405)
    assert (found["Maßnahmen", "offen"], found["Maßnahmen", "überfällig"]) == (2, 1)
    assert found["Bericht", "Stand"].isoformat() == "2026-11-20T09:00:00"


async def test_values_are_numbers_and_days_and_no_formula(bot: Bot) -> None:
    found = book((await exported(bot))[1])
    assert found.sheetnames == GERMAN
    by_key = {row["Schlüssel"]: row for row in rows(found["Projekte"])}
    assert by_key["eAkte"]["Fortschritt"] == 0.61
    assert by_key["eAkte"]["Letzte Meldung"].date() == date(2026, 11, 17)
    assert (by_key["eAkte"]["Alter in Tagen"], by_key["Portal"]["Alter in Tagen"]) == (3, 42)
    assert by_key["Karte"]["Letzte Meldung"] is None
    assert (by_key["eAkte"]["Projektstatus"], by_key["eAkte"]["Ampel"]) == ("in Umsetzung", "gelb")
    measures = {row["Maßnahme"]: row for row in rows(found["Maßnahmen"])}
    assert measures["Server"]["Frist"].date() == date(2027, 1, 15)
    assert (measures["Server"]["Gremium"], measures["Server"]["Projekt"]) == ("Gemeinderat", "eAkte")
    assert (measures["Schulung"]["Pflicht"], measures["Schulung"]["Stand"]) == ("ggf.", "überfällig")
    for sheet in found.worksheets:
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert (sheet.freeze_panes, sheet["A1"].font.b) == ("A2", True)
        assert sheet.auto_filter.ref == sheet.dimensions.replace("$", "") or sheet.max_row == 1
    assert by_key["Portal"]["Titel"] == EVIL


async def test_the_history_has_reports_and_changes_in_words_and_in_order(bot: Bot) -> None:
    reply, document = await exported(bot, words="!export controlling seit 1.11.")
    history = rows(book(document)["Verlauf"])
    assert "1. November 2026" in plain(reply)
    told = [(row["Projekt"], row["Art"], row["Angabe"], row["nachher"], row["von"]) for row in history]
    assert told == [
        ("eAkte", "Statusmeldung", None, None, BEN),
        ("eAkte", "Änderung", "Ziel", "@SUM(A1)", ANNA),
        ("eAkte", "Änderung", "Projektstatus", "in Umsetzung", ANNA),
    ]
    assert (history[0]["Fortschritt"], history[0]["Text"]) == (0.61, "Vergabe\nverzögert sich")
    whole = rows(book((await exported(bot))[1])["Verlauf"])
    assert [row["Text"] for row in whole][:1] == ["Alt"], "twelve weeks where nobody met"


async def test_a_period_begins_on_the_latest_such_day(bot: Bot) -> None:
    for words, day in (
        ("seit 1.9.2026", "1. September 2026"),
        ("seit 1.9.", "1. September 2026"),
        ("ab 3.1.", "3. Januar 2026"),
        ("seit Montag", "16. November 2026"),
        ("since 1 September 2026", "1. September 2026"),
    ):
        assert f"Verlauf seit {day}" in plain((await exported(bot, words=f"!export controlling {words}"))[0])


async def test_what_is_no_day_in_the_past_is_asked_for(bot: Bot) -> None:
    for words in ("seit 1.9.2031", "seit gestern früher", "bitte", "seit 31.2."):
        assert "nicht als Tag in der Vergangenheit" in await bot.hear(BEN, f"!export controlling {words}")


async def test_a_room_shows_its_own_and_a_direct_chat_the_network(bot: Bot) -> None:
    other = "!andere:example.org"
    await bot.enter(other)
    await bot.say(ANNA, "!projekt neu Fern", room_id=other)
    await exported(bot)
    here = {row["Schlüssel"] for row in rows(book((await exported(bot))[1])["Projekte"])}
    everywhere = rows(book((await exported(bot, words="export controlling", room_id=DIRECT))[1])["Projekte"])
    assert here == {"eAkte", "Portal", "Karte"}
    assert {row["Schlüssel"] for row in everywhere} == here | {"Fern"}


async def test_english_rooms_get_english_sheets(bot: Bot) -> None:
    await bot.say(ANNA, "!sprache en")
    reply, document = await exported(bot, words="!export controlling since 1 November 2026")
    found = book(document)
    assert found.sheetnames == ["Summary", "Projects", "History", "Measures", "Decisions"]
    assert rows(found["Projects"])[0]["Phase"] == "running" or rows(found["Projects"])[0]["Phase"] == "in progress"
    assert "History since 1 November 2026" in plain(reply)


async def test_guests_get_none(bot: Bot) -> None:
    await exported(bot, CEM)
    await bot.say(ANNA, f"!rolle {CEM} Gast")
    assert "Rolle Mitglied" in await bot.hear(CEM, "!export controlling")
    assert "Rolle Mitglied" in await bot.hear(CEM, "export controlling", room_id=direct(CEM))


@pytest.mark.parametrize(("visibility", "dissents"), [(Visibility.OPEN, 1), (Visibility.CONFIDENTIAL, "vertraulich")])
async def test_of_a_confidential_vote_no_more_than_its_outcome(
    visibility: Visibility, dissents: Any, database: Database
) -> None:
    box = await opened(database, APPROVAL, visibility=visibility)
    for who, words in ((BEN, "ja"), ("@emil:example.org", "nein weil zu teuer")):
        await box.directly(who, f"stimme K1 {words}")
    await box.bot.say(ANNA, "!konsultation K1 schließen")
    box.bot.now += timedelta(hours=1)
    await box.bot.tick()
    found = book((await exported(box.bot))[1])
    (decision,) = rows(found["Beschlüsse"])
    assert (decision["Nr."], decision["Konsultation"], decision["Sondervoten"]) == ("B1", "K1", dissents)
    cells = [str(cell.value) for sheet in found.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if "teuer" in cell or "Erlenbrück" in cell]


async def test_the_file_is_made_in_a_process_of_its_own_the_same_each_time(bot: Bot) -> None:
    from bot.errors import Rejected  # noqa: PLC0415
    from bot.files.making import make  # noqa: PLC0415

    request = base64.b64decode(json.loads((await exported(bot))[1].content)["content"])
    assert await make("workbook", request) == workbook.made(request)
    with pytest.raises(Rejected, match="JSONDecodeError"):
        await make("workbook", b"{")
    with pytest.raises(Rejected, match="within 0 seconds"):
        await make("workbook", request, patience=0)
    with pytest.raises(Rejected, match="nobody"):
        await make("os", b"")


def test_what_no_xml_may_contain_breaks_no_file() -> None:
    table = {"Blatt": [["Kopf"], ["a\x00b\x0b\ufffe{{ 7*7 }}<c>"], ["'=1"], ["x" * 40_000]]}
    (_, first, second, third) = load_workbook(io.BytesIO(workbook.made(workbook.to_json(table))))["Blatt"].iter_rows()
    assert (first[0].value, second[0].value) == ("ab{{ 7*7 }}<c>", "''=1")
    assert len(third[0].value) == 32_767


@pytest.mark.parametrize("projects", [20, 120])
async def test_many_projects_cost_as_many_questions_as_few(database: Database, projects: int) -> None:
    def work(session: Session) -> int:
        network = portfolio.fill(session, projects, 4, START)
        scope = Scope(session, START, HOUSE)
        with statements() as asked:
            gathered = controlling.gather(network, None, None, START - timedelta(weeks=50), scope)
        tables = Wording(TEXTS, "de").tables(gathered)
        assert len(tables["Projekte"]) == projects + 1
        return len([each for each in asked if each.startswith("SELECT")])

    assert await database.run(work) == 18
