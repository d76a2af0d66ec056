"""What a digest tells is told once, however long the clock takes and whatever is put back in time."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.context import Scope
from bot.store import Session, rooms
from bot.store.database import Database
from schedules import digests as schedule
from tests.fakes import ANNA, BEN, HOUSE, ROOM, Bot
from tests.test_digest_plans import told

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
async def bot(database: Database) -> Bot:
    made = Bot(database, jobs=(schedule.JOB,), now=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    await made.enter()
    made.now += timedelta(minutes=1)
    return made


async def test_what_comes_while_digests_are_written_is_told_once(bot: Bot) -> None:
    """A tick with 400 digests takes a while: what is said meanwhile is later than the tick, and told the next time."""
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}")
    await bot.say(ANNA, "!idee Mehr Bänke")
    bot.now = MONDAY + timedelta(seconds=5)
    await bot.say(BEN, "!status eAkte rot Vergabe gestoppt")
    await bot.say(BEN, "!idee Ein Fahrradkeller")
    bot.now = MONDAY
    first = told(await bot.tick())[ROOM]
    bot.now = MONDAY + WEEK
    second = told(await bot.tick())[ROOM]
    assert [said.count("Vergabe gestoppt") for said in (first, second)] == [0, 1]
    assert [said.count("Fahrradkeller") for said in (first, second)] == [0, 1]


async def test_what_was_posted_is_not_due_again_when_a_merger_puts_the_last_one_back(bot: Bot) -> None:
    """The period begins earlier then (`store.groups.move_work`); the clock would try the same one every second."""
    await bot.say(ANNA, "!idee Mehr Bänke")
    bot.now = MONDAY
    assert ROOM in told(await bot.tick())

    def put_back(session: Session) -> list[str]:
        room = rooms.find(session, ROOM)
        assert room is not None
        room.last_digest_at = MONDAY - WEEK
        session.flush()
        return [due.schedule for due in schedule.due(Scope(session, MONDAY + timedelta(hours=1), HOUSE))]

    assert await bot.database.run(put_back) == []


async def test_what_is_said_after_a_clock_that_was_ahead_is_told(bot: Bot) -> None:
    """Put ahead, the clock writes the next digest; put right again, what comes is later than that all the same."""
    await bot.say(ANNA, "!idee Mehr Bänke")
    right, bot.now = bot.now, MONDAY
    assert "Mehr Bänke" in told(await bot.tick())[ROOM]
    bot.now = right + timedelta(hours=1)
    assert ROOM not in told(await bot.tick())
    await bot.say(ANNA, "!idee Ein Fahrradkeller")
    bot.now = MONDAY + WEEK
    said = told(await bot.tick())[ROOM]
    assert ("Fahrradkeller" in said, "Mehr Bänke" in said) == (True, False)


async def test_the_same_where_the_clock_was_put_right_while_the_bot_was_off(bot: Bot) -> None:
    await bot.say(ANNA, "!idee Mehr Bänke")
    right, bot.now = bot.now, MONDAY
    assert ROOM in told(await bot.tick())
    bot.now = right + timedelta(hours=1)
    await Bot(bot.database, jobs=(schedule.JOB,), now=bot.now).clock.begin()
    bot.now += timedelta(seconds=1)
    await bot.say(ANNA, "!idee Ein Fahrradkeller")
    bot.now = MONDAY + WEEK
    said = told(await bot.tick())[ROOM]
    assert ("Fahrradkeller" in said, "Mehr Bänke" in said) == (True, False)
