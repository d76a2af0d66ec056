"""Faults found in the survey when it was read by strangers, each with what it did to whom."""

import base64
import json
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from bot.context import Scope
from bot.events import Dropped, Membership
from bot.files.sheets import read_now
from bot.store import Session
from bot.store.database import Database
from bot.store.tables import OpenQuestion
from schedules.surveys import JOB
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, plain
from tests.statements import statements
from tests.surveying import chat, direct, entries, local, projects, surveyed, told
from tests.test_survey_forms import drop, fill, form


async def test_another_project_after_going_back_does_not_rename_the_first(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, BEN, "ja", "1", "Ein Ziel", "zurück", "zurück", "Bürgerkarte", "fertig", "ja")
    found = await projects(bot)
    assert found["eAkte"].title == "Elektronische Akte"
    assert found["eAkte"].goal is None
    assert found["Bürgerkarte"].title == "Bürgerkarte"


async def test_going_back_from_what_was_taken_over_leaves_it_recorded(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, BEN, "ja", "1", "Papierlos", "beenden", "ja")
    await direct(bot, BEN, "eAkte", "zurück", "Bürgerkarte", "Eine für alle", "beenden", "ja")
    rows = [(each.project_id, json.loads(each.answers).get("goal")) for each in await entries(bot)]
    found = await projects(bot)
    assert rows == [(found["eAkte"].id, "Papierlos"), (found["Bürgerkarte"].id, "Eine für alle")]


async def test_what_is_described_again_counts_only_once_it_is_confirmed(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, BEN, "ja", "1", "Papierlos", "beenden", "ja")
    await direct(bot, BEN, "eAkte", "Etwas ganz anderes", "verwerfen")
    taken = [json.loads(each.answers)["goal"] for each in await entries(bot) if each.taken_at is not None]
    assert taken == ["Papierlos"]
    await direct(bot, BEN, "eAkte", "Papierlos bis 2027", "beenden", "ja")
    taken = [json.loads(each.answers)["goal"] for each in await entries(bot) if each.taken_at is not None]
    assert taken == ["Papierlos bis 2027"]


async def test_somebody_elses_project_described_twice_is_one(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Elektronische Akte", "ja", "Weniger Papier", "beenden", "ja")
    await direct(bot, CEM, "Elektronische Akte", "ja", "Noch weniger Papier", "beenden", "ja")
    assert len([each for each in await entries(bot) if each.taken_at is not None]) == 1


@pytest.mark.parametrize("said", ["Titel: weiß nicht", "Titel: überspringen", "Titel: -"])
async def test_a_title_cannot_be_taken_away(database: Database, said: str) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "fertig")
    assert "Titel" in await direct(bot, CEM, said)
    await direct(bot, CEM, "ja")
    assert (await projects(bot))["Rufbus"].title == "Rufbus"


async def test_an_office_with_an_and_in_its_name_can_be_asked(database: Database) -> None:
    bot = await surveyed(database)
    await bot.hear(ANNA, f"!organisation neu Amt für Umwelt und Verkehr\nMandat: {CEM}")
    rows = await bot.say(
        ANNA, f"!umfrage neu Staffel 2\nWen: Amt für Umwelt und Verkehr und {BEN}\nFrist: 11.12. 12:00"
    )
    assert {row.person for row in rows} == {None, BEN, CEM}, plain(rows[0])


async def test_the_owners_of_a_group_without_a_room_are_not_those_of_the_network(database: Database) -> None:
    bot = await surveyed(database)
    bot.refuses["open"] = "403 not now"
    await bot.say(ANNA, "!gruppe neu Netze")
    said = await bot.hear(ANNA, "!umfrage neu Staffel 2\nWen: Verantwortliche Netze\nFrist: 11.12.2026 12:00")
    assert "niemand" in said.casefold() or "Niemand" in said, said


async def test_a_deadline_that_goes_there_and_back_is_told_each_time(database: Database) -> None:
    bot = await surveyed(database)
    for until in ("14.12.2026 12:00", "15.12.2026 12:00", "14.12.2026 12:00"):
        rows = await bot.say(ANNA, f"!umfrage U1 verlängern {until}")
        assert {row.person for row in rows} == {None, BEN, CEM}


async def test_who_was_told_of_a_new_deadline_is_not_reminded_at_once(database: Database) -> None:
    bot = await surveyed(database)
    bot.now = local("2026-12-10T10:00")
    assert len(told(await bot.tick(), CEM)) == 1
    await bot.say(ANNA, "!umfrage U1 verlängern 14.12.2026 08:00")
    bot.now = local("2026-12-10T10:05")
    assert told(await bot.tick(), CEM) == []


async def test_a_key_means_the_project_with_that_key(database: Database) -> None:
    bot = await surveyed(database)
    await bot.hear(ANNA, f"!projekt neu Archiv\nTitel: eAkte\nVerantwortlich: {CEM}")
    book = await form(bot, BEN)
    fill(book, 2, Ziel="Papierlos")
    await drop(bot, BEN, book)
    await direct(bot, BEN, "ja")
    found = await projects(bot)
    assert (found["eAkte"].goal, found["Archiv"].goal) == ("Papierlos", None)


async def test_who_left_the_network_sees_nothing_in_a_form(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, CEM)
    fill(book, 2, Titel="Elektronische Akte", Ziel="Anders", Finanzierung="nicht finanziert")
    at: dict[str, Any] = {"sent_at": bot.now, "received_at": bot.now}
    await bot.handle(Membership(room_id=ROOM, event_id="$left", sender=CEM, person=CEM, state="leave", **at))
    shown = "".join(plain(row) for row in await drop(bot, CEM, book))
    assert "eAkte" not in shown


async def test_a_guest_is_not_surveyed_any_more(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja")
    await bot.hear(ANNA, f"!rolle {CEM} Gast")
    said = await direct(bot, CEM, "Elektronische Akte")
    assert "Meinten" not in said, said
    book_sent = await bot.say(CEM, "umfrage formular", room_id=chat(CEM))
    assert all(row.action != "file" for row in book_sent)


async def test_a_form_that_comes_after_the_end_is_told_so(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, CEM)
    fill(book, 2, Titel="Rufbus")
    await bot.hear(ANNA, "!umfrage U1 schließen")
    shown = [plain(row) for row in await drop(bot, CEM, book)]
    assert len(shown) == 1
    assert "zu Ende" in shown[0]


async def test_what_was_said_in_time_is_taken_though_we_heard_it_late(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "fertig")
    bot.now = local("2026-12-11T12:30")
    said = await direct(bot, CEM, "ja", sent_at=local("2026-12-11T11:50"))
    assert "Rufbus" in said
    assert "Rufbus" in await projects(bot)


@pytest.mark.parametrize(
    "twice", ["Frage: Ziel", "Frage: Was fehlt?\nFrage: Was fehlt?", "Frage: Kürzel", "Frage: Einflussreich"]
)
async def test_two_questions_are_never_called_the_same(database: Database, twice: str) -> None:
    bot = await surveyed(database)
    said = await bot.hear(ANNA, f"!umfrage vorlage neu\nTitel\nZiel\n{twice}")
    assert "Gemerkt" not in said


async def test_a_days_date_in_a_cell_is_written_as_people_write_it(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 2, Ziel=date(2026, 12, 12))  # type: ignore[arg-type]
    said = plain((await drop(bot, BEN, book))[0])
    assert "12.12.2026" in said, said


async def test_progress_is_never_above_a_hundred(database: Database) -> None:
    bot = await surveyed(database)
    await bot.hear(ANNA, "!umfrage vorlage neu\nTitel\nFortschritt")
    await bot.say(ANNA, f"!umfrage neu Staffel 2\nWen: {CEM}\nFrist: 11.12.2026 12:00")
    said = await direct(bot, CEM, "umfrage weiter U2", "Rufbus", "01000")
    assert "verstehe ich" in said, said


async def test_a_file_for_coordinators_is_not_taken_over_by_who_may_only_answer(database: Database) -> None:
    bot = await surveyed(database)
    bot.files["projekte.csv"] = "Schlüssel;Titel\nNeues;Etwas".encode()
    at: dict[str, Any] = {"sent_at": bot.now, "received_at": bot.now}
    await bot.say(ANNA, "!export")
    source = {"url": "projekte.csv"}
    event = Dropped(room_id=chat(ANNA), event_id="$d", sender=ANNA, name="projekte.csv", size=9, source=source, **at)
    shown = await bot.handle(event)
    assert any("neu: 1" in plain(row) for row in shown if row.action == "send")
    seen = await database.run(lambda session: session.exec(select(OpenQuestion.resume)).all()[-1].split()[-1])
    assert "nicht das Formular einer Umfrage" in await direct(bot, ANNA, f"umfrage einlesen 1 {seen}")
    assert "Neues" not in await projects(bot)
    await direct(bot, ANNA, f"import 1 {seen}")
    assert "Neues" in await projects(bot)


async def test_what_is_refused_at_the_last_step_leaves_no_half_a_project(database: Database) -> None:
    bot = await surveyed(database)
    await bot.say(ANNA, "!agenda neu\nZiel: Bürgernah")
    await bot.hear(ANNA, "!umfrage vorlage neu\nTitel\nAgendaziele")
    await bot.say(ANNA, f"!umfrage neu Staffel 2\nWen: {CEM}\nFrist: 11.12. 12:00")
    await direct(bot, CEM, "umfrage weiter U2", "Rufbus", "Bürgernah")
    await bot.say(ANNA, "!agenda ablegen Bürgernah")
    assert "Bürgernah" in await direct(bot, CEM, "ja")
    assert "Rufbus" not in await projects(bot)


async def test_a_deadline_on_a_weekend_is_pointed_out(database: Database) -> None:
    bot = await surveyed(database)
    assert "liegt am Wochenende" in plain((await bot.say(ANNA, "!umfrage U1 verlängern 12.12.2026 12:00"))[0])
    assert "Wochenende" not in plain((await bot.say(ANNA, "!umfrage U1 verlängern 14.12.2026 12:00"))[0])


async def test_a_column_whose_header_was_deleted_is_no_failure(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, BEN)
    fill(book, 2, Ziel="Papierlos", Projektstatus="in Planung")
    book.worksheets[0].cell(1, 4).value = None
    assert "eAkte: Projektstatus in Planung" in plain((await drop(bot, BEN, book))[0])


async def test_a_character_that_no_excel_file_may_hold_breaks_no_form(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus\uffff", "Pause")
    rows = await bot.say(CEM, "umfrage formular", room_id=chat(CEM))
    assert read_now("x.xlsx", base64.b64decode(json.loads(rows[1].content)["content"]))[1][2] == "Rufbus"


async def test_a_draft_that_was_left_is_not_forgotten_at_the_end(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, BEN, "ja", "1", "Papierlos", "zurück", "zurück")
    assert "Am Projekt eAkte würde ich ändern" in await direct(bot, BEN, "fertig")
    assert "Verworfen" in await direct(bot, BEN, "verwerfen")
    assert "Vielen Dank" in await direct(bot, BEN, "1", "zurück", "fertig")
    assert await entries(bot) == []


async def test_a_tick_asks_as_often_for_many_surveys_as_for_one(database: Database) -> None:
    bot = await surveyed(database)

    async def queries() -> int:
        def look(session: Session) -> int:
            with statements() as found:
                list(JOB.due(Scope(session, local("2026-12-09T10:00"), HOUSE)))
            return len(found)

        return await database.run(look)

    one = await queries()
    for number in range(4):
        await bot.say(ANNA, f"!umfrage neu Staffel {number + 2}\nWen: {CEM}\nFrist: 11.12. 12:00")
    assert await queries() == one


async def test_a_form_dropped_where_others_look_on_is_sent_to_the_direct_chat(database: Database) -> None:
    bot = await surveyed(database)
    book = await form(bot, CEM)
    fill(book, 2, Titel="Rufbus")
    said = [plain(row) for row in await drop(bot, CEM, book, ROOM)]
    assert ["Direktchat" in each for each in said] == [True]
    assert await drop(bot, "@stranger:example.org", book, ROOM) == []
    assert await entries(bot) == []
