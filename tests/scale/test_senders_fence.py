"""Senders and the lease, as the database has it: of an earlier leader nothing is taken, and nothing is answered.

The homeserver would not show it: whoever sends a post, it goes under the same transaction.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from bot.sender import AT_ONCE
from bot.store import handed
from bot.store.database import Database
from bot.store.handed import Answer, senders_of
from bot.store.taking import Taken, Taking
from tests.outboxes import row, store
from tests.scale.leases import BOT, Candidate, another_takes_over, leading, standing
from tests.scale.rooms import LOOKS, Rooms, world

FIRST, SECOND, THIRD = "!eins:example.org", "!zwei:example.org", "!drei:example.org"
HAND_OVER = "INSERT INTO handed (row_id, fence, room_id, taken, ours) VALUES (%s, %s, %s, false, false)"
SAW = "SELECT query_start FROM pg_stat_activity WHERE application_name = %s AND query LIKE '%%taken = true%%'"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"


@dataclass(frozen=True)
class Scene:
    """A leader that has handed posts into two rooms over, and a sender that looks at the same database."""

    url: str
    candidate: Candidate
    database: Database
    taking: Taking
    ids: tuple[int, int, int]
    """Rows of the outbox; the last one is handed over by nobody yet."""

    def table(self) -> list[tuple[str, bool, str | None]]:
        """What stands there: room, whether it is taken, and what came of it."""
        with psycopg.connect(self.url) as other:
            return other.execute("SELECT room_id, taken, outcome FROM handed ORDER BY row_id").fetchall()

    async def hand_over(self, fence: int) -> None:
        """The third one, by whoever leads or led under this number."""
        with psycopg.connect(self.url) as other:
            other.execute(HAND_OVER, (self.ids[2], fence, THIRD))


UNTAKEN = [(FIRST, False, None), (SECOND, False, None)]
TAKEN = [(FIRST, True, None), (SECOND, True, None)]


def stands(each: Taken) -> tuple[Taken, Answer]:
    return each, Answer(each.row_id, "stands", f"$event{each.row_id}", None, None, ours=False)


@pytest.fixture(name="scene")
async def staged(postgres_database: str) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        candidate = stack.enter_context(leading(postgres_database, lasts=30))
        database = stack.enter_context(closing(Database(postgres_database, lease=candidate.lease)))
        database.migrate()
        rooms = (FIRST, SECOND, THIRD)
        first, second, third = await store(database, *(row(room_id, room_id) for room_id in rooms))
        over = [(first.id, FIRST), (second.id, SECOND)]
        await database.run(lambda session: handed.hand_over(session, over, candidate.lease.fence))
        taking = await Taking.begin(postgres_database, BOT)
        stack.push_async_callback(taking.close)
        yield Scene(postgres_database, candidate, database, taking, (first.id, second.id, third.id))


async def test_of_who_leads_all_is_taken_once_and_answered(scene: Scene) -> None:
    taken = await scene.taking.take(9)
    assert [each.room for each in taken] == [FIRST, SECOND]
    assert scene.table() == TAKEN
    assert await scene.taking.take(9) == []
    await scene.taking.tell([stands(each) for each in taken])
    assert scene.table() == [(FIRST, True, "stands"), (SECOND, True, "stands")]


async def test_rows_of_an_earlier_leader_are_not_taken(scene: Scene) -> None:
    another_takes_over(scene.url)
    assert await scene.taking.take(9) == []
    assert scene.table() == UNTAKEN
    await scene.hand_over(standing(scene.url)[0])
    assert [each.room for each in await scene.taking.take(9)] == [THIRD]
    assert scene.table() == [*UNTAKEN, (THIRD, True, None)]


async def test_nothing_is_taken_while_nobody_leads(scene: Scene) -> None:
    """The number is still that of the rows, but the lease has run out: another one may lead at any moment."""
    scene.candidate.stop()
    assert await scene.taking.take(9) == []
    assert scene.table() == UNTAKEN


async def test_that_another_account_leads_under_the_number_of_the_rows_says_nothing(scene: Scene) -> None:
    fence, _ = standing(scene.url)
    another_takes_over(scene.url)
    with psycopg.connect(scene.url) as other:
        values = ("@andere:example.org", fence, "anderswo")
        other.execute("INSERT INTO lease VALUES (%s, %s, %s, clock_timestamp() + '1 minute')", values)
    assert await scene.taking.take(9) == []
    assert scene.table() == UNTAKEN


async def test_an_answer_after_a_takeover_is_none(scene: Scene) -> None:
    taken = await scene.taking.take(9)
    another_takes_over(scene.url)
    await scene.taking.tell([stands(each) for each in taken])
    assert scene.table() == TAKEN


async def test_an_answer_to_what_was_handed_over_anew_and_nobody_has_taken_is_none(scene: Scene) -> None:
    taken = await scene.taking.take(9)
    over = [(each.row_id, each.room) for each in taken]
    await scene.database.run(lambda session: handed.hand_over(session, over, scene.candidate.lease.fence))
    await scene.taking.tell([stands(each) for each in taken])
    assert scene.table() == UNTAKEN


@pytest.mark.parametrize("what", ["take", "tell"])
async def test_a_takeover_under_way_is_waited_for(scene: Scene, what: str) -> None:
    """It has raised the number, and not committed yet: whoever does not lock the lease's row still sees the old one."""
    taken = await scene.taking.take(9) if what == "tell" else []
    before = scene.table()
    with psycopg.connect(scene.url) as other, psycopg.connect(scene.url, autocommit=True) as looking:
        other.execute("UPDATE lease SET fence = fence + 1 WHERE account = %s", (BOT,))
        doing = asyncio.ensure_future(
            scene.taking.tell([stands(each) for each in taken]) if what == "tell" else scene.taking.take(9)
        )
        async with asyncio.timeout(30):
            waits, us = WAITS, (senders_of(BOT),)
            while not doing.done() and looking.execute(waits, us).fetchone() == (0,):  # noqa: ASYNC110 - of PostgreSQL
                await asyncio.sleep(0.01)
        assert not doing.done()
        other.commit()
        await asyncio.wait_for(doing, 30)
    assert not doing.result()
    assert scene.table() == before


async def test_a_process_that_sends_takes_nothing_more_of_who_led(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has as many as it can, others wait for it; then there is another leader, and it is done with its own."""
    monkeypatch.setattr("bot.sending.handing.PATIENCE", 600.0)
    rooms = Rooms()
    async with world(postgres_database, rooms, tmp_path) as (made, senders):
        senders.begins()
        await made.present(1)
        with rooms.shut(LOOKS):
            await made.offered()
            await rooms.held(AT_ONCE)
            another_takes_over(postgres_database)
        with psycopg.connect(postgres_database, autocommit=True) as other:
            asked = set[object]()
            async with asyncio.timeout(30):
                while len(asked) < 3:
                    asked.update(other.execute(SAW, (senders_of(BOT),)).fetchall())
                    await asyncio.sleep(0.01)
            assert rooms.by_senders == AT_ONCE
            found = other.execute("SELECT taken, outcome, count(*) FROM handed GROUP BY 1, 2 ORDER BY 1")
            (untaken, no_outcome, left), *taken = found.fetchall()
            assert (untaken, no_outcome, taken) == (False, None, [(True, None, AT_ONCE)])
            assert left > 0
