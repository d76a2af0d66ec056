"""The outbox: in order per room, again after a fault, never twice, nothing lost."""

import asyncio
import json
import sqlite3
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

import bot.sending.outbox as module
from bot.domain.chart import BarChart
from bot.errors import Rejected, TryAgain
from bot.files.draw import NotDrawn
from bot.post import Image, Post, Stands
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store import outbox, rooms
from bot.store.database import Database
from bot.store.tables import OutboxRow
from tests.fakes import BEN, CEM, DEVICE, ROOM, US
from tests.outboxes import (
    CHART,
    OTHER,
    Start,
    confirming_soon,
    draw,
    once,
    read,
    report,
    row,
    sent,
    starting,
    states,
    store,
)
from tests.sending import FakeSender

__all__ = ["confirming_soon", "starting"]


async def test_a_room_gets_its_posts_in_order(database: Database, start: Start) -> None:
    sender = FakeSender()
    keys = [f"{number}" for number in range(10)]
    rows = [row(key, ROOM if int(key) % 2 else OTHER) for key in keys]
    await sent(start(sender), database, *rows)
    assert sender.bodies(ROOM) == keys[1::2]
    assert sender.bodies(OTHER) == keys[0::2]
    assert set((await states(database)).values()) == {"sent"}
    assert await database.run(lambda session: outbox.sent_as(session, "3")[0]) is not None


async def test_the_order_is_kept_when_the_first_has_to_wait(database: Database, start: Start) -> None:
    problems = [TryAgain("429", 0.01), TryAgain("502", 0.01)]
    sender = FakeSender(fault=lambda post: problems.pop() if problems and post.room_id == ROOM else None)
    await sent(start(sender), database, row("1"), row("2"), row("anderswo", OTHER))
    assert sender.bodies(ROOM) == ["1", "2"]
    assert [post.content["body"] for post in sender.attempts if post.room_id == ROOM] == ["1", "1", "1", "2"]
    assert sender.bodies(OTHER) == ["anderswo"]


async def test_an_answer_that_got_lost_makes_no_second_post(database: Database, start: Start) -> None:
    sender = FakeSender(lost=once(TryAgain("connection reset", 0.01)))
    await sent(start(sender), database, row("1"))
    assert len(sender.attempts) == 2
    assert {post.transaction for post in sender.attempts} == {"t-1"}
    assert sender.bodies(ROOM) == ["1"]


@pytest.mark.parametrize(("problem", "attempts"), [(Rejected("M_FORBIDDEN"), 1), (ZeroDivisionError("ours"), 6)])
async def test_what_will_never_go_out_is_parked_and_the_room_goes_on(
    problem: Exception,
    attempts: int,
    database: Database,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.005)
    sender = FakeSender(fault=lambda post: problem if post.transaction == "t-1" else None)
    await sent(start(sender), database, row("1"), row("2"))
    assert sender.bodies(ROOM) == ["2"]
    assert await states(database) == {"1": "parked", "2": "sent"}
    assert [post.transaction for post in sender.attempts] == ["t-1"] * attempts + ["t-2"]
    assert "parked" in caplog.text
    kept = await database.run(lambda session: session.get_one(OutboxRow, 1))
    assert kept.problem == ("M_FORBIDDEN" if attempts == 1 else "unexpected failure: ZeroDivisionError")  # no words


async def test_a_passing_fault_that_nobody_foresaw_loses_nothing(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As often as it may happen; and what the outbox knows to be passing (TryAgain) does not count against it."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.005)
    faults = [sqlite3.OperationalError("database or disk is full") for _ in range(5)]
    sender = FakeSender(fault=once(*faults[:3], *(TryAgain("502", 0.001) for _ in range(8)), *faults[3:]))
    await sent(start(sender), database, row("1"), row("2"))
    assert sender.bodies(ROOM) == ["1", "2"]
    assert await states(database) == {"1": "sent", "2": "sent"}


async def test_a_chart_is_drawn_again_and_parked_when_it_cannot_be(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.005)
    monkeypatch.setattr("tests.outboxes.draw", slow := Slow({"K1": 5, "K2": 6}))
    content = [json.dumps(asdict(replace(CHART, title=title))) for title in ("K1", "K2")]
    rows = [row(f"{number}", action="chart", content=each) for number, each in enumerate(content)]
    sender = FakeSender()
    await sent(start(sender), database, *rows, row("danach"))
    assert [upload.content for upload in sender.uploads] == [b"K1"]
    assert await states(database) == {"0": "sent", "1": "parked", "danach": "sent"}
    assert slow.left == {"K1": -1, "K2": 0}


class Slow:
    """Draws a chart only after so many time-outs, by its title."""

    def __init__(self, failures: dict[str, int]) -> None:
        self.left = failures

    async def __call__(self, chart: BarChart) -> Image:
        self.left[chart.title] -= 1
        if self.left[chart.title] >= 0:
            raise NotDrawn("the chart was not drawn within 60 seconds")
        return Image(chart.title.encode(), 8, 6, "chart.png")


@pytest.mark.parametrize(
    ("age", "device"),
    [
        (timedelta(hours=19), DEVICE),
        (timedelta(hours=21), DEVICE),
        (timedelta(days=-1), DEVICE),  # the clock was ahead, and was put right
        (timedelta(seconds=1), "OLDDEVICE"),
    ],
)
@pytest.mark.parametrize("arrived", [True, False])
async def test_what_an_earlier_process_left_is_looked_for(
    age: timedelta, device: str, arrived: bool, database: Database, start: Start
) -> None:
    """Whatever the clock says: only the homeserver knows for how long it was off."""
    begun = row("1", first_attempt_at=datetime.now(UTC) - age, device_id=device)
    sender = FakeSender()
    if arrived:
        sender.device = device
        await sender.send(Post(ROOM, "m.room.message", {"body": "1"}, "t-1", begun.first_attempt_at))
        sender.device = DEVICE
        sender.attempts.clear()
        sender.ids = {("FORGOTTEN", transaction): event for (_, transaction), event in sender.ids.items()}
    await store(database, begun)
    box = start(sender)
    assert await box.resume() == 1
    await asyncio.wait_for(box.drained(), 5)
    assert sender.bodies(ROOM) == ["1"]
    assert len(sender.attempts) == (0 if arrived else 1)
    assert await states(database) == {"1": "sent"}


async def test_however_much_was_left_a_room_is_read_once(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = FakeSender.standing

    async def standing(sender: FakeSender, room_id: str, since: datetime) -> dict[str, Stands]:
        read.append(room_id)
        return await real(sender, room_id, since)

    monkeypatch.setattr(FakeSender, "standing", standing)
    await store(database, *(row(f"{number}") for number in range(5)), row("5", OTHER))
    box = start(sender := FakeSender())
    await box.resume()
    await asyncio.wait_for(box.drained(), 5)
    assert sorted(read) == sorted([ROOM, OTHER])
    assert sender.bodies(ROOM) == [f"{number}" for number in range(5)]


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(0), timedelta(hours=1)])
async def test_what_was_begun_long_ago_is_looked_for_although_the_clock_was_put_right(
    jump: timedelta, database: Database, start: Start
) -> None:
    """How long something took is told by a clock that nobody puts right."""
    old = row("1", first_attempt_at=datetime.now(UTC) - jump)
    old.made_at = time.monotonic() - timedelta(hours=21).total_seconds()
    young = row("2", first_attempt_at=datetime.now(UTC) - jump)
    sender = FakeSender()
    await sent(start(sender), database, old, young)
    assert [post.transaction for post in sender.looked_for] == ["t-1"]


async def test_a_new_attempt_is_written_down_before_it_is_made(database: Database, start: Start) -> None:
    """Else a second crash would look as if the old device had sent it."""
    seen: list[tuple[str, bool]] = []

    async def look(_post: Post) -> None:
        kept = await database.run(lambda session: session.get_one(OutboxRow, 1))
        seen.append((kept.device_id, datetime.now(UTC) - kept.first_attempt_at < timedelta(minutes=1)))

    old = row("1", first_attempt_at=datetime.now(UTC) - timedelta(days=3), device_id="OLDDEVICE")
    await sent(start(FakeSender(before_send=look)), database, old)
    assert seen == [(DEVICE, True)]


async def test_a_row_refers_to_the_event_another_one_became(database: Database, start: Start) -> None:
    relation = {"m.relates_to": {"rel_type": "m.reference"}}
    sender = FakeSender()
    box = start(sender)
    end = row("end", refers_to="poll", content=json.dumps(relation))
    await sent(box, database, row("poll"), end)
    poll = await database.run(lambda session: outbox.sent_as(session, "poll")[0])
    assert sender.attempts[-1].content == {"m.relates_to": {"rel_type": "m.reference", "event_id": poll}}
    again = start(sender)  # a new process knows it from the database
    await sent(again, database, row("later", refers_to="poll", content=json.dumps(relation)))
    assert sender.attempts[-1].content["m.relates_to"]["event_id"] == poll


async def test_a_row_in_a_thread_answers_its_root_for_clients_without_threads(database: Database, start: Start) -> None:
    sender = FakeSender()
    relation = {"m.relates_to": {"rel_type": "m.thread", "is_falling_back": True}}
    await sent(start(sender), database, row("root"), row("line", refers_to="root", content=json.dumps(relation)))
    root = await database.run(lambda session: outbox.sent_as(session, "root")[0])
    found = sender.attempts[-1].content["m.relates_to"]
    assert found == relation["m.relates_to"] | {"event_id": root, "m.in_reply_to": {"event_id": root}}


async def test_a_row_that_refers_to_nothing_is_parked(database: Database, start: Start) -> None:
    relation = json.dumps({"m.relates_to": {"rel_type": "m.reference"}})
    await sent(start(FakeSender()), database, row("end", refers_to="nie", content=relation), row("2"))
    assert await states(database) == {"end": "parked", "2": "sent"}


async def test_a_direct_chat_is_opened_and_then_used(database: Database, start: Start) -> None:
    sender = FakeSender()
    box = start(sender)
    await sent(box, database, row("1", None, person=BEN), row("2", None, person=BEN), row("3", None, person=CEM))
    room_of_ben = await database.run(lambda session: rooms.direct_with(session, BEN))
    assert room_of_ben is not None
    assert sender.bodies(room_of_ben.room_id) == ["1", "2"]
    assert sorted(sender.opened) == [BEN, BEN, CEM], "he is invited again until he comes"
    await database.run(lambda session: rooms.set_member(session, room_of_ben.room_id, BEN, joined=True))
    opened = list(sender.opened)
    await sent(start(sender), database, row("4", None, person=BEN))
    assert sender.opened == opened, "he is in it"
    assert sender.bodies(room_of_ben.room_id) == ["1", "2", "4"]
    kept = await database.run(lambda session: session.get_one(OutboxRow, 1))
    assert kept.room_id == room_of_ben.room_id


@pytest.mark.parametrize("encrypt", [True, False])
async def test_a_direct_chat_is_encrypted_as_the_operator_wants_it(database: Database, *, encrypt: bool) -> None:
    sender = FakeSender()
    box = Outbox(database, Delivery(database, sender, Tools(draw, read, encrypt=encrypt), US, report))
    await sent(box, database, row("1", None, person=BEN))
    assert sender.encrypting == [encrypt]
    await asyncio.wait_for(box.stop(), 5)


async def test_a_chart_is_uploaded_and_says_everything_in_words(database: Database, start: Start) -> None:
    sender = FakeSender()
    await sent(start(sender), database, row("chart", action="chart", content=json.dumps(asdict(CHART))))
    (post,) = sender.events[ROOM]
    assert (post.content["msgtype"], post.content["body"]) == ("m.image", "Ja: 2, Nein: 1.")
    assert (post.content["url"], post.content["info"]["w"]) == ("mxc://example.org/1", 8)
    assert [upload.content for upload in sender.uploads] == [b"K1"]


async def test_invitations_are_followed_and_declined_in_turn(database: Database, start: Start) -> None:
    sender = FakeSender()
    leave = row("leave", OTHER, action="leave", content=json.dumps({"reason": "fremd"}))
    await sent(start(sender), database, row("join", action="join", content="{}"), row("1"), leave)
    assert (sender.joined, sender.left, sender.bodies(ROOM)) == ([ROOM], [(OTHER, "fremd")], ["1"])
    assert set((await states(database)).values()) == {"sent"}


async def test_a_running_send_is_never_cancelled(database: Database, start: Start) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_post: Post) -> None:
        begun.set()
        await go_on.wait()

    sender = FakeSender(before_send=wait)
    box = start(sender)
    box.offer(await store(database, row("1"), row("2")))
    await begun.wait()
    stopping = asyncio.create_task(box.stop())
    await asyncio.sleep(0.02)
    assert not stopping.done()
    go_on.set()
    await asyncio.wait_for(stopping, 5)
    assert sender.bodies(ROOM) == ["1"], "the next one is left to the next start"
    assert await states(database) == {"1": "sent", "2": "waiting"}


async def test_a_stop_does_not_wait_for_a_pause_to_end(database: Database, start: Start) -> None:
    sender = FakeSender(fault=lambda _post: TryAgain("502", 3600))
    box = start(sender)
    box.offer(await store(database, row("1")))
    await sender.attempted.wait()
    await asyncio.wait_for(box.stop(), 5)
    assert await states(database) == {"1": "waiting"}


async def test_nothing_is_lost_by_a_restart(database: Database, start: Start) -> None:
    down = FakeSender(fault=lambda _post: TryAgain("502", 3600))
    first = start(down)
    first.offer(await store(database, *(row(str(number)) for number in range(5))))
    await down.attempted.wait()
    await first.stop()
    sender = FakeSender()
    second = start(sender)
    assert await second.resume() == 5
    await asyncio.wait_for(second.drained(), 5)
    assert sender.bodies(ROOM) == ["0", "1", "2", "3", "4"]
    assert await start(FakeSender()).resume() == 0


async def test_an_unconfirmed_post_is_sent_again_under_its_transaction(database: Database, start: Start) -> None:
    """Killed between the answer of the homeserver and the note of it: the same event comes back."""
    sender = FakeSender()
    rows = await store(database, row("1"))
    first = start(sender)
    first.offer(rows)
    await sender.attempted.wait()
    second = start(sender)  # the first one never gets to write it down
    assert await second.resume() == 1
    await asyncio.wait_for(second.drained(), 5)
    assert sender.bodies(ROOM) == ["1"]
