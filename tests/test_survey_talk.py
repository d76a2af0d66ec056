"""A survey answered in the direct chat: step by step, left and taken up again, and told from what else waits there."""

import json
from typing import Any

import pytest

from bot.events import Membership, Reaction
from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain
from tests.surveying import asks, chat, direct, entries, local, projects, surveyed, told


async def test_what_was_confirmed_is_a_project_and_what_was_not_is_none(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "Anschluss in jedes Dorf", "in Planung", "weiß nicht", "Mobilität")
    assert "Rufbus" not in await projects(bot)
    assert "Rufbus" in await direct(bot, CEM, "ja")
    made = (await projects(bot))["Rufbus"]
    assert (made.title, made.goal, made.phase, made.funding) == (
        "Rufbus",
        "Anschluss in jedes Dorf",
        "planned",
        "unknown",
    )
    assert (made.owner, made.field, made.room_id) == (CEM, "Mobilität", ROOM)
    await direct(bot, CEM, "Seilbahn", "Über den Fluss", "Pause")
    assert set(await projects(bot)) == {"eAkte", "Rufbus"}


async def test_it_goes_on_after_days_and_a_restart_where_it_was(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "Pause")
    bot = Bot(database, now=local("2026-12-03T10:00"))
    assert "Ziel" in await direct(bot, CEM, "weiter")
    assert "Projektstatus" in await direct(bot, CEM, "Anschluss in jedes Dorf")


async def test_who_pauses_is_not_listened_to_until_they_go_on(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "Pause")
    assert "kenne ich nicht" in await direct(bot, CEM, "Anschluss für alle Dörfer")
    assert json.loads((await entries(bot))[0].answers) == {"title": "Rufbus"}


async def test_the_confirmation_can_be_a_tick(database: Database) -> None:
    bot = await surveyed(database)
    rows = await bot.say(CEM, "ja", room_id=chat(CEM))
    rows = await bot.say(CEM, "Rufbus", room_id=chat(CEM))
    rows = await bot.say(CEM, "fertig", room_id=chat(CEM))
    tick: dict[str, Any] = {"room_id": chat(CEM), "sender": CEM, "sent_at": bot.now, "received_at": bot.now}
    assert rows[0].event_id
    await bot.handle(Reaction(event_id="$tick", target=rows[0].event_id, key="✅", **tick))
    assert "Rufbus" in await projects(bot)


async def test_a_reply_to_an_earlier_question_puts_its_answer_right(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja")
    asked = (await bot.say(CEM, "Rufbus", room_id=chat(CEM)))[0]
    await direct(bot, CEM, "Ein Ziel", "in Planung")
    answer = await direct(bot, CEM, "Ein besseres Ziel", reply_to=asked.event_id)
    assert "✓ Ziel: Ein besseres Ziel" in answer
    assert "Finanzierung" in answer
    assert json.loads((await entries(bot))[0].answers)["goal"] == "Ein besseres Ziel"


async def test_somebody_elses_project_keeps_what_is_there_and_its_owner_is_told(database: Database) -> None:
    bot = await surveyed(database)
    assert "Meinten Sie" in await direct(bot, CEM, "ja", "Elektronische Akten")
    await direct(bot, CEM, "ja", "Weniger Papier", "in Umsetzung", "nicht finanziert", "überspringen")
    rows = await bot.say(CEM, "ja", room_id=chat(CEM))
    assert any("Finanzierung: bei Ihnen „finanziert“, dort „nicht finanziert“" in said for said in told(rows, BEN))
    project = (await projects(bot))["eAkte"]
    assert (project.funding, project.goal, project.phase) == ("full", "Weniger Papier", "running")


async def test_two_who_describe_the_same_new_project_at_once_are_asked(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "fertig")
    await direct(bot, BEN, "ja", "Rufbus", "fertig", "ja")
    assert "Meinten Sie das Projekt Rufbus" in await direct(bot, CEM, "ja")
    assert "Rufbus-2" in await direct(bot, CEM, "nein")
    await direct(bot, CEM, "ja")
    assert {"Rufbus", "Rufbus-2"} <= set(await projects(bot))


async def test_unknown_erases_nothing(database: Database) -> None:
    bot = await surveyed(database)
    assert "bleibt finanziert" in await direct(bot, BEN, "ja", "1", "-", "-", "weiß nicht")
    await direct(bot, BEN, "-", "ja")
    assert (await projects(bot))["eAkte"].funding == "full"


async def test_the_most_influential_are_marked_and_silence_is_no_no(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "fertig", "ja", "Seilbahn", "fertig", "ja")
    assert "einflussreich" in await direct(bot, CEM, "fertig")
    assert "ist keines dieser" in await direct(bot, CEM, "Radweg")
    await direct(bot, CEM, "2")
    found = await projects(bot)
    assert (found["Rufbus"].influential, found["Seilbahn"].influential) == (False, True)
    await direct(bot, BEN, "ja", "1", "fertig", "ja", "Bürgerkarte", "fertig", "ja", "fertig", "überspringen")
    assert (await projects(bot))["eAkte"].influential is None
    assert all(ask.finished_at is not None for ask in (await asks(bot)).values())


async def test_an_answer_of_64_kib_is_refused_and_the_question_stays(database: Database) -> None:
    bot = await surveyed(database)
    answer = await direct(bot, CEM, "ja", "Rufbus", "Dorf " * 13_000)
    assert "zu lang" in answer
    assert "Ziel (1 von 4)" in answer
    assert "Projektstatus" in await direct(bot, CEM, "Anschluss in jedes Dorf")


async def test_a_plain_vote_or_status_is_asked_back_where_the_survey_could_take_it(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, BEN, "ja", "1")
    await bot.say(
        ANNA, "!checkin neu Stand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nFrist: 2 Werktage\nWo: direkt"
    )
    await bot.say(ANNA, "!checkin C1 jetzt")
    answer = await direct(bot, BEN, "eAkte gelb 60 %")
    assert "Notiert" in answer  # it names what it is about, and is no goal
    assert "Soll „Weniger Papier im Amt" in await direct(bot, BEN, "Weniger Papier im Amt und im Archiv")
    assert "Projektstatus" in await direct(bot, BEN, "ja")
    assert json.loads((await entries(bot))[0].answers) == {"goal": "Weniger Papier im Amt und im Archiv"}


async def test_yes_to_a_reminder_of_a_vote_is_no_answer_to_the_survey(database: Database) -> None:
    bot = await surveyed(database)
    await bot.say(ANNA, "!konsultation neu Tee\nFrage: Tee?\nSchluss: 27.11.2026 12:00\nErinnerung: 1 Tag")
    await direct(bot, BEN, "ja", "1")
    bot.now = local("2026-11-26T12:00")
    reminded = await bot.tick()
    assert any("K1" in said for said in told(reminded, BEN))
    rows = await bot.say(BEN, "ja", room_id=chat(BEN))
    assert [plain(row) for row in rows if row.room_id == chat(BEN)] == ["✅"]
    assert json.loads((await entries(bot))[0].answers) == {}


async def test_what_begins_like_a_command_is_asked_back(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja")
    assert "Soll „Projekt Rufbus“" in await direct(bot, CEM, "Projekt Rufbus")
    assert "✓ Titel: Projekt Rufbus" in await direct(bot, CEM, "ja")
    assert "eAkte" in await direct(bot, CEM, "status")  # one word alone is a command


async def test_half_a_day_later_words_may_be_about_something_else(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus")
    bot.now = local("2026-11-24T11:00")
    assert "Soll „Wann ist das Treffen" in await direct(bot, CEM, "Wann ist das Treffen im Dezember?")
    assert "✓ Ziel: ohne Angabe" in await direct(bot, CEM, "überspringen")


async def test_thanks_are_no_answer(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus")
    assert await bot.say(CEM, "Danke!", room_id=chat(CEM)) == []


async def test_who_has_left_the_network_answers_no_more(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus")
    gone: dict[str, Any] = {
        "room_id": ROOM,
        "event_id": "$gone",
        "sender": CEM,
        "sent_at": bot.now,
        "received_at": bot.now,
    }
    await bot.handle(Membership(person=CEM, state="leave", **gone))
    assert "nicht mehr" in await direct(bot, CEM, "Anschluss in jedes Dorf")
    assert json.loads((await entries(bot))[0].answers) == {"title": "Rufbus"}


async def test_drafts_stay_when_it_closes_and_their_person_is_told(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "fertig", "ja", "Seilbahn", "Über den Fluss")
    rows = await bot.say(ANNA, "!umfrage U1 schließen")
    assert ["Entwurf" in said for said in told(rows, CEM)] == [True]
    assert told(rows, BEN) == []
    assert [entry.taken_at is not None for entry in await entries(bot)] == [True, False]
    assert "kenne ich nicht" in await direct(bot, CEM, "Über den Fluss hinweg")


@pytest.mark.parametrize("words", ["<b>Rufbus</b>", "{{ 7 * 7 }}", "=1+1", "Ruf\u202ebus"])
async def test_what_people_type_stays_text(database: Database, words: str) -> None:
    bot = await surveyed(database)
    rows = await bot.say(CEM, "ja", room_id=chat(CEM))
    rows = await bot.say(CEM, words, room_id=chat(CEM))
    html = json.loads(rows[0].content)["formatted_body"]
    assert "<b>Rufbus</b>" not in html
    assert "49" not in html
    await direct(bot, CEM, "fertig", "ja")
    assert len(await projects(bot)) == 2
