"""A survey as an Excel file: what stands in it, and what becomes of one that is filled in, or broken."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.events import Dropped
from bot.files import workbook
from bot.files.dropdowns import Choices, to_form
from bot.files.sheets import read_now
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain
from tests.surveying import asks, chat, direct, entries, projects, surveyed, told

NAME = "umfrage-U1.xlsx"


async def form(bot: Bot, person: str) -> Any:
    """The form that is sent, as a workbook."""
    return load_workbook(io.BytesIO(await _sent(bot, person)))


async def _sent(bot: Bot, person: str) -> bytes:
    rows = await bot.say(person, "umfrage formular", room_id=chat(person))
    assert [row.action for row in rows] == ["send", "file"]
    return _content(rows[1])


def _content(row: Row) -> bytes:
    content: bytes = base64.b64decode(json.loads(row.content)["content"])
    return content


async def drop(bot: Bot, person: str, book: Any, room_id: str | None = None) -> list[Row]:
    """Drop a workbook into somebody's direct chat; what came of it."""
    out = io.BytesIO()
    book.save(out)
    bot.files[NAME] = out.getvalue()
    at: dict[str, Any] = {"sent_at": bot.now, "received_at": bot.now}
    event = Dropped(
        room_id=room_id or chat(person),
        event_id=f"$drop{len(out.getvalue())}{person}{room_id}",
        sender=person,
        name=NAME,
        size=len(out.getvalue()),
        source={"url": NAME},
        **at,
    )
    return [row for row in await bot.handle(event) if row.action == "send"]


def fill(book: Any, row: int, **cells: str) -> None:
    """Write into the row of a form, by the names of its columns."""
    sheet = book.worksheets[0]
    names = {cell.value: cell.column for cell in sheet[1]}
    for name, value in cells.items():
        sheet.cell(row, names[name]).value = value


async def test_a_form_holds_what_is_known_and_offers_the_choices(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [
        *("Umfrage", "Kürzel", "Titel", "Ziel", "Projektstatus", "Finanzierung", "Handlungsfeld", "Einflussreich")
    ]
    first = [cell.value for cell in sheet[2]]
    assert first == ["U1 · Verbund Anna", "eAkte", "Elektronische Akte", None, None, "finanziert", None, None]
    assert book["Auswahl"].sheet_state == "hidden"
    rules = {str(rule.sqref): (rule.formula1, rule.showErrorMessage) for rule in sheet.data_validations.dataValidation}
    assert rules["F2:F322"] == ("Auswahl!$B$1:$B$4", True)
    offered = [cell.value for cell in book["Auswahl"]["B"] if cell.value]
    assert offered == ["nicht finanziert", "teilweise finanziert", "finanziert", "unbekannt"]


async def test_what_is_filled_in_is_shown_and_taken_over_on_a_yes(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 2, Ziel="Papierlose Bauakten", Projektstatus="in Umsetzung", Einflussreich="ja")
    fill(book, 3, Titel="Bürgerkarte", Projektstatus="unbekannt", Handlungsfeld="Daten, Netze")
    shown = await drop(bot, BEN, book)
    assert "eAkte: Ziel Papierlose Bauakten, Projektstatus in Umsetzung, Einflussreich ja" in plain(shown[0])
    assert "neu: Bürgerkarte" in plain(shown[0])
    assert set(await projects(bot)) == {"eAkte"}
    assert "2 Projekte, davon 1 neu" in await direct(bot, BEN, "ja")
    found = await projects(bot)
    assert (found["eAkte"].goal, found["eAkte"].phase, found["eAkte"].influential) == (
        "Papierlose Bauakten",
        "running",
        True,
    )
    made = found["Bürgerkarte"]
    assert (made.owner, made.phase, made.field, made.influential) == (BEN, None, "Daten, Netze", None)
    assert (await asks(bot))[BEN].finished_at is not None
    assert json.loads((await entries(bot))[1].answers)["phase"] is None


async def test_the_same_form_again_changes_nothing(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 3, Titel="Bürgerkarte", Ziel="Eine für alle")
    await drop(bot, BEN, book)
    await direct(bot, BEN, "ja")
    assert "schon erfasst" in plain((await drop(bot, BEN, await form(bot, BEN)))[0])
    assert len(await entries(bot)) == 2


async def test_a_draft_of_the_chat_stands_in_the_form_and_is_taken_over_with_it(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "Anschluss in jedes Dorf", "weiß nicht", "Pause")
    book = await form(bot, CEM)
    assert [cell.value for cell in book.worksheets[0][2]][2:5] == ["Rufbus", "Anschluss in jedes Dorf", "unbekannt"]
    await drop(bot, CEM, book)
    await direct(bot, CEM, "ja")
    assert [entry.taken_at is not None for entry in await entries(bot)] == [True]


async def test_what_cannot_be_is_named_by_its_row_and_nothing_is_taken_over(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 2, Projektstatus="halbfertig", Ziel="=1+1")
    fill(book, 3, Ziel="Ohne Titel")
    fill(book, 4, Kürzel="gibtsnicht", Titel="Etwas")
    fill(book, 5, Titel="Rufbus")
    fill(book, 6, Titel="RUFBUS")
    said = plain((await drop(bot, BEN, book))[0])
    for expected in ("Zeile 2, Projektstatus", "Zeile 2, Ziel", "Zeile 3", "Zeile 4, gibtsnicht", "Zeile 6"):
        assert expected in said
    assert "ja" not in [each.key for each in (await projects(bot)).values()]
    assert await entries(bot) == []


async def test_likenesses_are_asked_and_another_persons_project_stays(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, CEM)
    fill(book, 2, Titel="Elektronische Akten", Ziel="Weniger Papier")
    assert "Meinten Sie eAkte" in plain((await drop(bot, CEM, book))[0])
    fill(book, 2, Kürzel="eAkte", Titel="Elektronische Akte", Finanzierung="nicht finanziert")
    assert "Finanzierung finanziert (Sie: nicht finanziert)" in plain((await drop(bot, CEM, book))[0])
    rows = await bot.say(CEM, "ja", room_id=chat(CEM))
    assert len(told(rows, BEN)) == 1
    project = (await projects(bot))["eAkte"]
    assert (project.funding, project.goal) == ("full", "Weniger Papier")


def _merged_header(book: Any) -> None:
    book.worksheets[0].merge_cells("B1:D1")


def _renamed(book: Any) -> None:
    book.worksheets[0]["D1"].value = "Zweck"


def _twice(book: Any) -> None:
    book.worksheets[0]["D1"].value = "Titel"


def _empty(book: Any) -> None:
    book.worksheets[0].delete_rows(2)


def _older(book: Any) -> None:
    for row in range(2, 10):
        book.worksheets[0].cell(row, 1).value = "U7 · Verbund Anna"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (_merged_header, "steht mehrmals"),
        (_renamed, "Die Spalte „Zweck“ kenne ich nicht"),
        (_twice, "steht mehrmals"),
        (_empty, "noch kein Projekt"),
        (_older, "gehört zur Umfrage „U7“"),
    ],
)
async def test_a_form_that_was_changed_is_refused(database: Database, broken: Callable[[Any], None], said: str) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 2, Ziel="Papierlos")
    broken(book)
    assert said in plain((await drop(bot, BEN, book))[0])
    assert await entries(bot) == []


async def test_a_cell_merged_over_two_rows_answers_for_both(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, CEM)
    fill(book, 2, Titel="Rufbus", Ziel="Anschluss in jedes Dorf")
    fill(book, 3, Titel="Seilbahn")
    book.worksheets[0].merge_cells("D2:D3")
    await drop(bot, CEM, book)
    await direct(bot, CEM, "ja")
    assert {each.goal for each in (await projects(bot)).values() if each.owner == CEM} == {"Anschluss in jedes Dorf"}


async def test_a_form_is_read_from_who_is_asked_and_in_their_direct_chat_alone(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 2, Ziel="Papierlos")
    assert ["Direktchat" in plain(row) for row in await drop(bot, BEN, book, ROOM)] == [True]
    assert await entries(bot) == []
    await bot.say(ANNA, "!umfrage U1 schließen")
    assert "ist zu Ende" in plain((await drop(bot, BEN, book))[0])


async def test_who_coordinates_gets_all_answers_as_a_file_free_questions_too(database: Database) -> None:
    bot = await surveyed(database)
    await bot.hear(ANNA, "!umfrage vorlage neu\nTitel\nFinanzierung\nFrage: Was fehlt Ihnen?")
    await bot.say(ANNA, f"!umfrage neu Staffel 2\nWen: {CEM}\nFrist: 11.12.2026 12:00")
    await direct(bot, CEM, "umfrage weiter U2", "Rufbus", "weiß nicht", "=Personal", "ja", "Seilbahn")
    rows = await bot.say(ANNA, "!umfrage U2 antworten")
    assert [(row.action, row.person) for row in rows] == [("send", None), ("file", ANNA)]
    sheet = load_workbook(io.BytesIO(workbook.made(_content(rows[1])))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["Beantwortet von", "Kürzel", "Titel", "Finanzierung", "Was fehlt Ihnen?"],
        [CEM, "Rufbus", "Rufbus", "unbekannt", "=Personal"],
    ]


def test_the_same_form_gives_the_same_bytes_and_no_formulas() -> None:
    choices = {1: Choices(("ja", "nein"), only=True)}
    made = [to_form("Umfrage", [("A", "B"), ("=1+1", "'=2")], choices, {1: "Ja?"}, 20) for _ in range(2)]
    assert made[0] == made[1]
    assert read_now("x.xlsx", made[0])[1] == ("'=1+1", "''=2")
