"""Every table as lines of JSON, and back: what a backup keeps, and how a database moves from SQLite to PostgreSQL.

A table is one head line (its columns with their kinds) and one line a row, by primary key; the same rows are the same
bytes whichever database they come from. Read row by row, so that memory stays flat however much there is.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import AutoString

from bot.store.tables.columns import UtcDateTime

AT_ONCE = 500
"""Rows fetched or inserted in one go."""

KINDS: Mapping[str, type[sa.types.TypeEngine[Any]]] = {
    "moment": UtcDateTime,
    "boolean": sa.Boolean,
    "integer": sa.BigInteger,
    "real": sa.Float,
    "text": sa.String,
}

_TYPES: Mapping[str, tuple[type[Any], ...]] = {
    "moment": (UtcDateTime,),
    "boolean": (sa.Boolean,),
    "integer": (sa.Integer,),
    "real": (sa.Float,),
    "text": (sa.String, AutoString),
}


class Malformed(ValueError):
    """Lines that are no table."""


def tables() -> list[sa.Table]:
    """All tables, those that are referred to first."""
    return list(SQLModel.metadata.sorted_tables)


def freeze(session: Session) -> None:
    """Let all that this session reads be of one moment; the first thing it does. SQLite's transactions are so."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def lines(session: Session, table: sa.Table) -> Iterator[str]:
    """A table's head and rows, without line ends."""
    head: dict[str, Any] = {"columns": [[column.name, kind_of(column)] for column in table.columns]}
    if _never_again(table):
        head["last"] = last_id(session, table)
    yield line(head)
    yield from map(line, rows(session, table))


def line(value: object) -> str:
    """A head or a row as it is written down."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rows(session: Session, table: sa.Table) -> Iterator[list[Any]]:
    """A table's rows by primary key, each value as JSON has it."""
    connection = session.connection()
    by = [_as_bytes(column, connection.dialect.name) for column in table.primary_key]
    question = sa.select(*table.columns).order_by(*by)
    moments = [place for place, column in enumerate(table.columns) if kind_of(column) == "moment"]
    with connection.execution_options(yield_per=AT_ONCE).execute(question) as found:  # may be left half-read
        for row in found:
            values = list(row)
            for place in moments:
                values[place] = _written(values[place])
            yield values


def fill(session: Session, name: str, told: Iterable[str]) -> int:
    """Insert a table's lines into the table of this name, which is empty; how many rows that were.

    Raises Malformed, and what the database says of rows that it does not take.
    """
    source = iter(told)
    columns, last = _head(next(source, ""))
    table = sa.table(name, *(sa.column(column, KINDS[kind]()) for column, kind in columns))
    readers = [_READERS[kind] for _, kind in columns]
    connection, count, batch = session.connection(), 0, list[dict[str, Any]]()
    for written in source:
        batch.append(_row(written, columns, readers))
        if len(batch) == AT_ONCE:
            connection.execute(table.insert(), batch)
            count, batch = count + len(batch), []
    if batch:
        connection.execute(table.insert(), batch)
    continue_ids(connection, name, {column for column, _ in columns}, last)
    return count + len(batch)


def kind_of(column: sa.Column[Any]) -> str:
    """How a column is written down. A new type of column must be added here before a backup can hold it."""
    for kind, types in _TYPES.items():
        if isinstance(column.type, types):
            return kind
    raise TypeError(f"{column}: no way to write {column.type!r} down")


def _never_again(table: sa.Table) -> bool:
    """Whether an ID that was given once must not be given again, even if its row has gone."""
    return bool(table.dialect_options["sqlite"].get("autoincrement"))


def last_id(session: Session, table: sa.Table) -> int:
    """The highest ID that a table has ever given, as far as the database keeps it; 0 for none."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        if not _never_again(table):
            return 0
        found = connection.execute(
            sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        ).scalar()
        return int(found or 0)
    sequence = _sequence(connection, table.name)
    last, called = connection.execute(sa.text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - PostgreSQL's own name
    return int(last) if called else int(last) - 1


def _as_bytes(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    """Texts in the order of their bytes, as SQLite sorts; PostgreSQL would ask the language."""
    return sa.collate(column, "C") if dialect == "postgresql" and isinstance(column.type, _TYPES["text"]) else column


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Malformed("a time that is none")
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _of(*types: type) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value is not None and type(value) not in types:
            raise Malformed(f"{type(value).__name__} where {types[0].__name__} was announced")
        return value

    return read


_READERS: Mapping[str, Callable[[object], object]] = {
    "moment": _moment,
    "boolean": _of(bool),
    "integer": _of(int),
    "real": _of(float, int),
    "text": _of(str),
}


def _head(line: str) -> tuple[list[tuple[str, str]], int]:
    try:
        head = json.loads(line)
        columns = [(str(name), str(kind)) for name, kind in head["columns"]]
        last = int(head.get("last", 0))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Malformed("a table without a head") from error
    if unknown := [kind for _, kind in columns if kind not in KINDS]:
        raise Malformed(f"columns of unknown kinds: {', '.join(unknown)}")
    return columns, last


def _row(line: str, columns: list[tuple[str, str]], readers: list[Callable[[object], object]]) -> dict[str, Any]:
    try:
        values = json.loads(line)
        return {name: read(value) for (name, _), read, value in zip(columns, readers, values, strict=True)}
    except (ValueError, TypeError) as error:
        raise Malformed(f"a row that is none: {error}") from error


def _sequence(connection: sa.Connection, table: str) -> str | None:
    """PostgreSQL's counter behind a table's `id`."""
    question = sa.text("SELECT pg_get_serial_sequence(quote_ident(:name), 'id')")
    found: str | None = connection.execute(question, {"name": table}).scalar()
    return found


def continue_ids(connection: sa.Connection, name: str, columns: set[str], last: int) -> None:
    """The next ID is one that no row has, and none that must not come again."""
    if connection.dialect.name == "sqlite":
        if last:
            connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            connection.execute(
                sa.text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": name, "last": last}
            )
    elif "id" in columns and (sequence := _sequence(connection, name)) is not None:
        highest = connection.execute(sa.select(sa.func.max(sa.column("id"))).select_from(sa.table(name))).scalar()
        connection.execute(
            sa.text("SELECT setval(:sequence, :value, :used)"),
            {"sequence": sequence, "value": max(last, highest or 0, 1), "used": max(last, highest or 0) > 0},
        )
