"""Whose room it is, who may act there, and what „since then“ means: cases that a review found."""

import dataclasses
from datetime import timedelta

import pytest

from bot.events import Invited, Members
from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain

CHAT = "!chat:example.org"


@pytest.mark.parametrize(
    "typed", ["  !status eAkte", "!status\teAkte", "!status\u00a0eAkte", "\n!status eAkte", "!STATUS  eakte"]
)
async def test_white_space_changes_nothing(typed: str, database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!projekt neu eAkte")
    assert (await bot.hear(BEN, typed)).startswith("eAkte")


async def test_a_number_may_stand_apart_from_its_letter(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!idee Bäderkarte")
    await bot.say(ANNA, "!konsultation neu Tee\nFrage: Tee?\nSchluss: 12.12. 12:00")
    (row,) = await bot.say(BEN, "!stimme K 1 ja")
    assert "✅" in row.content


async def test_a_chat_with_a_third_person_is_not_direct(database: Database) -> None:
    """Clients call group chats direct as well; then nobody's plain talk is for us, and nothing is told of a network."""
    bot = Bot(database)
    await bot.enter()
    await bot.handle(
        Invited(room_id=CHAT, inviter=BEN, direct=True, received_at=bot.now),
        Members(room_id=CHAT, joined=frozenset({US, BEN, CEM})),
    )
    assert await bot.say(BEN, "Hallo zusammen", room_id=CHAT) == []
    assert "gehört zu keinem Verbund" in await bot.hear(BEN, "!status", room_id=CHAT)


async def test_a_groups_room_never_becomes_a_direct_chat(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    bot.now += timedelta(minutes=1)
    (row,) = await bot.handle(Invited(room_id=ROOM, inviter=BEN, direct=True, received_at=bot.now))
    assert row.action == "leave"
    assert "angelegt" in await bot.hear(ANNA, "!projekt neu eAkte")


async def test_who_is_taken_out_of_the_configuration_coordinates_no_more(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    assert "angelegt" in await bot.hear(ANNA, "!projekt neu eAkte")
    later = Bot(database, house=dataclasses.replace(HOUSE, coordinators=("@neu:example.org",)))
    assert "braucht es hier die Rolle" in await later.hear(ANNA, "!projekt neu Karte")
    (row,) = await later.handle(Invited(room_id=CHAT, inviter=ANNA, direct=False, received_at=later.now))
    assert row.action == "leave"


async def test_what_follows_a_digest_in_the_same_answer_is_in_the_next(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    bot.now += timedelta(minutes=1)
    await bot.say(ANNA, "!idee Erste")
    first = bot.message(ANNA, "!bericht jetzt")
    rows = await bot.handle(first, bot.message(BEN, "!idee Zweite"))
    assert ["Erste" in plain(row) for row in rows] == [True, False]
    bot.now += timedelta(minutes=1)
    assert "Zweite" in await bot.hear(ANNA, "!bericht")
