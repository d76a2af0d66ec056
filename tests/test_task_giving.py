"""Who gets a task from somebody else hears of it, unless they read it in the room."""

import pytest

from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain

DORA, EMIL = "@dora:example.org", "@emil:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Anna, Ben and Cem are in the room, Dora and Emil are not; Dora speaks for Lindenstadt."""
    made = Bot(database)
    await made.enter(ROOM, ANNA, BEN, CEM)
    await made.say(ANNA, f"!organisation neu Lindenstadt\nEbene: Stadt\nMandat: {DORA}")
    return made


async def told(bot: Bot, sender: str, words: str) -> dict[str, str]:
    return {row.person: plain(row) for row in await bot.say(sender, words) if row.person}


async def test_who_is_elsewhere_is_told_once_and_answers_with_a_word(bot: Bot) -> None:
    said = await told(bot, ANNA, "!aufgabe neu Satzung entwerfen\nVerantwortlich: Lindenstadt\nFrist: 4.12. 12:00")
    assert list(said) == [DORA]
    assert "A1 · Satzung entwerfen" in said[DORA]
    assert "Freitag, 4. Dezember 2026, 12:00 Uhr" in said[DORA]
    assert await told(bot, ANNA, "!aufgabe A1\nFrist: 5.12. 12:00") == {}
    answer = await bot.say(DORA, "erledigt", room_id="!direct-dora:example.org")
    assert "erledigt" in plain(answer[0])


async def test_who_is_in_the_room_or_said_it_is_not(bot: Bot) -> None:
    assert await told(bot, ANNA, f"!aufgabe neu Saal buchen\nVerantwortlich: {BEN}") == {}
    assert await told(bot, ANNA, "!aufgabe neu Einladen") == {}


async def test_who_takes_over_later_is_told_then(bot: Bot) -> None:
    await bot.say(ANNA, f"!aufgabe neu Saal buchen\nVerantwortlich: {BEN}")
    assert list(await told(bot, ANNA, f"!aufgabe A1\nVerantwortlich: {BEN}, Lindenstadt")) == [DORA]
    assert await told(bot, BEN, "!aufgabe A1 erledigt") == {}
