"""`!hilfe` begins with what can be tapped, for those from a small municipality."""

import pytest

from bot.store.database import Database
from bot.store.tables import Person
from tests.fakes import ANNA, BEN, CEM, Bot

TAP = "Antippen"


@pytest.mark.parametrize(
    ("fields", "small"),
    [
        ("Ebene: Gemeinde\nEinwohner: 4200", True),
        ("Ebene: Stadt\nEinwohner: 9999", True),
        ("Einwohner: 9999", True),
        ("Ebene: Stadt\nEinwohner: 10000", False),
        ("Ebene: Gemeinde", False),
        ("Ebene: Hochschule\nEinwohner: 900", False),
    ],
)
async def test_for_whom(fields: str, small: bool, database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!organisation neu Ahornfeld\n{fields}\nMandat: {BEN}")
    said = await bot.hear(BEN, "!hilfe")
    assert (TAP in said) is small
    assert "!status" in said
    assert TAP not in await bot.hear(CEM, "!hilfe")


async def test_what_it_says(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!organisation neu Ahornfeld\nEbene: Gemeinde\nEinwohner: 4200\nMandat: {BEN}")
    first = (await bot.hear(BEN, "!hilfe")).partition("Das können Sie hier tun")[0]
    for sign in ("Ja, Nein oder Enthaltung", "👍", "👎", "✅", "„ja“", "!folgen"):
        assert sign in first
    assert len(first.splitlines()) < 8
    await bot.say(ANNA, "!sprache en")
    assert "A tap is mostly enough" in await bot.hear(BEN, "!help")


async def test_guests_neither_vote_nor_follow(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!organisation neu Ahornfeld\nEbene: Gemeinde\nEinwohner: 4200")
    belongs = Person(network_id=1, person=CEM, organisation_id=1, added_by=ANNA, added_at=bot.now)
    await database.run(lambda session: session.add(belongs))
    assert TAP in await bot.hear(CEM, "!hilfe")  # belonging is enough
    await bot.say(ANNA, f"!rolle {CEM} Gast")
    assert TAP not in await bot.hear(CEM, "!hilfe")
