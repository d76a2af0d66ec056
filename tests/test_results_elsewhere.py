"""Results for a meeting of another room: a group's own are its own, an overview meeting's come from all groups."""

from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, Bot, plain

OVERVIEW, TRAFFIC, ENERGY = "!alle:example.org", "!verkehr:example.org", "!energie:example.org"


async def groups_and_meetings(database: Database) -> Bot:
    """Ben moderates Verkehr, Cem Energie; T1 is everybody's, T2 that of Verkehr."""
    bot = Bot(database)
    for room in (OVERVIEW, TRAFFIC, ENERGY):
        await bot.enter(room, ANNA, BEN, CEM)
    for room, name, moderator in ((TRAFFIC, "Verkehr", BEN), (ENERGY, "Energie", CEM)):
        await bot.say(ANNA, f"!gruppe neu {name}\nRaum: hier", room_id=room)
        await bot.say(ANNA, f"!rolle {moderator} Moderation", room_id=room)
    for room in (OVERVIEW, TRAFFIC):
        await bot.say(ANNA, "!treffen neu Workshop\nBeginn: 3.12. 10:00", room_id=room)
    return bot


async def said(bot: Bot, person: str, words: str, room_id: str) -> str:
    """The answer; what else happens to the group's overview does not matter here."""
    return plain((await bot.say(person, words, room_id=room_id))[0])


async def test_a_group_captures_what_it_brings_to_everybodys_meeting(database: Database) -> None:
    bot = await groups_and_meetings(database)
    assert "zu T1" in await said(bot, CEM, "!ergebnis T1 Leitsatz: Wir sparen Strom.", ENERGY)


async def test_nobody_adds_to_the_meeting_of_a_group_that_others_moderate(database: Database) -> None:
    bot = await groups_and_meetings(database)
    refusal = await said(bot, CEM, "!ergebnis T2 Leitsatz: Wir sparen Strom.", ENERGY)
    assert "Rolle Moderation" in refusal
    assert BEN in refusal, "who leads there"
    assert "noch kein Ergebnis" in await said(bot, BEN, "!treffen T2 ergebnisse", TRAFFIC)
    assert "zu T2" in await said(bot, BEN, "!ergebnis T2 Leitsatz: Wir fahren Rad.", TRAFFIC)
    await said(bot, CEM, "!ergebnis Leitsatz: Wir sparen Strom.", ENERGY)
    assert "Rolle Moderation" in await said(bot, CEM, "!ergebnis E2 Treffen: T2", ENERGY)
    assert "zu T2" in await said(bot, ANNA, "!ergebnis E2 Treffen: T2", ENERGY)
