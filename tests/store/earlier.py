"""Databases of earlier revisions: with rows of our making in every table, and with those that the releases wrote.

`releases/VERSION.jsonl.gz` is what the code of that release stored while it played a case: a network with projects,
feedback, results, organisations, consultations published and open, later ones with tasks, a meeting and a check-in. A
line names the release and its revision; then each table with its columns, and its rows as SQLite holds them. They are
frozen: written once with the release's own code, never again with a later one.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from bot.store.engines import engine_for
from bot.store.migrations import configuration, references_unwatched
from tests.fakes import ANNA, BEN, CEM, ROOM, US

FOLDER = Path(__file__).parent / "releases"
RELEASES = {file.name.removesuffix(".jsonl.gz"): file for file in FOLDER.glob("*.jsonl.gz")}
ROWS = 12
FIRST = datetime(2026, 11, 1, 8, tzinfo=UTC).replace(tzinfo=None)
PEOPLE = (ANNA, BEN, CEM)

Rows = dict[str, list[dict[str, Any]]]

# What a column may hold, where any text will not do: the code reads it, or a migration does.
TABLE_WORDS: dict[str, tuple[str | None, ...]] = {
    "appointment.role": ("coordinator",),
    "ballot.kind": ("approval",),
    "cast_vote.channel": ("typed", "poll", "recorded"),
    "cast_vote.choice": ("yes", "no", "abstain", None),
    "cast_vote.reason": ("gut so", "telefonisch, Fr. Huber\nEs eilt.", "Frau Meier\nnach Sitzung", None),
    "check_in.state": ("active", "paused", "ended"),
    "consultation.state": ("draft", "scheduled", "open", "closed", "published", "cancelled"),
    "counter.kind": ("I",),
    "decision.outcome": ("accepted", "rejected"),
    "outbox.state": ("sent", "waiting", "held", "parked"),
    "task.state": ("open", "started", "done", "dropped"),
}
WORDS: dict[str, tuple[str | None, ...]] = {
    "action": ("send",),
    "asks": ("words",),
    "audience": (None,),
    "base": ("valid",),
    "bench": ("administration", None),
    "body": ("{}",),
    "content": ('{"body": "„Grüße“ 🟡", "msgtype": "m.notice"}',),
    "electorate": ("persons",),
    "federal_state": ("BW", None),
    "fields": ("{}",),
    "first": ("2026-11-02T09:00:00",),
    "funding": ("unknown",),
    "language": ("de", "en", None),
    "light": ("green", "yellow", "red", None),
    "options": ("[]",),
    "people": ("[]",),
    "phase": ("running", "planned", None),
    "phases": ("[]",),
    "place": ("room",),
    "questions": ('["Wie steht es?"]',),
    "quorum_of": ("electors",),
    "reminders": ("86400", ""),
    "role": ("member", "moderator"),
    "rows": ("[]",),
    "rule": ("FREQ=WEEKLY;BYDAY=MO",),
    "speaks": ("holder", "deputy"),
    "visibility": ("open",),
    "whom": ("owners",),
    "zone": ("Europe/Berlin",),
}
PERSONS = {"person", "author", "owner", "founder", "sender", "direct_with", "instead_of", "by"}


def revisions() -> list[str]:
    """Every revision there is, the first one first."""
    script = ScriptDirectory.from_config(configuration())
    return [each.revision for each in reversed(list(script.walk_revisions()))]


@contextmanager
def opened(url: str) -> Iterator[sa.Connection]:
    """A transaction on the database as it is, past everything that the bot does at its start."""
    engine = engine_for(url)
    try:
        with references_unwatched(engine), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def make(connection: sa.Connection, revision: str) -> sa.MetaData:
    """The tables as they were in that revision."""
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return reflected(connection)


def reflected(connection: sa.Connection) -> sa.MetaData:
    """The tables as the database says they are."""
    found = sa.MetaData()
    found.reflect(connection)
    return found


def fill(connection: sa.Connection, tables: sa.MetaData, rows: int = ROWS) -> None:
    """Put that many rows into every table, each referring to the rows of its own number."""
    for table in ours(tables):
        connection.execute(table.insert(), [_row(table, number) for number in range(rows)])
    _continue_ids(connection, tables)


def release(connection: sa.Connection, version: str) -> None:
    """The database as this release left it."""
    lines = [json.loads(line) for line in gzip.decompress(RELEASES[version].read_bytes()).splitlines()]
    tables = make(connection, lines[0]["revision"])
    contents: dict[str, list[list[Any]]] = {}
    columns: dict[str, list[str]] = {}
    for line in lines[1:]:
        if isinstance(line, dict):
            name = line["table"]
            columns[name], contents[name] = line["columns"], []
        else:
            contents[name].append(line)
    for table in ours(tables):
        for values in contents.pop(table.name, ()):
            told = dict(zip(columns[table.name], values, strict=True))
            connection.execute(table.insert(), {key: _read(table.c[key], value) for key, value in told.items()})
    assert not contents
    _continue_ids(connection, tables)


def content(connection: sa.Connection) -> Rows:
    """Every row of every table, by its key."""
    return {
        table.name: [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
        for table in ours(reflected(connection))
    }


def ours(tables: sa.MetaData) -> list[sa.Table]:
    """All tables, those that are referred to first; without Alembic's own, lease and registry, which say who asks."""
    return [table for table in tables.sorted_tables if table.name not in ("alembic_version", "lease", "shard")]


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    row = {column.name: _value(column, number) for column in table.columns}
    if table.name == "account":
        row["alive_at"] = FIRST - timedelta(hours=number)  # ours is the one that was alive last
    if table.name == "elector" and "organisation" in row and number % 2:
        row |= {"person": None, "organisation": f"name {number}"}  # the organisation of this number, by its name
    return row


def _value(column: sa.Column[Any], number: int) -> Any:
    if column.foreign_keys:
        return _reference(column, number)
    match column.type:
        case sa.DateTime():
            return FIRST + timedelta(hours=number, microseconds=number)
        case sa.Boolean():
            return (number % 2 == 0) is (column.name == "joined")
        case sa.Float():
            return 60.5 + number
        case sa.Integer():
            return number + 1
        case _:
            return _text(column, number)


def _reference(column: sa.Column[Any], number: int) -> Any:
    (key,) = column.foreign_keys
    if key.column.table is column.table and not column.primary_key:
        return _value(key.column, number - 1) if number % 3 == 2 else None
    return _value(key.column, number)


def _text(column: sa.Column[Any], number: int) -> str | None:
    table, name = column.table, column.name
    words = TABLE_WORDS.get(f"{table}.{name}") or WORDS.get(name)
    alone = column.primary_key and len(table.primary_key.columns) == 1
    if words is not None and not alone:
        word = words[number % len(words)]
        return word if word is not None or column.nullable else words[0]
    if name in PERSONS or name.endswith("_by"):
        apart = column.primary_key and number >= len(PEOPLE)
        return f"@person{number}:example.org" if apart else PEOPLE[number % len(PEOPLE)]
    if name == "user_id":
        return US if number == 0 else f"@bot{number}:example.org"
    if name == "room_id":
        return ROOM if number == 0 or not alone else f"!room{number}:example.org"
    return f"{name} {number}"


def _read(column: sa.Column[Any], value: Any) -> Any:
    """A value as SQLite holds it, as any database takes it."""
    if value is None:
        return None
    match column.type:
        case sa.DateTime():
            return datetime.fromisoformat(value)
        case sa.Boolean():
            return bool(value)
        case _:
            return value


def _continue_ids(connection: sa.Connection, tables: sa.MetaData) -> None:
    """PostgreSQL's counters know nothing of IDs that were given by hand."""
    if connection.dialect.name != "postgresql":
        return
    for table in ours(tables):
        if "id" in table.c:
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"  # noqa: S608 - our own names
                if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
                else "SELECT 1"
            )
