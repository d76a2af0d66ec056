"""`!übersicht`: the link goes to its person alone, and what it opens ends when they want it."""

import dataclasses
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.context import Scope
from bot.domain.roles import Role
from bot.events import Members, Power, Powers
from bot.procedures import logins
from bot.store import networks
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import LoginLink, WebSession
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain
from tests.taking_part import chat

BASE = "https://stand.example.org/v"
LINK = re.compile(rf"{BASE}/anmelden/([\w-]{{43}})")
HERS = "!sued:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    made = Bot(database, house=dataclasses.replace(HOUSE, web=BASE, widget=True))
    await made.enter()
    return made


async def rows(bot: Bot, table: type[LoginLink | WebSession]) -> list[Any]:
    return await bot.database.run(lambda session: list(session.exec(select(table))))


async def opened(bot: Bot, person: str = BEN) -> None:
    """Somebody logs in with a link that they asked for."""
    said = await bot.hear(person, "übersicht", room_id=await chat(bot, person))
    token = LINK.findall(said)[0]
    assert await bot.database.run(lambda s: logins.log_in(token, None, Scope(s, bot.now, bot.house)))


async def test_in_a_room_nobody_else_sees_the_link(bot: Bot) -> None:
    reply, direct = await bot.say(BEN, "!übersicht")
    assert (reply.room_id, plain(reply)) == (ROOM, "Den Link zur Übersicht schicke ich Ihnen im Direktchat.")
    assert direct.person == BEN
    assert LINK.search(plain(direct))
    assert "15 Minuten" in plain(direct)
    assert not LINK.search(reply.content)


async def test_in_a_direct_chat_it_is_the_answer(bot: Bot) -> None:
    room = await chat(bot, BEN)
    first = LINK.findall(await bot.hear(BEN, "übersicht", room_id=room))
    second = LINK.findall(await bot.hear(BEN, "overview", room_id=room))
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]
    kept = await rows(bot, LoginLink)
    assert [(row.person, row.network_id, row.expires_at - row.made_at) for row in kept] == [
        (BEN, 1, timedelta(minutes=15))
    ] * 2
    assert not {first[0], second[0]} & {row.digest for row in kept}


async def test_only_the_last_few_links_hold(bot: Bot) -> None:
    room = await chat(bot, BEN)
    for _ in range(logins.LINKS + 2):
        bot.now += timedelta(seconds=1)
        await bot.say(BEN, "übersicht", room_id=room)
    assert len(await rows(bot, LoginLink)) == logins.LINKS


async def test_where_there_are_no_pages(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    assert await bot.hear(BEN, "!übersicht") == "Die Übersicht im Browser ist hier nicht eingerichtet."
    assert "web.port" in await bot.hear(ANNA, "!übersicht")
    assert "web.port" in await bot.hear(ANNA, "!übersicht widget")
    assert await rows(bot, LoginLink) == []


async def test_ending_ends_everything_and_nobody_elses(bot: Bot) -> None:
    for person in (BEN, BEN, CEM):
        await opened(bot, person)
    await bot.say(BEN, "!übersicht")
    assert await bot.hear(BEN, "!übersicht beenden") == (
        "Sie sind von der Übersicht abgemeldet, in 2 Browsern. Links, die noch offen waren, gelten nicht mehr."
    )
    assert {row.person for table in (LoginLink, WebSession) for row in await rows(bot, table)} == {CEM}
    assert "nirgends" in await bot.hear(BEN, "!overview end")


async def test_in_several_networks_it_is_asked_which(bot: Bot) -> None:
    await bot.enter(HERS, ANNA, CEM)

    def apart(session: Any) -> None:
        other = networks.found(session, "Verbund Süd", ANNA, bot.now)
        networks.grant(session, other.id or 0, BEN, Role.MODERATOR, ANNA, bot.now)

    await bot.database.run(apart)
    room = await chat(bot, BEN)
    asked = await bot.hear(BEN, "übersicht", room_id=room)
    assert not LINK.search(asked)
    assert LINK.search(await bot.hear(BEN, "2", room_id=room))
    assert [row.network_id for row in await rows(bot, LoginLink)] == [2]


async def test_erasure_ends_sessions(bot: Bot) -> None:
    await opened(bot, BEN)
    await opened(bot, CEM)
    room = await chat(bot, BEN)
    await bot.say(BEN, "meinedaten löschen", room_id=room)
    assert "gelöscht" in await bot.hear(BEN, "ja", room_id=room)
    assert {row.person for row in await rows(bot, WebSession)} == {CEM}
    assert {row.person for row in await rows(bot, LoginLink)} == {CEM}


async def test_what_has_ended_goes_at_night(bot: Bot) -> None:
    await opened(bot, BEN)
    bot.now += timedelta(hours=20)
    await opened(bot, CEM)
    bot.now = bot.now.replace(hour=2, minute=31)  # 3:31 in Berlin
    await bot.tick()
    assert {row.person for row in await rows(bot, WebSession)} <= {CEM}
    assert BEN not in {row.person for row in await rows(bot, LoginLink)}


def state(found: list[Row]) -> dict[str, Any]:
    (row,) = [row for row in found if row.action == "state"]
    assert (row.room_id, row.event_type) == (ROOM, "im.vector.modular.widgets")
    spec: dict[str, Any] = json.loads(row.content)
    assert spec["state_key"] == "zwischenstand"
    return dict(spec["content"])


async def test_the_widget_comes_and_goes(bot: Bot) -> None:
    assert state(await bot.say(ANNA, "!übersicht widget")) == {
        "type": "m.custom",
        "url": f"{BASE}/widget/?raum=%21digitales%3Aexample.org&person=$matrix_user_id",
        "name": "Übersicht",
        "id": "zwischenstand",
        "creatorUserId": US,
    }
    assert state(await bot.say(ANNA, "!overview widget remove")) == {}
    assert "Bitte schreiben Sie" in await bot.hear(ANNA, "!übersicht widget irgendwas")
    assert "Arbeitsgruppe" in await bot.hear(ANNA, "übersicht widget", room_id=await chat(bot, ANNA))


async def test_a_widget_needs_power_and_consent(bot: Bot) -> None:
    lacking = Powers(
        event_id="$powers",
        room_id=ROOM,
        sender=ANNA,
        sent_at=bot.now,
        received_at=bot.now,
        lacks=frozenset({Power.NAME}),
    )
    await bot.handle(lacking)
    assert "Stufe 50" in await bot.hear(ANNA, "!übersicht widget")
    bot.inbox._house = dataclasses.replace(bot.house, widget=False)
    assert "web.element" in await bot.hear(ANNA, "!übersicht widget")


async def test_who_left_all_rooms_gets_no_link(bot: Bot) -> None:
    room = await chat(bot, CEM)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    assert not LINK.search(await bot.hear(CEM, "übersicht", room_id=room))
