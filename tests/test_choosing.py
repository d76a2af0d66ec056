"""Which network is meant in a direct chat of somebody who belongs to several."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.events import Reaction
from bot.language.kept import completed, offered, offering
from bot.procedures import standing
from bot.store.database import Database
from bot.store.tables import Network
from tests.fakes import ANNA, BEN, CEM, ROOM, START, Bot, plain
from tests.neighbours import BERTA, HERS, TWO_FOUNDERS, chat, invite, left, two_networks


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database, house=TWO_FOUNDERS)


async def test_a_number_means_what_stood_in_the_list_even_if_its_beginning_is_gone(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    assert "1. Nord" in await bot.hear(BEN, "ideen", room_id=chat_)
    await bot.handle(left(bot, ROOM, BEN))
    await bot.say(CEM, "!idee Nur im Süden", room_id=HERS)
    answer = await bot.hear(BEN, "2", room_id=chat_)
    assert "Nur im Süden" in answer


async def test_a_number_means_what_stood_in_the_list_even_if_it_is_sorted_otherwise_now(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.hear(BEN, "ideen", room_id=chat_)
    await bot.say(ANNA, "!verbund umbenennen Zuletzt", room_id=ROOM)
    await bot.say(CEM, "!idee Aus dem früheren Nord", room_id=ROOM)
    assert "Aus dem früheren Nord" in await bot.hear(BEN, "1", room_id=chat_)


async def test_who_chooses_a_network_that_they_left_meanwhile_is_told(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.say(CEM, "!idee Geheim", room_id=ROOM)
    await bot.hear(BEN, "ideen", room_id=chat_)
    await bot.handle(left(bot, ROOM, BEN))
    answer = await bot.hear(BEN, "Nord", room_id=chat_)
    assert "nicht mehr gehören" in answer
    assert "Geheim" not in answer


async def test_who_left_the_chosen_network_is_not_heard_there_any_longer(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.say(ANNA, "!idee Aus Nord", room_id=ROOM)
    await bot.say(ANNA, "!idee Aus Süd", room_id=HERS)
    await bot.say(BEN, "verbund wechseln Nord", room_id=chat_)
    assert "Aus Nord" in await bot.hear(BEN, "ideen", room_id=chat_)
    await bot.handle(left(bot, ROOM, BEN))
    assert "Aus Süd" in await bot.hear(BEN, "ideen", room_id=chat_)
    await bot.handle(left(bot, HERS, BEN))
    assert "keinem Verbund" in await bot.hear(BEN, "ideen", room_id=chat_)


async def test_after_half_an_hour_the_question_is_forgotten(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.hear(BEN, "ideen", room_id=chat_)
    bot.now += timedelta(minutes=31)
    assert "Den Befehl „2“ kenne ich nicht" in await bot.hear(BEN, "2", room_id=chat_)
    assert "1. Nord" in await bot.hear(BEN, "ideen", room_id=chat_)


async def test_the_choice_holds_though_the_command_it_was_made_for_fails(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.hear(BEN, "status Gibtesnicht", room_id=chat_)
    assert "kenne ich hier nicht" in await bot.hear(BEN, "2", room_id=chat_)
    assert "keine Idee" in await bot.hear(BEN, "ideen", room_id=chat_)


async def test_a_question_keeps_the_network_that_it_was_asked_in(bot: Bot) -> None:
    """Ben asks in the south, chooses the north meanwhile, and answers by reply: the south is still meant."""
    chat_ = await two_networks(bot)
    await bot.say(ANNA, "!projekt neu Hafen", room_id=HERS)
    await bot.say(ANNA, "!projekt neu Hafem", room_id=ROOM)
    await bot.say(BEN, "verbund wechseln Süd", room_id=chat_)
    (asked,) = await bot.say(BEN, "status Haffen", room_id=chat_)
    assert "Hafen" in plain(asked)
    await bot.say(BEN, "verbund wechseln Nord", room_id=chat_)
    assert "Hafen" in await bot.hear(BEN, "ja", room_id=chat_, reply_to=asked.event_id)
    assert "Nord" in await bot.hear(BEN, "verbund", room_id=chat_)


async def test_a_question_of_a_network_that_was_left_shows_nothing_of_it(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.say(ANNA, "!projekt neu Hafen", room_id=HERS)
    await bot.say(BEN, "verbund wechseln Süd", room_id=chat_)
    await bot.say(BEN, "status Haffen", room_id=chat_)
    await bot.handle(left(bot, HERS, BEN))
    answer = await bot.hear(BEN, "ja", room_id=chat_)
    assert "nicht mehr gehören" in answer
    assert "Hafen" not in answer


async def test_a_tick_answers_no_question_for_a_network(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    (asked,) = await bot.say(BEN, "ideen", room_id=chat_)
    tick = Reaction(
        room_id=chat_,
        event_id="$tick",
        sender=BEN,
        sent_at=bot.now,
        received_at=bot.now,
        target=asked.event_id or "",
        key="✅",
    )
    assert await bot.handle(tick) == []
    assert "keine Idee" in await bot.hear(BEN, "2", room_id=chat_)  # it is still open


async def test_a_question_for_a_network_can_be_dropped(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.say(BEN, "ideen", room_id=chat_)
    assert "lasse ich es" in await bot.hear(BEN, "nein", room_id=chat_)
    assert "Den Befehl „2“" in await bot.hear(BEN, "2", room_id=chat_)


async def test_a_reminder_is_answered_in_its_own_network(bot: Bot) -> None:
    """Whatever the chat is about, and even though the other network has a K1 as well."""
    chat_ = await two_networks(bot)
    for room_id, topic in ((ROOM, "Kaffee"), (HERS, "Tee")):
        words = f"!konsultation neu {topic}\nFrage: Mehr {topic}?\nSchluss: 27.11.2026 12:00\nErinnerung: 1 Tag"
        await bot.say(ANNA, words, room_id=room_id)
    await bot.say(BEN, "!stimme K1 ja", room_id=ROOM)
    bot.now = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
    await bot.say(BEN, "verbund wechseln Nord", room_id=chat_)
    reminders = [plain(row) for row in await bot.tick() if row.person == BEN]
    assert ["Tee" in reminder for reminder in reminders] == [True]
    assert await bot.hear(BEN, "nein", room_id=chat_) == "✅"
    assert (await bot.hear(BEN, "verbund", room_id=chat_)).startswith("Nord")
    bot.now = datetime(2026, 11, 27, 11, 5, tzinfo=UTC)
    results = {row.room_id: plain(row) for row in await bot.tick() if "Beteiligung" in plain(row)}
    assert "1 Ja, 0 Nein" in results[ROOM]
    assert "0 Ja, 1 Nein" in results[HERS]


async def test_what_comes_twice_is_answered_once(bot: Bot) -> None:
    chat_ = await two_networks(bot)
    await bot.say(BEN, "ideen", room_id=chat_)
    answer = bot.message(BEN, "2", room_id=chat_)
    assert len(await bot.handle(answer)) == 1
    assert await bot.handle(answer) == []


async def test_two_networks_of_one_name_are_told_apart_by_who_founded_them(bot: Bot) -> None:
    await bot.say(ANNA, "verbund neu Region", room_id=await chat(bot, ANNA))
    await bot.say(BERTA, "verbund neu Region", room_id=await chat(bot, BERTA))
    await invite(bot, ANNA, ROOM, BEN)
    await invite(bot, BERTA, HERS, BEN)
    chat_ = await chat(bot, BEN)
    asked = await bot.hear(BEN, "ideen", room_id=chat_)
    assert f"1. Region (gegründet von {ANNA})" in asked
    assert f"2. Region (gegründet von {BERTA})" in asked
    assert "2. Region" in await bot.hear(BEN, "Region", room_id=chat_)  # could be either
    await bot.say(BERTA, "!idee Von Berta", room_id=HERS)
    assert "Von Berta" in await bot.hear(BEN, "2", room_id=chat_)


NAMES = ("Verbund Nord", "Verbund Süd", "Digitale Region Ostseeküste")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("verbund nord", 0),
        ("„Verbund Sued“.", 1),
        ("Süd", 1),
        ("ostseekueste", 2),
        ("Digitale Regoin Ostseeküste", 2),
        ("Verbund Nrod", 0),
        ("Verbund", None),
        ("Verbund West", None),
        ("", None),
        ("!!", None),
        ("nein", None),
    ],
)
def test_a_network_is_meant_by_its_name_in_full_in_part_or_with_a_slip(words: str, meant: int | None) -> None:
    among = [Network(id=n, name=name, founder=ANNA, created_at=START) for n, name in enumerate(NAMES, 1)]
    found = standing.named(words, among)
    assert found is (None if meant is None else among[meant])


@pytest.mark.parametrize(
    ("words", "meant"),
    [("2", 1), (" 3. ", 2), ("0", None), ("4", None), ("9" * 99, None), ("²", None), ("-1", None)],
)
def test_a_network_is_meant_by_its_number(words: str, meant: int | None) -> None:
    among = [Network(id=n, name=name, founder=ANNA, created_at=START) for n, name in enumerate(NAMES, 1)]
    assert standing.numbered(words, among) is (None if meant is None else among[meant])


def test_what_was_offered_is_no_part_of_the_command() -> None:
    kept = offering("status eAkte", (7, 3))
    assert offered(kept) == [7, 3]
    assert completed(kept, "2") == "status eAkte"
    assert offered(offering(kept, (5,))) == [5]
    assert offered("status eAkte") == []
