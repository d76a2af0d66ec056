"""Who is in charge of tasks is reminded once before and once after, in one message; whatever else happens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from bot.context import Scope
from bot.store import Session, tasks
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Network
from schedules import tasks as job
from tests.fakes import ANNA, BEN, CEM, Bot, plain

DORA = "@dora:example.org"
BERLIN = ZoneInfo("Europe/Berlin")


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Monday, 23 November 2026; Cem holds Lindenstadt's mandate, Dora is his deputy."""
    made = Bot(database, jobs=(job.JOB,), now=local(23, 10))
    await made.enter("!digitales:example.org", ANNA, BEN, CEM, DORA)
    await made.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {CEM}\nVertretung: {DORA}")
    return made


async def at(bot: Bot, now: datetime) -> list[Row]:
    bot.now = now
    return await bot.tick()


async def test_all_that_is_due_soon_comes_in_one_message_a_person(bot: Bot) -> None:
    for title in ("Satzung", "Vorlage", "Protokoll"):
        await bot.say(BEN, f"!aufgabe neu {title}\nFrist: 27.11.2026 12:00")
    await bot.say(CEM, "!aufgabe neu Plan\nFrist: 27.11.2026 18:00")
    assert await at(bot, local(26, 8, 59)) == []
    rows = await at(bot, local(26, 9))
    assert [row.person for row in rows] == [BEN, CEM]
    for title in ("A1 Satzung", "A2 Vorlage", "A3 Protokoll"):
        assert title in plain(rows[0])
    assert await at(bot, local(26, 9, 1)) == []


async def test_once_before_and_once_after_and_never_again(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 25.11.2026 12:00")
    told = []
    for hours in range(24 * 30):
        rows = await at(bot, local(23, 11) + timedelta(hours=hours))
        told += [(bot.now.astimezone(BERLIN).strftime("%d. %H"), plain(row).splitlines()[0]) for row in rows]
    assert told == [("24. 09", "Bald fällig"), ("26. 09", "Überfällig")]


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (local(26, 9, 1), "Bald fällig"),  # a minute
        (local(26, 20), "Bald fällig"),  # a day
        (local(27, 12, 1), "Überfällig"),  # the due time went by
        (local(30, 9), "Überfällig"),
        (local(23, 10, month=12), "Überfällig"),  # thirty days
    ],
)
async def test_after_downtime_it_says_once_what_is_true_by_then(back: datetime, said: str, bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 27.11.2026 12:00")
    await bot.say(BEN, "!aufgabe neu Vorlage\nFrist: 27.11.2026 12:00")
    await bot.say(BEN, "!aufgabe A2 erledigt")
    rows = await at(bot, back)
    assert [(row.person, plain(row).splitlines()[0]) for row in rows] == [(BEN, said)]
    assert "A2" not in plain(rows[0])
    later = [row for days in range(1, 40) for row in await at(bot, back + timedelta(days=days))]
    assert len(later) == (1 if said == "Bald fällig" else 0)


async def test_what_was_told_and_missed_before_comes_in_one_message(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Früh\nFrist: 25.11.2026 12:00")
    await bot.say(BEN, "!aufgabe neu Spät\nFrist: 2.12.2026 12:00")
    rows = await at(bot, local(1, 14, month=12))
    assert len(rows) == 1
    assert plain(rows[0]).startswith("Überfällig\n\n  * A1 Früh")
    assert "Bald fällig\n\n  * A2 Spät" in plain(rows[0])


async def test_a_new_due_time_is_a_new_reminder(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 25.11.2026 12:00")
    assert len(await at(bot, local(24, 9))) == 1
    await bot.say(BEN, "!aufgabe A1\nFrist: 4.12.2026 12:00")
    assert await at(bot, local(26, 9)) == []
    assert len(await at(bot, local(3, 9, month=12))) == 1


async def test_one_reopened_is_reminded_of_again(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 27.11.2026 12:00")
    await bot.say(BEN, "!aufgabe A1 entfällt")
    await bot.say(BEN, "!aufgabe A1 in Arbeit")
    assert len(await at(bot, local(26, 9))) == 1


async def test_an_organisation_is_reminded_by_its_mandate_and_may_answer(bot: Bot) -> None:
    await bot.say(ANNA, "!aufgabe neu Glasfaser\nVerantwortlich: Lindenstadt\nFrist: 27.11.2026 12:00")
    rows = await at(bot, local(26, 9))
    assert [row.person for row in rows] == [CEM]
    said = await bot.hear(CEM, "erledigt", room_id=rows[0].room_id or "")
    assert "A1 · Glasfaser: erledigt" in said


async def test_the_stand_in_is_told_instead_of_who_is_away_and_may_answer(bot: Bot) -> None:
    await bot.say(ANNA, f"!aufgabe neu Glasfaser\nVerantwortlich: {CEM}\nFrist: 27.11.2026 12:00")
    await bot.say(CEM, "!abwesend von 25.11. bis 30.11.")
    rows = await at(bot, local(26, 9))
    assert [row.person for row in rows] == [DORA]
    assert "für @cem:example.org, zurzeit abwesend" in plain(rows[0])
    assert "A1 · Glasfaser: in Arbeit" in await bot.hear(DORA, "in Arbeit", room_id=rows[0].room_id or "")


async def test_who_has_nobody_to_stand_in_is_left_in_peace(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 27.11.2026 12:00")
    await bot.say(BEN, "!abwesend von 25.11. bis 30.11.")
    assert await at(bot, local(26, 9)) == []


async def test_nine_is_that_of_the_network_s_zone(bot: Bot) -> None:
    def move(session: Session) -> None:
        session.get_one(Network, 1).zone = "Europe/London"

    await bot.database.run(move)
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 27.11.2026 12:00")
    assert await at(bot, local(26, 9)) == []
    assert len(await at(bot, local(26, 10))) == 1


async def test_the_answer_names_the_task_where_there_are_several(bot: Bot) -> None:
    for title in ("Satzung", "Vorlage"):
        await bot.say(BEN, f"!aufgabe neu {title}\nFrist: 27.11.2026 12:00")
    rows = await at(bot, local(26, 9))
    chat = rows[0].room_id or ""
    assert "A2 · Vorlage: erledigt" in await bot.hear(BEN, "A2 erledigt", room_id=chat)
    assert "A1 · Satzung: in Arbeit" in await bot.hear(BEN, "in Arbeit", room_id=chat)  # the only one left
    await bot.say(BEN, "!aufgabe neu Noch eine\nFrist: 27.11.2026 18:00")
    rows = await at(bot, local(30, 9))
    assert "A1 · Satzung: entfällt" in await bot.hear(BEN, "A1 entfällt: doppelt", room_id=chat)


async def test_the_tick_costs_one_question_while_nothing_is_due(bot: Bot) -> None:
    """And that one is answered from an index."""

    def asked(session: Session) -> str:
        heard: list[tuple[str, Any]] = []

        def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
            heard.append((statement, parameters))

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        assert list(job.due(Scope(session, bot.now, bot.house))) == []
        event.remove(connection, "before_cursor_execute", note)
        assert len(heard) == 1
        if connection.dialect.name == "sqlite":
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {heard[0][0]}", heard[0][1]).all())
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # which it prefers for twenty rows
        return str(connection.exec_driver_sql(f"EXPLAIN {heard[0][0]}", heard[0][1]).all())

    for title in range(20):
        await bot.say(BEN, f"!aufgabe neu {title}\nFrist: 27.11.2026 12:00")
    plan = await bot.database.run(asked)
    assert "ix_task_remind_at" in plan
    assert "SCAN task" not in plan
    assert "Seq Scan" not in plan
    assert len(await bot.database.run(lambda session: tasks.due_moments(session, local(26, 9)))) == 1
