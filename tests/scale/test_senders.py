"""Several senders beside a leader: each post once, the order of each room kept."""

import asyncio
from pathlib import Path

import pytest

from bot import sender
from bot.errors import OperatorError
from tests.outboxes import row, store
from tests.scale.rooms import EACH, ROOMS, Rooms, judged, settings_of, world

CUT_HEARING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'zwischenstand sends %% heard'"""


async def test_senders_send_each_once_and_in_order(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms(refusing=40)
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        for _ in range(3):
            senders.begins()
        await made.present(3)
        wanted = await made.offered()
        await made.drained()
        judged(rooms, wanted)
        assert rooms.refused > 0, "the homeserver refused some"
        assert made.leader.attempts == [], "the leader sent none itself"


async def test_a_room_that_is_encrypted_or_closed_is_the_leaders_affair(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms()
    rooms.forbidden.add("!zu:example.org")
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        made.leader.encrypted.add("!geheim:example.org")
        senders.begins()
        await made.present(1)
        new = await store(
            made.database, row("a", "!geheim:example.org"), row("b", "!zu:example.org"), row("c", "!auf:example.org")
        )
        made.box.offer(new)
        await made.drained()
        assert [post.room_id for post in made.leader.attempts] == ["!geheim:example.org"]
        assert rooms.bodies["!auf:example.org"] == ["c"]
        assert "!zu:example.org" not in rooms.bodies


async def test_a_room_that_is_encrypted_after_the_leaders_look_gets_nothing_in_the_clear(
    postgres_database: str, tmp_path: Path
) -> None:
    rooms = Rooms()
    rooms.sealed.add("!geheim:example.org")
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        senders.begins()
        await made.present(1)
        made.box.offer(await store(made.database, row("a", "!geheim:example.org")))
        await asyncio.wait_for(rooms.looked.wait(), 30)
        assert not rooms.known
        made.leader.encrypted.add("!geheim:example.org")  # the sync has told it
        await made.drained()
        assert [post.room_id for post in made.leader.attempts] == ["!geheim:example.org"]
        assert len(rooms.known) == 1


async def test_a_sender_without_the_right_key_says_so_and_takes_nothing(postgres_database: str, tmp_path: Path) -> None:
    async with world(postgres_database, Rooms(), tmp_path) as (_, senders):
        ours, folder = senders.settings.matrix, tmp_path / "elsewhere"
        folder.mkdir()
        elsewhere = settings_of(postgres_database, ours.homeserver, folder)
        with pytest.raises(OperatorError, match="is missing or empty"):
            await sender.run(elsewhere)
        elsewhere.matrix.key_file.write_text(ours.key_file.read_text()[::-1])
        with pytest.raises(OperatorError, match="sealed with another key"):
            await sender.run(elsewhere)


async def test_without_senders_the_leader_sends(postgres_database: str, tmp_path: Path) -> None:
    rooms = Rooms()
    async with world(postgres_database, rooms, tmp_path) as (made, _):
        wanted = await made.offered()
        await made.drained()
        judged(rooms, wanted)
        assert len(made.leader.attempts) == ROOMS * EACH


async def test_answers_that_nobody_calls_out_are_found_all_the_same(postgres_database: str, tmp_path: Path) -> None:
    """The connection on which the leader hears of them is cut time and again."""
    rooms = Rooms()
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        senders.begins()
        await made.present(1)
        wanted = await made.offered()

        async def cutting() -> None:
            while True:
                await made.database.run(lambda session: session.connection().exec_driver_sql(CUT_HEARING).all())
                await asyncio.sleep(0.02)

        vandal = asyncio.create_task(cutting())
        await made.drained()
        vandal.cancel()
        judged(rooms, wanted)
        assert made.leader.attempts == []
