"""What stands in a digest, in which order, with which links, how long."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.context import Scope
from bot.effects import Say
from bot.procedures import digest
from bot.store import Session, meetings
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import (
    CheckIn,
    CheckInAnswer,
    CheckInAsk,
    CheckInRound,
    Meeting,
    Project,
    Room,
    Task,
)
from bot.texts import Texts
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, TEXTS, Bot, plain
from tests.portfolio import fill, room_of

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Anna, Ben and Cem in a room, and a project that Ben owns."""
    made = Bot(database)
    await made.enter()
    await made.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}\nHandlungsfeld: Verwaltung")
    made.now += timedelta(minutes=1)
    return made


async def preview(bot: Bot) -> str:
    return await bot.hear(ANNA, "!bericht vorschau")


def html(row: Row) -> str:
    return str(json.loads(row.content)["formatted_body"])


async def changed(bot: Bot, **values: Any) -> None:
    """Change the one project."""

    def work(session: Session) -> None:
        project = session.exec(select(Project)).one()
        for name, value in values.items():
            setattr(project, name, value)

    await bot.database.run(work)


# sections


async def test_a_project_of_which_nothing_is_heard_for_four_weeks_is_named(bot: Bot) -> None:
    bot.now += 4 * WEEK - timedelta(minutes=2)
    assert "Lange nichts gehört" not in await preview(bot)
    bot.now += timedelta(minutes=2)
    assert "eAkte: noch nie, angelegt am 20. November 2026 · @ben:example.org" in await preview(bot)
    await bot.say(BEN, "!status eAkte grün")
    assert "Lange nichts gehört" not in await preview(bot)
    bot.now += 4 * WEEK
    assert "eAkte: zuletzt am 18. Dezember 2026" in await preview(bot)


@pytest.mark.parametrize(
    "values", [{"phase": "future"}, {"phase": "paused"}, {"phase": "done"}, {"archived": True}], ids=str
)
async def test_what_rests_is_not_waited_for(values: dict[str, Any], bot: Bot) -> None:
    await changed(bot, **values)
    bot.now += 8 * WEEK
    assert "Lange nichts gehört" not in await preview(bot)


async def asked(bot: Bot, deadline: timedelta, **answer: Any) -> None:
    """Ben was asked about the project in a check-in, and has answered so."""

    def work(session: Session) -> None:
        check_in = CheckIn(
            network_id=1,
            number=1,
            room_id=ROOM,
            title="Wochenstand",
            whom="owners",
            questions="[]",
            rule="FREQ=WEEKLY",
            first="2026-01-05T09:00:00",
            zone="Europe/Berlin",
            created_by=ANNA,
            created_at=bot.now,
        )
        session.add(check_in)
        session.flush()
        until = bot.now + deadline
        round_ = CheckInRound(check_in_id=check_in.id or 0, number=1, due_at=bot.now, opened_at=bot.now, deadline=until)
        session.add(round_)
        session.flush()
        ask = CheckInAsk(round_id=round_.id or 0, person=BEN, project_id=1)
        skipped = CheckInAsk(round_id=round_.id or 0, person=CEM, skipped="away")
        session.add_all([ask, skipped])
        session.flush()
        if answer:
            ask.answered_at = bot.now
            said = CheckInAnswer(ask_id=ask.id or 0, author=BEN, at=bot.now, event_id="$said", **answer)
            session.add(said)

    await bot.database.run(work)


async def test_no_change_is_a_report(bot: Bot) -> None:
    bot.now += 4 * WEEK
    await asked(bot, timedelta(days=2), no_change=True)
    assert "Lange nichts gehört" not in await preview(bot)
    bot.now += 4 * WEEK
    assert "Lange nichts gehört" in await preview(bot)


async def test_who_has_not_answered_a_check_in(bot: Bot) -> None:
    await asked(bot, timedelta(days=2))
    said = await preview(bot)
    assert "C1 Wochenstand, noch 2 Tage. Es fehlt noch die Antwort von: @ben:example.org." in said
    bot.now += timedelta(days=3)
    assert "C1 Wochenstand, Frist vorbei." in await preview(bot)


async def test_who_has_answered_is_not_named(bot: Bot) -> None:
    await asked(bot, timedelta(days=2), text="läuft")
    assert "Rückfragen" not in await preview(bot)


async def test_tasks_overdue_due_and_later(bot: Bot) -> None:
    await bot.say(ANNA, f"!aufgabe neu Satzung\nVerantwortlich: {BEN}\nFrist: 23.11.2026 12:00")
    await bot.say(ANNA, f"!aufgabe neu Karte\nVerantwortlich: {CEM}\nFrist: 15.12.2026 12:00")
    said = await preview(bot)
    assert "A1 Satzung, bis Montag, 23. November 2026, 12:00 Uhr: @ben:example.org" in said
    assert "A2" not in said
    assert "und 1 weitere: !aufgabe liste" in said
    bot.now += timedelta(days=5)
    said = await preview(bot)
    assert "A1 Satzung, seit 2 Tagen überfällig: @ben:example.org" in said
    assert "Offene Aufgaben" not in said
    bot.now += timedelta(days=15)
    assert said.index("Überfällige Aufgaben") < (await preview(bot)).index("A2 Karte")


async def test_a_task_before_a_council_is_named_four_weeks_ahead(bot: Bot) -> None:
    await bot.say(ANNA, "!aufgabe neu Satzung")

    def work(session: Session) -> None:
        task = session.exec(select(Task)).one()
        task.council, task.council_at = "Gemeinderat", bot.now + timedelta(days=28)

    await bot.database.run(work)
    assert "Fr., 18. Dezember 2026, Gemeinderat: A1 Satzung" in await preview(bot)
    bot.now += timedelta(days=28, hours=12)
    assert "Gemeinderat" in await preview(bot)
    bot.now += timedelta(days=1)
    assert "Gemeinderat" not in await preview(bot)


async def test_changes_stand_by_field_with_light_and_progress_before_and_now(bot: Bot) -> None:
    await bot.say(BEN, "!status eAkte grün 40 %")
    bot.now += timedelta(minutes=1)
    await bot.say(ANNA, "!bericht jetzt")
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!status eAkte gelb 60 % Vergabe verzögert sich.")
    said = await preview(bot)
    assert "Verwaltung\n\n  * eAkte: 🟢 grün → 🟡 gelb · 40 % → 60 %\n    Vergabe verzögert sich." in said


async def test_a_consultation_says_how_many_days_are_left_and_who_is_missing(bot: Bot) -> None:
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 24.11.2026 12:00")
    await bot.say(CEM, "!stimme K1 ja")
    assert "K1 Leitbild: noch 4 Tage, bis Dienstag, 24. November 2026, 12:00 Uhr. " in (said := await preview(bot))
    assert "Es fehlen noch: @anna:example.org, @ben:example.org." in said
    bot.now += timedelta(days=4)
    assert "K1 Leitbild: endet heute" in await preview(bot)


async def test_who_must_act_comes_first(bot: Bot) -> None:
    await bot.say(BEN, "!idee Bürgerkarte")
    await bot.say(BEN, "!status eAkte rot Haushaltssperre")
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 24.11.2026 12:00")
    await bot.say(ANNA, "!aufgabe neu Satzung\nFrist: 21.11.2026 12:00")
    bot.now += timedelta(days=2)
    said = await preview(bot)
    heads = ["Überfällige Aufgaben", "Offene Konsultationen", "Was sich bewegt hat", "Neue Ideen"]
    assert sorted(heads, key=said.index) == heads


async def held(bot: Bot, room_id: str, days: int, title: str) -> None:
    """A meeting in so many days."""
    at = bot.now + timedelta(days=days)
    meeting = Meeting(
        network_id=1, number=days, room_id=room_id, title=title, starts_at=at, created_by=ANNA, created_at=at
    )

    def work(session: Session) -> None:
        meetings.add(session, meeting)

    await bot.database.run(work)


async def test_the_days_to_the_next_meeting_alone_are_no_reason_to_write(bot: Bot) -> None:
    await changed(bot, phase="future")
    await held(bot, ROOM, 10, "Herbsttreffen")
    await held(bot, "!anders:example.org", 5, "Fremdes")
    assert "In 5 Tagen: T5 Fremdes" in await preview(bot), "a room of no group is everybody's"
    bot.now = NOW
    assert await bot.tick() == []


# links


async def test_each_item_links_to_its_message(bot: Bot) -> None:
    report = bot.message(BEN, "!status eAkte gelb")
    await bot.handle(report)
    idea = bot.message(CEM, "!idee Bürgerkarte")
    await bot.handle(idea)
    rows = await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 24.11.2026 12:00")
    (announced,) = (row.event_id for row in rows if row.key == "consultation/1/announcement")
    (said,) = await bot.say(ANNA, "!bericht vorschau")
    for event_id, words in ((report.event_id, "eAkte"), (idea.event_id, "I1"), (announced or "", "K1")):
        to = f"https://matrix.to/#/%21digitales%3Aexample.org/{event_id.replace('$', '%24')}?via=example.org"
        assert f'<a href="{to}"><b>{words}</b></a>' in html(said)
    assert "matrix.to/#/%21" not in plain(said)


async def test_what_was_said_in_a_direct_chat_has_no_link(bot: Bot) -> None:
    direct = "!direct-ben:example.org"
    await bot.database.run(
        lambda session: session.add(Room(room_id=direct, direct_with=BEN, invited_by=BEN, since=START))
    )
    await bot.say(BEN, "status eAkte gelb", room_id=direct)
    (said,) = await bot.say(ANNA, "!bericht vorschau")
    assert "eAkte" in plain(said)
    assert "matrix.to/#/%21" not in html(said)


# length and wording


def whole(database: Database, room_id: str, texts: Texts = TEXTS) -> tuple[str, str]:
    """A room's digest as plain text, in German and English."""

    def work(session: Session) -> tuple[str, str]:
        scope = Scope(session, NOW, HOUSE)
        (said, *_) = digest.post(session.get_one(Room, room_id), NOW, scope)
        assert isinstance(said, Say)
        both = [texts.render(said.text, language, HOUSE.zone).plain for language in ("de", "en")]
        return both[0], both[1]

    return database.run_now(work)


def _not_yet(session: Session) -> None:
    """As if there had been no digest this week."""
    session.get_one(Room, room_of(0)).last_digest_at = NOW - WEEK


def test_a_long_digest_is_shortened_and_says_where_the_rest_is(database: Database) -> None:
    database.run_now(lambda session: fill(session, 300, 1, NOW))
    german, english = whole(database, room_of(0))
    lines = [line for line in german.splitlines() if line.strip()]
    assert len(german) < 8_000
    assert len([line for line in lines if line.startswith("  * ")]) <= 40 + 13
    for command in ("!aufgabe liste", "!konsultation", "!status", "!beschluss", "!ideen", "!feedback …"):
        assert f": {command}\n" in f"{german}\n"
    assert ": !task list\n" in english


def test_the_operator_lays_over_one_section(database: Database, tmp_path: Path) -> None:
    database.run_now(lambda session: fill(session, 3, 1, NOW))
    own = tmp_path / "de" / "digest.html"
    own.parent.mkdir()
    own.write_text(
        "{% macro ideas(lines, more, now, prefix) %}<p>Einfälle: {{ lines | length }}</p>{% endmacro %}", "utf-8"
    )
    theirs = whole(database, room_of(0), Texts(tmp_path))
    database.run_now(_not_yet)
    ours = whole(database, room_of(0))[0]
    assert "Neue Ideen" in ours
    assert "Einfälle: 1" in theirs[0]
    assert "Neue Ideen" not in theirs[0]
    assert "Offene Konsultationen" in theirs[0]
    assert "New ideas" in theirs[1]
