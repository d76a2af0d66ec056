"""The clock: what is due happens once, whoever looks; nothing happens before what came in was handled."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.context import Scope
from bot.domain.recurring import MONDAY_MORNING, Weekly
from bot.effects import Effect, Say
from bot.errors import StoreDown
from bot.job import Due, Job
from bot.store.database import Database
from bot.texts import text
from tests.fakes import HOUSE, ROOM, START, Bot, plain

AT = START + timedelta(minutes=5)


def said(key: str) -> tuple[Effect, ...]:
    return (Say(room_id=ROOM, key=key, text=text("inbox.field_twice", name=key)),)


def job(name: str, run: Callable[[Due, Scope], tuple[Effect, ...]] | None = None, *times: datetime) -> Job:
    """A job that is due at these times until it was done (it asks nobody whether it was)."""

    def due(scope: Scope) -> Iterable[Due]:
        return [Due(name, at, name) for at in times or (AT,) if at <= scope.now]

    return Job(name, due, run or (lambda due, scope: said(f"{due.schedule} {due.at.isoformat()}")))


async def test_what_is_due_happens_once(database: Database) -> None:
    bot = Bot(database, jobs=[job("eins")])
    assert await bot.clock.tick() == 0
    bot.now = AT
    assert await bot.clock.tick() == 1
    assert await bot.clock.tick() == 0
    bot.now += timedelta(days=1)
    assert await bot.clock.tick() == 0
    assert len(await bot.tick()) == 1


async def test_two_clocks_on_one_database_do_it_once(database: Database) -> None:
    bots = [Bot(database, jobs=[job("eins")], now=AT) for _ in range(2)]
    assert [await bot.clock.tick() for bot in bots] == [1, 0]
    assert [len(await bot.tick()) for bot in bots] == [1, 0]


async def test_missed_times_are_caught_up_in_their_order(database: Database) -> None:
    times = [AT + timedelta(minutes=minute) for minute in range(3)]
    bot = Bot(database, jobs=[job("eins", None, *times)], now=AT + timedelta(hours=1))
    rows = await bot.tick()
    assert [row.key for row in rows] == [f"eins {at.isoformat()}" for at in times]


async def test_nothing_happens_before_what_came_in_is_handled(database: Database) -> None:
    bot = Bot(database, jobs=[job("eins")], now=AT)
    bot.settled = False
    assert await bot.clock.tick() == 0
    bot.settled = True
    assert await bot.clock.tick() == 1


async def test_what_came_in_after_the_latest_due_time_holds_nothing_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = AT + timedelta(minutes=3)
    bot = Bot(database, jobs=[job("eins", None, AT, later)], now=AT + timedelta(hours=1))
    asked: list[datetime] = []

    async def settled(until: datetime) -> bool:
        asked.append(until)
        return until <= later

    monkeypatch.setattr(bot.clock, "_settled", settled)
    assert await bot.clock.tick() == 2
    assert asked == [later]


async def test_what_is_nobody_elses_business_does_not_wait(database: Database) -> None:
    alone = replace(job("allein"), waits=False)
    bot = Bot(database, jobs=[job("eins"), alone], now=AT)
    bot.settled = False
    assert [row.key for row in await bot.tick()] == [f"allein {AT.isoformat()}"]
    bot.settled = True
    assert [row.key for row in await bot.tick()] == [f"eins {AT.isoformat()}"]


async def test_where_nothing_depends_on_people_nobody_is_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot(database, jobs=[replace(job("allein"), waits=False)], now=AT)
    monkeypatch.setattr(bot.clock, "_settled", None)
    assert await bot.clock.tick() == 1


async def test_a_failing_job_is_tried_again_and_stops_no_other(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    broken = True

    def run(due: Due, scope: Scope) -> tuple[Effect, ...]:
        if broken:
            raise ZeroDivisionError("broken")
        return said("endlich")

    bot = Bot(database, jobs=[job("kaputt", run), job("heil")], now=AT)
    assert [plain(row) for row in await bot.tick()] == [plain_of(f"heil {AT.isoformat()}")]
    assert "kaputt" in caplog.text
    caplog.clear()
    bot.now += timedelta(seconds=30)
    assert await bot.clock.tick() == 0, "not at once again"
    assert not caplog.records
    broken = False
    bot.now += timedelta(seconds=31)
    assert [plain(row) for row in await bot.tick()] == [plain_of("endlich")]


async def test_a_job_that_cannot_say_what_is_due_stops_no_other(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def due(_scope: Scope) -> Iterable[Due]:
        yield Due("erst", AT, "erst")
        raise ZeroDivisionError("broken")

    bot = Bot(database, jobs=[Job("kaputt", due, lambda due, _: said(due.schedule)), job("heil")], now=AT)
    assert [plain(row) for row in await bot.tick()] == [plain_of("erst"), plain_of(f"heil {AT.isoformat()}")]
    assert "kaputt" in caplog.text
    caplog.clear()
    bot.now += timedelta(seconds=30)
    assert await bot.clock.tick() == 0
    assert not caplog.records, "not said every second"
    bot.now += timedelta(seconds=31)
    assert await bot.clock.tick() == 0
    assert "kaputt" in caplog.text


async def test_a_database_that_fails_as_is_asked_what_is_due_is_no_mistake_of_a_job(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def due(_scope: Scope) -> Iterable[Due]:
        raise StoreDown("locked")

    bot = Bot(database, jobs=[Job("eins", due, lambda due, _: ())], now=AT)
    assert await bot.clock.tick() == 0
    assert "the clock waits" in caplog.text


async def test_what_a_failing_job_had_done_is_undone(database: Database) -> None:
    def run(due: Due, scope: Scope) -> tuple[Effect, ...]:
        return (*said("erst"), Say(room_id=ROOM, key="dann", text=text("inbox.no_such_text")))

    bot = Bot(database, jobs=[job("halb", run)], now=AT)
    assert await bot.tick() == []
    again = Bot(database, jobs=[job("halb", lambda due, scope: said("erst"))], now=AT + timedelta(minutes=2))
    assert [row.key for row in await again.tick()] == ["erst"]


def plain_of(key: str) -> str:
    return f"Die Angabe „{key}“ steht zweimal da. Welche soll gelten? Bitte schreiben Sie den Befehl noch einmal."


def test_monday_eight_o_clock_is_local_across_the_changes_of_the_clock() -> None:
    """Every Monday of five years comes exactly once, at 8:00 on the clocks of Berlin."""
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    found: list[datetime] = []
    while now.year < 2031:
        latest = MONDAY_MORNING.latest(now, HOUSE.zone)
        if not found or found[-1] != latest:
            found.append(latest)
        now += timedelta(hours=7)
    local = [at.astimezone(HOUSE.zone) for at in found]
    assert {(at.weekday(), at.time()) for at in local} == {(0, time(8))}
    first = date(2026, 1, 5)
    assert [at.date() for at in local] == [first + timedelta(weeks=week) for week in range(len(local))]
    assert len(local) == 5 * 52 + 1
    assert {at.hour for at in found} == {6, 7}, "summer and winter"


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_latest_is_never_ahead(second: int) -> None:
    eight = datetime(2026, 11, 23, 7, tzinfo=UTC)
    latest = MONDAY_MORNING.latest(eight + timedelta(seconds=second), HOUSE.zone)
    assert latest == (eight if second >= 0 else eight - timedelta(days=7))


def test_a_time_that_the_clocks_skip_still_comes_once_a_week() -> None:
    """2:30 on a Sunday does not exist on the last Sunday in March."""
    skipped = Weekly(weekday=6, at=time(2, 30))
    now, found = datetime(2026, 3, 20, tzinfo=UTC), set()
    while now < datetime(2026, 4, 13, tzinfo=UTC):
        found.add(skipped.latest(now, HOUSE.zone))
        now += timedelta(minutes=30)
    assert len(found) == 5
