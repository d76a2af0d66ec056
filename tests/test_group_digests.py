"""The digest of groups: who gets a copy, what is said of groups without Aktive, and who is missing among them."""

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.groups import Part
from bot.post import UNCONFIRMED
from bot.store import Session, networks, participations
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Group, Participation, Room
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, Bot, plain
from tests.taking_part import DORA, OFFICE, change, make_group

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # 8:00 in Berlin
MAILING = dataclasses.replace(HOUSE, mail=True)
KARTE = "!karte:example.org"


def said(rows: list[Row]) -> dict[str, str]:
    """What is said to whom: to rooms, and to people alone."""
    return {row.person or row.room_id or "": plain(row) for row in rows if row.action == "send"}


def mails(rows: list[Row]) -> list[dict[str, str]]:
    return [json.loads(row.content) for row in rows if row.action == "mail"]


async def lively(database: Database, **more: Any) -> tuple[Bot, int]:
    """A group with one of the Aktive and two followers, of whom one is in the room; something was reported there."""
    bot = Bot(database, **more)
    await bot.enter()
    group = await make_group(bot)
    await bot.enter(OFFICE, ANNA, BEN, CEM)
    await bot.say(ANNA, "!mitmachen Digitale Akte")
    await bot.say(BEN, "!folgen Digitale Akte")
    await bot.say(ANNA, "!folgen Digitale Akte @dora:example.org")
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Papierlos", room_id=OFFICE)
    return bot, group


async def test_followers_get_the_group_s_digest_unless_they_read_it_in_the_room(database: Database) -> None:
    bot, _ = await lively(database)
    bot.now = MONDAY
    rows = await bot.tick()
    digest, copy = said(rows)[OFFICE], said(rows)[DORA]
    assert sorted(said(rows)) == sorted([OFFICE, DORA])
    assert "I1: Papierlos" in digest
    assert "I1: Papierlos" in copy
    assert "weil Sie der Gruppe Digitale Akte folgen" in copy
    assert "!verlassen Digitale Akte" in copy
    assert {row.key for row in rows if row.person or row.room_id == OFFICE} == {
        f"digest/{OFFICE}/{MONDAY.isoformat()}",
        f"digest/{OFFICE}/{MONDAY.isoformat()}/{DORA}",
    }
    assert await Bot(database, now=bot.now).tick() == []


async def test_by_mail_where_an_address_was_given(database: Database) -> None:
    bot, _ = await lively(database, house=MAILING)
    await bot.say(BEN, "!folgen Digitale Akte rathaus@lindenstadt.example")  # though he is in the room
    bot.now = MONDAY
    rows = await bot.tick()
    (mail,) = mails(rows)
    assert mail["to"] == "rathaus@lindenstadt.example"
    assert mail["subject"] == "Wochenbericht Digitale Akte, Montag, 23. November 2026"
    assert re.fullmatch("gruppe-[0-9a-f]{16}", mail["list_label"]), "not the group's number"
    assert "I1: Papierlos" in mail["plain"]
    assert "@anna:example.org" in mail["plain"]
    assert "!verlassen Digitale Akte" in mail["plain"]
    assert BEN not in said(rows)


async def test_an_address_that_does_not_work_is_told_to_the_follower_once(database: Database) -> None:
    bot, _ = await lively(database, house=MAILING)
    await bot.say(BEN, "!folgen Digitale Akte tippfehler@lindenstadt.example")
    bot.refuses["mail"] = "550 5.1.1 No such user"
    bot.now = MONDAY
    told = [row for row in await bot.tick() if row.person == BEN]
    assert len(told) == 1
    assert plain(told[0]) == (
        "Der Wochenbericht der Gruppe Digitale Akte an tippfehler@lindenstadt.example kommt nicht an. "
        "Der Mailserver meldet: 550 5.1.1 No such user\n\n"
        "Eine andere Adresse tragen Sie so ein: !folgen Digitale Akte name@example.org\n\n"
        "Als Direktnachricht kommt der Bericht nach !verlassen Digitale Akte und !folgen Digitale Akte"
    )
    assert "lindenstadt" not in told[0].key
    rows = await next_week(bot, "!folgen Digitale Akte tippfehler@lindenstadt.example")
    assert (len(mails(rows)), BEN in said(rows)) == (1, False), "he knows"
    rows = await next_week(bot, "!folgen Digitale Akte auch-falsch@lindenstadt.example")
    assert "auch-falsch" in said(rows)[BEN]
    await bot.say(BEN, "!verlassen Digitale Akte")
    rows = await next_week(bot, "!folgen Digitale Akte")
    assert (len(mails(rows)), BEN in said(rows)) == (0, False), "he reads it in the room"


async def next_week(bot: Bot, command: str) -> list[Row]:
    """Ben says something and has an idea; the digest after that."""
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, command)
    await bot.say(BEN, "!idee Mehr", room_id=OFFICE)
    bot.now += timedelta(days=7) - timedelta(minutes=1)
    return await bot.tick()


async def test_who_entered_an_address_for_somebody_hears_it_too(database: Database) -> None:
    bot, group = await lively(database, house=MAILING)

    def work(session: Session) -> None:
        row = participations.current(session, group, DORA)
        assert row is not None
        row.email = "dora@example.org"

    await database.run(work)
    bot.refuses["mail"] = f"{UNCONFIRMED} (timeout), it may have arrived"
    bot.now = MONDAY
    told = said(await bot.tick())
    assert "vielleicht nicht angekommen" in told[DORA]
    assert f"für {DORA} an dora@example.org" in told[ANNA]
    assert f"!folgen Digitale Akte {DORA} name@example.org" in told[ANNA]
    assert f"!verlassen Digitale Akte {DORA}" in told[ANNA]


async def test_an_address_without_a_mail_server_falls_back_to_a_direct_message(database: Database) -> None:
    bot, group = await lively(database)

    def work(session: Session) -> None:
        row = participations.current(session, group, DORA)
        assert row is not None
        row.email = "dora@example.org"

    await database.run(work)
    bot.now = MONDAY
    rows = await bot.tick()
    assert mails(rows) == []
    assert DORA in said(rows)


async def test_an_empty_digest_goes_to_nobody(database: Database) -> None:
    bot, _ = await lively(database)
    bot.now = MONDAY
    await bot.tick()
    bot.now += timedelta(days=7)
    assert said(await bot.tick()) == {}
    rows = await bot.say(ANNA, "!bericht jetzt", room_id=OFFICE)
    assert len(rows) == 1
    assert "nichts Neues" in plain(rows[0])


async def test_at_once_it_goes_to_followers_too_a_preview_does_not(database: Database) -> None:
    bot, _ = await lively(database)
    assert list(said(await bot.say(ANNA, "!bericht vorschau", room_id=OFFICE))) == [OFFICE]
    message = bot.message(ANNA, "!bericht jetzt", OFFICE)
    assert sorted(said(await bot.handle(message))) == sorted([OFFICE, DORA])
    assert await bot.handle(message) == []
    bot.now = MONDAY
    assert said(await bot.tick()) == {}  # the period began anew


async def test_right_after_one_at_once_monday_s_is_posted_only_if_something_new_has_come(database: Database) -> None:
    bot, _ = await lively(database)
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 12.12.2026 12:00", room_id=OFFICE)
    await bot.say(BEN, "!feedback Formular fehlt", room_id=OFFICE)
    bot.now = MONDAY - timedelta(minutes=10)
    await bot.say(ANNA, "!bericht jetzt", room_id=OFFICE)
    bot.now = MONDAY
    assert said(await bot.tick()) == {}
    bot.now += timedelta(days=7) - timedelta(minutes=10)
    await bot.say(ANNA, "!bericht jetzt", room_id=OFFICE)
    bot.now += timedelta(minutes=5)
    await bot.say(BEN, "!idee Bäderkarte", room_id=OFFICE)
    bot.now += timedelta(minutes=5)
    assert "Bäderkarte" in said(await bot.tick())[OFFICE]
    bot.now += timedelta(days=7)
    assert "Offene Konsultationen" in said(await bot.tick())[OFFICE]  # a week later that is worth saying


async def test_a_letter_is_in_the_language_of_the_room_it_tells_of(database: Database) -> None:
    bot, _ = await lively(database, house=MAILING)
    await bot.say(BEN, "!folgen Digitale Akte rathaus@lindenstadt.example")
    await bot.say(ANNA, "!sprache en", room_id=OFFICE)
    bot.now = MONDAY
    (mail,) = mails(await bot.tick())
    assert mail["subject"].startswith("Weekly digest Digitale Akte")


async def test_who_has_become_a_guest_or_left_gets_none(database: Database) -> None:
    bot, _ = await lively(database)
    await bot.say(ANNA, "!folgen Digitale Akte @eva:example.org")
    await bot.say(ANNA, "!verlassen Digitale Akte @eva:example.org")
    await bot.say(ANNA, "!rolle @dora:example.org Gast")
    bot.now = MONDAY
    assert list(said(await bot.tick())) == [OFFICE]


async def test_a_group_without_aktive_is_shown_until_it_has_some(database: Database) -> None:
    bot, _ = await lively(database)
    await make_group(bot, "Karte", KARTE)
    await bot.say(ANNA, "!verlassen Digitale Akte")
    for _week in range(2):
        bot.now = bot.now.replace(hour=7) + timedelta(days=3 if bot.now < MONDAY else 7)
        rows = said(await bot.tick())
        assert "Arbeitsgruppen ohne Aktive" in rows[ROOM]
        assert "Digitale Akte, seit 20. November 2026" in rows[ROOM]
        assert "einspringen könnten: @ben:example.org, @dora:example.org" in rows[ROOM]
        assert "!mitmachen Digitale Akte" in rows[ROOM]
        assert "Arbeitsgruppen ohne Aktive" in rows[OFFICE]
        assert KARTE not in rows  # new, and not its business
    await bot.say(BEN, "!mitmachen Digitale Akte")
    await bot.say(ANNA, "!mitmachen Karte")
    bot.now += timedelta(days=7)
    assert said(await bot.tick()) == {}


async def test_where_every_room_is_a_group_s_each_shows_them_all(database: Database) -> None:
    bot = Bot(database)
    await bot.enter(OFFICE, ANNA)
    group = await make_group(bot)
    await make_group(bot, "Karte", KARTE)
    await change(bot, group, dormant_since=bot.now, dormant_told_at=bot.now)
    bot.now = MONDAY
    rows = said(await bot.tick())
    assert set(rows) == {OFFICE, KARTE}
    assert "Digitale Akte, seit" in rows[KARTE]


async def test_the_room_of_a_group_that_has_ended_says_nothing_of_the_others(database: Database) -> None:
    bot, _ = await lively(database)
    ended = await make_group(bot, "Karte", KARTE)
    await bot.say(ANNA, "!verlassen Digitale Akte")
    await change(bot, ended, folded=None, ended_at=bot.now)
    bot.now = MONDAY
    assert set(said(await bot.tick())) == {ROOM, OFFICE, DORA}


async def test_the_overview_room_names_the_classes_that_fall_short(database: Database) -> None:
    bot, _ = await lively(database)
    for number in range(4):
        await bot.say(ANNA, f"!organisation neu Dorf {number}\nEbene: Gemeinde\nEinwohner: {900 + number}")
        await bot.say(ANNA, f"!organisation neu Stadt {number}\nEbene: Stadt\nEinwohner: {30_000 + number}")
        person = f"@p{number}:example.org"
        await bot.say(ANNA, f"!organisation Stadt {number}\nMandat: {person}")
        await bot.say(ANNA, f"!mitmachen Digitale Akte {person}")
    missing = "wenig vertreten: Größenklasse unter 5.000 Einwohner; Ebene Gemeinde."
    assert missing in await bot.hear(ANNA, "!bericht")
    assert "wenig vertreten" not in await bot.hear(ANNA, "!bericht", room_id=OFFICE)
    bot.now = MONDAY
    assert ROOM not in said(await bot.tick())  # that alone is no news
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Bäderkarte")
    bot.now += timedelta(days=7)
    assert missing in said(await bot.tick())[ROOM]


async def test_another_network_s_groups_are_nobody_s_business(database: Database) -> None:
    bot, _ = await lively(database)
    await bot.say(ANNA, "!verlassen Digitale Akte")

    def elsewhere(session: Session) -> None:
        other = networks.found(session, "Anderswo", CEM, bot.now).id or 0
        room = Room(room_id="!fern:example.org", network_id=other, invited_by=CEM, since=bot.now)
        group = Group(
            network_id=other,
            name="Geheimes",
            folded="geheimes",
            token="g",
            created_by=CEM,
            created_at=bot.now,
            dormant_since=bot.now,
            dormant_told_at=bot.now,
        )
        session.add_all([room, group])
        session.flush()
        row = Participation(
            network_id=other,
            group_id=group.id or 0,
            person=DORA,
            kind=Part.FOLLOWER,
            since=bot.now,
            entered_by=CEM,
        )
        participations.enter(session, row)

    await database.run(elsewhere)
    bot.now = MONDAY
    rows = said(await bot.tick())
    assert set(rows) == {ROOM, OFFICE, DORA, "!fern:example.org"}
    assert "Geheimes" in rows["!fern:example.org"]
    assert "Digitale Akte" not in rows["!fern:example.org"]
    assert "Geheimes" not in rows[ROOM] + rows[OFFICE] + rows[DORA]
    assert "Meinten" not in await bot.hear(BEN, "!mitmachen Geheim")
