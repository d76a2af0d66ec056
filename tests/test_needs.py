"""Needs and gaps in the chat: what blocks several projects at once."""

from datetime import timedelta

from bot.store import needs
from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, Bot
from tests.neighbours import chat

KEYS = ("eAkte", "Portal", "Radweg")


async def reporting(database: Database) -> Bot:
    bot = Bot(database)
    await bot.enter()
    for key in KEYS:
        await bot.say(ANNA, f"!projekt neu {key}\nVerantwortlich: {BEN}")
    await bot.say(BEN, "!status eAkte gelb Hindernis: Uns fehlt Personal in der IT. Nächster Schritt: Pilot")
    await bot.say(BEN, "!status Portal rot Bedarf: zwei unbesetzte Stellen")
    await bot.say(BEN, "!status Radweg grün Bedarf: neue Schilder")
    return bot


async def test_the_coordinator_sees_what_several_projects_name(database: Database) -> None:
    bot = await reporting(database)
    seen = await bot.hear(ANNA, "!synergien hindernisse")
    assert "(2 Projekte)" in seen
    assert "Uns fehlt Personal in der IT" in seen
    assert "zwei unbesetzte Stellen" in seen
    assert "Radweg" not in seen
    assert "Pilot" not in seen
    assert "Ein Hindernis hält mehrere Projekte auf" in await bot.hear(ANNA, "!synergien")
    assert "Ein Hindernis" not in await bot.hear(CEM, "!synergien")


async def test_a_later_update_without_it_settles_it_and_a_mere_light_does_not(database: Database) -> None:
    bot = await reporting(database)
    await bot.say(BEN, "!status Portal grün")
    assert "(2 Projekte)" in await bot.hear(ANNA, "!synergien bedarf")
    await bot.say(BEN, "!status Portal grün Stellen sind besetzt")
    assert "keine zwei Projekte" in await bot.hear(ANNA, "!synergies needs")


async def test_archived_projects_do_not_count(database: Database) -> None:
    bot = await reporting(database)
    await bot.say(ANNA, "!projekt Portal archivieren")
    assert "keine zwei Projekte" in await bot.hear(ANNA, "!synergien hindernisse")


async def test_one_project_that_names_a_thing_twice_is_one(database: Database) -> None:
    bot = await reporting(database)
    await bot.say(BEN, "!status Portal grün läuft")
    await bot.say(BEN, "!status eAkte gelb Hindernis: Personal fehlt. Bedarf: mehr Personal")
    assert "keine zwei Projekte" in await bot.hear(ANNA, "!synergien hindernisse")


async def test_the_coordinators_digest_has_it_and_the_rooms_has_not(database: Database) -> None:
    bot = await reporting(database)
    bot.now += timedelta(hours=1)
    seen = await bot.hear(ANNA, "bericht vorschau", room_id=await chat(bot, ANNA))
    assert "Hält mehrere Projekte auf" in seen
    assert "Hält mehrere Projekte auf" not in await bot.hear(ANNA, "!bericht vorschau")


async def test_it_is_one_question_however_many_projects(database: Database) -> None:
    bot = await reporting(database)
    found = await bot.database.run(lambda session: [project.key for project, _ in needs.latest(session, 1)])
    assert found == list(KEYS)
