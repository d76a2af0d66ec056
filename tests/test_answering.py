"""Answers to check-ins: who may give them, what becomes of them, and that each counts once."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.events import Reaction, Redacted
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CheckInAnswer, CheckInAsk, Project, StatusUpdate, Task
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain

DORA = "@dora:example.org"
OTHER_ROOM = "!andere:example.org"
BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Sunday, 22 November 2026: Ben has eAkte, Cem has Portal, both in Anna's room."""
    bot = Bot(database, now=local("2026-11-22T12:00"))
    await bot.enter(ROOM, ANNA, BEN, CEM, DORA)
    for key, owner in (("eAkte", BEN), ("Portal", CEM)):
        await bot.hear(ANNA, f"!projekt neu {key}\nVerantwortlich: {owner}\nProjektstatus: in Umsetzung")
    return bot


class Asked:
    """A check-in that was put: its posts by what they ask about."""

    def __init__(self, bot: Bot, rows: list[Row]) -> None:
        self.bot = bot
        self.posts = {row.key: row for row in rows}

    async def reply(self, who: str, about: int | None, body: str, **more: Any) -> list[Row]:
        """A reply to the question with this ID (none: to the root)."""
        row = self.posts["checkin/1" if about is None else f"checkin/1/{about}"]
        more = {"room_id": row.room_id, "reply_to": row.event_id} | more
        return await self.bot.say(who, body, **more)

    async def tap(self, who: str, about: int, key: str, event: str, **more: Any) -> list[Row]:
        row = self.posts[f"checkin/1/{about}"]
        values: dict[str, Any] = {
            "room_id": row.room_id or "",
            "sent_at": self.bot.now,
            "received_at": self.bot.now,
        } | more
        return await self.bot.handle(Reaction(event_id=event, sender=who, target=row.event_id or "", key=key, **values))

    async def take_back(self, who: str, event: str) -> list[Row]:
        now = self.bot.now
        redaction = Redacted(
            room_id=ROOM, event_id=f"{event}-gone-{who}", sender=who, target=event, sent_at=now, received_at=now
        )
        return await self.bot.handle(redaction)


async def put(bot: Bot, lines: str = "Wen: Verantwortliche") -> Asked:
    """Put a check-in on Monday at nine."""
    await bot.hear(ANNA, f"!checkin neu Wochenstand\n{lines}\nWann: jeden Montag 9:00\nFrist: 2 Werktage")
    bot.now = local("2026-11-23T09:00")
    return Asked(bot, await bot.tick())


def said(rows: list[Row]) -> str:
    return plain(rows[0]) if rows else ""


async def project(bot: Bot, key: str = "eAkte") -> Project:
    return await bot.database.run(lambda session: session.exec(select(Project).filter_by(key=key)).one())


async def answers(bot: Bot) -> list[CheckInAnswer]:
    return await bot.database.run(lambda session: list(session.exec(select(CheckInAnswer))))


async def updates(bot: Bot) -> list[StatusUpdate]:
    return await bot.database.run(lambda session: list(session.exec(select(StatusUpdate))))


async def ask(bot: Bot, ask_id: int = 1) -> CheckInAsk:
    return await bot.database.run(lambda session: session.get_one(CheckInAsk, ask_id))


# what becomes of it


async def test_a_report_updates_the_project_and_is_linked(bot: Bot) -> None:
    asked = await put(bot)
    rows = await asked.reply(BEN, 1, "gelb, 60 %, Vergabe verzögert")
    assert said(rows).startswith("Notiert: eAkte 🟡 gelb, 60 %: Vergabe verzögert")
    found = await project(bot)
    assert (found.light, found.progress) == ("yellow", 60)
    (update,), (answer,) = await updates(bot), await answers(bot)
    assert (update.light, update.progress, update.text, update.author) == ("yellow", 60, "Vergabe verzögert", BEN)
    assert (answer.status_update_id, answer.event_id, answer.late) == (update.id, update.event_id, False)
    assert (await ask(bot)).answered_at is not None


async def test_no_change_is_no_new_light_but_a_sign_of_life(bot: Bot) -> None:
    asked = await put(bot)
    await asked.reply(BEN, 1, "grün 40 %")
    before = await updates(bot)
    bot.now = local("2026-11-24T09:00")
    rows = await asked.reply(BEN, 1, "Keine Änderung")
    assert "eAkte unverändert: 🟢 grün, 40 %" in said(
        rows
    )  # something else was said before: a ✅ would hide which holds
    assert await updates(bot) == before
    assert "Unverändert am Di., 24. November 2026" in await bot.hear(CEM, "!status eAkte")
    await bot.hear(BEN, "!status eAkte 50 %")
    assert "Unverändert" not in await bot.hear(CEM, "!status eAkte")


async def test_the_same_event_counts_once(bot: Bot) -> None:
    asked = await put(bot)
    post = asked.posts["checkin/1/1"]
    message = bot.message(BEN, "gelb 60 %", reply_to=post.event_id)
    assert await bot.handle(message)
    assert await bot.handle(message) == []
    tap = {"event": "$tap"}
    assert await asked.tap(CEM, 2, "🟢", **tap)
    assert await asked.tap(CEM, 2, "🟢", **tap) == []
    assert len(await answers(bot)) == len(await updates(bot)) == 2


async def test_what_fails_leaves_nothing_behind(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer, update and what is shown of it stand together, or not at all."""
    asked = await put(bot)

    def break_down(*_args: Any) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as broken:
        broken.setattr("bot.procedures.checkins.answered", break_down)
        assert "Das hat leider nicht geklappt" in said(await asked.reply(BEN, 1, "gelb 60 %"))
    assert await answers(bot) == []
    assert await updates(bot) == []
    assert (await project(bot)).light is None
    assert (await ask(bot)).answered_at is None


async def test_a_correction_does_not_bring_back_what_was_reported_otherwise(bot: Bot) -> None:
    asked = await put(bot)
    await asked.reply(BEN, 1, "gelb 60 % Vergabe verzögert")
    await bot.hear(ANNA, "!status eAkte rot Vergabe gescheitert")
    await asked.reply(BEN, 1, "65 %")
    found = await project(bot)
    assert (found.light, found.progress) == ("red", 65)


async def test_a_correction_with_a_new_light_leaves_the_old_reason(bot: Bot) -> None:
    asked = await put(bot)
    await asked.reply(BEN, 1, "gelb 60 % Vergabe verzögert")
    assert "Vergabe" not in said(await asked.reply(BEN, 1, "grün"))
    assert "🟢 grün, 70 %" in said(await asked.reply(BEN, 1, "70 %"))


async def test_a_text_that_is_too_long_is_refused(bot: Bot) -> None:
    asked = await put(bot)
    assert "2000" in said(await asked.reply(BEN, 1, "gelb " + "sehr " * 401)).replace(".", "")
    assert "2000" in said(await asked.reply(BEN, 1, "wort " * 3000)).replace(".", "")
    assert await answers(bot) == []


# who may


@pytest.mark.parametrize("body", ["gelb 60 %", "Vergabe verzögert", "keine Änderung", "ja"])
async def test_others_are_not_heard(bot: Bot, body: str) -> None:
    asked = await put(bot)
    assert await asked.reply(DORA, 1, body) == []
    assert await asked.reply(CEM, 1, body) == []
    assert await asked.tap(DORA, 1, "🟢", "$tap") == []
    assert await answers(bot) == []


async def test_talk_of_who_leads_is_no_answer_but_a_status_is(bot: Bot) -> None:
    asked = await put(bot)
    assert await asked.reply(ANNA, 1, "Bitte bis morgen, Ben.") == []
    assert "🟡 gelb" in said(await asked.reply(ANNA, 1, "gelb"))
    (answer,) = await answers(bot)
    assert answer.author == ANNA


async def test_talk_in_the_thread_is_no_answer(bot: Bot) -> None:
    asked = await put(bot)
    thread = asked.posts["checkin/1"].event_id
    assert await bot.say(BEN, "gelb 60 %", thread=thread) == []
    assert await answers(bot) == []


async def test_the_answer_stands_in_the_thread(bot: Bot) -> None:
    asked = await put(bot)
    thread = asked.posts["checkin/1"].event_id
    rows = await asked.reply(BEN, 1, "gelb 60 %", thread=thread)
    assert f'"event_id": "{thread}"' in rows[0].content


async def test_a_reply_from_another_room_is_not_for_this_one(bot: Bot) -> None:
    asked = await put(bot)
    await bot.enter(OTHER_ROOM, ANNA, BEN)
    assert await asked.reply(BEN, 1, "gelb 60 %", room_id=OTHER_ROOM) == []
    assert await asked.tap(BEN, 1, "🟢", "$tap", room_id=OTHER_ROOM) == []
    assert await answers(bot) == []


async def test_a_reply_to_the_root_is_for_what_its_author_is_asked(bot: Bot) -> None:
    asked = await put(bot)
    assert "Portal 🔴 rot" in said(await asked.reply(CEM, None, "rot"))
    assert await asked.reply(DORA, None, "rot") == []


async def test_the_deputy_answers_for_who_is_away(bot: Bot) -> None:
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}\nVertretung: {DORA}")
    await bot.say(BEN, "!abwesend von 23.11.2026 bis 27.11.2026")
    asked = await put(bot)
    about = await ask(bot, 2)
    assert (about.person, about.instead_of) == (DORA, BEN)
    assert "eAkte 🟡 gelb" in said(await asked.reply(DORA, 2, "gelb, 60 %"))
    assert "🟢 grün" in said(await asked.reply(BEN, 2, "grün"))  # back early, still the owner


# taps and taking back


async def test_a_tap_answers_with_a_tick_only_once(bot: Bot) -> None:
    asked = await put(bot)
    assert plain((await asked.tap(BEN, 1, "🟡", "$one"))[0]) == "✅"
    assert [row for row in await asked.tap(BEN, 1, "🔴", "$two") if row.event_type == "m.reaction"] == []
    assert (await project(bot)).light == "red"


async def test_a_tap_taken_back_undoes_what_it_said(bot: Bot) -> None:
    asked = await put(bot)
    await asked.reply(BEN, 1, "grün 40 % Pilot")
    await asked.tap(BEN, 1, "🔴", "$tap")
    assert (await project(bot)).light == "red"
    assert await asked.take_back(CEM, "$tap") == []  # not his
    assert (await project(bot)).light == "red"
    await asked.take_back(BEN, "$tap")
    found = await project(bot)
    assert (found.light, found.progress) == ("green", 40)
    assert (await ask(bot)).answered_at is not None
    assert len(await updates(bot)) == 1


async def test_the_only_answer_taken_back_leaves_the_question_open(bot: Bot) -> None:
    asked = await put(bot)
    await asked.tap(BEN, 1, "🔴", "$tap")
    rows = await asked.take_back(BEN, "$tap")
    assert "Beantwortet: 0 von 2" in said(rows)
    assert (await ask(bot)).answered_at is None
    assert (await project(bot)).light is None
    await asked.tap(BEN, 1, "🟢", "$again")
    rows = await asked.take_back(BEN, "$again")
    assert "Beantwortet: 0 von 2" in said(rows)  # shown a second time


async def test_what_was_followed_by_another_report_stays(bot: Bot) -> None:
    asked = await put(bot)
    await asked.tap(BEN, 1, "🔴", "$tap")
    await bot.hear(BEN, "!status eAkte gelb doch nicht so schlimm")
    assert await asked.take_back(BEN, "$tap") == []
    assert (await project(bot)).light == "yellow"
    await asked.tap(CEM, 2, "🔴", "$cem")
    await asked.reply(CEM, 2, "grün")
    assert await asked.take_back(CEM, "$cem") == []
    assert (await project(bot, "Portal")).light == "green"


@pytest.mark.parametrize("key", ["👍", "✅", "👎", "🤷"])
async def test_a_tap_that_says_nothing_is_told_once(bot: Bot, key: str) -> None:
    asked = await put(bot)
    rows = await asked.tap(BEN, 1, key, "$one")
    assert [row.person for row in rows] == [BEN]
    assert await asked.tap(BEN, 1, key, "$two") == []
    assert await asked.tap(ANNA, 1, key, "$three") == []  # she likes it
    assert await answers(bot) == []


@pytest.mark.parametrize("key", ["❤️", "🎉", "🟠", "😀"])
async def test_other_reactions_are_talk(bot: Bot, key: str) -> None:
    asked = await put(bot)
    assert await asked.tap(BEN, 1, key, "$one") == []


# late, over


async def test_late_is_by_when_it_was_sent(bot: Bot) -> None:
    asked = await put(bot)
    bot.now = local("2026-11-25T18:30")
    await bot.tick()
    rows = await asked.reply(BEN, 1, "gelb", sent_at=local("2026-11-25T17:59"))
    assert "Frist" not in said(rows)
    rows = await asked.reply(CEM, 2, "keine Änderung")
    assert "nachgereicht" in said(rows)
    assert [answer.late for answer in await answers(bot)] == [False, True]


async def test_an_answer_to_an_ended_check_in(bot: Bot) -> None:
    asked = await put(bot)
    await bot.say(ANNA, "!checkin C1 beenden")
    assert "Die Meldung gilt für das Projekt".lower() in said(await asked.reply(BEN, 1, "gelb")).lower()
    assert (await project(bot)).light == "yellow"
    assert "!status eAkte" in said(await asked.reply(BEN, 1, "Wir warten noch."))
    rows = await asked.tap(CEM, 2, "🟢", "$tap")
    assert "gilt für das Projekt" in said(rows)


async def test_an_answer_to_a_former_time_counts_for_the_present_one(bot: Bot) -> None:
    asked = await put(bot)
    bot.now = local("2026-11-30T09:00")
    await bot.tick()
    rows = await asked.reply(BEN, 1, "gelb 60 %")
    assert "laufende Rückfrage" in said(rows)
    (answer,) = await answers(bot)
    assert (answer.ask_id, answer.late) == (3, False)


async def test_bare_words_in_the_direct_chat_count_late(bot: Bot) -> None:
    await put(bot, "Wen: Verantwortliche\nWo: direkt")
    bot.now = local("2026-11-26T09:00")
    await bot.tick()
    direct = {"room_id": "!direct-ben:example.org"}
    assert "nachgereicht" in said(await bot.say(BEN, "gelb 60 %", **direct))
    bot.now = local("2026-12-24T09:00")
    assert "Den Befehl „gelb“ kenne ich nicht" in said(await bot.say(BEN, "gelb 60 %", **direct))  # long ago


# tasks, and questions in general


async def test_done_settles_the_task(bot: Bot) -> None:
    await bot.hear(ANNA, f"!aufgabe neu Satzung entwerfen\nVerantwortlich: {BEN}")
    asked = await put(bot, "Wen: Aufgaben")
    assert "A1" in said(await asked.reply(BEN, 1, "in Arbeit"))
    task = await bot.database.run(lambda session: session.get_one(Task, 1))
    assert task.state == "started"
    assert "Entwurf liegt" in said(await asked.reply(BEN, 1, "Entwurf liegt beim Kämmerer"))
    assert "erledigt" in said(await asked.reply(BEN, 1, "erledigt"))
    task = await bot.database.run(lambda session: session.get_one(Task, 1))
    assert (task.state, task.done_by) == ("done", BEN)


async def test_done_on_a_project_is_asked_back(bot: Bot) -> None:
    asked = await put(bot)
    rows = await asked.reply(BEN, 1, "erledigt")
    assert "100 %" in said(rows)
    assert "eAkte ⚪ ohne Ampel, 100 %" in said(await bot.say(BEN, "ja", reply_to=rows[0].event_id))


async def test_a_no_to_what_was_meant_leaves_the_question_open(bot: Bot) -> None:
    asked = await put(bot)
    rows = await asked.reply(BEN, 1, "fast 70 %")
    assert "Was soll ich zu eAkte notieren?" in said(await bot.say(BEN, "nein", reply_to=rows[0].event_id))
    assert await answers(bot) == []
    assert await updates(bot) == []


async def test_a_question_of_ones_own_takes_any_word(bot: Bot) -> None:
    asked = await put(bot, "Wen: Verantwortliche\nFragen: Brauchen Sie Hilfe?")
    assert "eAkte" in said(await asked.reply(BEN, 1, "nein"))
    (answer,) = await answers(bot)
    assert answer.text == "nein"


async def test_a_slot_that_was_typed_is_no_slot(bot: Bot) -> None:
    asked = await put(bot)
    rows = await asked.reply(BEN, 1, "gelb, grün {answer}")
    assert "Welche Ampel" in said(rows)
    assert "{answer}" in said(await bot.say(BEN, "gelb", reply_to=rows[0].event_id))


async def test_nobody_can_type_what_is_run_for_an_answer(bot: Bot) -> None:
    await put(bot)
    for words in ("\x1acheckin 1 rot", "!\x1acheckin 1 rot", "!checkin 1 rot"):
        await bot.say(DORA, words)
    assert await answers(bot) == []


async def test_in_english(bot: Bot) -> None:
    asked = await put(bot)
    await bot.say(ANNA, "!sprache en")
    assert said(await asked.reply(BEN, 1, "yellow 60% tender delayed")).startswith(
        "Noted: eAkte 🟡 yellow, 60%: tender"
    )
    assert "Which light holds now?" in said(await asked.reply(BEN, 1, "green, yellow"))
    assert "250% is not possible" in said(await asked.reply(BEN, 1, "250%"))
    assert plain((await asked.reply(CEM, 2, "no change"))[0]) == "✅"
