"""All keys of a device from one database to another, row by row: from SQLite to PostgreSQL, and back for a backup."""

from collections.abc import Sequence
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types
import peewee  # type: ignore[import-untyped]  # it carries no types; nio depends on it
from nio.store.models import ByteField  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix.crypto.identities import COLUMNS, make_tables
from bot.matrix.crypto.storage import KeyStore

AT_ONCE = 500
"""Rows in one go; an answer of the database may not take for ever."""

MODELS = [model for model in nio.store.MatrixStore.models if model is not nio.store.StoreVersion]
"""Each after those to which its rows refer."""


def copy(source: KeyStore, target: KeyStore) -> None:
    """Everything that `source` holds into `target`, whose tables are empty. Raises what either database raises."""
    for store in (source, target):
        make_tables(store.database)
    with target.database.atomic():
        copy_rows(source.database, target.database)
        for list_name in ("trust_db", "blacklist_db", "ignore_db"):
            if keys := list(getattr(source, list_name)):
                getattr(target, list_name).add_many(keys)


def copy_rows(source: Any, target: Any) -> None:
    """All rows from one database (peewee's) to another; both have all tables. Call it in a transaction of `target`."""
    for model in MODELS:
        fields = model._meta.sorted_fields
        _fill(source, target, model._meta.table_name, [field.column_name for field in fields], fields)
        if isinstance(model._meta.primary_key, peewee.AutoField):
            _count_on(target, model._meta.table_name)
    for table, columns in COLUMNS.items():
        _fill(source, target, table, columns, [None] * len(columns))


def _fill(source: Any, target: Any, table: str, columns: Sequence[str], fields: Sequence[Any]) -> None:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
    rows = source.execute_sql(f'SELECT {names} FROM "{table}"')  # noqa: S608 - names of ours
    insert = f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING'  # noqa: S608
    statement = insert.replace("?", target.param)
    while some := rows.fetchmany(AT_ONCE):
        converted = [tuple(map(_converted, fields, row)) for row in some]
        target.cursor().executemany(statement, converted)


def _converted(field: Any, value: Any) -> Any:
    """SQLite has no truth values, and keeps any type in any column; PostgreSQL keeps no NUL in a text."""
    if isinstance(field, ByteField):
        return value.encode() if isinstance(value, str) else bytes(value)
    if isinstance(field, peewee.BooleanField):
        return bool(value)
    return value.replace("\0", "") if isinstance(value, str) else value


def _count_on(database: Any, table: str) -> None:
    """PostgreSQL numbers new rows by a counter that knows nothing of those which came with a number."""
    if isinstance(database, peewee.PostgresqlDatabase):
        count = "SELECT setval(pg_get_serial_sequence(?, 'id'), max(id)) FROM {} HAVING max(id) IS NOT NULL"
        database.execute_sql(count.format(f'"{table}"'), (table,))
