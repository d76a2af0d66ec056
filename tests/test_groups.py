"""Working groups: their rooms, also after a crash, and the people who come, or do not."""

import json

import pytest

from bot.domain.groups import Part
from bot.events import Batch, Failed, Opened
from bot.procedures import grouping
from bot.procedures import groups as procedures
from bot.store import Session, groups, networks, outbox, participations, rooms
from bot.store.database import Database
from bot.store.tables import Group, Network, Participation, Room
from commands import group as command
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot, plain
from tests.group_rooms import DORA, KIM, called, invited, made, membership, named, of


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in one room of Anna's network."""
    made = Bot(database)
    await made.enter(ROOM)
    return made


# the room


async def test_a_room_half_made_before_a_crash_is_made_once(bot: Bot, database: Database) -> None:
    await bot.inbox.handle(Batch((bot.message(ANNA, "!gruppe neu Kultur"),), "t", bot.now))  # and nothing was sent
    again = Bot(database)
    again.inbox._offer(await database.run(outbox.waiting))
    rows = await again._sent()
    group = await named(again, "kultur")
    assert group.room_id == "!verbund-anna-kultur:example.org"
    assert [row.key for row in of(rows, "open") if row.key.startswith("group/")] == [f"group/{group.token}"]
    assert len([row for row in rows if row.key.endswith("/welcome")]) == 1
    await again.inbox.came(Opened(key=f"group/{group.token}", room_id=group.room_id, received_at=bot.now))
    assert await again._sent() == []
    event = Opened(key=f"group/{group.token}", room_id=group.room_id, received_at=bot.now)
    assert await called(again, lambda scope: procedures.opened(event, scope)) == ()


@pytest.mark.parametrize("meanwhile", ["ended", "tied"])
async def test_a_room_that_is_needed_no_longer_is_left_again(bot: Bot, meanwhile: str) -> None:
    bot.refuses = {"open": "no answer: TimeoutError"}
    await bot.say(ANNA, "!gruppe neu Kultur")
    bot.refuses = {}
    await bot.say(ANNA, "!gruppe verbinden Kultur" if meanwhile == "tied" else "!gruppe beenden Kultur\nBestätigt: ja")
    group = await named(bot, "kultur")
    await bot.inbox.came(Opened(key=f"group/{group.token}", room_id="!late:example.org", received_at=bot.now))
    rows = await bot._sent()
    assert [(row.action, row.room_id) for row in rows] == [("leave", "!late:example.org")]
    assert (await named(bot, "kultur")).room_id == (ROOM if meanwhile == "tied" else None)
    assert await bot.database.run(lambda s: rooms.find(s, "!late:example.org")) is None


async def test_the_room_belongs_to_the_network_and_its_powers_to_the_coordinators(bot: Bot) -> None:
    rows = await bot.say(ANNA, "!gruppe neu Kultur\nThema: Musik\nSprache: en")
    wanted = json.loads(of(rows, "open")[0].content)
    assert wanted["powers"] == {ANNA: 100}
    assert (wanted["name"], wanted["topic"], wanted["encrypted"]) == ("Kultur", "Musik", False)
    group = await named(bot, "kultur")
    room = await bot.database.run(lambda s: rooms.find(s, group.room_id or ""))
    assert room is not None
    assert (room.network_id, room.language, room.invited_by) == (1, "en", US)
    assert room.last_digest_at == bot.now
    welcome, board = (row for row in rows if row.key.endswith(("/welcome", "/board")))
    assert "Welcome" in plain(welcome)
    assert json.loads(of(rows, "pin")[0].content)["of"] == [board.key, welcome.key]


async def test_who_signs_up_before_the_room_is_there_is_invited_to_it(bot: Bot) -> None:
    bot.refuses = {"open": "500 M_UNKNOWN"}
    await bot.say(ANNA, f"!gruppe neu Kultur\nEingeladen: {BEN}, {KIM}, {US}")
    await bot.say(CEM, "!mitmachen Kultur")
    bot.refuses = {}
    rows = await bot.say(ANNA, "!gruppe öffnen Kultur")
    assert sorted(invited(rows)) == [ANNA, BEN, CEM, KIM]


async def test_who_is_in_the_room_is_not_invited(bot: Bot) -> None:
    rows = await bot.say(ANNA, f"!gruppe neu Kultur\nRaum: hier\nEingeladen: {BEN}, {DORA}")
    assert invited(rows) == [DORA]
    assert [row.key for row in of(rows, "open")] == ["space/1"]


async def test_only_who_wanted_it_hears_that_somebody_could_not_be_invited(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.say(ANNA, f"!rolle {BEN} Moderation", room_id=group.room_id)
    bot.refuses = {KIM: f"{KIM} is banned from the room"}
    rows = await bot.say(BEN, f"!gruppe einladen {KIM}", room_id=group.room_id)
    told = [row for row in rows if row.room_id and row.room_id.startswith("!direct")]
    assert [row.person for row in told] == [BEN]
    assert "verbannt" in plain(told[0])
    failed = Failed(
        key=of(rows, "invite")[0].key,
        action="invite",
        room_id=group.room_id,
        person=KIM,
        problem="again",
        received_at=bot.now,
    )
    await bot.inbox.came(failed)
    assert await bot._sent() == []


@pytest.mark.parametrize("key", ["space/1", "group/nobody", "whatever"])
async def test_what_came_of_other_rooms_is_none_of_ours(bot: Bot, key: str) -> None:
    opened = Opened(key=key, room_id="!x:example.org", received_at=bot.now)
    failed = Failed(key=key, action="invite", room_id=None, person=BEN, problem="", received_at=bot.now)
    for work in (
        lambda scope: procedures.opened(opened, scope),
        lambda scope: procedures.not_opened(failed, scope),
        lambda scope: procedures.not_invited(failed, scope),
    ):
        assert await called(bot, work) == ()


async def test_a_board_is_rewritten_when_something_changes(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    rows = await bot.say(BEN, "!mitmachen", room_id=group.room_id)
    edits = [row for row in rows if row.refers_to == f"group/{group.token}/board"]
    assert len(edits) == 1
    assert BEN in plain(edits[0])
    rows = await bot.say(ANNA, "!projekt neu Musikschule", room_id=group.room_id)
    assert "aktiv" in plain(next(row for row in rows if row.refers_to))


async def test_who_asks_again_for_a_room_is_the_one_who_hears_that_it_failed(bot: Bot) -> None:
    bot.refuses = {"open": "no answer: TimeoutError"}
    await bot.say(ANNA, f"!rolle {CEM} Koordination")
    assert [row.person for row in await bot.say(ANNA, "!gruppe neu Kultur") if row.person] == [ANNA]
    rows = await bot.say(CEM, "!gruppe öffnen Kultur")
    assert [row.person for row in rows if row.person] == [CEM]
    assert "nicht erreichbar" in plain(rows[-1])
    bot.refuses = {}
    await bot.say(CEM, "!gruppe öffnen Kultur")
    assert (await named(bot, "kultur")).room_id == "!verbund-anna-kultur:example.org"


# who does not come


async def test_who_declines_is_active_no_longer_and_the_coordinators_hear_it_once(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.handle(membership(bot, group, CEM, "leave"))
    bot.refuses = {}
    await bot.say(CEM, "!mitmachen Kultur")
    rows = await bot.handle(membership(bot, group, CEM, "leave"))
    told = [row for row in rows if row.person == ANNA]
    assert len(told) == 1
    assert CEM in plain(told[0])
    assert "keine Aktiven" in plain(told[0])
    assert await bot.database.run(lambda s: participations.active(s, group.id or 0)) == []
    bot.now = bot.now.replace(hour=12)
    assert [row for row in await bot.handle(membership(bot, group, CEM, "leave")) if row.person] == []


async def test_an_invited_person_who_declines_is_told_of_and_a_stranger_is_not(bot: Bot) -> None:
    group = await made(bot, "Kultur", f"\nEingeladen: {DORA}")
    assert [row.person for row in await bot.handle(membership(bot, group, KIM, "leave")) if row.person] == []
    rows = await bot.handle(membership(bot, group, DORA, "leave"))
    assert [row.person for row in rows if row.person] == [ANNA]
    assert "keine Aktiven" not in plain(next(row for row in rows if row.person))


# apart


async def test_a_moderator_leads_from_the_direct_chat_too_but_only_their_group(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await made(bot, "Bildung")
    await bot.say(ANNA, f"!rolle {BEN} Moderation", room_id=group.room_id)
    chat = "!direct-ben:example.org"

    def open_chat(session: Session) -> None:
        rooms.save(session, Room(room_id=chat, direct_with=BEN, invited_by=BEN, since=bot.now))
        rooms.set_member(session, chat, BEN, joined=True)

    await bot.database.run(open_chat)
    rows = await bot.say(BEN, "gruppe Kultur\nThema: Musik", room_id=chat)
    assert plain(rows[0]).startswith("Geändert.")
    assert "Rolle Moderation" in await bot.hear(BEN, "gruppe Bildung\nThema: Musik", room_id=chat)


async def test_another_networks_groups_are_never_found_nor_suggested(bot: Bot) -> None:
    def elsewhere(session: Session) -> None:
        other = networks.found(session, "Andere", "@berta:example.org", bot.now)
        hidden = Group(
            network_id=other.id or 0,
            name="Geheimsache",
            folded="geheimsache",
            token="hidden",
            room_id="!hidden:example.org",
            created_by="@berta:example.org",
            created_at=bot.now,
        )
        groups.add(session, hidden)
        groups.remember_name(session, hidden, "@berta:example.org", bot.now)
        who = Participation(
            network_id=other.id or 0,
            group_id=hidden.id or 0,
            person=DORA,
            kind=Part.ACTIVE,
            since=bot.now,
            entered_by=DORA,
        )
        participations.enter(session, who)

    await bot.database.run(elsewhere)
    for words in ("!gruppe Geheimsache", "!gruppe geheimsach", "!gruppe liste", "!gruppe einladen", "!gruppe beenden"):
        assert "Geheimsache" not in (await bot.hear(ANNA, words)).replace("„Geheimsache“", "")
    rows = await bot.say(ANNA, "!gruppe neu Geheimsache")
    assert "Es gibt schon" not in plain(rows[0])
    assert DORA not in "".join(plain(row) for row in rows)


def test_no_name_can_begin_with_a_verb() -> None:
    verbs = {spelling for form in command.COMMAND.forms if form.verb for spelling in form.verb.folded()}
    assert verbs == grouping.RESERVED


async def test_a_name_too_long_is_refused(bot: Bot) -> None:
    assert "höchstens 100 Zeichen" in await bot.hear(ANNA, "!gruppe neu " + "a" * 101)


async def test_the_address_holds_both_names_however_long(bot: Bot) -> None:
    await bot.database.run(lambda s: setattr(s.get_one(Network, 1), "name", "Verbund " * 12))
    rows = await bot.say(ANNA, "!gruppe neu Größe & Maß")
    assert json.loads(of(rows, "open")[0].content)["alias"] == "verbund-verbund-verbund-verbun-groesse-mass"
    rows = await bot.say(ANNA, "!gruppe neu Культура")
    assert json.loads(of(rows, "open")[0].content)["alias"].endswith("-gruppe")
