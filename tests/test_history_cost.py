"""What a command or a vote costs does not depend on how long the bot has been there.

Counted, not timed: as many statements with 10,000 rows of history as with 10, as much work in SQLite for them, and none
of them reads a whole table of those that grow. Times: `benchmarks.history`.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bot.events import Reaction, Redacted, Vote
from bot.store.database import Database
from tests import history
from tests.fakes import ANNA, ROOM, START, Bot
from tests.history import ASKED, OPEN, direct, person
from tests.statements import statements

FEW, MANY = 10, 10_000
MORE = 1.2
SCAN = re.compile(r"SCAN (?P<table>\w+)")
SMALL = "sqlite_autoindex"  # a whole index read in its order, up to the first row: LIMIT 1
VOTER, ASKED_PERSON = person(ASKED + 7), person(7)


def _click(bot: Bot) -> Vote:
    return Vote(room_id=ROOM, event_id="$click", sender=VOTER, sent_at=bot.now, received_at=bot.now, poll=OPEN,
                answers=("yes",))  # fmt: skip


async def _taken_back(bot: Bot) -> None:
    await bot.handle(_click(bot))
    await bot.handle(
        Redacted(room_id=ROOM, event_id="$gone", sender=VOTER, sent_at=bot.now, received_at=bot.now, target="$click")
    )


async def _reacted(bot: Bot) -> None:
    """On the announcement."""
    await bot.handle(
        Reaction(
            room_id=ROOM,
            event_id="$tap",
            sender=VOTER,
            sent_at=bot.now,
            received_at=bot.now,
            target="$post/announcement",
            key="👍",
        )
    )


def _alone(words: str, who: str = VOTER) -> Callable[[Bot], Awaitable[Any]]:
    return lambda bot: bot.say(who, words, room_id=direct(who))


ACTS: dict[str, Callable[[Bot], Awaitable[Any]]] = {
    "status": lambda bot: bot.say(ANNA, "!status"),
    "status of one": lambda bot: bot.say(ANNA, "!status eAkte"),
    "status told": lambda bot: bot.say(ANNA, "!status eAkte gelb 60% Vergabe verzögert sich"),
    "idea": lambda bot: bot.say(ANNA, "!idee Eine Bürgerkarte für alle Bäder"),
    "talk": lambda bot: bot.say(ANNA, "Guten Morgen zusammen"),
    "a click": lambda bot: bot.handle(_click(bot)),
    "a reaction": _reacted,
    "taken back": _taken_back,
    "typed in the direct chat": _alone("!stimme K1 ja"),
    "yes": _alone("ja"),
    "a check-in answered": _alone("gelb 60% Vergabe verzögert sich", ASKED_PERSON),
    "a check-in answered in prose": _alone("Die Vergabe dauert leider länger als gedacht", person(8)),
    "a word that nobody knows": _alone("Hallo, wie geht es Ihnen?"),
    "a look of the clock": lambda bot: bot.clock.tick(),
}


@contextmanager
def _steps() -> Iterator[list[int]]:
    """How many instructions SQLite's virtual machine carries out meanwhile; the first and only number."""
    found, watched = [0], set[Any]()

    def count() -> None:
        found[0] += 1

    def watch(_connection: Any, cursor: Any, *_rest: Any) -> None:
        if cursor.connection not in watched:
            watched.add(cursor.connection)
            cursor.connection.set_progress_handler(count, 1)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
        for connection in watched:
            connection.set_progress_handler(None, 1)


@contextmanager
def _scans() -> Iterator[set[str]]:
    """What SQLite reads whole of the tables that grow: table and statement."""
    found, asking = set[str](), False

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        nonlocal asking
        if asking or many or statement.lstrip()[:6] not in ("SELECT", "UPDATE", "DELETE", "INSERT"):
            return
        asking = True
        plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        asking = False
        for *_, step in plan:
            scan = SCAN.match(step)
            if scan and scan["table"] in history.HISTORY and SMALL not in step:
                found.add(f"{step}: {statement}")

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


async def _grown(database: Database, rows: int) -> Bot:
    """A bot on a network with so many rows of history, at rest."""

    def fill(session: Any) -> int:
        history.found(session)
        return history.remember(session, rows)

    assert rows <= await database.run(fill) <= rows * 1.1 + 30
    bot = Bot(database, now=START)
    while await bot.clock.tick():
        pass
    await bot.say(ANNA, "!status Projekt-1")  # what is looked up once, or remembered of the room
    bot.now += timedelta(seconds=1)
    return bot


@pytest.fixture
async def bots(new_url: Callable[[], str]) -> Any:
    """One with few rows of history, and one with many."""
    databases = [Database(new_url()) for _ in range(2)]
    yield [await _grown(database, rows) for database, rows in zip(databases, (FEW, MANY), strict=True)]
    for database in databases:
        database.close()


async def test_as_many_statements_however_long_the_history_is(bots: list[Bot]) -> None:
    asked: dict[str, list[list[str]]] = {}
    for act, does in ACTS.items():
        for bot in bots:
            bot.now += timedelta(seconds=1)
            with statements() as found:
                await does(bot)
            asked.setdefault(act, []).append(found)
    assert all(len(few) == len(many) for few, many in asked.values()), {
        act: [each for each in many if each not in few] for act, (few, many) in asked.items() if len(few) != len(many)
    }
    assert all(few for act, (few, _) in asked.items() if act != "talk")


@pytest.mark.sqlite_only("counts the steps of its virtual machine")
async def test_as_much_work_for_them(bots: list[Bot]) -> None:
    """An index that is read in part is no scan, and still too much if the part grows."""
    costs: dict[str, list[int]] = {}
    for act, does in ACTS.items():
        for bot in bots:
            bot.now += timedelta(seconds=1)
            with _steps() as steps:
                await does(bot)
            costs.setdefault(act, []).append(steps[0])
    assert all(few > 100 for act, (few, _) in costs.items() if act != "talk"), costs
    assert not {act: cost for act, cost in costs.items() if cost[1] > cost[0] * MORE}


@pytest.mark.sqlite_only("reads its plans")
async def test_none_reads_a_whole_table_that_grows(bots: list[Bot]) -> None:
    found: dict[str, set[str]] = {}
    for act, does in ACTS.items():
        bots[1].now += timedelta(seconds=1)
        with _scans() as scans:
            await does(bots[1])
        found[act] = scans
    assert not any(found.values()), {act: scans for act, scans in found.items() if scans}


@pytest.mark.sqlite_only("reads its plans")
async def test_a_scan_would_be_found(bots: list[Bot]) -> None:
    with _scans() as scans:
        bots[0].database.run_now(
            lambda session: session.connection().exec_driver_sql("SELECT content FROM outbox").all()
        )
    assert scans
