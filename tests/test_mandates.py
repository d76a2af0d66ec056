"""Who speaks for an organisation: ended, replaced, withdrawn before it began; and an organisation's name."""

import pytest

from bot.events import Members
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain

EVE = "@eve:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Ben speaks for Lindenstadt."""
    bot = Bot(database, house=HOUSE)
    await bot.enter()
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}\nE-Mail: rathaus@lindenstadt.example")
    return bot


@pytest.mark.parametrize("words", ["keine", "niemand", "-", "leer", "none", "nobody"])
async def test_a_coordinator_ends_a_mandate(bot: Bot, words: str) -> None:
    assert "Noch niemand hat ein Mandat" in await bot.hear(ANNA, f"!organisation Lindenstadt\nMandat: {words}")
    assert "kein Mandat" in await bot.hear(BEN, "!vertretung")
    assert "Mandat: @ben:example.org" in await bot.hear(ANNA, f"!organisation neu Ahornfeld\nMandat: {BEN}")


async def test_other_fields_are_emptied_too(bot: Bot) -> None:
    await bot.say(ANNA, "!organisation neu Kreis")
    await bot.say(
        ANNA, f"!organisation Lindenstadt\nEbene: Stadt\nEinwohner: 26.000\nGehört zu: Kreis\nVertretung: {CEM}"
    )
    answer = await bot.hear(
        ANNA,
        "!organisation Lindenstadt\nEbene: -\nEinwohner: keine\nGehört zu: -\nVertretung: niemand\nE-Mail: keine",
    )
    assert answer.split() == ["Geändert.", "Lindenstadt", "*", "Mandat:", BEN]
    assert "Stimmgewicht" in await bot.hear(ANNA, "!organisation Lindenstadt\nStimmgewicht: keine")


async def test_who_must_end_a_mandate_first_is_told_how(bot: Bot) -> None:
    for words in (f"!rolle {BEN} Gast", f"!organisation neu Ahornfeld\nMandat: {BEN}"):
        answer = await bot.hear(ANNA, words)
        assert "!organisation Lindenstadt" in answer
        assert "Mandat: keine" in answer
    await bot.say(ANNA, f"!organisation Lindenstadt\nVertretung: {CEM}")
    assert "Vertretung: keine" in await bot.hear(ANNA, f"!rolle {CEM} Gast")


async def test_a_deputy_withdrawn_before_the_time_has_no_mandate(bot: Bot) -> None:
    await bot.say(BEN, f"!vertretung {CEM} von 1.8. bis 15.8.")
    assert "vertritt Lindenstadt nicht mehr" in await bot.hear(BEN, f"!vertretung {CEM} entziehen")
    assert "vertritt Lindenstadt nicht." in await bot.hear(BEN, f"!vertretung {CEM} entziehen")
    assert CEM not in await bot.hear(BEN, "!vertretung")
    assert CEM in await bot.hear(ANNA, f"!organisation neu Ahornfeld\nMandat: {CEM}")


async def test_naming_the_same_deputy_again_replaces_what_held_for_that_time(bot: Bot) -> None:
    assert "ersetzt" not in await bot.hear(BEN, f"!vertretung {CEM} von 1.8. bis 15.8.")
    assert "ersetzt" not in await bot.hear(BEN, f"!vertretung {CEM} von 1.9. bis 15.9.")
    assert "ersetzt, was für diese Zeit galt" in await bot.hear(BEN, f"!vertretung {CEM} von 10.8. bis 20.8.")
    shown = await bot.hear(BEN, "!vertretung")
    assert shown.count(CEM) == 3
    assert "9. August" in shown  # where the new one begins, the old one ends
    await bot.say(BEN, f"!vertretung {CEM}")
    await bot.say(BEN, f"!vertretung {CEM}")
    assert (await bot.hear(BEN, "!vertretung")).count(CEM) == 1


async def test_the_bot_speaks_for_nobody(bot: Bot) -> None:
    assert "Für mich selbst" in await bot.hear(BEN, f"!vertretung {US}")
    assert "Für mich selbst" in await bot.hear(ANNA, f"!organisation Lindenstadt\nMandat: {US}")
    assert f"Mandat: {BEN}" in await bot.hear(ANNA, "!organisation Lindenstadt")


async def test_the_coordinators_learn_of_a_deputy_from_outside(bot: Bot) -> None:
    rows = await bot.say(BEN, f"!vertretung {EVE}")
    (told,) = [row for row in rows if row.person == ANNA]
    assert f"{BEN} hat {EVE} bis auf Weiteres als Vertretung für Lindenstadt benannt" in plain(told)
    assert f"!rolle {EVE} entfernen" in plain(told)
    assert [row.person for row in await bot.say(BEN, f"!vertretung {CEM}")] == [None]


# names


async def test_an_organisation_is_renamed_and_the_projects_follow(bot: Bot) -> None:
    await bot.say(ANNA, "!projekt neu eAkte\nOrganisation: Lindenstadt")
    assert "Geändert" in await bot.hear(ANNA, "!organisation Lindenstadt\nName: Große Kreisstadt Lindenau")
    assert "Lindenau" in await bot.hear(BEN, "!projekt eAkte")
    assert f"Mandat: {BEN}" in await bot.hear(BEN, "!organisation Große Kreisstadt Lindenau")
    assert "kenne ich hier nicht" in await bot.hear(BEN, "!organisation Lindenstadt")


async def test_a_new_name_must_be_free_and_may_resemble_another(bot: Bot) -> None:
    await bot.say(ANNA, "!organisation neu Ahornfeld")
    assert "gibt es schon" in await bot.hear(ANNA, "!organisation Lindenstadt\nName: ahornfeld")
    assert "gibt schon Ahornfeld" in await bot.hear(ANNA, "!organisation Lindenstadt\nName: Ahornfelde")
    assert "braucht einen Namen" in await bot.hear(ANNA, "!organisation Ahornfelde\nName: -")
    assert "AHORNFELDE" in await bot.hear(ANNA, "!organisation Ahornfelde\nName: AHORNFELDE")


async def test_no_renaming_while_a_vote_counts_the_old_name(bot: Bot) -> None:
    await bot.say(ANNA, "!organisation neu Birkenau\nE-Mail: rathaus@birkenau.example")
    rows = await _consultation(bot)
    assert rows
    assert "K1 unter diesem Namen" in await bot.hear(ANNA, "!organisation Birkenau\nName: Birkenhain")
    assert "Geändert" in await bot.hear(ANNA, "!organisation Birkenau\nName: BIRKENAU")
    recorded = await bot.say(ANNA, "!stimme K1 für Birkenau ja (telefonisch, Fr. Huber)")
    assert "Ja" in plain(recorded[0])
    await bot.say(ANNA, "!konsultation K1 absagen")
    assert "Geändert" in await bot.hear(ANNA, "!organisation Birkenau\nName: Birkenhain")


async def _consultation(bot: Bot) -> list[Row]:
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM})))
    return await bot.say(ANNA, "!konsultation neu Tee\nFrage: Tee?\nSchluss: 12.12. 12:00")
