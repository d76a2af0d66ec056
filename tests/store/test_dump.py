"""Every table to lines and back, from any database to any."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bot.errors import OperatorError
from bot.store import Session, dump, loading
from bot.store.database import NEWEST, Database
from bot.store.tables import Network, Subscriber
from tests import every_table
from tests.fakes import ANNA, START

Dump = dict[str, list[str]]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'one.db'}"


@pytest.fixture
def second_postgres(postgres_url: str, postgres_database: str) -> Iterator[str]:
    """Another empty database beside `postgres_database`."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE second")
    yield postgres_url.replace("/postgres?", "/second?")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE second WITH (FORCE)"))


@contextlib.contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def dumped(url: str) -> Dump:
    with contextlib.closing(Database(url, read_only=True)) as database:
        return database.run_now(_all)


def _all(session: Session) -> Dump:
    dump.freeze(session)
    return {table.name: list(dump.lines(session, table)) for table in dump.tables()}


def load(url: str, what: Dump, revision: str = NEWEST) -> None:
    def fill(session: Session) -> None:
        for name, lines in what.items():
            assert dump.fill(session, name, lines) == len(lines) - 1

    with loading.loaded(url, revision, fill):
        pass


def test_what_is_dumped_and_loaded_is_the_same_bytes_again(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url) as database:
        count = database.run_now(every_table.fill)
    first = dumped(sqlite_url)
    assert sum(len(lines) - 1 for lines in first.values()) == count
    load(f"sqlite:///{tmp_path / 'two.db'}", first)
    assert dumped(f"sqlite:///{tmp_path / 'two.db'}") == first


def test_it_goes_from_sqlite_to_postgresql_and_back(
    sqlite_url: str, postgres_database: str, second_postgres: str, tmp_path: Path
) -> None:
    with opened(sqlite_url) as database:
        database.run_now(lambda session: every_table.fill(session, 600, seed=1))
    first = dumped(sqlite_url)
    load(postgres_database, first)
    assert dumped(postgres_database) == first
    load(second_postgres, dumped(postgres_database))
    assert dumped(second_postgres) == first
    load(f"sqlite:///{tmp_path / 'two.db'}", dumped(second_postgres))
    assert dumped(f"sqlite:///{tmp_path / 'two.db'}") == first


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_ids_go_on_where_they_were(kind: str, sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """An ID that letters name is not given again, even if its row has gone."""
    with opened(sqlite_url) as database:
        database.run_now(every_table.fill)
        database.run_now(lambda session: session.delete(session.get_one(Subscriber, 7)))
    to = f"sqlite:///{tmp_path / 'two.db'}"
    if kind == "postgresql":
        to = request.getfixturevalue("postgres_database")
    load(to, dumped(sqlite_url))

    def work(session: Session) -> tuple[int | None, int | None]:
        network = Network(name="Neu", founder=ANNA, created_at=START)
        session.add(network)
        session.flush()
        row = Subscriber(
            network_id=network.id or 0, email="neu@example.org", language="de", added_by=ANNA, added_at=START
        )
        session.add(row)
        session.flush()
        return network.id, row.id

    with opened(to) as database:
        assert database.run_now(work) == (8, 8)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_dump_of_an_earlier_release_is_brought_up_to_date(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    to = f"sqlite:///{tmp_path / 'two.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    columns = [["id", "integer"], ["name", "text"], ["founder", "text"], ["created_at", "moment"]]
    lines = [json.dumps({"columns": columns}), json.dumps([3, "Verbund", ANNA, "2026-11-22T08:00:00"])]
    load(to, {"network": lines}, "0001")
    with opened(to) as database:
        assert database.run_now(lambda session: session.get_one(Network, 3).name) == "Verbund"
    assert dumped(to)["network"][0] != lines[0]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_failure_leaves_the_database_as_it_was(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    to = f"sqlite:///{tmp_path / 'two.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    with opened(f"sqlite:///{tmp_path / 'one.db'}") as database:
        database.run_now(every_table.fill)
    whole = dumped(f"sqlite:///{tmp_path / 'one.db'}")
    load(to, whole)
    empty = {name: lines[:1] for name, lines in whole.items()}
    with pytest.raises(OperatorError, match="no longer empty"):
        load(to, whole)
    assert dumped(to) == whole
    with opened(to) as database:
        database.run_now(_empty)
    broken = empty | {"project": whole["project"]}  # their network is missing
    with pytest.raises(OperatorError):
        load(to, broken)
    assert {name: len(lines) for name, lines in dumped(to).items()} == dict.fromkeys(empty, 1)
    load(to, whole)
    assert dumped(to) == whole


def _empty(session: Session) -> None:
    """Rows that refer to rows of their own table in the way of each other need no order in one statement."""
    for table in reversed(dump.tables()):
        session.connection().execute(table.delete())


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["[]"],
        ['{"columns":[["id","secret"]]}'],
        ['{"columns":[["id","integer"],["name","text"]]}', '["1","x"]'],
        ['{"columns":[["id","integer"],["name","text"]]}', "[1]"],
        ['{"columns":[["id","integer"],["name","text"]]}', "[1,"],
        ['{"columns":[["created_at","moment"]]}', '["gestern"]'],
    ],
)
def test_lines_that_are_no_table_are_refused(lines: list[str], sqlite_url: str) -> None:
    with opened(sqlite_url) as database, pytest.raises(dump.Malformed):
        database.run_now(lambda session: dump.fill(session, "network", lines))
