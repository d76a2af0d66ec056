"""What working groups become: merged, split, moved to another room; and what goes along."""

import json

import pytest

from bot.domain.roles import Role
from bot.store import Session, groups, moves, networks, news, participations, projects
from bot.store.database import Database
from bot.store.news import Reach
from tests.fakes import ANNA, BEN, CEM, ROOM, START, Bot, plain
from tests.group_rooms import KIM, invited, made, membership, named, of


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in one room of Anna's network."""
    made = Bot(database)
    await made.enter(ROOM)
    return made


async def test_all_that_a_room_holds_goes_along() -> None:
    """A new table with a `room_id` must be put into `groups.GOES_ALONG`, or here with a reason."""
    stays = {
        "working_group": "each group has its own room",
        "board": "each room has its own; what it showed is gone from it with the projects",
        "role_grant": "moved apart: somebody may moderate both",
        "open_question": "answered where it was asked",
        "digest_plan": "the room that others come to keeps its own rhythm",
        "pending_import": "confirmed where it was shown",
        "unread": "of no network: what could not be read was sent where it was sent",
    }
    assert {table.name for table in moves.follows()} == {
        *(table.__tablename__ for table in groups.GOES_ALONG),
        *stays,
    }


async def test_merged_groups_share_everything(bot: Bot) -> None:
    into, other = await made(bot, "Bildung"), await made(bot, "Kultur")
    for person, words, group in (
        (BEN, "!mitmachen", other),
        (CEM, "!folgen", other),
        (CEM, "!folgen", into),
        (ANNA, "!folgen", into),
        (ANNA, "!mitmachen", other),
        (ANNA, "!projekt neu Musikschule", other),
        (BEN, "!feedback Musikschule Lob: Schön", other),
        (CEM, "!idee Ein Konzert", other),
        (ANNA, "!ergebnis Leitsatz: Kultur für alle", other),
        (ANNA, f"!rolle {BEN} Moderation", other),
        (ANNA, f"!rolle {CEM} Moderation", other),
        (ANNA, f"!rolle {CEM} Moderation", into),
    ):
        await bot.say(person, words, room_id=group.room_id)
    await bot.handle(membership(bot, into, BEN, "leave"))
    rows = await bot.say(ANNA, "!gruppe zusammenlegen Bildung, Kultur\nBestätigt: ja")
    assert invited(rows) == [BEN]
    assert any(row.room_id == other.room_id and "aufgegangen" in plain(row) for row in rows)

    def look(session: Session) -> None:
        room = into.room_id or ""
        assert [project.key for project in projects.listed(session, 1, room)] == ["Musikschule"]
        assert len(projects.ideas(session, 1, room)) == 1
        assert len(news.feedback(session, Reach(1, (room,)), START.replace(year=2020))) == 1
        assert groups.begun(session, 1) == {room}
        assert networks.holders(session, 1, Role.MODERATOR, room) == [BEN, CEM]
        assert {row.person for row in participations.active(session, into.id or 0)} == {ANNA, BEN}
        assert [row.person for row in participations.followers(session, into.id or 0)] == [CEM]
        assert groups.of_room(session, other.room_id or "") is None

    await bot.database.run(look)


async def test_the_old_name_leads_along_several_mergers(bot: Bot) -> None:
    for name in ("Eins", "Zwei", "Drei"):
        await made(bot, name)
    await bot.say(ANNA, "!gruppe zusammenlegen Zwei, Eins\nBestätigt: ja")
    await bot.say(ANNA, "!gruppe zusammenlegen Drei, Zwei\nBestätigt: ja")
    assert "heißt jetzt Drei" in await bot.hear(BEN, "!gruppe eins")
    await bot.say(ANNA, "!gruppe neu Eins")
    assert "heißt jetzt" not in await bot.hear(BEN, "!gruppe eins")


async def test_a_group_without_a_room_inherits_that_of_the_one_it_takes_up(bot: Bot) -> None:
    bot.refuses = {"open": "no answer"}
    await bot.say(ANNA, "!gruppe neu Bildung")
    bot.refuses = {}
    other = await made(bot, "Kultur")
    rows = await bot.say(ANNA, "!gruppe zusammenlegen Bildung, Kultur\nBestätigt: ja")
    assert (await named(bot, "bildung")).room_id == other.room_id
    state = next(json.loads(row.content) for row in of(rows, "state") if row.event_type == "m.room.name")
    assert state["content"] == {"name": "Bildung"}
    assert any(row.room_id == other.room_id and row.key.endswith("/board") for row in rows)


async def test_names_with_commas_can_be_merged_and_split(bot: Bot) -> None:
    await made(bot, "Sport, Spiel")
    await made(bot, "Kultur")
    rows = await bot.say(ANNA, "!gruppe zusammenlegen Kultur, Sport, Spiel")
    assert "Soll die Gruppe Sport, Spiel in Kultur aufgehen?" in plain(rows[0])
    await bot.say(ANNA, "!gruppe teilen Kultur\nIn:\n- Kultur\n- Musik, Tanz")
    assert "Musik, Tanz" in await bot.hear(BEN, "!gruppe liste")


async def test_a_split_group_keeps_its_name_if_that_is_among_the_parts(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.say(CEM, "!folgen", room_id=group.room_id)
    rows = await bot.say(ANNA, "!gruppe teilen Kultur\nIn: Musik, kultur")
    music = await named(bot, "musik")
    assert (await named(bot, "kultur")).id == group.id
    assert music.origin_id == group.id
    followers = await bot.database.run(lambda s: participations.followers(s, music.id or 0))
    assert [row.person for row in followers] == [CEM]
    assert any(row.room_id == group.room_id and "!mitmachen Musik" in plain(row) for row in rows)


async def test_a_group_moves_to_another_room_and_back(bot: Bot) -> None:
    group = await made(bot, "Kultur")
    await bot.say(ANNA, "!projekt neu Musikschule", room_id=group.room_id)
    rows = await bot.say(ANNA, "!gruppe verbinden Kultur\nBestätigt: ja")
    assert [row.room_id for row in rows if row.key.startswith(f"group/{group.token}/board")] == [ROOM, ROOM]
    assert any(row.room_id == group.room_id and "umgezogen" in plain(row) for row in rows)
    assert "Musikschule" in await bot.hear(BEN, "!status")
    await bot.say(BEN, "!mitmachen Kultur")
    rows = await bot.say(ANNA, "!gruppe verbinden Kultur\nBestätigt: ja", room_id=group.room_id)
    board = [row for row in rows if row.room_id == group.room_id and BEN in plain(row)]
    assert [row.refers_to for row in board] == [f"group/{group.token}/board"]
    assert "Musikschule" in await bot.hear(BEN, "!status", room_id=group.room_id)


async def test_a_suspended_group_finds_a_new_room_without_a_word_in_the_old_one(bot: Bot) -> None:
    group = await made(bot, "Kultur")

    def suspend(session: Session) -> None:
        groups.by_id(session, group.id or 0).suspended_at = bot.now

    await bot.database.run(suspend)
    assert "nicht mehr darin" in await bot.hear(ANNA, f"!gruppe einladen Kultur {KIM}")
    assert "ausgesetzt" in await bot.hear(BEN, "!gruppe liste")
    rows = await bot.say(ANNA, "!gruppe verbinden Kultur\nBestätigt: ja")
    assert {row.room_id for row in rows} == {ROOM}
    assert (await named(bot, "kultur")).suspended_at is None
