"""The outbox: in order per room, again after a fault, never twice, nothing lost."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import bot.outbox as module
from bot.delivery import Delivery, Tools
from bot.domain.chart import Bar, BarChart
from bot.errors import Rejected, StoreDown, TryAgain
from bot.events import Outcome
from bot.files.draw import NotDrawn
from bot.outbox import Outbox
from bot.post import Image, Post, Stands
from bot.store import Session, outbox, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow
from bot.tries import STUCK_AFTER
from tests.fakes import BEN, CEM, DEVICE, ROOM, US
from tests.sending import FakeSender

OTHER = "!anderer:example.org"
CHART = BarChart("K1", (Bar("Ja", 2, "yes"), Bar("Nein", 1)), "Ja: 2, Nein: 1.")
Start = Callable[[FakeSender], Outbox]


@pytest.fixture(autouse=True)
def _confirm_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONFIRM_EVERY", 0.005)


@pytest.fixture
async def start(database: Database) -> AsyncIterator[Start]:
    """Starts an outbox on the test's database; stopped at the end at the latest."""
    started: list[Outbox] = []

    def make(sender: FakeSender) -> Outbox:
        delivery = Delivery(database, sender, Tools(draw, read), US, report)
        started.append(Outbox(database, delivery))
        return started[-1]

    yield make
    for each in started:
        await asyncio.wait_for(each.stop(), 5)


async def read(name: str, content: bytes) -> list[list[str]]:
    return [line.split(";") for line in content.decode().splitlines()]


REPORTED: list[Outcome] = []


async def report(outcome: Outcome) -> None:
    REPORTED.append(outcome)


async def draw(chart: BarChart) -> Image:
    return Image(chart.title.encode(), 8, 6, "chart.png")


def row(key: str, room_id: str | None = ROOM, **more: Any) -> Row:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "action": "send",
        "content": json.dumps({"body": key}),
        "device_id": DEVICE,
        "first_attempt_at": now,
    }
    return Row(
        key=key, transaction=f"t-{key}", room_id=room_id, event_type="m.room.message", created_at=now, **values | more
    )


async def store(database: Database, *new: Row) -> list[Row]:
    await database.run(lambda session: [outbox.insert(session, each) for each in new])
    return list(new)


async def sent(box: Outbox, database: Database, *new: Row) -> None:
    box.offer(await store(database, *new))
    await asyncio.wait_for(box.drained(), 5)


async def states(database: Database) -> dict[str, str]:
    def read(session: Session) -> dict[str, str]:
        return {each.key: each.state for number in range(1, 20) if (each := session.get(OutboxRow, number))}

    return await database.run(read)


def once(*problems: Exception) -> Callable[[Post], Exception | None]:
    """These problems, one after the other, then none."""
    left = list(problems)
    return lambda _post: left.pop(0) if left else None


async def test_a_room_gets_its_posts_in_order(database: Database, start: Start) -> None:
    sender = FakeSender()
    keys = [f"{number}" for number in range(10)]
    rows = [row(key, ROOM if int(key) % 2 else OTHER) for key in keys]
    await sent(start(sender), database, *rows)
    assert sender.bodies(ROOM) == keys[1::2]
    assert sender.bodies(OTHER) == keys[0::2]
    assert set((await states(database)).values()) == {"sent"}
    assert await database.run(lambda session: outbox.event_of(session, "3")) is not None


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
    monkeypatch.setattr(f"{__name__}.draw", slow := Slow({"K1": 5, "K2": 6}))
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
    poll = await database.run(lambda session: outbox.event_of(session, "poll"))
    assert sender.attempts[-1].content == {"m.relates_to": {"rel_type": "m.reference", "event_id": poll}}
    again = start(sender)  # a new process knows it from the database
    await sent(again, database, row("later", refers_to="poll", content=json.dumps(relation)))
    assert sender.attempts[-1].content["m.relates_to"]["event_id"] == poll


async def test_a_row_in_a_thread_answers_its_root_for_clients_without_threads(database: Database, start: Start) -> None:
    sender = FakeSender()
    relation = {"m.relates_to": {"rel_type": "m.thread", "is_falling_back": True}}
    await sent(start(sender), database, row("root"), row("line", refers_to="root", content=json.dumps(relation)))
    root = await database.run(lambda session: outbox.event_of(session, "root"))
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


async def test_a_locked_database_delays_and_loses_nothing(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = await store(database, row("1"), row("2"))
    failures = 2
    run = database.run

    async def locked(work: Callable[[Session], object]) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreDown("database is locked")
        return await run(work)

    monkeypatch.setattr(database, "run", locked)
    monkeypatch.setattr(asyncio, "sleep", _quickly(asyncio.sleep))
    sender = FakeSender()
    box = start(sender)
    box.offer(rows)
    await asyncio.wait_for(box.drained(), 5)
    monkeypatch.undo()
    assert sender.bodies(ROOM) == ["1", "2"]
    assert await states(database) == {"1": "sent", "2": "sent"}
    assert "does not answer" in caplog.text


def _quickly(sleep: Callable[[float], Awaitable[None]]) -> Callable[[float], Awaitable[None]]:
    return lambda seconds: sleep(min(seconds, 0.005))


async def test_while_the_homeserver_is_away_rows_wait_for_it_and_not_for_a_time(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is tried once; when it is back all go on at once, in order; and a stop waits for nothing."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.005)
    sender = FakeSender()
    sender.there.clear()
    sender.fault = lambda _post: None if sender.there.is_set() else TryAgain("no answer", ours=True)
    box = start(sender)
    rows = [row(f"{number}", f"!raum{number % 4}:example.org") for number in range(12)]
    box.offer(await store(database, *rows))
    await asyncio.sleep(0.1)
    assert len(sender.attempts) == 4
    sender.there.set()
    await asyncio.wait_for(box.drained(), 5)
    assert sender.bodies("!raum1:example.org") == ["1", "5", "9"]
    assert len(sender.attempts) == 4 + 12


async def test_a_stop_does_not_wait_for_a_homeserver_that_is_away(database: Database, start: Start) -> None:
    sender = FakeSender(fault=lambda _post: TryAgain("no answer", ours=True))
    sender.there.clear()
    box = start(sender)
    box.offer(await store(database, row("1")))
    await sender.attempted.wait()
    await asyncio.wait_for(box.stop(), 5)
    assert await states(database) == {"1": "waiting"}


async def test_what_an_account_may_say_is_shared_by_all_rooms(database: Database, start: Start) -> None:
    """The homeserver takes one post a moment; eight rooms that tried by themselves would be refused all the time."""
    loop = asyncio.get_running_loop()
    free_at, refused = loop.time(), 0

    def fault(_post: Post) -> TryAgain | None:
        nonlocal free_at, refused
        if (wait := free_at - loop.time()) > 0:
            refused += 1
            return TryAgain("429", wait, ours=True)
        free_at = loop.time() + 0.02
        return None

    sender = FakeSender(fault=fault)
    rows = [row(f"{number}", f"!raum{number % 8}:example.org") for number in range(40)]
    await sent(start(sender), database, *rows)
    assert refused <= 40 + 8
    assert [sender.bodies(f"!raum{room}:example.org") for room in range(8)] == [
        [f"{number}" for number in range(room, 40, 8)] for room in range(8)
    ]


async def test_a_post_that_the_homeserver_fails_over_is_held_once_others_go(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Synapse answers 500 to some events for ever; the room's later posts must not wait as long."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.002)
    sender = FakeSender(fault=lambda post: TryAgain("500 M_UNKNOWN") if post.transaction == "t-1" else None)
    box = start(sender)
    box.offer(await store(database, row("1"), row("2")))
    for number in range(STUCK_AFTER - 2):
        await sent_elsewhere(box, database, sender, f"anderswo {number}")
        assert sender.bodies(ROOM) == []
    box.offer(await store(database, row("zuletzt", OTHER)))
    await asyncio.wait_for(box.drained(), 5)
    assert sender.bodies(ROOM) == ["2"]
    assert (await states(database))["1"] == "held"
    assert "outbox row 1 for" in caplog.text
    assert "is held: 500 M_UNKNOWN" in caplog.text


async def sent_elsewhere(box: Outbox, database: Database, sender: FakeSender, key: str) -> None:
    """Another room's post goes out, and then the first is tried again."""
    box.offer(await store(database, row(key, OTHER)))
    tried = len([post for post in sender.attempts if post.room_id == ROOM])
    async with asyncio.timeout(5):
        while key not in sender.bodies(OTHER):  # noqa: ASYNC110 - of the outbox's own tasks
            await asyncio.sleep(0.001)
        while len([post for post in sender.attempts if post.room_id == ROOM]) < tried + 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_a_homeserver_that_takes_nothing_at_all_is_waited_for(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk is full, say: it answers 500 to all posts, and all go out when it is well again."""
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.001)
    problems = [TryAgain("500 M_UNKNOWN") for _ in range(60)]
    sender = FakeSender(fault=once(*problems))
    await sent(start(sender), database, row("1"), row("2"), row("anderswo", OTHER))
    assert sender.bodies(ROOM) == ["1", "2"]
    assert set((await states(database)).values()) == {"sent"}


async def test_what_is_refused_for_a_day_is_held(database: Database, start: Start) -> None:
    """Where there is no other room to compare with."""
    sender = FakeSender(fault=lambda post: TryAgain("500 M_UNKNOWN") if post.transaction == "t-1" else None)
    old = row("1")
    old.created_at -= timedelta(days=1, hours=1)
    await sent(start(sender), database, old, row("2"))
    assert await states(database) == {"1": "held", "2": "sent"}
