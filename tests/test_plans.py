"""The plan of measures: in chat, and as files that everybody can read, print and calculate with."""

import io
import json
import re
from datetime import date, datetime
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from bot.context import Scope
from bot.files.plan import Wording
from bot.procedures import plans
from bot.store import Session, tasks
from bot.store.database import Database
from bot.store.tables import Task, TaskParty
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, TEXTS, Bot, plain

EVIL = "=HYPERLINK(1)"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A group with a shared measure, one that was dropped and one that is done."""
    made = Bot(database)
    await made.enter()
    for name, person in (("Lindenstadt", BEN), ("Erlenbrück", CEM)):
        await made.say(ANNA, f"!organisation neu {name}\nMandat: {person}")
    await made.say(
        ANNA,
        "!aufgabe neu Rechenzentrum <b>\nVerantwortlich: Lindenstadt, Erlenbrück\nBeteiligt:\n"
        "- Lindenstadt: stellt Server, 12.000 €\n- Erlenbrück: 2 Personentage, 500,50 €\n"
        "Frist: 15.1.2027 12:00\nGremium: Gemeinderat 15.12.2026",
    )
    await made.say(ANNA, f"!aufgabe neu {EVIL}\nBeteiligt: Lindenstadt: =1+1, 1 €\nGremium: @SUM(A1) 1.12.2026")
    await made.say(ANNA, "!aufgabe neu Schulung\nBeteiligt: Erlenbrück: 900 €")
    await made.say(ANNA, "!aufgabe A3 entfällt zu teuer")
    return made


async def files(bot: Bot, words: str = "!maßnahmenplan") -> tuple[str, list[str]]:
    """What is said, and the names of the files that come with it."""
    rows = await bot.say(ANNA, words)
    return plain(rows[0]), [json.loads(row.content)["name"] for row in rows[1:]]


async def made(bot: Bot) -> tuple[str, bytes]:
    """HTML and XLSX."""

    def both(session: Session) -> tuple[str, bytes]:
        plan = plans.gather(1, ROOM, "Digitales", HOUSE.zone, Scope(session, bot.now, bot.house))
        wording = Wording(TEXTS, "de", HOUSE.zone)
        return wording.document(plan, "massnahmenplan.xlsx").decode(), wording.workbook(plan)

    return await bot.database.run(both)


async def test_in_chat_it_goes_month_by_month_with_councils_and_sums(bot: Bot) -> None:
    said, attached = await files(bot)
    assert attached == ["massnahmenplan.html", "massnahmenplan.xlsx"]
    order = ["Dezember 2026", "1. Gremium", "15. Gremium (Gemeinderat)", "Januar 2027", "15. Frist", "Beiträge"]
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    assert "Lindenstadt: 12.001 €, 2 Maßnahmen" in said
    assert "Erlenbrück: 500,50 €, 1 Maßnahme\n" in said, "what was dropped is no part of it"
    assert "Mittel zusammen: 12.501,50 €" in said
    assert "A3 Schulung: entfallen" in said


async def test_in_english_too(bot: Bot) -> None:
    await bot.say(ANNA, "!sprache en")
    said, attached = await files(bot, "!plan")
    assert attached == ["plan.html", "plan.xlsx"]
    for words in ("Plan of measures", "December 2026", "15 Council (Gemeinderat)", "Funds in all: €12,501.50"):
        assert words in said


async def test_an_empty_plan_sends_no_files(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    assert "steht noch nichts" in await bot.hear(ANNA, "!maßnahmenplan")


class Outline(HTMLParser):
    """What a screen reader goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.referred: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.ids |= {values["id"] or ""} if "id" in values else set()
        self.referred |= set((values.get("aria-labelledby") or "").split())
        assert not any(name.startswith("on") or name in ("src", "href") for name in values)


async def test_the_document_is_accessible_printable_and_needs_nothing_from_elsewhere(bot: Bot) -> None:
    document, _ = await made(bot)
    outline = Outline()
    outline.feed(document)
    assert document.startswith('<!DOCTYPE html>\n<html lang="de">')
    assert outline.referred <= outline.ids
    assert {"main", "h1", "h2", "caption", "svg", "title", "desc", "tfoot"} <= set(outline.tags)
    assert "script" not in outline.tags
    assert "@media print" in document
    assert "Rechenzentrum &lt;b&gt;" in document
    rows = re.findall(r"<tr>.*?</tr>", document)
    shared = next(row for row in rows if "<td>A1</td>" in row)
    for words in ("Gemeinderat, Dienstag, 15. Dezember 2026", "stellt Server", "12.500,50", "offen", "Erlenbrück"):
        assert words in shared.replace("\u00a0", " "), words
    assert document.count("<rect") == 2, "measures with a day, without those dropped"
    assert document.count("<path") == 2, "days of a council"


async def test_the_workbook_has_numbers_and_days_and_no_formula(bot: Bot) -> None:
    _, workbook = await made(bot)
    book = load_workbook(io.BytesIO(workbook))
    assert book.sheetnames == ["Maßnahmen", "Beiträge"]
    header, *rows = [[cell.value for cell in row] for row in book["Maßnahmen"].iter_rows()]
    measures = {str(row[0]): dict(zip(header, row, strict=True)) for row in rows}
    first = measures["A1"]
    assert first["Frist"].date() == date(2027, 1, 15) if isinstance(first["Frist"], datetime) else False
    assert (first["Mittel"], first["Gremium"], first["Stand"]) == (12500.5, "Gemeinderat", "offen")
    assert first["Verantwortlich"] == "Lindenstadt, Erlenbrück"
    assert measures["A3"]["Stand"] == "entfallen"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert EVIL in [cell.value for cell in cells]
    shares = [[cell.value for cell in row] for row in book["Beiträge"].iter_rows()]
    assert ["Lindenstadt", "A1", "Rechenzentrum <b>", "stellt Server", 12000] in shares
    assert shares[-1] == ["alle zusammen", None, None, "Summe", 12501.5]


async def test_the_same_plan_gives_the_same_bytes(bot: Bot) -> None:
    assert await made(bot) == await made(bot)


async def test_as_many_questions_for_many_measures_as_for_few(bot: Bot) -> None:
    def fill(session: Session) -> None:
        for number in range(10, 210):
            task = Task(network_id=1, number=number, room_id=ROOM, title="x", owner=BEN, created_at=bot.now)
            tasks.add(session, task)
            tasks.add_party(session, TaskParty(task_id=task.id or 0, organisation_id=1, funds=100))

    def cost(session: Session) -> int:
        count = 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        plans.gather(1, None, None, HOUSE.zone, Scope(session, bot.now, bot.house))
        event.remove(connection, "before_cursor_execute", note)
        return count

    before = await bot.database.run(cost)
    await bot.database.run(fill)
    assert await bot.database.run(cost) == before <= 10


async def test_guests_get_no_plan(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {CEM} Gast")
    await bot.say(ANNA, "!organisation Erlenbrück\nMandat: niemand")
    await bot.say(ANNA, f"!rolle {CEM} Gast")
    assert "Rolle Mitglied" in await bot.hear(CEM, "!maßnahmenplan")
