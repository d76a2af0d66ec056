"""Who is invited and who is not, what goes along with a group, and who hears that something failed."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.events import Failed, Left
from bot.procedures import groups as procedures
from bot.store import Session, erasure, participations, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Group
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain
from tests.group_rooms import DORA, KIM, called, come, invited, made, membership, named

NEW, OLD = "!neu:example.org", "!alt:example.org"
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # 8:00 in Berlin


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in one room of Anna's network."""
    made = Bot(database)
    await made.enter(ROOM)
    return made


async def tied(bot: Bot, room_id: str = NEW) -> list[Row]:
    """The group „Kultur“ moves to a room that only Anna is in."""
    await bot.enter(room_id, ANNA)
    return await bot.say(ANNA, "!gruppe verbinden Kultur\nBestätigt: ja", room_id=room_id)


async def lack_invite(bot: Bot, room_id: str) -> None:
    def work(session: Session) -> None:
        room = rooms.find(session, room_id)
        assert room is not None
        room.lacks = "invite,pin"

    await bot.database.run(work)


def told(rows: list[Row], person: str = ANNA) -> list[str]:
    return [plain(row) for row in rows if row.action == "send" and row.person == person]


# who is invited to another room


async def test_who_declined_was_uninvited_or_left_is_not_invited_again(bot: Bot) -> None:
    group = await made(bot, "Kultur", f"\nEingeladen: {DORA}, {KIM}, {BEN}, {CEM}, @eva:example.org")
    rows = await bot.handle(membership(bot, group, DORA, "leave"))  # declines
    assert len(told(rows)) == 1
    withdrawn = membership(bot, group, KIM, "leave")
    object.__setattr__(withdrawn, "sender", BEN)
    rows = await bot.handle(withdrawn)
    assert [f"{BEN} hat die Einladung von {KIM}" in words for words in told(rows)] == [True]
    await bot.handle(membership(bot, group, CEM, "leave"))  # was there
    assert sorted(invited(await tied(bot))) == [BEN, "@eva:example.org"]


async def test_who_neither_drives_nor_follows_it_any_more_is_not_invited_again(bot: Bot) -> None:
    group = await made(bot, "Kultur", f"\nEingeladen: {BEN}, {CEM}")
    await bot.say(BEN, "!mitmachen", room_id=group.room_id)
    await bot.say(BEN, "!verlassen", room_id=group.room_id)
    assert invited(await tied(bot)) == [CEM]


async def test_who_declined_and_is_invited_anew_counts_again(bot: Bot) -> None:
    group = await made(bot, "Kultur", f"\nEingeladen: {DORA}")
    await bot.handle(membership(bot, group, DORA, "leave"))
    await bot.say(ANNA, f"!gruppe einladen Kultur {DORA}")
    assert invited(await tied(bot)) == [DORA]


async def test_who_founded_the_group_and_left_its_room_is_not_invited(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.say(ANNA, f"!rolle {BEN} Koordination")
    await bot.handle(membership(bot, group, ANNA, "leave"))
    await bot.enter(NEW, BEN)
    rows = await bot.say(BEN, "!gruppe verbinden Kultur\nBestätigt: ja", room_id=NEW)
    assert invited(rows) == []


async def test_an_active_member_who_declines_a_further_invitation_is_active_no_longer(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.say(ANNA, f"!mitmachen Kultur {DORA}")
    await bot.say(ANNA, f"!gruppe einladen Kultur {DORA}")
    rows = await bot.handle(membership(bot, group, DORA, "leave"))
    assert ["keine Aktiven" in words for words in told(rows)] == [True]
    assert await bot.database.run(lambda s: participations.active(s, group.id or 0)) == []


async def test_the_last_one_who_declines_is_told_of_once_not_again_in_the_morning(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.say(ANNA, f"!mitmachen Kultur {DORA}")
    assert len(told(await bot.handle(membership(bot, group, DORA, "leave")))) == 1
    bot.now += timedelta(days=1, hours=1)
    assert told(await bot.tick()) == []


async def test_nobody_whose_data_were_erased_is_invited(bot: Bot) -> None:
    await made(bot, "Kultur", f"\nEingeladen: {DORA}, {KIM}")
    await bot.database.run(lambda s: erasure.erase(s, DORA))
    assert invited(await tied(bot)) == [KIM]


async def test_where_who_asked_was_erased_the_coordinators_hear_of_failures(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {CEM} Koordination")
    bot.refuses = {"open": "no answer: TimeoutError"}
    await bot.say(CEM, f"!gruppe neu Kultur\nEingeladen: {KIM}")
    bot.refuses = {}
    group = await named(bot, "kultur")
    await bot.database.run(lambda s: erasure.erase(s, CEM))
    at = bot.now
    key = f"group/{group.token}"
    opening = Failed(key=key, action="open", room_id=None, person=None, problem="", received_at=at)
    heard = await called(bot, lambda scope: procedures.not_opened(opening, scope))
    inviting = Failed(key=f"{key}/invite/{KIM}", action="invite", room_id=NEW, person=KIM, problem="", received_at=at)
    also = await called(bot, lambda scope: procedures.not_invited(inviting, scope))
    for effects in (heard, also):
        assert {person for effect in effects if ":" in (person := getattr(effect, "person", ""))} == {ANNA}


async def test_a_moderator_appointed_from_elsewhere_is_invited(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    rows = await bot.say(ANNA, f"!rolle {DORA} Moderation Kultur")
    assert [(row.room_id, row.person) for row in rows if row.action == "invite"] == [(group.room_id, DORA)]
    assert invited(await bot.say(ANNA, f"!rolle {BEN} Moderation Kultur")) == []  # is there
    bot.refuses = {KIM: "there is no account"}
    assert len(told(await bot.say(ANNA, f"!rolle {KIM} Moderation Kultur"))) == 1


# what fails


async def many_active(bot: Bot, count: int = 5) -> list[str]:
    people = [f"@p{number}:example.org" for number in range(count)]
    for person in people:
        await bot.say(ANNA, f"!mitmachen Kultur {person}")
    return people


async def test_many_who_cannot_be_invited_for_one_reason_are_one_message(bot: Bot) -> None:
    await made(bot, "Kultur")
    people = await many_active(bot)
    bot.refuses = {"invite": "403 M_FORBIDDEN"}
    [words] = told(await tied(bot))
    assert f"{people[0]} und womöglich weitere der 5 Eingeladenen" in words
    rows = await bot.say(ANNA, f"!gruppe einladen Kultur {KIM}", room_id=NEW)
    assert [words.startswith(f"{KIM} konnte ich nicht") for words in told(rows)] == [True]


async def test_each_reason_is_told(bot: Bot) -> None:
    await made(bot, "Kultur")
    bot.refuses = {KIM: "502 M_UNKNOWN", DORA: "there is no account"}
    rows = await bot.say(ANNA, f"!gruppe einladen Kultur {KIM} {DORA}")
    assert len(told(rows)) == 2


async def test_where_we_may_not_invite_the_room_hears_once_whom_it_lacks(bot: Bot) -> None:
    await made(bot, "Kultur")
    people = await many_active(bot)
    await bot.enter(NEW, ANNA)
    await lack_invite(bot, NEW)
    rows = await bot.say(ANNA, "!gruppe verbinden Kultur\nBestätigt: ja", room_id=NEW)
    assert invited(rows) == []
    assert told(rows) == []
    [words] = [plain(row) for row in rows if row.room_id == NEW and "Einladen darf ich" in plain(row)]
    assert all(person in words for person in people)


async def test_a_new_group_here_names_nobody_as_invited_whom_we_may_not_invite(bot: Bot) -> None:
    await lack_invite(bot, ROOM)
    rows = await bot.say(ANNA, f"!gruppe neu Kultur\nRaum: hier\nEingeladen: {DORA}")
    assert "Eingeladen: noch niemand" in plain(rows[0])
    assert sum("Einladen darf ich" in plain(row) and DORA in plain(row) for row in rows) == 1


async def test_many_who_become_active_at_once_cost_one_question_a_room(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await made(bot, "Kultur")
    asked = []
    members = rooms.members
    monkeypatch.setattr(rooms, "members", lambda session, room_id: asked.append(room_id) or members(session, room_id))
    people = [BEN, DORA, KIM]
    effects = await called(bot, lambda scope: procedures.entered_many([(group, people)], scope))
    assert [getattr(effect, "person", None) for effect in effects] == [DORA, KIM]
    assert asked == [group.room_id]


# what moves


async def test_what_no_digest_has_told_is_told_where_a_group_has_moved(bot: Bot) -> None:
    await bot.enter(OLD, ANNA, BEN)
    await bot.say(ANNA, "!gruppe neu Kultur\nRaum: hier", room_id=OLD)
    bot.now += timedelta(hours=1)
    await bot.say(BEN, "!idee Papierlos", room_id=OLD)
    bot.now += timedelta(hours=1)
    await tied(bot)
    bot.now = MONDAY
    assert ["Papierlos" in plain(row) for row in await bot.tick() if row.room_id == NEW] == [True]


async def test_what_no_digest_has_told_is_told_where_a_group_was_merged(bot: Bot) -> None:
    into, other = await made(bot, "Bildung"), await made(bot, "Kultur")
    bot.now += timedelta(hours=1)
    await bot.say(BEN, "!idee Papierlos", room_id=other.room_id)
    bot.now += timedelta(hours=1)
    await bot.say(BEN, "!idee Baum", room_id=into.room_id)
    await bot.say(ANNA, "!bericht jetzt", room_id=into.room_id)
    bot.now += timedelta(hours=1)
    await bot.say(ANNA, "!gruppe zusammenlegen Bildung, Kultur\nBestätigt: ja")
    bot.now = MONDAY
    assert ["Papierlos" in plain(row) for row in await bot.tick() if row.room_id == into.room_id] == [True]


async def test_nothing_is_merged_into_a_room_that_we_are_out_of(bot: Bot) -> None:
    into, other = await made(bot, "Bildung"), await made(bot, "Kultur")
    await bot.say(ANNA, "!projekt neu Musikschule", room_id=other.room_id)
    await bot.handle(Left(room_id=into.room_id or "", received_at=bot.now, by=BEN))
    words = await bot.hear(ANNA, "!gruppe zusammenlegen Bildung, Kultur")
    assert "!gruppe zusammenlegen Kultur, Bildung" in words
    await bot.say(ANNA, "!gruppe zusammenlegen Kultur, Bildung\nBestätigt: ja")
    assert (await named(bot, "bildung")).id == other.id
    assert "Musikschule" in await bot.hear(ANNA, "!status", room_id=other.room_id)


async def test_a_group_without_a_room_does_not_get_one_that_we_are_out_of(bot: Bot) -> None:
    bot.refuses = {"open": "no answer: TimeoutError"}
    await bot.say(ANNA, "!gruppe neu Bildung")
    bot.refuses = {}
    other = await made(bot, "Kultur")
    await bot.handle(Left(room_id=other.room_id or "", received_at=bot.now, by=BEN))
    words = await bot.hear(ANNA, "!gruppe zusammenlegen Bildung, Kultur")
    assert "Die Gruppe Kultur ist ausgesetzt" in words
    assert "!gruppe verbinden Kultur" in words


async def test_the_old_room_and_the_list_name_the_way_in(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    rows = await tied(bot)
    assert [
        "!mitmachen Kultur" in plain(row) for row in rows if row.room_id == group.room_id and "umgezogen" in plain(row)
    ] == [True]
    assert "!mitmachen Kultur" in await bot.hear(BEN, "!gruppe liste")


# the board


@pytest.mark.parametrize(
    "words",
    [
        "!idee Bürgerkarte",
        "!ergebnis Leitsatz: Offen",
        "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 12.12.2026 12:00",
    ],
)
async def test_the_first_work_turns_the_board_to_active_and_further_work_leaves_it(bot: Bot, words: str) -> None:
    group: Group = await made(bot, "Kultur")
    await come(bot, group, ANNA)
    await bot.say(BEN, "!mitmachen", room_id=group.room_id)
    board = f"group/{group.token}/board"
    rows = await bot.say(ANNA, words, room_id=group.room_id)
    assert ["● aktiv" in plain(row) for row in rows if row.refers_to == board] == [True]
    rows = await bot.say(ANNA, words, room_id=group.room_id)
    assert [row for row in rows if row.refers_to == board] == []
