"""A network's space in Matrix."""

import json
from collections.abc import Sequence

import pytest

from bot.context import Scope
from bot.effects import Invite, OpenRoom, SetState
from bot.events import Failed, Opened
from bot.language.slugs import slug
from bot.procedures import spaces
from bot.store import Session, networks, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Room
from tests.fakes import ANNA, BEN, ROOM, US, Bot, plain
from tests.neighbours import HERS, THIRD, TWO_FOUNDERS, chat, home_of, invite


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database, house=TWO_FOUNDERS)


def children(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Which rooms were put into which space."""
    return [
        (row.room_id or "", json.loads(row.content)["state_key"]) for row in rows if row.event_type == "m.space.child"
    ]


async def test_a_room_that_comes_by_invitation_opens_no_space(bot: Bot) -> None:
    await bot.enter()
    rows = await bot.say(ANNA, "!verbund")
    assert [row.action for row in rows] == ["send"]
    assert bot.opened == {}


async def test_a_space_takes_all_rooms_of_its_network_but_direct_chats(bot: Bot) -> None:
    await bot.enter()
    await chat(bot, ANNA)
    await invite(bot, ANNA, HERS)
    rows = await bot.database.run(lambda session: _effects_of_opening(session, bot))
    opening, put_in = rows
    assert isinstance(opening, OpenRoom)
    assert (opening.key, opening.alias, opening.space) == ("space/1", "verbund-anna", True)
    assert opening.powers == {ANNA: 100}
    assert put_in == {ROOM, HERS}


def _effects_of_opening(session: Session, bot: Bot) -> tuple[object, set[str]]:
    scope = Scope(session, bot.now, bot.house)
    (opening,) = spaces.open_for(networks.by_id(session, 1), scope)
    effects = spaces.opened(Opened(key="space/1", room_id="!space:example.org", received_at=bot.now), scope)
    assert spaces.open_for(networks.by_id(session, 1), scope) == ()
    assert [effect.person for effect in effects if isinstance(effect, Invite)] == [ANNA]
    states = [effect for effect in effects if isinstance(effect, SetState)]
    assert {(state.room_id, state.event_type) for state in states} == {("!space:example.org", "m.space.child")}
    assert all(state.content == {"via": ["example.org"], "suggested": False} for state in states)
    return opening, {state.state_key for state in states}


async def test_a_room_that_we_opened_names_its_space(bot: Bot) -> None:
    await bot.say(ANNA, "verbund neu Region", room_id=await chat(bot, ANNA))

    def put(session: Session) -> tuple[object, ...]:
        rooms.save(session, Room(room_id=THIRD, network_id=1, invited_by=US, since=bot.now))
        network = networks.by_id(session, 1)
        return spaces.with_room(network, THIRD, Scope(session, bot.now, bot.house))

    child, parent = await bot.database.run(put)
    assert isinstance(child, SetState)
    assert isinstance(parent, SetState)
    assert (child.room_id, child.state_key) == ("!region:example.org", THIRD)
    assert (parent.room_id, parent.event_type, parent.state_key) == (THIRD, "m.space.parent", "!region:example.org")
    assert parent.content == {"via": ["example.org"], "canonical": True}


async def test_the_first_room_of_a_group_opens_the_space(bot: Bot) -> None:
    await bot.enter()

    def put(session: Session) -> tuple[object, ...]:
        return spaces.with_room(networks.by_id(session, 1), ROOM, Scope(session, bot.now, bot.house))

    (opening,) = await bot.database.run(put)
    assert isinstance(opening, OpenRoom)


async def test_a_space_heard_of_twice_is_there_once(bot: Bot) -> None:
    """As after a crash between the opening and the word of it."""
    await bot.enter()
    rows = await bot.say(ANNA, "!verbund neu Region")
    assert [row.action for row in rows] == ["send", "open", "invite"]
    before = len(bot.opened)
    await bot.inbox.came(Opened(key="space/2", room_id="!region:example.org", received_at=bot.now))
    assert await bot.tick() == []
    assert len(bot.opened) == before


async def test_rooms_follow_into_the_space_once(bot: Bot) -> None:
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    assert children(await invite(bot, ANNA, ROOM)) == [("!region:example.org", ROOM)]
    assert children(await invite(bot, ANNA, ROOM)) == []


async def test_where_no_space_can_be_opened_the_coordinators_are_told_once(bot: Bot) -> None:
    bot.refuses = {"open": "the alias is taken"}
    chat_ = await chat(bot, ANNA)
    rows = await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    told = [plain(row) for row in rows if row.person == ANNA]
    assert len(told) == 1
    assert "Der Space für Region ließ sich nicht eröffnen" in told[0]
    assert "taken" not in told[0]
    again = Failed(key="space/1", action="open", room_id=None, person=None, problem="again", received_at=bot.now)
    await bot.inbox.came(again)
    assert await bot.tick() == []
    assert children(await invite(bot, ANNA, ROOM)) == []
    assert await home_of(bot, ROOM) == "Region"


async def test_a_new_coordinator_gets_into_the_space(bot: Bot) -> None:
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    rows = await bot.say(ANNA, f"rolle {BEN} Koordination", room_id=chat_)
    assert [(row.action, row.room_id, row.person) for row in rows[1:]] == [
        ("invite", "!region:example.org", BEN),
        ("empower", "!region:example.org", BEN),
    ]


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("Digitale Region", "digitale-region"),
        ("Mobilität & Straße", "mobilitaet-strasse"),
        ("--", "verbund"),
        ("Сеть", "verbund"),
        ("x" * 80, "x" * 60),
        ("Ä" * 59 + " b", ("ae" * 30)),
    ],
)
def test_an_alias_is_made_of_the_name(name: str, alias: str) -> None:
    assert slug(name, otherwise="verbund") == alias
