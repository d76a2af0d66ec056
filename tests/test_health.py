"""The bot says when it is degraded and when it is well again: each once, whatever dies in between."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update

from bot.domain.health import Trouble
from bot.store import backlog, incidents, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow
from bot.vitals import Vitals
from schedules import health
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, Bot, plain
from tests.store.rows import row

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LONG_AGO = START - timedelta(days=1)


def started(database: Database, room_id: str | None = None, bot: Bot | None = None) -> tuple[Bot, Vitals]:
    """A process begins, after that of `bot` if there was one."""
    now = bot.now if bot else START
    vitals = Vitals(now if bot else LONG_AGO)
    return Bot(database, jobs=[health.job(vitals, database.folder, room_id)], now=now), vitals


async def after(bot: Bot, time: timedelta) -> list[Row]:
    bot.now += time
    return await bot.tick()


def stuck(database: Database, *keys: str, **more: Any) -> None:
    """Posts that wait, as of `START`."""
    database.run_now(lambda s: s.add_all([row(key, **more) for key in keys]))


def settled(database: Database) -> None:
    """What waits is sent."""
    waits = update(OutboxRow).where(col(OutboxRow.state) == "waiting")
    database.run_now(lambda s: s.exec(waits.values(state="sent")))


def record(database: Database, trouble: Trouble) -> Any:
    return database.run_now(lambda s: incidents.latest(s, trouble))


async def test_who_is_told_of_late_posts_learns_how_long_it_takes(database: Database) -> None:
    """As with a digest to many rooms, which nobody has asked for just now."""
    vitals = Vitals(LONG_AGO)
    bot = Bot(database, house=replace(HOUSE, throughput=vitals.throughput), jobs=[health.job(vitals)])
    await bot.enter()
    stuck(database, "eins")
    for _ in range(11_000):
        vitals.throughput.came()
    vitals.throughput.refused(5.0)
    (told,) = await after(bot, 5 * MINUTE)
    assert "bei dem Tempo, das der Homeserver zulässt, dauert das etwa 15 Stunden." in plain(told)


async def test_late_posts_are_told_once_and_once_more_when_they_are_out(database: Database) -> None:
    bot, _ = started(database)
    await bot.enter()
    stuck(database, "eins", "zwei")
    assert await after(bot, 4 * MINUTE) == []
    (told,) = await after(bot, MINUTE)
    assert told.person == ANNA
    assert plain(told).startswith(
        "Störung · Nachrichten von mir kommen verspätet, seit Freitag, 20. November 2026, 09:00"
    )
    assert "2 warten" in plain(told)
    assert "Verloren geht nichts" in plain(told)
    assert await after(bot, HOUR) == []
    bot, _ = started(database, bot=bot)  # as after a kill
    assert await after(bot, MINUTE) == []
    assert await after(bot, HOUR) == []
    settled(database)
    assert await after(bot, MINUTE) == []
    bot, _ = started(database, bot=bot)
    assert await after(bot, MINUTE) == []
    (told,) = await after(bot, MINUTE)
    assert plain(told).startswith("Wieder in Ordnung · Was sich bei mir gestaut hatte (von Freitag")
    assert "bis Freitag, 20. November 2026, 11:07 Uhr" in plain(told)
    assert await after(bot, HOUR) == []


async def test_what_goes_to_and_fro_is_one_trouble(database: Database) -> None:
    bot, _ = started(database)
    await bot.enter()
    stuck(database, "eins")
    assert len(await after(bot, 5 * MINUTE)) == 1
    for number in range(5):
        settled(database)
        assert await after(bot, MINUTE) == []
        stuck(database, f"noch {number}")
        assert await after(bot, MINUTE) == []
    settled(database)
    assert await after(bot, MINUTE) == []
    assert len(await after(bot, 2 * MINUTE)) == 1
    assert record(database, Trouble.UNSENT).id == 1


@pytest.mark.parametrize(
    "more",
    [
        {"action": "mail"},
        {"action": "invite"},
        {"room_id": None, "person": "@far:other.example"},
        {"state": "held"},
    ],
)
async def test_what_waits_for_others_is_no_trouble_of_ours(database: Database, more: dict[str, Any]) -> None:
    bot, _ = started(database)
    stuck(database, "eins", **more)
    assert await after(bot, 2 * HOUR) == []
    stuck(database, "zwei", room_id=None, person=BEN)
    assert len(await after(bot, MINUTE)) == 1


async def test_it_is_told_in_the_room_for_that_in_its_language(database: Database) -> None:
    bot, _ = started(database, ROOM)
    await bot.enter()
    room = await database.run(lambda s: rooms.find(s, ROOM))
    assert room is not None
    room.language = "en"
    await database.run(lambda s: rooms.save(s, room))
    stuck(database, "eins")
    (told,) = await after(bot, 6 * MINUTE)
    assert (told.room_id, told.person) == (ROOM, None)
    assert plain(told).startswith(
        "Trouble · My messages are late, since Friday, 20 November 2026, 09:00; one is waiting."
    )


async def test_a_room_that_we_are_not_in_is_no_excuse(database: Database) -> None:
    bot, _ = started(database, "!elsewhere:example.org")
    stuck(database, "eins")
    (told,) = await after(bot, 6 * MINUTE)
    assert told.person == ANNA


async def test_that_the_homeserver_was_away_is_told_by_the_next_process_too(database: Database) -> None:
    bot, vitals = started(database)
    await bot.enter()
    bot.settled = False  # nobody can know what people did
    vitals.sync_failed(START)
    stuck(database, "eins")
    for _ in range(12):
        assert await after(bot, MINUTE) == []
    assert record(database, Trouble.HOMESERVER).began_at == START
    bot, _ = started(database, bot=bot)  # killed, and back when the homeserver is
    assert await after(bot, MINUTE) == []
    settled(database)
    (told,) = await after(bot, 2 * MINUTE)
    assert plain(told).startswith("Wieder in Ordnung · Mein Homeserver war für mich nicht erreichbar, von Freitag")
    assert "09:00 Uhr bis Freitag, 20. November 2026, 09:12 Uhr" in plain(told)
    assert "Stimmen zählen nach ihrer Sendezeit" in plain(told)
    assert await after(bot, HOUR) == []


async def test_an_outage_before_the_first_look_is_told_a_short_one_is_not(database: Database) -> None:
    bot, vitals = started(database)
    vitals.sync_failed(START - 10 * MINUTE)
    vitals.synced(START, None)
    vitals.sync_failed(START + SECOND)  # a blip after it hides nothing
    vitals.synced(START + 2 * SECOND, None)
    bot.now = START + 3 * SECOND
    assert await bot.tick() == []
    vitals.sync_failed(START + 10 * MINUTE)
    vitals.synced(START + 13 * MINUTE, None)
    (told,) = await after(bot, 20 * MINUTE)
    assert "08:50 Uhr bis Freitag, 20. November 2026, 09:00 Uhr" in plain(told)
    assert await after(bot, HOUR) == []


async def test_that_nothing_could_be_stored_is_told_when_it_can(database: Database) -> None:
    bot, vitals = started(database)
    vitals.database.silent(START)
    vitals.database.answered(START + 59 * SECOND)
    assert await after(bot, 5 * MINUTE) == []
    vitals.database.silent(bot.now)
    vitals.database.answered(bot.now + 3 * MINUTE)
    assert await after(bot, 4 * MINUTE) == []
    bot, _ = started(database, bot=bot)
    (told,) = await after(bot, 2 * MINUTE)
    assert plain(told).startswith("Wieder in Ordnung · Ich konnte nichts speichern, von Freitag")
    assert "09:05 Uhr bis Freitag, 20. November 2026, 09:08 Uhr" in plain(told)


def disks(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: (100 * 10**9, 0, free))


@pytest.mark.sqlite_only("a server's disk is not ours to watch")
async def test_clock_and_disk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bot, vitals = started(database)
    disks(monkeypatch, 2 * 10**9)
    for _ in range(5):
        vitals.synced(START, START - 95 * SECOND)
    (told,) = await after(bot, MINUTE)
    assert "Meine Uhr geht gegenüber der des Homeservers 95 Sekunden vor." in plain(told)
    vitals.synced(START, START - SECOND)
    disks(monkeypatch, 312_400_000)
    (told,) = await after(bot, MINUTE)
    assert "fast voll: 312 MB sind noch frei" in plain(told)
    (told,) = await after(bot, 3 * MINUTE)
    assert "stimmen wieder überein" in plain(told)
    disks(monkeypatch, 2 * 10**9)
    assert await after(bot, MINUTE) == []
    (told,) = await after(bot, 3 * MINUTE)
    assert "ist wieder Platz" in plain(told)


async def test_a_disk_that_cannot_be_asked_stops_nothing(database: Database) -> None:
    bot = Bot(database, jobs=[health.job(Vitals(LONG_AGO), Path("/nowhere/at/all"))])
    stuck(database, "eins")
    assert len(await after(bot, 6 * MINUTE)) == 1


async def test_parked_posts_are_told_of_together_once_an_hour_at_most(database: Database) -> None:
    bot, _ = started(database)
    await bot.enter()
    room = await database.run(lambda s: rooms.find(s, ROOM))
    assert room is not None
    room.name = "Digitales"
    await database.run(lambda s: rooms.save(s, room))
    bot.refuses["send"] = "413 M_TOO_LARGE"
    for number in range(3):
        await bot.say(BEN, f"!idee {number}")
    bot.refuses = {"pin": "403", "mail": "550"}
    assert await bot.tick() == []
    bot.refuses = {"send": "413 M_TOO_LARGE"}
    (told,) = await after(bot, 2 * MINUTE)  # and this one is parked as well
    assert plain(told).startswith(
        "Störung · 3 Nachrichten von mir konnten nicht zugestellt werden, und zwar für „Digitales“."
    )
    assert "zwischenstand outbox" in plain(told)
    await bot.say(BEN, "!idee noch eine")
    bot.refuses = {}
    bot, _ = started(database, bot=bot)
    assert await after(bot, 50 * MINUTE) == []
    (told,) = await after(bot, 11 * MINUTE)
    assert "Eine Nachricht von mir konnte nicht zugestellt werden" in plain(told)
    assert await after(bot, 2 * HOUR) == []


async def test_rooms_are_named_to_their_own_network_alone(database: Database) -> None:
    """A coordinator of another network learns how many posts are parked, and not where."""
    house = replace(HOUSE, coordinators=(ANNA, CEM))
    bot = Bot(database, house=house, jobs=[health.job(Vitals(LONG_AGO), None)])
    await bot.enter()
    room = await database.run(lambda s: rooms.find(s, ROOM))
    assert room is not None
    room.name = "Digitales"
    await database.run(lambda s: rooms.save(s, room))
    bot.refuses = {"send": "413"}
    await bot.say(BEN, "!idee eins")
    bot.refuses = {}
    told = {row.person: plain(row) for row in await after(bot, 2 * MINUTE)}
    assert told.keys() == {ANNA, CEM}
    assert "„Digitales“" in told[ANNA]
    assert "Digitales" not in told[CEM]
    assert "Eine Nachricht von mir konnte nicht zugestellt werden." in told[CEM]


async def test_only_writing_shows_that_the_database_is_back(database: Database, tmp_path: Path) -> None:
    """A full disk can be read: who reads from it must not think that all is well."""
    vitals = Vitals(START)
    full = Database(f"sqlite:///{tmp_path}/full.db", vitals=vitals)
    full.migrate()
    full.run_now(lambda s: s.connection().exec_driver_sql("PRAGMA max_page_count=1"))  # no further page
    with pytest.raises(Exception, match="full"):
        await full.run(lambda s: s.add_all([row(str(number), content="x" * 4000) for number in range(20)]))
    assert vitals.database.silent_since is not None
    await full.run(backlog.counts)
    assert vitals.database.silent_since is not None
    full.run_now(lambda s: s.connection().exec_driver_sql("PRAGMA max_page_count=1000000"))
    await full.run(lambda s: s.add(row("eins")))
    assert vitals.database.silent_since is None
    assert sum(vitals.transactions.counts) == 3
    full.close()


async def test_after_a_failure_something_is_written_to_see_whether_it_is_back(database: Database) -> None:
    """Where people are silent and the homeserver is away, nothing else would."""
    vitals = Vitals(START)
    bot = Bot(database, jobs=[health.job(vitals)])
    due = bot.clock._due  # what is due, without running it
    assert await database.run(lambda s: due(s, START)) == []
    vitals.database.silent(START)
    probes = await database.run(lambda s: due(s, START + 20 * SECOND))
    assert [occurrence.schedule for _, occurrence in probes] == ["health database"]
