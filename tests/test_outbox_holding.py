"""What a room does not take from us for the time being, and rooms that are replaced while something waits."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import bot.sending.outbox as module
from bot.effects import Follow, Invite, Pin, Poll
from bot.errors import Barred, Rejected, TryAgain
from bot.events import Moved, Outcome, Power
from bot.post import Post
from bot.sending import confirming
from bot.store import Session, moves, outbox, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow, Room
from tests.fakes import ANNA, BEN, ROOM
from tests.workbench import Bench, row_of, until

NEW = "!neu:example.org"
LATER = "!noch-neuer:example.org"
POLL = Poll(room_id=ROOM, key="ballot/1", question="?", answers=(("yes", "Ja"),))
OUT = Barred("403 M_FORBIDDEN User not in room")
NOW = datetime.now(UTC)
REPLY = '{"body": "Notiert.", "m.relates_to": {"m.in_reply_to": {"event_id": "$question"}}}'
SIGN = '{"m.relates_to": {"rel_type": "m.annotation", "event_id": "$question", "key": "✅"}}'


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "EVERY", 0.005)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.002)


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    made = Bench(database, None)
    room = Room(room_id=ROOM, network_id=None, invited_by=ANNA, since=NOW)
    await database.run(lambda session: rooms.save(session, room))
    yield made
    for box in made.boxes:
        await asyncio.wait_for(box.stop(), 5)


def said(key: str, **more: Any) -> Row:
    values = {"content": json.dumps({"body": key}), "event_type": "m.room.message"} | more
    return row_of(POLL, key=key, transaction=f"t-{key}", **values)


def bodies(bench: Bench, room_id: str) -> list[str]:
    return bench.sender.bodies(room_id)


async def states(bench: Bench, *keys: str) -> list[str]:
    return [(await bench.stored(key)).state for key in keys]


async def change(bench: Bench, **values: Any) -> None:
    """What the sync loop tells us of the room."""

    def work(session: Session) -> None:
        room = session.get_one(Room, ROOM)
        for name, value in values.items():
            setattr(room, name, value)

    await bench.database.run(work)


async def release(bench: Bench, room_id: str = ROOM, after: timedelta = timedelta()) -> list[str]:
    now = datetime.now(UTC) + after
    rows = await bench.database.run(lambda session: outbox.release(session, room_id, now))
    bench.box.offer(rows)
    await bench.done()
    return [row.key for row in rows]


async def move(bench: Bench, before: str = ROOM, successor: str = NEW) -> None:
    await bench.database.run(lambda session: moves.move(session, session.get_one(Room, before), successor) and None)


def closed(bench: Bench, *room_ids: str) -> None:
    bench.sender.fault = lambda post: OUT if post.room_id in room_ids else None


# held


async def test_what_cannot_be_said_is_held_and_said_later_in_its_order(bench: Bench) -> None:
    closed(bench, ROOM)
    await bench.do(said("digest"), said("result"), said("board", refers_to="digest", content='{"m.relates_to": {}}'))
    assert await states(bench, "digest", "result", "board") == ["held"] * 3
    assert (await bench.stored("digest")).problem == str(OUT)
    await change(bench, joined=False)
    assert await bench.resumed() == 0
    closed(bench)
    assert await release(bench) == ["digest", "result", "board"]
    assert bodies(bench, ROOM)[:2] == ["digest", "result"]
    assert await states(bench, "digest", "result", "board") == ["sent"] * 3
    assert await release(bench) == []


async def test_a_pin_waits_for_what_it_refers_to_but_not_for_the_power_to_pin(bench: Bench) -> None:
    closed(bench, ROOM)
    await bench.do(said("board"), row_of(Pin(room_id=ROOM, key="pin", of=("board",))))
    assert await states(bench, "board", "pin") == ["held", "held"]
    closed(bench)
    bench.sender.refuse = OUT
    await release(bench)
    assert await states(bench, "board", "pin") == ["sent", "parked"]


async def test_an_old_answer_is_given_no_more(bench: Bench) -> None:
    closed(bench, ROOM)
    relation = '{"m.relates_to": {"m.in_reply_to": {"event_id": "$x"}}}'
    await bench.do(said("$question/0", content=relation), said("$question/0/1"), said("late", content=relation))
    await bench.do(said("announcement"))
    closed(bench)
    assert await release(bench, after=timedelta(days=1, minutes=1)) == ["announcement"]
    assert await states(bench, "$question/0", "$question/0/1", "late") == ["parked"] * 3


async def test_an_answer_of_today_is_given(bench: Bench) -> None:
    closed(bench, ROOM)
    await bench.do(said("$question/0"))
    closed(bench)
    assert await release(bench, after=timedelta(hours=23)) == ["$question/0"]


async def test_a_start_takes_up_what_is_held_where_the_room_is_open_to_us(bench: Bench) -> None:
    closed(bench, ROOM)
    await bench.do(said("digest"))
    await change(bench, lacks=f"{Power.PIN},{Power.SPEAK}")
    assert await bench.resumed() == 0
    await change(bench, lacks=Power.PIN)
    closed(bench)
    assert await bench.resumed() == 1
    assert bodies(bench, ROOM) == ["digest"]


async def test_a_room_that_opens_between_the_refusal_and_the_note_of_it_loses_nothing(bench: Bench) -> None:
    """Nothing was held yet when the room was said to be open; so nothing would take it up."""
    await change(bench, joined=False)
    refused = 0

    async def reopened(_post: Post) -> None:
        nonlocal refused
        refused += 1
        if refused == 2:
            await change(bench, joined=True)
            assert await bench.database.run(lambda session: outbox.release(session, ROOM, NOW)) == []

    bench.sender.before_send = reopened
    bench.sender.fault = lambda _post: OUT if refused < 3 else None
    await bench.do(said("digest"))
    assert bodies(bench, ROOM) == ["digest"]


async def test_what_was_withdrawn_meanwhile_is_not_held(bench: Bench) -> None:
    closed(bench, ROOM)

    async def withdrawn(_post: Post) -> None:
        await bench.database.run(lambda s: setattr(s.get_one(OutboxRow, 1), "state", "withdrawn"))

    bench.sender.before_send = withdrawn
    await bench.do(said("digest"))
    assert await states(bench, "digest") == ["withdrawn"]


async def test_what_else_is_forbidden_is_parked(bench: Bench) -> None:
    bench.sender.refuse = OUT
    await bench.do(Invite(room_id=ROOM, person=BEN, key="invite"))
    assert await states(bench, "invite") == ["parked"]


# moved


async def test_what_waits_in_memory_goes_along(bench: Bench) -> None:
    """The row was read before the room was replaced, and the old room takes it no more."""
    answers = [OUT, TryAgain("429", 0.05)]
    bench.sender.fault = lambda post: answers.pop() if post.room_id == ROOM else None
    await bench.offer(said("result"))
    await until(lambda: bool(bench.sender.attempts))
    await move(bench)
    await bench.done()
    assert (bodies(bench, ROOM), bodies(bench, NEW)) == ([], ["result"])
    row = await bench.stored("result")
    assert (row.room_id, row.state) == (NEW, "sent")


async def test_what_the_database_had_nearly_lost_goes_along(bench: Bench) -> None:
    """It died between the commit and its answer; the row was found, begun, and then the room was replaced."""
    answers = [OUT, TryAgain("429", 0.05)]
    bench.sender.fault = lambda post: answers.pop() if post.room_id == ROOM else None
    lost = said("result")
    await bench.database.run(lambda session: outbox.insert(session, lost))
    bench.box.look_again()
    await until(lambda: bool(bench.sender.attempts))
    bench.box.offer([lost])  # its maker heard of it after all
    await move(bench)
    await bench.done()
    assert (bodies(bench, ROOM), bodies(bench, NEW)) == ([], ["result"])


async def test_a_room_that_is_gone_is_no_reason_to_lose_anything(bench: Bench) -> None:
    gone = Rejected("404 M_NOT_FOUND")

    async def moving(post: Post) -> None:
        if post.room_id == ROOM:
            await move(bench)

    bench.sender.before_send = moving
    bench.sender.fault = lambda post: gone if post.room_id == ROOM else None
    await bench.do(said("result"))
    assert bodies(bench, NEW) == ["result"]


async def test_once_we_have_followed_nothing_more_is_said_in_the_old_room(bench: Bench) -> None:
    """It would take it: a tombstone alone closes no room."""
    waits = [TryAgain("429", 0.1)]
    bench.sender.fault = lambda post: waits.pop() if waits and post.room_id == ROOM else None
    await bench.offer(said("result"), said("digest"), said("end of poll", content='{"m.relates_to": {}}'))
    await until(lambda: bool(bench.sender.attempts))

    async def report(outcome: Outcome) -> None:
        assert isinstance(outcome, Moved)
        await move(bench)

    bench.box._delivery._report = report
    await bench.offer(Follow(room_id=ROOM, key="follow", successor=NEW, by=ANNA))
    await bench.done()
    assert bodies(bench, NEW) == ["result", "digest"]
    assert [post.transaction for post in bench.sender.events[ROOM]] == ["t-end of poll"]


@pytest.mark.parametrize("moved", [1, 2])
async def test_killed_after_the_old_room_had_it_it_is_not_said_twice(bench: Bench, moved: int) -> None:
    """Sent, the answer not written down; the room replaced, perhaps twice; killed."""
    bench.sender.lost = lambda _post: TryAgain("connection reset", 3600)
    await bench.offer(said("result"), said("digest"))
    await until(lambda: bool(bench.sender.attempts))
    await bench.box.stop()
    await move(bench)
    if moved == 2:
        await move(bench, NEW, LATER)
    bench.sender.lost = lambda _post: None
    last = NEW if moved == 1 else LATER
    assert await bench.resumed() == 2
    assert (bodies(bench, ROOM), bodies(bench, last)) == (["result"], ["digest"])
    places = [(await bench.stored(key)).room_id for key in ("result", "digest")]
    assert places == [ROOM, last], "the record says where it stands"


async def test_what_is_held_goes_along_unless_it_hangs_on_the_old_room(bench: Bench) -> None:
    closed(bench, ROOM)
    edit = said("edit", refers_to="board", content='{"m.relates_to": {}}')
    sign = said("$question/1", content=SIGN, event_type="m.reaction")
    await bench.do(said("result"), said("board"), edit, said("$question/0", content=REPLY), said("$question/0/1"), sign)
    await move(bench)
    assert await release(bench, NEW) == ["result", "board", "$question/0", "$question/0/1"]
    assert bodies(bench, NEW) == ["result", "board", "Notiert.", "$question/0/1"]
    assert not any("m.relates_to" in post.content for post in bench.sender.events[NEW])
    assert await states(bench, "edit", "$question/1") == ["parked", "parked"]


async def test_an_answer_that_a_replaced_room_refuses_is_given_in_the_new_one(bench: Bench) -> None:
    """It was read before the room was replaced; an upgrade closes the old room to all but its moderators."""
    answers = [OUT, OUT, TryAgain("429", 0.05)]
    bench.sender.fault = lambda post: answers.pop() if post.room_id == ROOM else None
    await bench.offer(said("$question/0", content=REPLY), said("$question/0/1"))
    await until(lambda: bool(bench.sender.attempts))
    await move(bench)
    await bench.done()
    assert (bodies(bench, ROOM), bodies(bench, NEW)) == ([], ["Notiert.", "$question/0/1"])
    assert await states(bench, "$question/0", "$question/0/1") == ["sent", "sent"]
    assert len(bench.sender.looked_for) == 2, "it may stand in the old room, its answer lost"
