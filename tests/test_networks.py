"""Networks strictly apart: founded, and which room belongs to which."""

from datetime import timedelta

import pytest

from bot.context import Scope
from bot.events import Left
from bot.procedures import standing
from bot.sending.lanes import inviter_of
from bot.store import networks
from bot.store.database import Database
from tests.fakes import ANNA, BEN, CEM, ROOM, START, Bot, plain
from tests.neighbours import BERTA, HERS, THIRD, TWO_FOUNDERS, chat, direct, home_of, invite, two_networks


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database, house=TWO_FOUNDERS)


# founding


async def test_a_name_that_others_use_is_free_and_nothing_tells_of_it(bot: Bot) -> None:
    first = plain((await bot.say(ANNA, "verbund neu Region", room_id=await chat(bot, ANNA)))[0])
    second = plain((await bot.say(BERTA, "verbund neu Region", room_id=await chat(bot, BERTA)))[0])
    assert first == second
    assert "schon" in plain((await bot.say(BERTA, "verbund neu REGION", room_id=direct(BERTA)))[0])


async def test_a_direct_chat_founds_nothing(bot: Bot) -> None:
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "hilfe", room_id=chat_)
    assert await bot.database.run(lambda session: standing.belongs_to(ANNA, Scope(session, START, bot.house))) == []
    await bot.say(ANNA, "ideen", room_id=chat_)  # made at first use
    assert "Verbund Anna" in await bot.hear(ANNA, "verbund", room_id=chat_)


@pytest.mark.parametrize("name", ["1", "„“", "!!!", "x" * 101, "😀"])
async def test_a_name_must_be_one(bot: Bot, name: str) -> None:
    chat_ = await chat(bot, ANNA)
    rows = await bot.say(ANNA, f"verbund neu {name}", room_id=chat_)
    assert [row.action for row in rows] == ["send"]
    assert await bot.database.run(lambda session: standing.belongs_to(ANNA, Scope(session, START, bot.house))) == []


async def test_a_room_without_a_network_joins_only_the_network_of_who_brought_us_there(bot: Bot) -> None:
    await two_networks(bot)
    await invite(bot, ANNA, THIRD, BERTA)
    await bot.say(BERTA, "!verbund neu Bertas", room_id=THIRD)
    assert await home_of(bot, THIRD) is None
    await bot.say(ANNA, "!verbund neu Dritter", room_id=THIRD)
    assert await home_of(bot, THIRD) == "Dritter"


# whose room it is


async def test_a_room_never_changes_sides(bot: Bot) -> None:
    """Kicked out of Anna's room and invited by Berta: we stay away, and she learns nothing of whose it is."""
    await invite(bot, ANNA, ROOM, BERTA)
    await bot.say(BERTA, "verbund neu Bertas", room_id=await chat(bot, BERTA))
    await bot.handle(Left(room_id=ROOM, received_at=bot.now, by=BERTA))
    rows = await invite(bot, BERTA, ROOM)
    (refused,) = [row for row in rows if row.action == "leave"]
    assert not [row for row in rows if row.action == "join"]
    assert "Anna" not in refused.content
    assert "anna" not in refused.content
    assert await home_of(bot, ROOM) == "Verbund Anna"


async def test_who_may_found_but_has_not_founds_nothing_by_inviting_us_into_a_room_of_others(bot: Bot) -> None:
    await invite(bot, ANNA, ROOM, BERTA)
    await bot.handle(Left(room_id=ROOM, received_at=bot.now, by=BERTA))
    await invite(bot, BERTA, ROOM)
    assert await bot.database.run(lambda session: networks.led_by(session, BERTA, founder=True)) == []


async def test_a_moderator_brings_us_into_rooms_of_their_network(bot: Bot) -> None:
    await bot.enter()
    assert [row.action for row in await invite(bot, BEN, THIRD)][:1] == ["leave"]
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    assert "join" in [row.action for row in await invite(bot, BEN, THIRD, CEM)]
    assert await home_of(bot, THIRD) == "Verbund Anna"
    await bot.say(ANNA, f"!rolle {BEN} entziehen")
    assert [row.action for row in await invite(bot, BEN, "!fourth:example.org")][:1] == ["leave"]


async def test_whose_invitation_it_is_goes_along_however_it_is_answered(bot: Bot) -> None:
    """Of one person only a few are answered at a time: a flood holds nobody up."""
    stranger = "@fremd:anderswo.example"
    for inviter, wanted in ((ANNA, "join"), (stranger, "leave")):
        (row,) = [row for row in await invite(bot, inviter, direct(inviter), direct=True) if row.action == wanted]
        assert inviter_of(row) == inviter


async def test_a_moderator_takes_a_waiting_room_into_a_network_they_moderate_in(bot: Bot) -> None:
    await two_networks(bot)
    await bot.say(ANNA, f"!rolle {BEN} Moderation", room_id=ROOM)
    await bot.say(ANNA, f"!rolle {BEN} Moderation", room_id=HERS)
    rows = await invite(bot, BEN, THIRD)
    (asked,) = [row for row in rows if row.person == BEN]
    assert "1. Nord" in plain(asked)
    rows = await bot.say(BEN, "süd", room_id=direct(BEN), reply_to=asked.event_id)
    assert "gehört jetzt zum Verbund Süd" in plain(rows[0])
    assert await home_of(bot, THIRD) == "Süd"


async def test_only_networks_that_one_leads_are_offered_for_a_room(bot: Bot) -> None:
    """Anna leads two; of Berta's she is but a member, and „3“ is no network then."""
    await two_networks(bot)
    await bot.say(BERTA, "verbund neu Aller Anfang", room_id=await chat(bot, BERTA))
    await invite(bot, BERTA, "!fourth:example.org", ANNA)
    rows = await invite(bot, ANNA, THIRD)
    (asked,) = [row for row in rows if row.person == ANNA]
    assert "Aller Anfang" not in plain(asked)
    assert "1. Nord" in plain((await bot.say(ANNA, "3", room_id=direct(ANNA)))[0])
    await bot.say(ANNA, "1", room_id=direct(ANNA))
    assert await home_of(bot, THIRD) == "Nord"


async def test_a_room_is_adopted_only_by_who_brought_us_there_into_what_they_lead(bot: Bot) -> None:
    await two_networks(bot)
    await bot.say(BERTA, "verbund neu Bertas", room_id=await chat(bot, BERTA))
    await invite(bot, ANNA, THIRD, BERTA, BEN)
    refused = await bot.hear(BERTA, f"verbund aufnehmen {THIRD}", room_id=direct(BERTA))
    unknown = await bot.hear(BERTA, "verbund aufnehmen !nowhere:example.org", room_id=direct(BERTA))
    assert refused.replace(THIRD, "!nowhere:example.org") == unknown
    of_others = await bot.hear(BERTA, f"verbund aufnehmen {ROOM}", room_id=direct(BERTA))
    assert of_others.replace(ROOM, "!nowhere:example.org") == unknown
    assert await home_of(bot, THIRD) is None


async def test_of_several_waiting_rooms_none_is_forgotten(bot: Bot) -> None:
    await two_networks(bot)
    await invite(bot, ANNA, THIRD)
    rows = await invite(bot, ANNA, "!fourth:example.org")
    (asked,) = [row for row in rows if row.person == ANNA]
    bot.now += timedelta(hours=5)  # longer than other questions are kept
    answer = plain((await bot.say(ANNA, "1", room_id=direct(ANNA), reply_to=asked.event_id))[0])
    assert f"verbund aufnehmen {THIRD}" in answer
    answer = plain((await bot.say(ANNA, f"verbund aufnehmen {THIRD}", room_id=direct(ANNA)))[0])
    assert "Noch ohne Verbund" not in answer


async def test_whose_room_it_is_does_not_change_what_the_chat_is_about(bot: Bot) -> None:
    await two_networks(bot)
    await bot.say(ANNA, "verbund wechseln Süd", room_id=direct(ANNA))
    await invite(bot, ANNA, THIRD)
    await bot.say(ANNA, "Nord", room_id=direct(ANNA))
    assert await home_of(bot, THIRD) == "Nord"
    assert (await bot.hear(ANNA, "verbund", room_id=direct(ANNA))).startswith("Süd")
