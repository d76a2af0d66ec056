"""What keeping boards costs, that nothing is edited twice, and that no board is larger than an event."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlmodel import select

from bot import contents
from bot.context import Scope
from bot.domain.project import Light, Phase
from bot.procedures import boards as procedure
from bot.store import Session, boards, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Board, Project, StatusUpdate
from tests.fakes import ANNA, BEN, HOUSE, ROOM, START, Bot, plain
from tests.portfolio import fill, room_of
from tests.test_charts_of_projects import questions

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def put_boards(session: Session, network_id: int, count: int) -> None:
    """A board in each room, all of them edited an hour ago."""
    for number in range(count):
        row = Board(room_id=room_of(number), network_id=network_id, set_up_by=ANNA, post=f"board/{number}", shown="")
        row.set_up_at = row.edited_at = START - HOUR
        row.next_at = START + HOUR
        session.add(row)
    session.flush()


def change_all(session: Session, now_ago: timedelta) -> None:
    """Every project changed so long ago, and for the first time ten minutes before that."""
    for project in session.exec(select(Project)):
        project.changed_at = START - now_ago
        told = StatusUpdate(project_id=project.id or 0, author=ANNA, at=START - now_ago - 10 * MINUTE, event_id="$x")
        session.add(told)
    session.flush()


def asked(database: Database, work: object) -> int:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.extend([] if statement.startswith("BEGIN") else [statement])

    def run(session: Session) -> None:
        session.expire_all()
        work(Scope(session, START, HOUSE))  # type: ignore[operator]  # any function of a scope

    event.listen(Engine, "before_cursor_execute", note)
    try:
        database.run_now(run)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(statements)


def costs(url: str, projects: int, room_count: int) -> list[int]:
    """Questions of a tick: with nothing to do, with all boards out of date, while things change; and of one edit."""
    database = Database(url)
    database.migrate()
    try:
        network = database.run_now(lambda session: fill(session, projects, room_count, START))
        database.run_now(lambda session: put_boards(session, network, room_count))
        found: list[int] = []

        def tick(expected: int) -> None:
            def work(scope: Scope) -> None:
                assert len(procedure.due(scope)) == expected

            found.append(asked(database, work))

        tick(0)
        database.run_now(lambda session: change_all(session, 2 * MINUTE))
        tick(room_count)
        database.run_now(lambda session: change_all(session, MINUTE / 2))
        tick(room_count)  # the first change is ten minutes old
        found.append(asked(database, lambda scope: procedure.bring_up_to_date(room_of(0), START, scope)))
        return found
    finally:
        database.close()


def test_a_tick_asks_the_same_however_many_boards_and_projects(new_url: Callable[[], str]) -> None:
    few, many = costs(new_url(), 4, 2), costs(new_url(), 60, 20)
    assert few == many
    assert few[:3] == [2, 2, 3]


def test_boards_are_kept_and_charts_counted_the_same_way_on_postgresql(postgres_database: str) -> None:
    assert costs(postgres_database, 6, 3)[:3] == [2, 2, 3]
    database = Database(postgres_database)
    assert questions(database, 1) <= 6
    database.close()


# once


async def test_an_edit_that_was_stored_before_a_crash_is_not_made_again(database: Database) -> None:
    bot = await with_board(database)
    await bot.say(BEN, "!status eAkte gelb 60%")
    bot.now += MINUTE
    (edit,) = await bot.tick()
    reborn = Bot(database, now=bot.now)
    for _ in range(3):
        reborn.now += MINUTE
        assert await reborn.tick() == []
    assert edit.key.endswith("/edit 1")


async def test_a_tick_that_dies_before_its_commit_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = await with_board(database)
    await bot.say(BEN, "!status eAkte gelb 60%")
    bot.now += MINUTE

    def dies(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(boards, "standing", dies)
        assert await bot.tick() == []
    reborn = Bot(database, now=bot.now)
    (edit,) = await reborn.tick()
    assert "gelb · 60 %" in json.loads(edit.content)["m.new_content"]["body"]


async def with_board(database: Database) -> Bot:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}")
    await bot.say(ANNA, "!tafel")
    bot.now += MINUTE
    return bot


# large and hostile


HOSTILE = ("𝕊" * 40, "<" * 200, '"&' * 100, "ü" * 200)


def crowded(session: Session, count: int, words: str) -> None:
    for number in range(count):
        key = f"{words[:1] if words[0].isalpha() else 'P'}{number}" + ("𝕊" * 34 if words.startswith("𝕊") else "")
        made = Project(
            network_id=1,
            room_id=ROOM,
            key=key,
            folded=f"p{number}",
            title=words,
            field=", ".join(f"{number}{index}{words[:50]}" for index in range(8)),
            phase=(Phase.RUNNING, Phase.DONE)[number % 5 == 0],
            light=(*Light, None)[number % 4],
            progress=100,
            organisation=words,
            owner=f"@{'ben' * 20}{number}:{'example' * 9}.org",
            created_by=ANNA,
            created_at=START,
        )
        session.add(made)
    session.flush()


@pytest.mark.parametrize("words", HOSTILE, ids=["wide", "markup", "quotes", "umlauts"])
async def test_a_board_of_any_size_is_one_event_and_says_what_is_missing(database: Database, words: str) -> None:
    bot = await with_board(database)
    await bot.database.run(lambda session: crowded(session, 300, words))
    await bot.say(ANNA, "!tafel")  # is looked at
    (edit,) = await bot.tick()
    content = json.loads(edit.content)
    assert contents.is_small(content)
    assert "von 301 Projekten. Alle: !projekt liste" in content["m.new_content"]["body"]
    await bot.say(ANNA, "!tafel entfernen")
    rows: list[Row] = await bot.say(ANNA, "!tafel")
    assert [row.action for row in rows] == ["send", "send", "pin"], "a new one is not said in parts"
    assert "von 301 Projekten" in plain(rows[1])


async def test_two_owners_of_one_name_are_told_apart(database: Database) -> None:
    bot = await with_board(database)
    await bot.say(ANNA, "!projekt neu Portal\nVerantwortlich: @ben:andere.example")
    await bot.say(ANNA, "!projekt neu Karte\nVerantwortlich: @cem.kaya:example.org")
    room = await bot.database.run(lambda session: rooms.find(session, ROOM))
    assert room is not None
    shown = await bot.database.run(lambda session: procedure.of_room(room, Scope(session, bot.now, HOUSE)))
    owners = [entry.owner for section in shown.sections for entry in section.entries]
    assert owners == ["ben, example.org", "cem.kaya", "ben, andere.example"]
