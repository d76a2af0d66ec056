"""A database of any revision opens in this one: nothing is lost, and it is shaped like one that was made today."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlmodel import SQLModel

from bot.store import dump
from bot.store.database import NEWEST, Database
from bot.texts import ROOT
from tests.fakes import ANNA, Bot
from tests.store import earlier
from tests.store.earlier import Rows

REVISIONS = earlier.revisions()
KINDS = ("sqlite", "postgresql")

# What a migration takes away on purpose, and where it went.
GONE_TABLES = {"appointment"}  # 0002: role_grant holds the same, see MADE
GONE_COLUMNS = {("cast_vote", "redacted")}  # 0004: taking a vote back is a row of its own, see MADE
CHANGED = {
    ("cast_vote", "reason"),  # 0004: who told a recorded vote was its first line, and became `informant`
}
MADE = {"role_grant": "appointment", "cast_vote": "cast_vote"}  # tables that get rows out of these


RELEASED = {  # with 0.1.0 to 0.6.0; a change is another migration
    "0001": "25975954d8f86b80",
    "0002": "b33c40ae05202695",
    "0003": "6fa2180c6f7aec93",
    "0004": "95c4df9352439376",
    "0005": "ad93473126f53536",
    "0006": "ad2e48b5190efcf8",
    "0007": "d13a7ab819725e6e",
}


@dataclass(frozen=True)
class Upgraded:
    """A database of some revision that was brought up to date, and what it held before and after."""

    url: str
    before: Rows
    after: Rows


@pytest.fixture(scope="module", params=KINDS)
def new_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Names empty databases."""
    made: list[str] = []

    def on_sqlite() -> str:
        return f"sqlite:///{tmp_path_factory.mktemp('old') / 'old.db'}"

    def on_postgres() -> str:
        made.append(f"old_{secrets.token_hex(6)}")
        _administer(postgres_url, "CREATE DATABASE {}", made[-1])
        return postgres_url.replace("/postgres?", f"/{made[-1]}?")

    postgres_url = str(request.getfixturevalue("postgres_url")) if request.param == "postgresql" else ""
    yield on_postgres if postgres_url else on_sqlite
    for name in made:
        _administer(postgres_url, "DROP DATABASE {} WITH (FORCE)", name)


def _administer(url: str, what: LiteralString, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(what).format(sql.Identifier(name)))


@pytest.fixture(scope="module", params=REVISIONS)
def upgraded(new_url: Callable[[], str], request: pytest.FixtureRequest) -> Upgraded:
    """One of each revision, with rows in every table."""
    url = new_url()
    with earlier.opened(url) as connection:
        earlier.fill(connection, earlier.make(connection, request.param))
        before = earlier.content(connection)
    brought_up(url)
    with earlier.opened(url) as connection:
        return Upgraded(url, before, earlier.content(connection))


@pytest.fixture(scope="module")
def fresh(new_url: Callable[[], str]) -> str:
    """One made today."""
    url = new_url()
    brought_up(url)
    return url


def brought_up(url: str) -> None:
    database = Database(url)
    try:
        database.migrate()
    finally:
        database.close()


def test_they_are_one_line_without_branches() -> None:
    assert REVISIONS[0] == "0001"
    assert REVISIONS[-1] == NEWEST
    assert sorted(set(REVISIONS)) == REVISIONS


def test_what_was_released_is_never_changed() -> None:
    """Databases in the field went through it as it was."""
    files = {file.stem[:4]: file for file in (ROOT / "bot/store/migrations/versions").glob("0*.py")}
    found = {name: hashlib.sha256(files[name].read_bytes()).hexdigest()[:16] for name in RELEASED}
    assert found == RELEASED


def test_nothing_is_lost(upgraded: Upgraded) -> None:
    before, after = upgraded.before, upgraded.after
    assert all(before.values()), "a table without a row proves nothing"
    assert before.keys() - after.keys() <= GONE_TABLES
    for name in before.keys() & after.keys():
        _persist(name, before[name], after[name])


def _persist(name: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Each row is there with each value that it had."""
    (key,) = (table.primary_key.columns.keys() for table in dump.tables() if table.name == name)
    found = {tuple(row[column] for column in key): row for row in after}
    for row in before:
        now = found[tuple(row[column] for column in key)]
        gone = {column for column in row if column not in now}
        assert {(name, column) for column in gone} <= GONE_COLUMNS
        kept = {column for column in row if column not in gone and (name, column) not in CHANGED}
        assert {column: now[column] for column in kept} == {column: row[column] for column in kept}
    if name not in MADE:
        assert len(after) == len(before)


def test_what_was_changed_on_purpose_is_in_its_new_place(upgraded: Upgraded) -> None:
    before, after = upgraded.before, upgraded.after
    appointed = {(row["network_id"], row["person"], row["role"]) for row in before.get("appointment", ())}
    granted = {(row["network_id"], row["person"], row["role"]) for row in after["role_grant"]}
    assert appointed <= granted
    assert len(after["role_grant"]) == len(before.get("role_grant", ())) + len(appointed)
    votes = {row["id"]: row for row in after["cast_vote"]}
    marked = {row["id"] for row in before["cast_vote"] if row.get("redacted")}
    if "redacted" in before["cast_vote"][0]:
        assert {row["withdraws"] for row in votes.values() if row["withdraws"]} == marked
        assert len(votes) == len(before["cast_vote"]) + len(marked)
    for row in before["cast_vote"]:
        now = votes[row["id"]]
        if "informant" in row or row["channel"] != "recorded":
            assert now["reason"] == row["reason"]
        else:
            told = (now["informant"], now["reason"])
            assert told == ((row["reason"] or "").partition("\n")[0], (row["reason"] or "").partition("\n")[2] or None)
    assert all(row["number"] for row in after["elector"])
    if "organisation" in before:
        assert {row["organisation_id"] for row in after["elector"] if row["organisation"]} - {None}


Shape = dict[str, dict[str, Any]]


def shape(connection: sa.Connection) -> Shape:
    """All that a database says of its tables, names of constraints left out."""
    look = sa.inspect(connection)
    return {name: _table(look, name, connection.dialect) for name in look.get_table_names()}


def _table(look: sa.Inspector, name: str, dialect: sa.Dialect) -> dict[str, Any]:
    columns = [
        (each["name"], each["type"].compile(dialect), each["nullable"], each.get("default"))
        for each in look.get_columns(name)
    ]
    indexes = {
        (each["name"], tuple(each["column_names"]), bool(each["unique"]))
        for each in look.get_indexes(name)
        if not each.get("duplicates_constraint")  # PostgreSQL's own, behind a constraint
    }
    references = {
        (tuple(each["constrained_columns"]), each["referred_table"], tuple(each["referred_columns"]))
        for each in look.get_foreign_keys(name)
    }
    return {
        "columns": columns,
        "key": tuple(look.get_pk_constraint(name)["constrained_columns"]),
        "unique": {tuple(each["column_names"]) for each in look.get_unique_constraints(name)},
        "indexes": indexes,
        "references": references,
    }


def test_it_has_the_shape_of_one_made_today(upgraded: Upgraded, fresh: str) -> None:
    assert shape_of(upgraded.url) == shape_of(fresh)


def shape_of(url: str) -> Shape:
    with earlier.opened(url) as connection:
        return shape(connection)


async def test_the_bot_works_with_it(upgraded: Upgraded) -> None:
    """IDs go on, numbers go on, and it answers."""
    database = Database(upgraded.url)
    try:
        bot = Bot(database)
        await bot.enter()
        assert "Das können Sie hier tun" in await bot.hear(ANNA, "!hilfe")
        assert "notiert: Ein Kalender" in await bot.hear(ANNA, "!idee Ein Kalender")
        assert "key 0" in await bot.hear(ANNA, "!status")
    finally:
        database.close()


def test_that_shape_is_what_the_code_declares(fresh: str, new_url: Callable[[], str]) -> None:
    """Nobody changes a table without a migration. What a migration filled in for rows that were there may remain."""
    grown = shape_of(fresh)
    with earlier.opened(new_url()) as connection:
        SQLModel.metadata.create_all(connection)
        declared = shape(connection)
    del grown["alembic_version"]
    assert _comparable(grown) == _comparable(declared)


def _comparable(told: Shape) -> Shape:
    return {
        name: table | {"columns": {name: (kind, nullable) for name, kind, nullable, _ in table["columns"]}}
        for name, table in told.items()
    }
