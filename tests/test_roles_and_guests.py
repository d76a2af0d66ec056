"""Appointments, and what guests may see."""

import json

import pytest
from sqlalchemy import event

from bot.context import Scope
from bot.domain.roles import Role
from bot.procedures import standing
from bot.store import Session, networks, organisations, rooms, shares, votes
from bot.store.database import Database
from bot.store.tables import ProjectShare, RoleGrant
from commands import ALL
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot, plain
from tests.neighbours import HERS, KIM, TWO_FOUNDERS, chat, two_networks


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database, house=TWO_FOUNDERS)


# roles


async def test_a_moderator_is_appointed_to_a_group_by_its_name_from_anywhere(bot: Bot) -> None:
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    await bot.say(ANNA, "gruppe neu Verkehr", room_id=chat_)
    rows = await bot.say(ANNA, f"rolle {BEN} Moderation Verkehr", room_id=chat_)
    assert f"{BEN} hat jetzt die Rolle Moderation in der Gruppe Verkehr" in plain(rows[0])
    (power,) = [row for row in rows if row.action == "empower"]
    assert (power.person, json.loads(power.content)["level"]) == (BEN, 50)
    assert f"{BEN} (Verkehr)" in await bot.hear(ANNA, "rolle", room_id=chat_)
    assert "Gruppe „Verker“ kenne ich hier nicht" in await bot.hear(
        ANNA, f"rolle {CEM} Moderation Verker", room_id=chat_
    )
    assert "Verkehr" in await bot.hear(ANNA, f"rolle {CEM} Moderation", room_id=chat_)
    answer = await bot.hear(ANNA, f"rolle {BEN} Moderation Verkehr entziehen", room_id=chat_)
    assert "in der Gruppe Verkehr nicht mehr" in answer
    assert "keine Rolle" in await bot.hear(ANNA, f"rolle {BEN} Moderation entziehen", room_id=chat_)


async def test_power_levels_are_given_only_in_rooms_that_we_opened(bot: Bot) -> None:
    await bot.enter()
    assert [row.action for row in await bot.say(ANNA, f"!rolle {BEN} Moderation")] == ["send"]


async def test_one_role_is_withdrawn_and_the_others_stay(bot: Bot) -> None:
    await bot.enter()
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    await bot.say(ANNA, f"!rolle {BEN} Koordination")
    assert "die Rolle Koordination nicht mehr" in await bot.hear(ANNA, f"!rolle {BEN} Koordination entziehen")
    assert f"Moderation in diesem Raum: {BEN}" in await bot.hear(ANNA, "!rolle")


async def test_the_last_coordinator_may_give_up_another_role(bot: Bot) -> None:
    await bot.enter()
    await bot.say(ANNA, f"!rolle {ANNA} Moderation")
    assert "Rolle Moderation nicht mehr" in await bot.hear(ANNA, f"!rolle {ANNA} Moderation entziehen")
    assert "allein" in await bot.hear(ANNA, f"!rolle {ANNA} Koordination entziehen")


@pytest.mark.parametrize(
    "words",
    [
        "Anna Moderation",
        "Anna",
        "@anna Moderation",
        "anna:example.org Moderation",
        f"{BEN} Moderation Gibtesnicht",
        f"{BEN} Gast Verkehr",
        f"{BEN} Koordination bitte",
        f"{BEN} Anna",
        f"{BEN} bitte entziehen",
        f"{BEN} Moderation entziehen sofort",
        f"{US} Gast",
    ],
)
async def test_words_that_name_no_person_or_no_role_appoint_nobody(bot: Bot, words: str) -> None:
    await bot.enter()
    rows = await bot.say(ANNA, f"!rolle {words}")
    assert [row.action for row in rows] == ["send"]
    held = await bot.database.run(lambda session: [g.role for p in (BEN, US) for g in networks.grants(session, 1, p)])
    assert held == []


# guests


def test_what_guests_may_use_is_written_down_here() -> None:
    """Deny by default: whoever opens another form to guests has to say so here, and to think of what it shows."""
    open_to_guests = {
        (command.name.de, form.verb.de if form.verb else "")
        for command in ALL
        for form in command.forms
        if form.needs is Role.GUEST
    }
    assert open_to_guests == {
        ("diagramm", ""),  # of what is shared
        ("export", ""),  # the projects that are shared
        ("export", "projekte"),
        ("hilfe", ""),
        ("meinedaten", ""),
        ("meinedaten", "löschen"),
        ("projekt", ""),  # shows one that is shared
        ("sprache", ""),
        ("zeitzone", ""),  # of their own direct chat
        ("zeitzone", "zurücksetzen"),
        ("status", ""),  # reads what is shared
        ("übersicht", ""),  # shows what they may see in chat
        ("übersicht", "beenden"),
        ("verbund", "neu"),  # whom the operator has named
        ("verbund", "wechseln"),
        ("verifizieren", ""),  # keys that are public
    }


def test_what_needs_no_network_asks_for_no_role() -> None:
    """Without a network there are no roles to look at."""
    assert all(form.needs is Role.GUEST for command in ALL for form in command.forms if form.anywhere)


async def test_a_guest_of_one_network_learns_nothing_of_another(bot: Bot) -> None:
    await two_networks(bot)
    await bot.say(ANNA, "!projekt neu Hafen", room_id=ROOM)
    await bot.say(ANNA, "!projekt neu Hafen", room_id=HERS)
    await bot.say(ANNA, "!projekt Hafen\nZiel: Geheimes im Süden", room_id=HERS)
    await bot.say(ANNA, f"!projekt Hafen teilen {KIM}", room_id=ROOM)
    chat_ = await chat(bot, KIM)
    assert "Geheimes" not in await bot.hear(KIM, "status Hafen", room_id=chat_)
    assert "Nord" in await bot.hear(KIM, "verbund wechseln", room_id=chat_)
    await bot.say(ANNA, f"!projekt Hafen teilen {KIM}", room_id=HERS)
    assert "Geheimes" not in await bot.hear(KIM, "projekt Hafen", room_id=chat_)
    assert "2. Süd" in await bot.hear(KIM, "verbund wechseln", room_id=chat_)  # now there are two to choose from
    assert "Süd" in await bot.hear(KIM, "2", room_id=chat_)
    assert "Geheimes" in await bot.hear(KIM, "projekt Hafen", room_id=chat_)


async def test_a_share_is_kept_on_record_when_it_ends(bot: Bot) -> None:
    await bot.enter()
    await bot.say(ANNA, "!projekt neu Hafen")
    for words in (f"teilen {KIM}", f"entziehen {KIM}", f"teilen {KIM}", f"teilen {KIM}"):
        await bot.say(ANNA, f"!projekt Hafen {words}")

    def look(session: Session) -> list[tuple[str, str | None]]:
        return [(row.shared_by, row.withdrawn_by) for row in map(session.get_one, [ProjectShare] * 2, (1, 2))]

    assert await bot.database.run(look) == [(ANNA, ANNA), (ANNA, None)]


async def test_an_archived_project_is_not_shown_to_guests(bot: Bot) -> None:
    await bot.enter()
    await bot.say(ANNA, "!projekt neu Hafen")
    await bot.say(ANNA, f"!projekt Hafen teilen {KIM}")
    await bot.say(ANNA, "!projekt Hafen archivieren")
    chat_ = await chat(bot, KIM)
    assert "noch kein Projekt" in await bot.hear(KIM, "status", room_id=chat_)
    assert "kenne ich hier nicht" in await bot.hear(KIM, "status Hafen", room_id=chat_)


async def test_many_bad_names_share_with_nobody(bot: Bot) -> None:
    await bot.enter()
    await bot.say(ANNA, "!projekt neu Hafen")
    too_many = " ".join(f"@p{n}:example.org" for n in range(51))
    too_long = "@" + "x" * 260 + ":example.org"
    for words in (f"{KIM} und Lea", "Kim", too_many, too_long, "mit und", f"{KIM} {US}"):
        rows = await bot.say(ANNA, f"!projekt Hafen teilen {words}")
        assert [row.action for row in rows] == ["send"]
    shared = await bot.database.run(lambda session: shares.readers(session, 1))
    assert shared == []
    assert await bot.database.run(lambda session: networks.holders(session, 1, Role.GUEST)) == []


# guests have no vote

HOUSEHOLD = (ANNA, BEN, CEM, KIM)
FORMER = "@former:example.org"  # founded a network once; the settings name them no longer


async def enter_as(bot: Bot, *given: tuple[str, Role, str, str | None]) -> None:
    """Kim is in the room, too, and these roles are given: to whom, which, by whom, in which room."""
    await bot.enter(ROOM, *HOUSEHOLD, FORMER)
    await bot.database.run(
        lambda s: [networks.grant(s, 1, who, role, by, bot.now, room) for who, role, by, room in given]
    )


async def electors(bot: Bot) -> set[str | None]:
    await bot.say(ANNA, "!konsultation neu Karte\nFrage: Soll es sie geben?\nSchluss: 24.11.2026 12:00")
    return await bot.database.run(lambda s: {one.person for one in votes.electors(s, 1)})


@pytest.mark.parametrize(
    ("given", "voiceless"),
    [
        ([], set()),
        ([(KIM, Role.GUEST, ANNA, None)], {KIM}),
        ([(KIM, Role.GUEST, ANNA, None), (CEM, Role.GUEST, ANNA, None)], {KIM, CEM}),
        ([(KIM, Role.GUEST, ANNA, None), (KIM, Role.MODERATOR, ANNA, ROOM)], set()),
        ([(KIM, Role.GUEST, ANNA, None), (KIM, Role.MODERATOR, ANNA, HERS)], {KIM}),  # moderates elsewhere
        ([(KIM, Role.GUEST, ANNA, None), (KIM, Role.COORDINATOR, ANNA, None)], set()),
        ([(FORMER, Role.GUEST, ANNA, None), (FORMER, Role.COORDINATOR, FORMER, None)], {FORMER}),
        ([(FORMER, Role.COORDINATOR, FORMER, None)], set()),  # a member like any other now
        ([(BEN, Role.MODERATOR, ANNA, ROOM)], set()),
    ],
)
async def test_guests_are_no_electors(
    bot: Bot, given: list[tuple[str, Role, str, str | None]], voiceless: set[str]
) -> None:
    await enter_as(bot, *given)
    assert await electors(bot) == {*HOUSEHOLD, FORMER} - voiceless


async def test_who_is_a_guest_no_longer_or_in_another_network_votes(bot: Bot) -> None:
    await two_networks(bot)
    for person, room_id in ((BEN, ROOM), (CEM, HERS)):
        await bot.say(ANNA, f"!rolle {person} Gast", room_id=room_id)
    await bot.say(ANNA, f"!rolle {BEN} Gast entziehen", room_id=ROOM)
    assert await electors(bot) == {ANNA, BEN, CEM}


async def test_in_a_room_of_guests_alone_nobody_is_asked(bot: Bot) -> None:
    await enter_as(bot, (KIM, Role.GUEST, ANNA, None))
    await bot.database.run(lambda s: rooms.replace_members(s, ROOM, {US, KIM}))
    rows = await bot.say(ANNA, "!konsultation neu Karte\nFrage: Soll es sie geben?\nSchluss: 24.11.2026 12:00")
    assert [row.event_type for row in rows] == ["m.room.message"], "refused, not opened"
    assert "niemand" in plain(rows[0])


async def test_asking_who_is_a_guest_costs_one_question_however_many_there_are(bot: Bot) -> None:
    guests = [f"@guest{number}:example.org" for number in range(30)]
    await bot.enter(ROOM, ANNA, *guests)

    def look(session: Session) -> int:
        session.add_all(
            RoleGrant(network_id=1, person=guest, role=Role.GUEST, granted_by=ANNA, granted_at=bot.now)
            for guest in guests
        )
        session.flush()
        asked: list[str] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *values: asked.append(values[2]))
        found = standing.guests(ROOM, 1, Scope(session, bot.now, bot.house))
        assert found == set(guests)
        return len(asked)

    assert await bot.database.run(look) == 1


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ([], False),
        ([(KIM, Role.MODERATOR, ANNA, HERS)], False),
        ([(KIM, Role.COORDINATOR, KIM, None)], False),
        ([(KIM, Role.COORDINATOR, ANNA, None)], True),
    ],
)
async def test_a_guest_gets_no_mandate(bot: Bot, more: list[tuple[str, Role, str, str | None]], may: bool) -> None:
    await enter_as(bot, (KIM, Role.GUEST, ANNA, None), *more)
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    for person, words in (
        (ANNA, f"!organisation Lindenstadt\nVertretung: {CEM}, {KIM}"),
        (ANNA, f"!organisation Lindenstadt\nMandat: {BEN}, {KIM}"),
        (BEN, f"!vertretung {KIM} von 1.12.2026 bis 5.12.2026"),
    ):
        said = await bot.hear(person, words)
        assert (f"{KIM} ist Gast" in said) is not may
        assert (f"!rolle {KIM} Gast entziehen" in said) is not may
        if may:
            break
    held = await bot.database.run(lambda s: {one.person for one in organisations.mandates(s, 1, bot.now)})
    assert held == ({BEN, CEM, KIM} if may else {BEN})  # what was refused is refused as a whole
