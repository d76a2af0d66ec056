"""Many rows at once: by COPY on PostgreSQL."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from bot.store import Session, dump

AT_ONCE = 10_000
Row = dict[str, Any]


@cache
def _usual(model: type[SQLModel]) -> Mapping[str, Any]:
    """What a row holds where nothing else is said."""
    return {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}


def put(session: Session, model: type[SQLModel], rows: Iterator[Row]) -> int:
    """Insert rows in bulk, by COPY on PostgreSQL; how many that were. IDs go on behind them."""
    table: sa.Table = model.__table__  # type: ignore[attr-defined] # SQLModel hides it
    names = [column.name for column in table.columns if column.name != "id"]
    connection, count = session.connection(), 0
    while some := [_usual(model) | row for row in islice(rows, AT_ONCE)]:
        count += len(some)
        if connection.dialect.name == "sqlite":
            connection.execute(sa.insert(table), [{name: row[name] for name in names} for row in some])
        else:
            _copy(connection, table, names, some)
    return count


def _copy(connection: sa.Connection, table: sa.Table, names: list[str], rows: list[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    moments = {column.name for column in table.columns if dump.kind_of(column) == "moment"}
    listed = ", ".join(f'"{name}"' for name in names)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([row[name] and row[name].replace(tzinfo=None) if name in moments else row[name]
                            for name in names])  # fmt: skip
