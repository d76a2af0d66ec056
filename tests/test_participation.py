"""Taking part: who may, what is said, what stays on record, and what happens when nobody is left."""

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest

from bot.context import Scope
from bot.effects import Direct
from bot.procedures import participation
from bot.store import Session, groups, networks
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, HOUSE, Bot, plain
from tests.taking_part import DORA, OFFICE, change, chat, make_group, record

MAILING = dataclasses.replace(HOUSE, mail=True)


async def bot_with_group(database: Database, **more: Any) -> tuple[Bot, int]:
    bot = Bot(database, **more)
    await bot.enter()
    return bot, await make_group(bot)


def invited(rows: list[Row]) -> list[tuple[str | None, str | None]]:
    return [(row.room_id, row.person) for row in rows if row.action == "invite"]


def directs(rows: list[Row]) -> dict[str, str]:
    return {row.person: plain(row) for row in rows if row.action == "send" and row.person}


async def test_one_becomes_active_from_the_overview_room(database: Database) -> None:
    bot, group = await bot_with_group(database)
    rows = await bot.say(BEN, "!mitmachen digitale akte")
    assert "Sie gehören jetzt zu den Aktiven der Arbeitsgruppe Digitale Akte" in plain(rows[0])
    assert "Einladung" in plain(rows[0])
    assert "!abwesend" in plain(rows[0])
    assert "!verlassen Digitale Akte" in plain(rows[0])
    assert invited(rows) == [(OFFICE, BEN)]
    assert await record(bot, group) == [(BEN, "active", True, BEN)]


async def test_without_a_name_it_is_the_room_s_group_or_the_only_one(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.say(BEN, "!mitmachen")  # in the overview room
    await make_group(bot, "Karte", "!karte:example.org")
    await bot.say(ANNA, "!mitmachen", room_id=OFFICE)
    assert [row[0] for row in await record(bot, group)] == [BEN, ANNA]


async def test_in_a_direct_chat_without_a_prefix(database: Database) -> None:
    bot, group = await bot_with_group(database)
    room_id = await chat(bot, CEM)
    assert "folgen jetzt" in await bot.hear(CEM, "folgen Digitale Akte", room_id=room_id)
    assert await record(bot, group) == [(CEM, "follower", True, CEM)]


@pytest.mark.parametrize("answer", ["2", "2.", "Karte"])
async def test_where_it_could_be_several_it_asks_and_goes_on_with_the_answer(answer: str, database: Database) -> None:
    bot, group = await bot_with_group(database)
    other = await make_group(bot, "Karte", None)
    asked = await bot.say(ANNA, "!mitmachen @ben:example.org")
    assert re.search(r"1\. Digitale Akte\n +2\. Karte", plain(asked[0]))
    rows = await bot.say(ANNA, answer, reply_to=f"$bot{asked[0].id}")
    assert "@ben:example.org gehört jetzt zu den Aktiven der Arbeitsgruppe Karte" in plain(rows[0])
    assert "Der Raum wird noch eröffnet" in plain(rows[0])
    assert await record(bot, group) == []
    assert await record(bot, other) == [(BEN, "active", True, ANNA)]


async def test_what_changes_stays_on_record(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.say(BEN, "!folgen")
    rows = await bot.say(BEN, "!mitmachen")
    assert "bisher interessiert" in plain(rows[0])
    await bot.say(BEN, "!folgen")
    assert await record(bot, group) == [
        (BEN, "follower", False, BEN),
        (BEN, "active", False, BEN),
        (BEN, "follower", True, BEN),
    ]


async def test_twice_changes_nothing_and_invites_again(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.say(BEN, "!mitmachen")
    bot.now += timedelta(minutes=1)
    rows = await bot.say(BEN, "!mitmachen")
    assert "Sie gehören schon zu den Aktiven" in plain(rows[0])
    assert invited(rows) == [(OFFICE, BEN)]
    await bot.say(ANNA, "!mitmachen")
    assert invited(await bot.say(ANNA, "!mitmachen")) == []  # she is in the room
    assert "Sie folgen jetzt" in await bot.hear(CEM, "!folgen")
    assert "Sie folgen schon" in await bot.hear(CEM, "!folgen")
    assert len(await record(bot, group)) == 3


async def test_the_same_message_again_does_nothing(database: Database) -> None:
    bot, group = await bot_with_group(database)
    message = bot.message(BEN, "!mitmachen")
    assert await bot.handle(message)
    assert await bot.handle(message) == []
    assert len(await record(bot, group)) == 1


@pytest.mark.parametrize("typed", ["!folgen Digitale Akte\nE-Mail: ben@example.org", "!folgen ben@example.org"])
async def test_the_digest_by_mail(typed: str, database: Database) -> None:
    bot, _ = await bot_with_group(database, house=MAILING)
    assert "per E-Mail an ben@example.org" in await bot.hear(BEN, typed)
    assert "Sie folgen schon" in await bot.hear(BEN, "!folgen")
    assert "an b@example.org" in await bot.hear(BEN, "!folgen b@example.org")


async def test_mail_that_cannot_be(database: Database) -> None:
    bot, group = await bot_with_group(database)
    answer = await bot.hear(BEN, "!folgen Digitale Akte\nE-Mail: ben@example.org")
    assert "E-Mails kann ich hier nicht verschicken" in answer
    assert "!folgen Digitale Akte" in answer
    mailing = Bot(database, house=MAILING)
    assert "keine E-Mail-Adresse" in await mailing.hear(BEN, "!folgen Digitale Akte\nE-Mail: rathaus", event_id="$m")
    assert await record(bot, group) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("!mitmachen Digitale Akten", "Meinten Sie Digitale Akte?"),
        ("!folgen Digital Akte", "Meinten Sie Digitale Akte?"),
        ("!verlassen Digitale Akte", "nicht aktiv und folgen ihr auch nicht"),
        ("!verlassen", "in keiner Arbeitsgruppe aktiv"),
        ("!mitmachen Digitale Akte @dora", "keine Matrix-Kennung"),
        ("!mitmachen Digitale Akte @dora:example.org", "braucht es hier die Rolle Koordination"),
        ("!verlassen Digitale Akte @anna:example.org", "braucht es hier die Rolle Koordination"),
    ],
)
async def test_what_cannot_be_is_explained(typed: str, said: str, database: Database) -> None:
    bot, group = await bot_with_group(database)
    assert said in await bot.hear(BEN, typed)
    assert await record(bot, group) == []


async def test_in_a_group_s_room_one_never_leaves_another_group(database: Database) -> None:
    bot, _ = await bot_with_group(database)
    other = await make_group(bot, "Karte", "!karte:example.org")
    await bot.say(ANNA, "!mitmachen Karte")
    assert "Digitale Akte" in await bot.hear(ANNA, "!verlassen", room_id=OFFICE)
    assert await record(bot, other) == [(ANNA, "active", True, ANNA)]
    assert "Karte" in plain((await bot.say(ANNA, "!verlassen"))[0])  # in the overview room it is the only one


async def test_no_group_at_all(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    assert "noch keine Arbeitsgruppe" in await bot.hear(BEN, "!mitmachen")


async def test_a_group_that_has_ended_or_gone_up_in_another(database: Database) -> None:
    bot, group = await bot_with_group(database)
    other = await make_group(bot, "Karte", None)

    def ending(into: int | None) -> Any:
        def work(session: Session) -> None:
            ended = groups.by_id(session, group)
            groups.remember_name(session, ended, ANNA, bot.now)
            ended.folded, ended.ended_at, ended.merged_into_id = None, bot.now, into

        return work

    await database.run(ending(other))
    assert "der Arbeitsgruppe Karte" in plain((await bot.say(BEN, "!mitmachen Digitale Akte"))[0])
    await change(bot, group, folded="x", merged_into_id=None)
    await database.run(ending(None))
    refused = await bot.hear(CEM, "!mitmachen Digitale Akte")
    assert "Digitale Akte" in refused
    assert [row[0] for row in await record(bot, group) + await record(bot, other)] == [BEN]


async def test_a_room_that_is_closed_to_us(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await change(bot, group, suspended_at=bot.now)
    rows = await bot.say(BEN, "!mitmachen")
    assert "kann nicht einladen" in plain(rows[0])
    assert invited(rows) == []
    assert await record(bot, group) == [(BEN, "active", True, BEN)]


async def test_guests_take_no_part(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.say(ANNA, "!rolle @cem:example.org Gast")
    for typed in ("!mitmachen", "!folgen", "!verlassen"):
        assert "braucht es hier die Rolle Mitglied" in await bot.hear(CEM, typed)
    assert "ist Gast" in await bot.hear(ANNA, "!mitmachen Digitale Akte @cem:example.org")
    assert "Das bin ich selbst" in await bot.hear(ANNA, "!mitmachen Digitale Akte @zwischenstand:example.org")
    assert await record(bot, group) == []


async def test_a_moderator_enters_others_in_the_own_room_only(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.enter(OFFICE, ANNA, BEN)
    await bot.say(ANNA, "!rolle @ben:example.org Moderation", room_id=OFFICE)
    await make_group(bot, "Karte", None)
    await bot.say(BEN, "!mitmachen @dora:example.org", room_id=OFFICE)
    assert await record(bot, group) == [(DORA, "active", True, BEN)]
    assert "Koordination" in await bot.hear(BEN, "!mitmachen Karte @dora:example.org", room_id=OFFICE)
    assert "Koordination" in await bot.hear(BEN, "!verlassen Digitale Akte @dora:example.org")


async def test_the_last_of_the_aktive_leaves_and_the_coordinator_is_told_once(database: Database) -> None:
    bot, _ = await bot_with_group(database)
    await bot.say(BEN, "!mitmachen")
    await bot.say(CEM, "!folgen")
    rows = await bot.say(BEN, "!verlassen")
    assert "keine Aktiven mehr und ruht" in plain(rows[0])
    told = directs(rows)[ANNA]
    assert "@cem:example.org" in told
    assert "!mitmachen Digitale Akte @person:server" in told
    for hours in (1, 25, 49):  # nobody tells again while it rests
        bot.now += timedelta(hours=hours)
        assert ANNA not in directs(await bot.tick())
    await bot.say(ANNA, "!mitmachen Digitale Akte @cem:example.org")
    rows = await bot.say(CEM, "!folgen")
    assert "keine Aktiven mehr" in plain(rows[0])
    assert "@cem:example.org" in directs(rows)[ANNA]


async def test_not_the_last(database: Database) -> None:
    bot, _ = await bot_with_group(database)
    await bot.say(BEN, "!mitmachen")
    await bot.say(CEM, "!mitmachen")
    rows = await bot.say(BEN, "!verlassen")
    assert "ruht" not in plain(rows[0])
    assert directs(rows) == {}


async def test_who_leaves_the_room_is_active_no_longer(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.say(BEN, "!mitmachen")
    await bot.say(CEM, "!folgen")

    def leaves(person: str) -> Any:
        def work(session: Session) -> list[str]:
            effects = participation.left_room(groups.by_id(session, group), person, Scope(session, bot.now, bot.house))
            return [effect.person for effect in effects if isinstance(effect, Direct)]

        return work

    assert await database.run(leaves(CEM)) == []  # followers need no room
    assert await database.run(leaves(DORA)) == []
    assert await database.run(leaves(BEN)) == [ANNA]
    assert await database.run(leaves(BEN)) == []
    assert [row[:3] for row in await record(bot, group)] == [(BEN, "active", False), (CEM, "follower", True)]


async def test_nobody_signs_up_in_the_set_days(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await database.run(lambda session: setattr(networks.by_id(session, 1), "sign_up_days", 3))
    bot.now = bot.now.replace(hour=7, minute=59) + timedelta(days=3)  # 8:59 in Berlin
    assert directs(await bot.tick()) == {}
    bot.now += timedelta(days=1, hours=5)  # the bot was away at 9:00
    told = directs(await bot.tick())
    assert "Seit 20. November 2026 hat sich niemand gemeldet" in told[ANNA]
    assert "gibt es zurzeit nicht" in told[ANNA]
    again = Bot(database, now=bot.now + timedelta(days=1))
    assert directs(await again.tick()) == {}
    await again.say(BEN, "!mitmachen Digitale Akte", event_id="$late")
    assert await database.run(lambda session: groups.by_id(session, group).dormant_since) is None


async def test_a_group_with_aktive_is_left_alone(database: Database) -> None:
    bot, group = await bot_with_group(database)
    await bot.say(BEN, "!mitmachen")
    await change(bot, group, dormant_since=bot.now, dormant_told_at=bot.now)  # another way in, past these commands
    bot.now += timedelta(days=30)
    assert directs(await bot.tick()) == {}
    assert await database.run(lambda session: groups.by_id(session, group).dormant_told_at) is None
