"""Synergies: answers as people type them, whose reason is told, who is told no more, and what it costs."""

import re
from datetime import timedelta

from bot.events import Members
from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot, plain
from tests.statements import statements
from tests.test_synergies import AKTE, BENCH, DMS, direct, rows, two_alike


async def test_a_proposal_is_answered_with_its_key_too(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    assert "Notiert zu S1" in await bot.hear(BEN, "S1 ja", **direct(BEN))
    assert "sind jetzt verbunden" in plain((await bot.say(CEM, "!synergie ja, S1"))[0])


async def test_a_key_inside_a_reason_names_nothing_else(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    assert "Verworfen: S1" in await bot.hear(BEN, "!synergie S1 nein weil S7 schon läuft")
    assert "weil S7 schon läuft" in await bot.hear(BEN, "!synergie S1")


async def test_a_key_behind_the_answer_is_the_one_that_is_meant(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    assert "„S9“ gibt es hier nicht" in await bot.hear(BEN, "!synergie ja S9")
    assert [row.first_said for row in await rows(bot)] == [None]


async def test_a_reason_for_it_is_not_told_as_one_against_it(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(BEN, "!synergie S1 ja weil wir dasselbe brauchen")
    _, parted = await bot.say(CEM, "!synergie S1 nein")
    assert parted.person == BEN
    assert "dasselbe brauchen" not in plain(parted)
    await bot.say(CEM, "!synergie S1 ja")
    assert "Begründung" not in await bot.hear(BEN, "!synergie S1")


async def test_a_reason_stays_while_it_speaks_for_the_same(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(BEN, "!synergie S1 ja weil wir dasselbe brauchen")
    await bot.say(CEM, "!synergie S1 ja")
    assert "dasselbe brauchen" in await bot.hear(BEN, "!synergie S1")


async def test_who_has_left_the_network_is_told_nothing_of_a_link(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    answer, *more = await bot.say(ANNA, "!synergie S1 ja")
    assert "sind jetzt verbunden" in plain(answer)
    assert CEM not in {row.person for row in more}
    assert CEM not in more[-1].content.split("m.mentions")[1]


async def test_where_nobody_is_responsible_nobody_is_called_to_talk(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    for key in ("eAkte", "DMS-Neu"):
        await bot.say(ANNA, f"!projekt {key}\nVerantwortlich: -")
    came = await bot.say(ANNA, "!synergie S1 ja")
    assert ["sind jetzt verbunden" in plain(row) for row in came] == [True]


async def test_a_coordinator_answers_beside_their_own_for_a_project_of_nobody(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(ANNA, f"!projekt eAkte\nVerantwortlich: {ANNA}")
    await bot.say(ANNA, "!projekt DMS-Neu\nVerantwortlich: -")
    assert "sind jetzt verbunden" in plain((await bot.say(ANNA, "!synergie S1 ja"))[0])


async def test_a_search_at_once_tells_nobody_a_second_time_on_one_day(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    for number in range(5):
        await bot.say(ANNA, f"!projekt neu DMS{number}\n{DMS}\nVerantwortlich: {CEM}")
    told = [row.person for _ in range(3) for row in (await bot.say(ANNA, "!synergien suchen"))[1:]]
    assert sorted(told, key=str) == [BEN, CEM]
    bot.now += timedelta(days=3)
    later = [row for row in await bot.tick() if (row.key or "").startswith("synergy/")]
    assert sorted(row.person or "" for row in later) == [BEN, CEM]
    assert len(re.findall(r"S\d+:", plain(later[0]))) == 2


async def test_after_a_clock_that_was_ahead_what_changes_is_searched(database: Database) -> None:
    bot = Bot(database)
    bot.now += timedelta(days=1)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!projekt neu Bänke\n{BENCH}\nVerantwortlich: {BEN}")
    bot.now += timedelta(minutes=16)
    await bot.tick()
    bot.now = START + timedelta(minutes=1)
    await bot.tick()
    await bot.say(ANNA, f"!projekt neu DMS-Neu\n{DMS}\nVerantwortlich: {CEM}")
    bot.now += timedelta(minutes=16)
    await bot.tick()
    assert len(await rows(bot)) == 1


async def test_whether_an_owner_belongs_is_asked_once_however_many_pairs(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    for number in range(12):
        key, words, owner = (f"Akte{number}", AKTE, BEN) if number % 2 else (f"DMS{number}", DMS, CEM)
        await bot.say(ANNA, f"!projekt neu {key}\n{words}\nVerantwortlich: {owner}")
    bot.now += timedelta(minutes=16)
    await bot.tick()
    bot.now += timedelta(days=3)
    with statements() as asked:
        await bot.tick()
    assert len([each for each in asked if "room_member" in each.lower()]) <= 30
