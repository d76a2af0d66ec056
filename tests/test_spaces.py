"""A network's space in Matrix."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.context import Scope
from bot.effects import Invite, OpenRoom, SetState
from bot.events import Batch, Failed, Invited, Left, Opened, Upgraded
from bot.language.slugs import slug
from bot.procedures import spaces
from bot.store import Session, networks, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Room
from tests.fakes import ANNA, BEN, ROOM, US, Bot, plain
from tests.neighbours import HERS, THIRD, TWO_FOUNDERS, chat, direct, home_of, invite
from tests.workbench import Bench


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


async def failed_space(bot: Bot) -> str:
    """A network whose space could not be opened; Anna's direct chat."""
    chat_ = await chat(bot, ANNA)
    bot.refuses = {"open": "500 M_UNKNOWN"}
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    bot.refuses = {}
    return chat_


def openings(rows: Sequence[Row]) -> list[str]:
    return [row.key for row in rows if row.action == "open" and row.key.startswith("space/")]


async def test_a_space_that_could_not_be_opened_is_tried_again(bot: Bot) -> None:
    chat_ = await failed_space(bot)
    await invite(bot, ANNA, ROOM, BEN)
    assert openings(await bot.say(BEN, "!verbund", room_id=ROOM)) == []  # not for who does not coordinate it
    bot.refuses = {"open": "500 M_UNKNOWN"}
    rows = await bot.say(ANNA, "verbund", room_id=chat_)
    assert openings(rows) == ["space/1/again 1"]
    assert sum("ließ sich nicht eröffnen" in plain(row) for row in rows) == 1
    bot.refuses = {}
    rows = await bot.say(ANNA, "verbund", room_id=chat_)
    assert openings(rows) == ["space/1/again 2"]
    assert children(rows) == [("!region:example.org", ROOM)]
    assert [row.person for row in rows if row.action == "invite"] == [ANNA]
    assert openings(await bot.say(ANNA, "verbund", room_id=chat_)) == []


async def test_a_group_is_a_reason_to_try_again(bot: Bot) -> None:
    chat_ = await failed_space(bot)
    rows = await bot.say(ANNA, "gruppe neu Kultur", room_id=chat_)
    assert openings(rows) == ["space/1/again 1"]
    assert children(rows) == [("!region:example.org", "!region-kultur:example.org")]


async def test_while_a_space_is_being_opened_no_second_one_is(bot: Bot) -> None:
    await chat(bot, ANNA)
    await bot.inbox.handle(Batch((bot.message(ANNA, "verbund neu Region", direct(ANNA)),), "t", bot.now))
    await bot.inbox.handle(Batch((bot.message(ANNA, "verbund", direct(ANNA)),), "u", bot.now))
    assert openings(await bot._sent()) == ["space/1"]


async def test_another_attempt_means_the_same_room(database: Database) -> None:
    bench = Bench(database, None)
    await bench.do(OpenRoom(key="space/1", name="Region", alias="region", space=True))
    await bench.do(OpenRoom(key="space/1/again 1", name="Region", alias="region", space=True))
    assert [room.key for room in bench.sender.opened_rooms] == ["space/1", "space/1"]
    assert [outcome.key for outcome in bench.reported] == ["space/1", "space/1/again 1"]


async def test_who_cannot_be_invited_to_the_space_is_told_of(bot: Bot) -> None:
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    bot.refuses = {BEN: "there is no account"}
    rows = await bot.say(ANNA, f"rolle {BEN} Koordination", room_id=chat_)
    told = [plain(row) for row in rows if row.action == "send" and row.person == ANNA]
    assert ["konnte ich nicht in den Space von Region einladen" in words for words in told] == [True]
    assert "Dieses Konto gibt es nicht" in told[0]


SPACE = "!region:example.org"


async def space_left(bot: Bot) -> tuple[str, list[Row]]:
    """A network with a room, out of whose space Ben has thrown us; Anna's direct chat, and what came of it."""
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    await invite(bot, ANNA, ROOM, BEN)
    return chat_, await bot.handle(Left(room_id=SPACE, received_at=bot.now, by=BEN))


async def test_thrown_out_of_the_space_the_coordinators_hear_it_once(bot: Bot) -> None:
    chat_, rows = await space_left(bot)
    assert [(row.person, f"{BEN} hat mich entfernt" in plain(row)) for row in rows] == [(ANNA, True)]
    assert await bot.handle(Left(room_id=SPACE, received_at=bot.now, by=BEN)) == []
    assert openings(await bot.say(ANNA, "verbund", room_id=chat_)) == []  # somebody may have wanted it
    rows = await bot.say(ANNA, "gruppe neu Kultur", room_id=chat_)
    assert openings(rows) == ["space/1/again 1"]
    assert sorted(children(rows)) == sorted(
        [("!region-2:example.org", ROOM), ("!region-2:example.org", "!region-kultur:example.org")]
    )


async def test_invited_back_into_the_space_it_joins_and_says_nothing(bot: Bot) -> None:
    await space_left(bot)
    await invite(bot, ANNA, HERS)  # meanwhile
    bot.now += timedelta(seconds=1)
    rows = await bot.handle(Invited(room_id=SPACE, inviter=ANNA, direct=False, received_at=bot.now))
    assert [row.action for row in rows] == ["join", "state"]
    assert children(rows) == [(SPACE, HERS)]
    assert await bot.database.run(lambda session: rooms.find(session, SPACE)) is None
    bot.now += timedelta(seconds=1)
    rows = await bot.handle(Invited(room_id=SPACE, inviter=BEN, direct=False, received_at=bot.now))
    assert [row.action for row in rows] == ["join"]  # it is the network's: we were thrown out and asked in at once


async def test_back_into_a_space_only_for_who_coordinates_and_while_there_is_no_other(bot: Bot) -> None:
    chat_, _ = await space_left(bot)
    rows = await bot.handle(Invited(room_id=SPACE, inviter=BEN, direct=False, received_at=bot.now))
    assert [row.action for row in rows] == ["leave"]
    await bot.say(ANNA, "gruppe neu Kultur", room_id=chat_)
    bot.now += timedelta(seconds=1)
    rows = await bot.handle(Invited(room_id=SPACE, inviter=ANNA, direct=False, received_at=bot.now))
    assert [row.action for row in rows] == ["leave"]


async def test_a_tombstone_in_the_space_is_ignored(bot: Bot) -> None:
    chat_ = await chat(bot, ANNA)
    await bot.say(ANNA, "verbund neu Region", room_id=chat_)
    event = bot.message(ANNA, "", SPACE)
    tombstone = Upgraded(
        room_id=SPACE,
        event_id=event.event_id,
        sender=ANNA,
        sent_at=bot.now,
        received_at=bot.now,
        successor="!neu:example.org",
    )
    assert await bot.handle(tombstone) == []


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
