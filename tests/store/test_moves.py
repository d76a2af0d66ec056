"""A room's move in the database, on SQLite and on PostgreSQL alike."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.store import moves, networks, outbox, projects, rooms
from bot.store.database import Database
from bot.store.tables import OutboxRow, Project, Room
from tests.fakes import ANNA, DEVICE, ROOM, START

NEW = "!neu_%:example.org"  # as nasty as a room's ID may be


def row(key: str, room_id: str = ROOM, **more: Any) -> OutboxRow:
    values: dict[str, Any] = {"action": "send", "room_id": room_id} | more
    return OutboxRow(key=key, transaction=key, device_id=DEVICE, first_attempt_at=START, created_at=START, **values)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    opened: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_store")
    return opened


def test_a_room_moves(store: Database) -> None:
    def work(session: Session) -> Room:
        network = networks.found(session, "Verbund", ANNA, START)
        old = Room(room_id=ROOM, network_id=network.id, invited_by=ANNA, since=START, successor=NEW, language="en")
        rooms.save(session, old)
        project = Project(
            network_id=network.id or 0, room_id=ROOM, key="eAkte", folded="eakte", created_by=ANNA, created_at=START
        )
        session.add(project)
        session.add(row(f"follow {ROOM} {NEW} $stone", action="follow", state="sent"))
        session.add(row("waits"))
        session.flush()
        room = session.get_one(Room, ROOM)
        assert moves.asked_to_follow(session, room) == START
        assert not moves.is_taken(session, room, NEW)
        new = moves.move(session, room, NEW)
        assert project.room_id == NEW  # what was read before is true as well
        return new

    new = store.run_now(work)
    assert (new.language, new.joined, new.successor) == ("en", True, None)
    assert store.run_now(lambda s: projects.by_folded(s, 1, "eakte")).room_id == NEW  # type: ignore[union-attr]
    assert store.run_now(lambda s: moves.places(s, "waits")) == [("waits", NEW)]
    assert store.run_now(rooms.being_replaced) == []


def test_where_something_was_said_again(store: Database) -> None:
    def work(session: Session) -> None:
        keys = [
            "ballot/1/poll",
            moves.again("ballot/1/poll", NEW),
            "ballot/10/poll",
            "ballot/1/poll/end",
            f"{moves.again('ballot/1/poll', NEW)}/end",
            "ballot/1_poll",
            "ballot/1_poll/in nowhere",
        ]
        rooms.save(session, Room(room_id=NEW, invited_by=ANNA, since=START))
        session.add_all(row(key, NEW if NEW in key else ROOM) for key in keys)

    store.run_now(work)
    assert store.run_now(lambda s: moves.places(s, "ballot/1/poll")) == [
        ("ballot/1/poll", ROOM),
        (f"ballot/1/poll/in {NEW}", NEW),
    ]
    assert store.run_now(lambda s: moves.places(s, "ballot/1_poll")) == [("ballot/1_poll", ROOM)]
    assert store.run_now(lambda s: moves.is_said(s, "ballot/10/poll"))
    assert not store.run_now(lambda s: moves.is_said(s, "ballot/100/poll"))


def test_what_is_held_is_found_again(store: Database) -> None:
    def work(session: Session) -> tuple[list[str], list[str], list[str]]:
        rooms.save(session, Room(room_id=ROOM, invited_by=ANNA, since=START, lacks="invite,speak"))
        session.add_all([row("one"), row("two"), row("$event/0"), row("other", NEW)])
        session.flush()
        for number in range(1, 5):
            outbox.hold(session, number, "403")
        session.flush()
        outbox.release_all(session, START)
        silenced = [each.key for each in outbox.waiting(session)]
        session.get_one(Room, ROOM).lacks = "invite"
        outbox.give_up(session, ["two", "nothing"], "said anew")
        outbox.release_all(session, START + timedelta(days=2))
        assert outbox.is_held(session, "other")
        heard = [each.key for each in outbox.waiting(session)]
        return silenced, heard, [each.key for each in outbox.release(session, NEW, START)]

    assert store.run_now(work) == ([], ["one"], ["other"])


def test_what_came_before_a_room(store: Database) -> None:
    def work(session: Session) -> dict[str, tuple[str, ...]]:
        rooms.save(session, Room(room_id=ROOM, invited_by=ANNA, since=START))
        moves.move(session, session.get_one(Room, ROOM), NEW)
        moves.move(session, session.get_one(Room, NEW), "!last:example.org")
        return moves.predecessors(session)

    assert store.run_now(work) == {NEW: (ROOM,), "!last:example.org": (NEW, ROOM)}
