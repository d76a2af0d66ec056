"""A network's records go from account to account: all of them, none of another network's, in one transaction."""

import multiprocessing
import re
import signal
import threading
from collections import Counter
from contextlib import closing
from functools import partial
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlmodel import select

from bot.store import dump
from bot.store.database import Database
from bot.store.relocation import belonging, handover
from bot.store.relocation.belonging import Way
from bot.store.tables import HandedRow, Network, OutboxRow, Room
from tests.fakes import START
from tests.scale import accounts as several
from tests.scale import portfolios
from tests.scale.accounts import NORD, US, changed, records, rows, shared, working
from tests.scale.leases import leading
from tests.scale.portfolios import direct, own, relocation, room, space

Records = dict[str, list[dict[str, Any]]]
LONG = 60.0  # seconds
GONE = {"login_link", "web_session"}


def lived(url: str) -> tuple[Records, Records]:
    """Two accounts; the first has two networks with rows in every table. What is the second's, and of nobody; and the
    first one's, which is to go.
    """
    shared(url, US, NORD)

    def filled(*blocks: int) -> Records:
        for block in blocks:
            working(url, US, partial(portfolios.fill, block=block))
        return named(url, US)

    working(url, US, portfolios.fill_account)
    stays, both = filled(1), filled(0)
    return stays, {name: [row for row in found if row not in stays[name]] for name, found in both.items()}


def moved(url: str, block: int = 0, **more: Any) -> Counter[str]:
    """What the old account's bot does."""
    found = relocation(block, **more)
    return working(url, found.source, lambda session: handover.hand_over(session, found))


def named(url: str, account: str) -> Records:
    """Every row of every table that an account sees, by column."""
    names = {table.name: [column.name for column in table.columns] for table in dump.tables()}
    with closing(Database(url, read_only=True, account=account)) as database:
        return database.run_now(
            lambda session: {
                table.name: [dict(zip(names[table.name], row, strict=True)) for row in dump.rows(session, table)]
                for table in dump.tables()
            }
        )


def test_of_every_table_it_is_said_what_becomes_of_its_rows() -> None:
    """Whoever makes a table gives it a network, or a reference to what has one, or says here what becomes of it."""
    ways = {table.name: belonging.way(table) for table in dump.tables()}
    assert [name for name, way in ways.items() if way is None] == []
    assert {name for name, way in ways.items() if way is Way.STAYS} == {"account", "incident", "handed"}
    said = [belonging.BY_ROOM, belonging.OWN, belonging.DROPPED, belonging.STAYS]
    assert sum(map(len, said)) == len(set().union(*said)), "one way a table"
    assert set().union(*said) <= set(ways), "of tables that there are"
    apart = sa.Table("new", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("room_id", sa.Text))
    assert belonging.way(apart) is None
    with pytest.raises(RuntimeError, match="new"):
        belonging.rows_of(apart, 1, ())
    whose = {(t.name, c.name) for t in dump.tables() for c in t.columns if "network" in c.name} - {
        (name, "network_id") for name in ways
    }
    assert whose == {("room", "chosen_network_id")}, "of a direct chat: emptied"


def test_a_network_goes_with_all_it_has_and_nothing_else(postgres_database: str) -> None:
    stays, goes = lived(postgres_database)
    assert all(stays.values())
    assert {name for name, found in goes.items() if not found} == set(belonging.STAYS)
    count = moved(postgres_database)
    source, target = named(postgres_database, US), named(postgres_database, NORD)
    assert {name: len(found) for name, found in target.items() if found} == dict(count)
    alike = {table.name for table in belonging.going(Way.NETWORK, Way.REFERENCE, Way.ROOM)} | {"network"}
    assert len(alike) == len(goes) - len(belonging.OWN) - len(belonging.DROPPED) - len(belonging.STAYS) + 1
    for name in goes:
        expected = stays[name] + goes[name] if name in belonging.STAYS else stays[name]
        if name not in ("outbox", "room", "handled_event", "occurrence"):
            assert in_order(source[name]) == in_order(expected), name
        if name in alike:
            assert target[name] == goes[name], name
    assert [name for name in belonging.DROPPED if target[name]] == []
    assert named_still(source) == []


def in_order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(map(str, found))


def named_still(found: Records) -> list[tuple[str, str, Any]]:
    """Where a row of the old account names the network, by number or in a text. What it still has to say may."""
    one = rf"\b{own(0)}\b|00a0b1c2d3e4f5|!room0|{re.escape(space(0))}|Verbund 0"
    ids = {(t.name, c.name) for t in dump.tables() for c in t.columns if c.name.endswith("network_id")}
    return [
        (name, column, value)
        for name, some in found.items()
        for row in some
        for column, value in row.items()
        if ((name, column) in ids and value == own(0)) or (isinstance(value, str) and re.search(one, value))
        if not str(row.get("key", row.get("schedule"))).startswith("relocation/")
        if name != "outbox" or row["state"] not in ("waiting", "held")
    ]


def test_rooms_change_hands(postgres_database: str) -> None:
    """Also those that one of them replaced, long ago; a direct chat stays, and forgets the network."""
    stays, goes = lived(postgres_database)
    moved(postgres_database)
    source, target = (named(postgres_database, account)["room"] for account in (US, NORD))
    before = {row["room_id"]: row for row in goes["room"]}
    alone = before.pop(direct(0))
    assert {row["room_id"]: row for row in target} == before | {
        room(0): before[room(0)] | {"invited_by": NORD, "lacks": "?"},
    }
    assert before[room(0)]["reads_after"] == "$mark0"
    assert in_order(source) == in_order([*stays["room"], alone | {"chosen_network_id": None, "chosen_at": None}])


def test_posts_in_the_rooms_go_whole_and_of_others_the_key(postgres_database: str) -> None:
    """Nothing that was said is said again; no wording of a direct chat goes; what waits there the old account says."""
    stays, goes = lived(postgres_database)
    moved(postgres_database)
    before = {row["key"]: row for row in goes["outbox"]}
    source, target = ({row["key"]: row for row in named(postgres_database, each)["outbox"]} for each in (US, NORD))
    one = own(0)
    inside = {key: row for key, row in before.items() if row["room_id"] and not row["room_id"].startswith("!direct")}
    assert len(inside) == 6
    for key, row in inside.items():
        held = {} if row["state"] == "sent" else {"device_id": ""}
        assert target[key] == row | held | {"sender": row["sender"] or US}
    assert target[f"consultation/{one}/announcement"]["sender"] == "@west:example.org", "whoever has sent it"
    bare = {"room_id": None, "content": "", "refers_to": None, "event_id": None, "device_id": "", "sender": US}
    said = [f"consultation/{one}/notice/opened/@ben:example.org", f"survey/{one}/invitation", "group/00a0b1c2d3e4f5"]
    unsaid = [f"dormant/{one}/0/@ben:example.org", f"participation/{one}/mail to x/@ben:example.org"]
    letters = [f"list/{one}/digest 2026", f"list/{one}/digest 2027"]
    for key in (*said, *unsaid, *letters):
        assert target[key] == before[key] | bare | {"state": "sent"}, key
    parked = f"task/{one}/asked/@ben:example.org"
    assert target[parked] == before[parked] | bare | {"content": before[parked]["content"], "refers_to": "x"}
    assert set(target) == {*inside, *said, *unsaid, *letters, parked}
    remains = {
        key: before[key]
        for key in (*unsaid, letters[1], "$asked alone0/0", f"relocation/{one}/2026/told/@ben:example.org")
    }
    assert source == {row["key"]: row for row in stays["outbox"]} | remains


def test_what_was_due_and_what_came_of_posts_goes_along(postgres_database: str) -> None:
    stays, goes = lived(postgres_database)
    moved(postgres_database)
    source, target = named(postgres_database, US), named(postgres_database, NORD)
    way = [row for row in goes["occurrence"] if row["schedule"].startswith("relocation/")]
    assert target["occurrence"] == [row for row in goes["occurrence"] if row not in way]
    assert in_order(source["occurrence"]) == in_order(stays["occurrence"] + way)
    assert [row["event_id"] for row in target["handled_event"]] == [
        f"Failed list/{own(0)}/digest 2026", "Opened group/00a0b1c2d3e4f5",
    ]  # fmt: skip
    handled = [row for row in goes["handled_event"] if row["event_id"].startswith("$")]
    assert in_order(source["handled_event"]) == in_order(stays["handled_event"] + handled)
    asked = [row["outbox_key"] for row in target["open_question"]]
    assert asked == ["$question0/0", f"import/{own(0)}/$e/preview"]


def test_what_goes_is_whole_in_its_new_place(postgres_database: str) -> None:
    """References and what must be unique hold there as they did, and the new account's counters go on."""
    lived(postgres_database)
    moved(postgres_database)
    for statement in (
        "DELETE FROM zwischenstand_1.network",
        "DELETE FROM zwischenstand_1.ballot",
        "INSERT INTO zwischenstand_1.counter SELECT * FROM zwischenstand_1.counter",
        "UPDATE zwischenstand_1.outbox SET key = 'same'",
    ):
        with pytest.raises(psycopg.errors.IntegrityError):
            changed(postgres_database, statement)
    assert several.founded(postgres_database, NORD, "neu") == [17]
    assert several.founded(postgres_database, US, "neu") == [16]


def test_there_and_back_it_is_as_it_was(postgres_database: str) -> None:
    """What its own account once sent is its own again. What people were told alone is not said again."""
    stays, goes = lived(postgres_database)
    moved(postgres_database)
    others = named(postgres_database, NORD)
    moved(postgres_database, source=NORD, target=US)
    assert not any(named(postgres_database, NORD).values())
    back = named(postgres_database, US)
    for name in goes:
        if name not in {"outbox", "room", "open_question", "occurrence", "handled_event"} | GONE | set(belonging.STAYS):
            assert in_order(back[name]) == in_order(stays[name] + goes[name]), name
    before, after = ({row["key"]: row for row in found["outbox"]} for found in (goes, back))
    assert set(before) < set(after)
    assert {row["sender"] for row in before.values()} == {None, "@west:example.org"}
    went = {row["key"] for row in others["outbox"]}
    assert {after[key]["sender"] for key in went} == {None, "@west:example.org"}
    (again,) = [row for row in back["room"] if row["room_id"] == room(0)]
    (first,) = [row for row in goes["room"] if row["room_id"] == room(0)]
    assert again == first | {"lacks": "?"}


UNREADY = {
    "a room without a mark": lambda session: session.get_one(Room, room(0)).__setattr__("reads_after", None),
    "something waits in a room": lambda session: session.add(_row("x", room(0))),
    "something waits in a room that was replaced": lambda session: session.add(_row("x", room(0, 3))),
    "something waits in the space": lambda session: session.add(_row("x", space(0))),
    "a sender has a row of it": lambda session: session.add(HandedRow(row_id=1, fence=1, room_id=room(0))),
}


def _row(key: str, room_id: str) -> OutboxRow:
    of: dict[str, Any] = {"device_id": "", "first_attempt_at": START, "created_at": START}
    return OutboxRow(key=key, transaction=key, room_id=room_id, action="send", **of)


@pytest.mark.parametrize("what", UNREADY)
def test_it_does_not_go_before_everything_is_said(what: str, postgres_database: str) -> None:
    lived(postgres_database)
    working(postgres_database, US, UNREADY[what])
    before = records(postgres_database, US)
    with pytest.raises(RuntimeError, match="cannot be handed over"):
        moved(postgres_database)
    assert records(postgres_database, US) == before
    assert not any(records(postgres_database, NORD).values())


def test_it_goes_once_and_to_somebody_who_is_there(postgres_database: str) -> None:
    lived(postgres_database)
    for state in ("asked", "inviting", "handed", "taken", "stopped"):
        with pytest.raises(RuntimeError, match=f"network {own(0)}, {state}, cannot be handed over"):
            moved(postgres_database, state=state)
    with pytest.raises(RuntimeError, match=r"@nobody:.* is not registered"):
        moved(postgres_database, target="@nobody:example.org")
    moved(postgres_database)
    with pytest.raises(NoResultFound):
        moved(postgres_database)


@pytest.mark.parametrize(
    "words",
    [
        "DELETE FROM zwischenstand_1.room_member",
        "INSERT INTO zwischenstand_1.network",
        "INSERT INTO zwischenstand_1.cast_vote",
        "INSERT INTO zwischenstand_1.outbox",
        "DELETE FROM outbox",
        "INSERT INTO zwischenstand_1.occurrence",
        "DELETE FROM cast_vote",
        "UPDATE room SET",
        "DELETE FROM network",
        "COMMIT",
        "AFTER",
    ],
)
def test_killed_at_any_point_everything_is_with_one_of_them(words: str, postgres_database: str) -> None:
    lived(postgres_database)
    before = records(postgres_database, US)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.scale.portfolios"])
    process = context.Process(target=portfolios.killed_at, args=(postgres_database, words))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    changed(postgres_database, "UPDATE public.lease SET until = clock_timestamp()")
    if words == "AFTER":
        assert named_still(named(postgres_database, US)) == []
        assert rows(postgres_database, "SELECT name FROM zwischenstand_1.network") == [("Verbund 0",)]
        return
    assert records(postgres_database, US) == before
    assert not any(records(postgres_database, NORD).values())
    assert moved(postgres_database)["network"] == 1
    assert rows(postgres_database, "SELECT name FROM zwischenstand_1.network") == [("Verbund 0",)]
    assert rows(postgres_database, "SELECT name FROM public.network") == [("Verbund 1",)]


def test_the_new_accounts_bot_works_meanwhile(postgres_database: str) -> None:
    """It writes while the other transaction stands still in its midst, and nothing of it is mixed with what comes."""
    lived(postgres_database)
    within, go_on = threading.Event(), threading.Event()

    def pause(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM network"):
            within.set()
            assert go_on.wait(60)

    with (
        leading(postgres_database, US, LONG) as one,
        leading(postgres_database, NORD, LONG) as other,
        closing(Database(postgres_database, lease=one.lease)) as first,
        closing(Database(postgres_database, lease=other.lease)) as second,
    ):
        sa.event.listen(first._engine, "before_cursor_execute", pause)
        found = relocation()
        thread = threading.Thread(target=first.run_now, args=(lambda session: handover.hand_over(session, found),))
        thread.start()
        assert within.wait(60)
        made = second.run_now(lambda session: several.found(session, *map(str, range(20))))
        second.run_now(lambda session: portfolios.fill(session, 5))
        assert second.run_now(lambda session: {each.name for each in session.exec(select(Network))}) == {
            "Verbund 5", *map(str, range(20)),
        }  # fmt: skip
        go_on.set()
        thread.join(60)
    assert made == [17 + 16 * number for number in range(20)]
    names = [name for (name,) in rows(postgres_database, "SELECT name FROM zwischenstand_1.network ORDER BY id")]
    assert names == [*map(str, range(20)), "Verbund 0", "Verbund 5"]
