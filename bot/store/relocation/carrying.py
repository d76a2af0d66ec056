"""Rows on their way from the schema that a connection sees to another one of the same PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import SQLModel

AT_ONCE = 5_000
"""Rows read, or named, in one go."""


class Carrier:
    """Copies rows to the tables of the same names in `schema`, and deletes them here."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self.connection = connection
        self.schema = schema

    def there(self, table: sa.Table) -> sa.TableClause:
        """The same table in the other schema."""
        columns = (sa.column(column.name, column.type) for column in table.columns)
        return sa.table(table.name, *columns, schema=self.schema)

    def copy(
        self,
        table: sa.Table,
        which: sa.ColumnElement[bool],
        anew: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
    ) -> int:
        """Copy rows, with other values where `anew` says so; how many. `once`: what is there already stays."""
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - 30 ms that most starts need not spend

        names = [column.name for column in table.columns]
        values = [_value(column, anew or {}) for column in table.columns]
        into = insert(self.there(table)).from_select(names, sa.select(*values).where(which))
        into = into.on_conflict_do_nothing() if once else into
        return self.connection.execute(into.execution_options(preserve_rowcount=True)).rowcount

    def delete(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        """Delete rows here; how many."""
        return self.connection.execute(sa.delete(table).where(which)).rowcount

    def move(self, table: sa.Table, which: sa.ColumnElement[bool], anew: Mapping[str, Any] | None = None) -> int:
        """Both. Raises RuntimeError where it is not the same rows."""
        copied, deleted = self.copy(table, which, anew), self.delete(table, which)
        require_same(table.name, copied, deleted)
        return copied

    def move_named(
        self,
        column: sa.Column[Any],
        values: Sequence[Any],
        anew: Mapping[str, Any] | None = None,
        *,
        stays: bool = False,
    ) -> int:
        """Move the rows in which a column has one of these values, unless they are there already; how many there were.

        `stays`: they are copied only.
        """
        count = 0
        for some in _lots(values):
            which = one_of(column, some)
            copied = self.copy(column.table, which, anew, once=True)
            count += copied if stays else self.delete(column.table, which)
        return count

    def values(self, column: sa.Column[Any], *which: sa.ColumnElement[bool]) -> list[Any]:
        """What a column has, in the rows of which this holds; each value once."""
        return list(self.connection.execute(sa.select(column).where(*which).distinct()).scalars())


def table_of(name: str) -> sa.Table:
    """The table of this name."""
    return SQLModel.metadata.tables[name]


def _value(column: sa.Column[Any], anew: Mapping[str, Any]) -> sa.ColumnElement[Any]:
    value = anew.get(column.name, column)
    return value if isinstance(value, sa.ColumnElement) else sa.literal(value, column.type)


def one_of(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether a column has one of these values: one parameter, however many they are."""
    return column == sa.any_(sa.literal(list(values), sa.ARRAY(column.type)))


def require_same(name: str, copied: int, deleted: int) -> None:
    """Raises RuntimeError unless as many rows went as came; what this transaction did is then undone."""
    if copied != deleted:
        raise RuntimeError(f"{name}: {copied} rows copied, {deleted} deleted")


def _lots(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
