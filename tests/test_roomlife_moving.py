"""Rooms that are replaced by others: what goes along, and whom we follow."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean, Float, Integer, insert
from sqlmodel import Session, SQLModel, select

from bot.effects import Follow
from bot.events import Failed, Invited, Members, Membership, Moved, Power
from bot.store import moves, networks, rooms
from bot.store.database import Database
from bot.store.tables import OutboxRow, Room, SurveyTemplate, UtcDateTime
from tests.fakes import ANNA, BEN, CEM, DEVICE, ROOM, START, US, plain
from tests.roomlife import EVE, NEW, OTHER, House, actions, said
from tests.workbench import Bench

SAMPLES: dict[type, Any] = {Integer: 1, Float: 1.0, Boolean: False, UtcDateTime: START}


@pytest.fixture
async def bot(database: Database) -> House:
    house = House(database)
    await house.settle()
    return house


# what goes along


def test_every_column_that_names_a_room_goes_along_or_is_known_to_stay() -> None:
    columns = {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if "room" in column.name or "space" in column.name or column.name == "successor"
    }
    go = {(table.name, "room_id") for table in moves.follows()}
    stay = {(name, "room_id") for name in moves.STAYS} | {
        ("network", "space_id"),  # a space is no room of ours: nothing belongs to it
        ("room", "successor"),
        ("cast_vote", "in_room"),  # whether somebody was there
    }
    assert columns == go | stay
    assert {"project", "consultation", "role_grant", "working_group", "pending_import"} <= {name for name, _ in go}


@pytest.mark.parametrize("name", sorted(table.name for table in moves.follows()))
async def test_a_row_of_each_table_goes_along(bot: House, name: str) -> None:
    table = SQLModel.metadata.tables[name]
    values: dict[str, Any] = {"room_id": ROOM}
    for column in table.columns:
        if column.name in ("id", "room_id") or column.nullable:
            continue
        values[column.name] = SAMPLES.get(type(column.type), "etwas")
    bot.ask(_questions_of_a_survey)
    bot.ask(lambda s: s.connection().execute(insert(table).values(**values)))
    await bot.upgrade(ROOM)
    found = bot.ask(lambda s: s.connection().execute(select(table.c.room_id)).scalars().all())
    assert NEW in found
    assert ROOM not in found


def _questions_of_a_survey(session: Session) -> None:
    """To which a survey refers."""
    at = SAMPLES[UtcDateTime]
    row = SurveyTemplate(
        network_id=1, name="Fragen", folded="fragen", version=1, questions="[]", created_by=ANNA, created_at=at
    )
    session.add(row)


async def test_the_room_itself_goes_on(bot: House) -> None:
    await bot.say(ANNA, "!sprache en")
    bot.now += timedelta(days=1)
    before = bot.room(ROOM)
    await bot.upgrade(ROOM)
    new, old = bot.room(NEW), bot.room(ROOM)
    for kept in ("network_id", "language", "name", "since", "invited_by", "last_digest_at"):
        assert getattr(new, kept) == getattr(before, kept), kept
    assert (new.joined, new.successor) == (True, None)
    assert (old.joined, old.successor, old.network_id) == (False, NEW, None)


async def test_what_waits_goes_along_unless_it_hangs_on_the_old_room(bot: House) -> None:
    def row(key: str, **more: Any) -> OutboxRow:
        values: dict[str, Any] = {"room_id": ROOM, "action": "send", "event_type": "m.room.message"} | more
        return OutboxRow(key=key, transaction=key, device_id=DEVICE, first_attempt_at=START, created_at=START, **values)

    waiting = [
        row("digest"),
        row("invitation", action="invite", person=BEN),
        row("reply", content='{"m.relates_to": {"m.in_reply_to": {"event_id": "$x"}}}'),
        row("edit", refers_to="digest"),
        row("pin", action="pin"),
        row("was sent", state="sent", event_id="$y"),
        row("direct", room_id=None, person=BEN),
    ]
    bot.ask(lambda s: s.add_all(waiting))
    await bot.upgrade(ROOM)

    def place(key: str) -> str | None:
        return bot.ask(lambda s: s.exec(select(OutboxRow.room_id).where(OutboxRow.key == key)).one())

    assert {key: place(key) for key in ("digest", "invitation", "reply", "edit", "pin", "was sent", "direct")} == {
        "digest": NEW,
        "invitation": NEW,
        "reply": ROOM,
        "edit": ROOM,
        "pin": ROOM,
        "was sent": ROOM,
        "direct": None,
    }


async def test_a_group_has_its_board_in_the_new_room_and_nobody_is_invited_by_us(bot: House) -> None:
    before = bot.traffic
    rows = await bot.upgrade(before)
    assert bot.group().room_id == NEW
    assert "invite" not in actions(rows)
    pins = [row for row in rows if row.action == "pin"]
    children = [json.loads(row.content) for row in rows if row.event_type == "m.space.child"]
    assert {child["state_key"]: bool(child["content"]) for child in children} == {NEW: True, before: False}
    assert [row.room_id for row in pins] == [NEW]
    assert {row.room_id for row in rows if row.action == "send"} == {NEW}
    again = await bot.handle(bot.message(ANNA, "!mitmachen", NEW))
    assert [row.room_id for row in again if row.refers_to] == [NEW]  # the board there is what changes


async def test_the_old_room_belongs_to_nobody(bot: House) -> None:
    await bot.upgrade(ROOM)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, EVE})))
    await bot.see(Membership, ROOM, EVE, person=EVE, state="join")
    assert await bot.say(BEN, "!status") == []
    assert bot.ask(lambda s: networks.of_person(s, EVE, founder=False, at=bot.now)) == []


async def test_a_direct_chat_goes_on(bot: House) -> None:
    chat = "!chat:example.org"
    await bot.handle(Invited(room_id=chat, inviter=BEN, direct=True, received_at=bot.now))
    await bot.handle(Members(room_id=chat, joined=frozenset({US, BEN})))
    rows = await bot.upgrade(chat, sender=BEN)
    assert said(rows) == ["Hier geht unser Gespräch weiter."]
    found = bot.ask(lambda s: rooms.direct_with(s, BEN))
    assert found is not None
    assert found.room_id == NEW
    assert (await bot.handle(bot.message(BEN, "hilfe", NEW)))[0].room_id == NEW


async def test_polls_end_in_both_rooms_and_the_new_announcement_is_put_right(bot: House) -> None:
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 24.11.2026 12:00")
    await bot.upgrade(ROOM)
    await bot.handle(Members(room_id=NEW, joined=frozenset({US, ANNA, BEN, CEM})))
    rows = await bot.handle(bot.message(ANNA, "!konsultation K1 verlängern 25.11.2026 12:00", NEW))
    edits = [row for row in rows if row.refers_to]
    assert [(row.room_id, row.refers_to) for row in edits] == [(NEW, f"consultation/1/announcement/in {NEW}")]
    rows = await bot.handle(bot.message(ANNA, "!konsultation K1 absagen", NEW))
    ends = [row for row in rows if row.event_type.endswith("poll.end")]
    assert sorted((row.room_id or "", row.refers_to) for row in ends) == [
        (ROOM, "ballot/1/poll"),
        (NEW, f"ballot/1/poll/in {NEW}"),
    ]


async def test_a_consultation_survives_two_moves(bot: House) -> None:
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 24.11.2026 12:00")
    await bot.upgrade(ROOM)
    await bot.upgrade(NEW, OTHER)
    bot.now += timedelta(days=5)
    ends = [row for row in await bot.tick() if row.event_type.endswith("poll.end")]
    assert sorted(row.room_id or "" for row in ends) == sorted([ROOM, NEW, OTHER])


# following, or not


async def test_state_that_comes_again_changes_nothing(bot: House) -> None:
    tombstone = {"event_id": "$stone"}
    assert "follow" in actions(await bot.upgrade(ROOM, **tombstone))
    assert await bot.upgrade(ROOM, **tombstone) == []
    moved = Moved(key="follow once more", room_id=ROOM, successor=NEW, received_at=bot.now)
    await bot.inbox.came(moved)
    assert await bot._sent() == []


@pytest.mark.parametrize("encrypted", [(), (NEW,), (ROOM,), (ROOM, NEW)])
async def test_it_is_noticed_when_only_the_old_room_was_encrypted(
    database: Database, encrypted: tuple[str, ...]
) -> None:
    bench = Bench(database, None)
    bench.sender.encrypted |= {*encrypted}
    await bench.do(Follow(room_id=ROOM, key="move/1", successor=NEW, by=BEN))
    (moved,) = bench.reported
    assert isinstance(moved, Moved)
    assert moved.unsealed == (encrypted == (ROOM,))
    await bench.box.stop()


@pytest.mark.parametrize("unsealed", [True, False])
async def test_people_are_told_that_the_new_room_is_not_encrypted(bot: House, *, unsealed: bool) -> None:
    bot.lets_in = False
    await bot.upgrade(ROOM, event_id="$stone")
    await bot.inbox.came(
        Moved(key=f"follow {ROOM} {NEW} $stone", room_id=ROOM, successor=NEW, received_at=bot.now, unsealed=unsealed)
    )
    (told, *_) = await bot._sent()
    assert told.room_id == NEW
    assert ("Dieser Raum ist nicht verschlüsselt, der alte war es." in plain(told)) is unsealed


async def test_nobody_lets_us_in_until_an_invitation_comes(bot: House) -> None:
    bot.lets_in = False
    assert actions(await bot.upgrade(ROOM, event_id="$stone")) == ["follow"]
    assert await bot.upgrade(ROOM, event_id="$stone") == []
    assert (await bot.say(BEN, "!status")) != []  # until then, the old room is the one
    bot.lets_in = True
    rows = await bot.invite(NEW, "@wer:auch-immer.example")
    assert actions(rows)[0] == "follow"
    assert bot.room(NEW).network_id == 1


async def test_after_a_day_somebody_must_know_that_nobody_lets_us_in(bot: House) -> None:
    bot.lets_in = False
    await bot.upgrade(ROOM, event_id="$stone")
    bot.now += timedelta(hours=23)
    assert await bot.tick() == []
    bot.now += timedelta(days=1)
    rows = await bot.tick()
    assert [row.person for row in rows] == [ANNA]
    assert NEW in said(rows)[0]
    bot.now += timedelta(days=1)
    assert await bot.tick() == []


async def test_members_may_be_known_before_we_know_that_we_have_moved(bot: House) -> None:
    bot.lets_in = False
    await bot.upgrade(ROOM)
    await bot.handle(Members(room_id=NEW, joined=frozenset({US, ANNA, EVE})))
    bot.lets_in = True
    await bot.invite(NEW)
    assert bot.ask(lambda s: rooms.members(s, NEW)) == [ANNA, EVE]


async def test_what_was_refused_stays_refused_and_is_told_once(bot: House) -> None:
    bot.refuses["follow"] = "does not name it as its predecessor"
    rows = await bot.upgrade(ROOM, event_id="$stone", sender=CEM)
    assert [row.person for row in rows if row.event_type] == [ANNA]
    assert CEM in said(rows)[0]
    assert NEW in said(rows)[0]
    assert await bot.upgrade(ROOM, event_id="$stone", sender=CEM) == []
    assert bot.room(ROOM).successor is None
    assert actions(await bot.invite(NEW, EVE)) == ["leave"]  # an invitation like any other now
    bot.refuses = {}
    assert "follow" in actions(await bot.upgrade(ROOM, event_id="$better"))
    assert bot.room(NEW).network_id == 1


async def test_a_second_tombstone_takes_the_place_of_the_first(bot: House) -> None:
    bot.lets_in = False
    first = (await bot.upgrade(ROOM, OTHER))[0]
    await bot.upgrade(ROOM, NEW)
    failed = Failed(key=first.key, action="follow", room_id=ROOM, person=None, problem="…", received_at=bot.now)
    await bot.inbox.came(failed)
    assert await bot._sent() == []
    assert bot.room(ROOM).successor == NEW


async def test_a_room_of_another_network_is_no_successor(bot: House) -> None:
    def other_network(session: Session) -> None:
        found = networks.found(session, "Geheim", EVE, START)
        rooms.save(session, Room(room_id=NEW, network_id=found.id, invited_by=EVE, since=START))

    bot.ask(other_network)
    rows = await bot.upgrade(ROOM)
    assert actions(rows) == ["follow", "send"]
    assert "gehört bei mir schon zu etwas anderem" in said(rows)[0]
    assert "Geheim" not in said(rows)[0]
    assert bot.room(ROOM).joined
    assert bot.room(NEW).network_id == 2


async def test_a_room_that_has_a_group_is_no_successor(bot: House) -> None:
    rows = await bot.upgrade(ROOM, bot.traffic)
    assert "gehört bei mir schon zu etwas anderem" in said(rows)[0]
    assert bot.group().room_id == bot.traffic


async def test_a_tombstone_of_no_room_of_ours_is_none_of_our_business(bot: House) -> None:
    assert await bot.upgrade("!fremd:example.org") == []
    assert await bot.upgrade(ROOM, ROOM) == []


# what could not be said


async def silenced_through_a_vote(bot: House) -> None:
    """K1 is decided and K2 announced while nobody but the moderators may speak in the room."""
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 21.11.2026 12:00")
    await bot.lack(ROOM, Power.SPEAK)
    bot.refuses["send"] = bot.refuses["chart"] = "403 M_FORBIDDEN"
    await bot.say(ANNA, "!konsultation neu Zweites\nFrage: Auch das?\nSchluss: 12.12.2026 12:00")
    bot.now += timedelta(days=2)
    await bot.tick()
    bot.refuses.clear()


async def test_a_result_that_could_not_be_said_is_said_in_the_new_room(bot: House) -> None:
    await silenced_through_a_vote(bot)
    rows = await bot.upgrade(ROOM)
    here = [row for row in rows if row.room_id == NEW and row.action in ("send", "chart")]
    assert "Hier geht es weiter" in said(here)[0]
    assert "consultation/1/result" in [row.key for row in here]
    assert "consultation/1/result/chart" in [row.key for row in here]
    polls = [row for row in here if row.event_type.endswith("poll.start")]
    assert [row.key for row in polls] == [f"ballot/2/poll/in {NEW}"], "the vote that is open is announced once"
    assert len([words for words in said(here) if "Zweites" in words and "Auch das?" in words]) == 1
    assert not [row for row in here if row.key.startswith("$")], "the answers of the day before yesterday are old"


async def test_a_result_that_could_not_be_said_is_said_when_we_may_speak_again(bot: House) -> None:
    await silenced_through_a_vote(bot)
    rows = await bot.lack(ROOM)
    keys = [row.key for row in rows if row.room_id == ROOM]
    wanted = ["consultation/2/announcement", "ballot/2/poll", "consultation/1/result", "consultation/1/result/chart"]
    assert [key for key in keys if key in wanted] == wanted
    assert await bot.lack(ROOM) == []
