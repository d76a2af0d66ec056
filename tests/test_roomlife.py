"""What becomes of rooms: closed to us, renamed, out of our power; and who is in them."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.events import Invited, Members, Membership, Named, Power
from bot.store import groups, outbox, progress, rooms
from bot.store.database import Database
from bot.store.tables import Group, Project
from tests.fakes import ANNA, BEN, CEM, ROOM, US
from tests.roomlife import EVE, NEW, House, actions, active, said


@pytest.fixture
async def bot(database: Database) -> House:
    house = House(database)
    await house.settle()
    return house


# closed to us


async def test_thrown_out_of_a_group(bot: House) -> None:
    rows = await bot.throw_out(bot.traffic, reason="Zu laut", banned=True)
    assert [row.person for row in rows] == [ANNA]
    for words in (
        "@cem:example.org hat mich ausgeschlossen",
        "„Zu laut“",
        "Die Gruppe Verkehr ist so lange ausgesetzt",
        "Ausschluss auf",
    ):
        assert words in said(rows)[0]
    assert bot.group().suspended_at == bot.now
    assert bot.ask(lambda s: rooms.members(s, bot.traffic)) == []
    assert await bot.throw_out(bot.traffic) == []


async def test_invited_again_it_goes_on_and_can_be_thrown_out_again(bot: House) -> None:
    await bot.throw_out(bot.traffic)
    bot.now += timedelta(hours=1)
    assert "leave" in actions(await bot.invite(bot.traffic, CEM))  # who may not
    assert bot.group().suspended_at is not None
    bot.now += timedelta(hours=1)
    assert "join" in actions(await bot.invite(bot.traffic))
    rows = await bot.handle(Members(room_id=bot.traffic, joined=frozenset({US, ANNA, BEN})))
    assert bot.group().suspended_at is None
    assert [row.room_id for row in rows if row.refers_to] == [bot.traffic]  # the board is put right
    assert len(said(await bot.throw_out(bot.traffic))) == 1


@pytest.mark.parametrize("by", [US, None])
async def test_whoever_did_it(bot: House, by: str | None) -> None:
    rows = await bot.throw_out(ROOM, by)
    assert [text.partition("\n")[0] for text in said(rows)] == (
        [] if by else [f"Ich bin nicht mehr im Raum {ROOM}: Ich wurde entfernt."]
    )
    assert not bot.room(ROOM).joined


async def test_a_direct_chat_that_ends_is_nobody_elses_business(bot: House) -> None:
    chat = "!chat:example.org"
    await bot.handle(Invited(room_id=chat, inviter=BEN, direct=True, received_at=bot.now))
    assert await bot.lack(chat, *Power) == []
    assert await bot.throw_out(chat, BEN) == []


# powers


async def test_the_first_sight_of_a_room_is_no_loss(bot: House) -> None:
    assert await bot.lack(ROOM, Power.PIN, Power.NAME) == []
    rows = await bot.lack(ROOM, Power.PIN, Power.NAME, Power.INVITE)
    assert [row.room_id for row in rows] == [ROOM]
    assert "darf ich nicht mehr: Personen einladen." in said(rows)[0]


async def test_a_room_that_never_let_us_speak_is_told(bot: House) -> None:
    rows = await bot.lack(ROOM, Power.SPEAK, event_id="$powers")
    assert [row.person for row in rows] == [ANNA]
    assert await bot.lack(ROOM, Power.SPEAK, event_id="$powers") == []


async def test_what_is_lost_is_said_once_for_each_loss(bot: House) -> None:
    await bot.lack(ROOM)
    assert len(said(await bot.lack(ROOM, Power.PIN, event_id="$one"))) == 1
    assert await bot.lack(ROOM, Power.PIN, event_id="$one") == []
    assert await bot.lack(ROOM) == []
    assert len(said(await bot.lack(ROOM, Power.PIN, event_id="$two"))) == 1


async def test_the_board_is_pinned_again_once_we_may(bot: House) -> None:
    await bot.upgrade(bot.traffic)
    await bot.handle(bot.message(BEN, "!mitmachen", NEW))  # changes the board, by an edit that is not to be pinned
    await bot.lack(NEW, Power.PIN)
    rows = await bot.lack(NEW)
    assert [(row.action, row.room_id) for row in rows] == [("pin", NEW)]
    posts = json.loads(rows[0].content)["of"]
    assert [key.partition("/in ")[0].rpartition("/")[2] for key in posts] == ["board", "welcome"]
    assert all(key.endswith(f"/in {NEW}") for key in posts)


async def test_a_room_that_is_being_replaced_takes_all_powers_and_nobody_is_told(bot: House) -> None:
    bot.lets_in = False
    await bot.lack(ROOM)
    await bot.upgrade(ROOM)
    assert await bot.lack(ROOM, *Power) == []


# names


async def test_a_group_is_called_what_its_room_is_called(bot: House) -> None:
    await bot.see(Named, bot.traffic, BEN, name=" Mobilität  und Verkehr ")
    group = bot.group()
    assert (group.name, group.folded) == ("Mobilität und Verkehr", "mobilitaet und verkehr")
    former = bot.ask(lambda s: groups.former_names(s, group.id or 0))
    assert [(entry.name, entry.changed_by) for entry in former] == [("Verkehr", BEN)]


@pytest.mark.parametrize(
    ("sender", "name"),
    [(BEN, "Klima"), (BEN, ""), (BEN, "🚲"), (BEN, "Neu im Verkehr"), (BEN, "V" * 101), (US, "Mobilität")],
)
async def test_unless_it_may_not_be_called_so(bot: House, sender: str, name: str) -> None:
    await bot.say(ANNA, "!gruppe neu Klima")
    await bot.see(Named, bot.traffic, sender, name=name)
    assert bot.ask(lambda s: groups.of_room(s, bot.traffic)).name == "Verkehr"  # type: ignore[union-attr]
    assert bot.room(bot.traffic).name == (name or None)


async def test_a_name_that_comes_again_does_not_undo_a_later_one(bot: House) -> None:
    await bot.see(Named, bot.traffic, BEN, name="Mobilität", event_id="$name")
    bot.ask(lambda s: setattr(s.get_one(Group, bot.group().id), "name", "Wege"))
    await bot.see(Named, bot.traffic, BEN, name="Mobilität", event_id="$name")
    assert bot.group().name == "Wege"


async def test_the_name_that_the_room_kept_does_not_undo_a_renaming(bot: House) -> None:
    """We may not set the room's name; it comes again with every start, and after its event is long forgotten."""
    await bot.see(Named, bot.traffic, ANNA, name="Mobilität", event_id="$name")
    await bot.say(ANNA, "!gruppe umbenennen Mobilität\nName: Wege")
    assert bot.room(bot.traffic).name == "Mobilität"
    await bot.see(Named, bot.traffic, ANNA, name="Mobilität", event_id="$name")
    bot.ask(lambda session: progress.forget(session, bot.now + timedelta(days=31)))
    await bot.see(Named, bot.traffic, ANNA, name="Mobilität", event_id="$name")
    assert bot.group().name == "Wege"
    await bot.see(Named, bot.traffic, US, name="Wege")
    assert bot.room(bot.traffic).name == "Wege"
    await bot.see(Named, bot.traffic, ANNA, name="Mobilität")  # anew
    assert bot.group().name == "Mobilität"


async def test_names_that_come_again_in_turn_rename_nothing(bot: House) -> None:
    for _ in range(2):
        await bot.see(Named, bot.traffic, ANNA, name="Mobilität", event_id="$one")
        await bot.see(Named, bot.traffic, BEN, name="Wege", event_id="$two")
    assert (bot.group().name, bot.room(bot.traffic).name) == ("Wege", "Wege")
    former = bot.ask(lambda session: groups.former_names(session, bot.group().id or 0))
    assert [entry.name for entry in former] == ["Verkehr", "Mobilität"]


# people


@pytest.mark.parametrize("state", ["leave", "ban"])
async def test_who_leaves_the_room_is_active_no_longer(bot: House, state: str) -> None:
    await bot.handle(bot.message(BEN, "!mitmachen", bot.traffic))
    assert active(bot) == {BEN}
    await bot.see(Membership, bot.traffic, BEN, person=BEN, state=state)
    assert active(bot) == set()


async def test_who_left_while_we_were_away_is_active_no_longer(bot: House) -> None:
    await bot.handle(bot.message(BEN, "!mitmachen", bot.traffic))
    await bot.handle(Members(room_id=bot.traffic, joined=frozenset({US, ANNA})))
    assert active(bot) == set()


async def test_who_refuses_the_invitation_is_active_no_longer(bot: House) -> None:
    await bot.say(CEM, "!mitmachen Verkehr")
    assert active(bot) == {CEM}
    await bot.see(Membership, bot.traffic, ANNA, person=CEM, state="invite")
    rows = await bot.see(Membership, bot.traffic, CEM, person=CEM, state="leave")
    assert active(bot) == set()
    assert any(CEM in text for text in said(rows))


async def test_an_invitation_that_others_withdraw_is_not_declined(bot: House) -> None:
    await bot.say(CEM, "!mitmachen Verkehr")
    await bot.see(Membership, bot.traffic, ANNA, person=CEM, state="invite")
    rows = await bot.see(Membership, bot.traffic, ANNA, person=CEM, state="leave")
    assert active(bot) == set()
    assert not any("abgelehnt" in text for text in said(rows))


async def test_somebodys_going_that_comes_again_undoes_nothing(bot: House) -> None:
    await bot.say(CEM, "!mitmachen Verkehr")
    await bot.see(Membership, bot.traffic, CEM, person=CEM, state="join", event_id="$came")
    await bot.see(Membership, bot.traffic, CEM, person=CEM, state="leave", event_id="$went")
    await bot.say(CEM, "!mitmachen Verkehr")
    assert await bot.see(Membership, bot.traffic, CEM, person=CEM, state="join", event_id="$came") == []
    assert await bot.see(Membership, bot.traffic, CEM, person=CEM, state="leave", event_id="$went") == []
    assert active(bot) == {CEM}


async def test_newcomers_are_left_in_peace(bot: House) -> None:
    assert await bot.see(Membership, bot.traffic, EVE, person=EVE, state="join") == []
    assert bot.ask(lambda s: rooms.is_member(s, bot.traffic, EVE))


async def test_whoever_moves_along_stays_active(bot: House) -> None:
    await bot.handle(bot.message(BEN, "!mitmachen", bot.traffic))
    await bot.upgrade(bot.traffic)
    await bot.handle(Members(room_id=NEW, joined=frozenset({US, ANNA})))
    await bot.see(Membership, bot.traffic, BEN, person=BEN, state="leave")  # he tidies up
    assert active(bot) == {BEN}


async def test_projects_are_found_where_they_went(bot: House) -> None:
    await bot.say(ANNA, "!projekt neu eAkte")
    await bot.upgrade(ROOM)
    assert bot.ask(lambda s: s.exec(select(Project.room_id)).one()) == NEW
    assert bot.ask(outbox.waiting) == []
