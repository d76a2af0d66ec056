"""Somebody is to belong to a network no longer; and who may coordinate one, whatever the settings say by now."""

import json
from dataclasses import replace

import pytest
from sqlmodel import col, select

from bot.domain.groups import Part
from bot.events import Membership
from bot.store import holdings
from bot.store.database import Database
from bot.store.tables import Mandate, Participation, RoleGrant
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain
from tests.neighbours import KIM, TWO_FOUNDERS, chat, two_networks

OVERVIEW = "!alle:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    bot = Bot(database, house=HOUSE)
    await bot.enter()
    await bot.say(ANNA, "!projekt neu eAkte\nZiel: vertraulich")
    return bot


async def leaves(bot: Bot, person: str, room_id: str = ROOM) -> None:
    bot._count += 1
    await bot.handle(
        Membership(
            room_id=room_id,
            event_id=f"$left{bot._count}",
            sender=ANNA,
            sent_at=bot.now,
            received_at=bot.now,
            person=person,
            state="ban",
        )
    )


async def test_all_that_ties_somebody_ends_once_that_is_confirmed(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Verkehr")
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {CEM}")
    await bot.say(ANNA, f"!rolle {CEM} Moderation Verkehr")
    await bot.say(CEM, "!mitmachen Verkehr")
    direct = await chat(bot, CEM)
    await leaves(bot, CEM)
    assert "vertraulich" in await bot.hear(CEM, "projekt eAkte", room_id=direct)
    asked = await bot.hear(ANNA, f"!rolle {CEM} entfernen")
    for words in ("Rolle Moderation", "Vertretung für Lindenstadt", "Teilnahme an Verkehr"):
        assert words in asked
    assert "vertraulich" in await bot.hear(CEM, "projekt eAkte", room_id=direct)  # nothing has ended yet
    rows = await bot.say(ANNA, f"!rolle {CEM} entfernen ja")
    assert "gehört nicht mehr zum Verbund" in plain(rows[0])
    assert "Verkehr" in "".join(plain(row) for row in rows if row.person == ANNA)  # its last Aktive has gone
    assert "vertraulich" not in await bot.hear(CEM, "projekt eAkte", room_id=direct)

    given = bot.database.run_now(lambda s: list(s.exec(select(RoleGrant).where(col(RoleGrant.person) == CEM))))
    assert [(row.withdrawn_by, row.withdrawn_at) for row in given] == [(ANNA, bot.now)]
    assert bot.database.run_now(lambda s: [row.ends_at for row in s.exec(select(Mandate))]) == [bot.now]
    active = select(Participation).where(col(Participation.kind) == Part.ACTIVE)
    assert bot.database.run_now(lambda s: [(row.person, row.ended_by) for row in s.exec(active)]) == [(CEM, ANNA)]
    assert "gehört nicht zum Verbund" in await bot.hear(ANNA, f"!rolle {CEM} entfernen")


async def test_the_confirmation_may_be_a_yes(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    direct = await chat(bot, ANNA)
    assert "Digitales" not in await bot.hear(ANNA, f"rolle {BEN} entfernen", room_id=direct)
    assert "keine Rolle, kein Mandat" in await bot.hear(ANNA, "ja", room_id=direct)


async def test_who_is_in_a_room_stays_a_member_there_and_the_answer_says_so(bot: Bot) -> None:
    assert f"ist noch in {ROOM}" in await bot.hear(ANNA, f"!rolle {BEN} entfernen")
    await bot.say(ANNA, "!gruppe neu Verkehr\nRaum: hier")
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    asked = await bot.hear(ANNA, f"!rolle {BEN} entfernen")
    assert "Solange die Person in Verkehr ist, gehört sie für mich weiter zum Verbund" in asked
    assert "Solange die Person in Verkehr ist" in await bot.hear(ANNA, f"!rolle {BEN} entfernen ja")


async def test_a_guest_in_a_room_gains_nothing_by_being_removed(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {CEM} Gast")
    await bot.say(ANNA, f"!projekt eAkte teilen {CEM}")
    await bot.say(ANNA, f"!rolle {CEM} entfernen ja")
    assert "vertraulich" not in await bot.hear(CEM, "!projekt eAkte")
    assert f"Gäste: {CEM}" in await bot.hear(ANNA, "!rolle")


async def test_a_withdrawal_that_finds_no_role_points_to_the_removal(bot: Bot) -> None:
    assert f"!rolle {BEN} entfernen" in await bot.hear(ANNA, f"!rolle {BEN} entziehen")
    assert "entfernen" not in await bot.hear(ANNA, f"!rolle {KIM} entziehen")


async def test_only_coordinators_remove_and_the_last_one_stays(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    assert "braucht es hier die Rolle Koordination" in await bot.hear(BEN, f"!rolle {CEM} entfernen")
    assert "koordiniert den Verbund allein" in await bot.hear(ANNA, f"!rolle {ANNA} entfernen ja")


async def test_removed_from_one_network_somebody_still_belongs_to_the_other(database: Database) -> None:
    bot = Bot(database, house=TWO_FOUNDERS)
    await two_networks(bot)
    direct = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund wechseln Nord", room_id=direct)
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    await bot.say(ANNA, f"!rolle {BEN} Moderation", room_id="!bertas:example.org")
    await bot.say(ANNA, f"!rolle {BEN} entfernen ja")
    (kept,) = database.run_now(lambda s: [row.room_id for row in holdings.roles(s, BEN)])
    assert kept == "!bertas:example.org"


# who may coordinate


async def test_a_founder_whom_the_settings_no_longer_name_is_no_coordinator(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {BEN} Koordination")
    bot.house = replace(HOUSE, coordinators=("@op:example.org",))
    bot.inbox._house = bot.house
    assert f"Koordination: {BEN}\n" in await bot.hear(BEN, "!verbund")
    assert f"bitte wenden Sie sich an {BEN}." in (await bot.hear(ANNA, "!organisation neu X")).replace("Bitte", "bitte")
    assert "koordiniert den Verbund allein" in await bot.hear(BEN, f"!rolle {BEN} entziehen")
    direct = await chat(bot, BEN)
    assert "Verbund" in await bot.hear(BEN, "meinedaten löschen", room_id=direct)
    assert "Moderation" in await bot.hear(BEN, f"!rolle {CEM} Moderation")


# power levels


async def test_a_new_coordinator_has_power_in_the_rooms_that_we_opened_and_in_the_space(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Verkehr")
    rows = await bot.say(ANNA, f"!rolle {BEN} Koordination")
    given = {row.room_id: json.loads(row.content)["level"] for row in rows if row.action == "empower"}
    assert given == {"!verbund-anna-verkehr:example.org": 100, "!verbund-anna:example.org": 100}
    assert {row.person for row in rows if row.action == "empower"} == {BEN}


async def test_who_loses_a_role_keeps_the_power_and_the_answer_says_where(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Verkehr")
    room = "!verbund-anna-verkehr:example.org"
    await bot.handle(
        Membership(
            room_id=room,
            event_id="$in",
            sender=BEN,
            sent_at=bot.now,
            received_at=bot.now,
            person=BEN,
            state="join",
        )
    )
    await bot.say(ANNA, f"!rolle {BEN} Koordination")
    answer = await bot.hear(ANNA, f"!rolle {BEN} entziehen")
    assert "in Verkehr, Verbund Anna (Space)" in answer
    assert "nur selbst abgeben" in answer
    await bot.say(ANNA, f"!rolle {BEN} Moderation Verkehr")
    assert "wer den Raum verwaltet" in await bot.hear(ANNA, f"!rolle {BEN} Moderation Verkehr entziehen")
    await bot.say(ANNA, f"!rolle {BEN} Moderation")  # a room that we did not open
    assert "Matrix-Raum" not in await bot.hear(ANNA, f"!rolle {BEN} entziehen")


# Matrix IDs


@pytest.mark.parametrize("words", [f"{BEN},", f"{BEN}:", f"({BEN}).", f"„{BEN}“", f"https://matrix.to/#/{BEN}"])
async def test_what_stands_around_an_id_is_no_part_of_it(bot: Bot, words: str) -> None:
    assert f"{BEN} hat jetzt die Rolle" in await bot.hear(ANNA, f"!rolle {words} Moderation")


@pytest.mark.parametrize("words", ["@ben:exämple.org", "@ben:example.org/x", "@ben:", "@:example.org", f"{BEN}{CEM}"])
async def test_what_is_no_id_appoints_nobody(bot: Bot, words: str) -> None:
    assert "keine Matrix-Kennung" in await bot.hear(ANNA, f"!rolle {words} Moderation")


async def test_a_project_is_given_to_the_one_person_who_is_named(bot: Bot) -> None:
    assert f"{BEN}\n" in await bot.hear(ANNA, f"!projekt eAkte\nVerantwortlich: Ben Muster ({BEN}).") + "\n"
    assert "keine Matrix-Kennung" in await bot.hear(ANNA, f"!projekt eAkte\nVerantwortlich: {BEN} und {CEM}")


# moderators, from anywhere


async def test_who_moderates_a_group_leads_it_from_anywhere_and_nothing_else(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Verkehr\nRaum: hier")
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    await bot.enter(OVERVIEW)
    await bot.say(ANNA, "!gruppe neu Übersicht\nRaum: hier", room_id=OVERVIEW)
    direct = await chat(bot, BEN)
    for room_id in (OVERVIEW, direct):
        rows = await bot.say(BEN, "!gruppe einladen Verkehr @dora:example.org", room_id=room_id)
        assert "@dora:example.org" in plain(rows[0])
        refusal = await bot.hear(BEN, "!gruppe einladen Übersicht @dora:example.org", room_id=room_id)
        assert "Rolle Moderation oder Koordination" in refusal
        helped = plain((await bot.say(BEN, "!hilfe", room_id=room_id))[0])
        assert "gruppe einladen" in helped
        assert "konsultation neu" not in helped  # that is for the room it is said in
        assert "gruppe einladen" not in plain((await bot.say(CEM, "!hilfe", room_id=OVERVIEW))[0])
    assert "Rolle Moderation" in await bot.hear(CEM, "!gruppe einladen Verkehr @dora:example.org", room_id=OVERVIEW)
    await bot.say(ANNA, "!konsultation neu Tee\nFrage: Tee?\nSchluss: 12.12. 12:00")
    rows = await bot.say(BEN, "!konsultation K1 verlängern 19.12. 12:00", room_id=OVERVIEW)
    assert "19. Dezember" in plain(rows[0])
    assert US not in plain(rows[0])
