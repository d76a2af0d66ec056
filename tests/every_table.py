"""Rows in every table there is, of all shapes that a column takes: what a backup must not lose."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.store import Session, dump

TEXTS = ("", "„Grüße“ 🟡", 'a"b\\c;d', "Zeile 1\nZeile 2\r\n", "\u2028", "null", "Ä", "a", "Z", "é", "1e5", "\x7f")
NUMBERS = (0, 1, -1, 2**31 - 1)
MOMENT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def fill(session: Session, rows: int = 7, seed: int = 0) -> int:
    """Put `rows` random rows into every table of a SQLite database; how many that are in all.

    Rows refer to earlier and to later ones.
    """
    chance = random.Random(seed)
    session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # SQLite asks at the commit
    for table in dump.tables():
        session.connection().execute(table.insert(), [_row(table, number, rows, chance) for number in range(rows)])
    return rows * len(dump.tables())


def _row(table: sa.Table, number: int, rows: int, chance: random.Random) -> dict[str, Any]:
    return {column.name: value(column, number, rows, chance) for column in table.columns}


def value(column: sa.Column[Any], number: int, rows: int, chance: random.Random) -> Any:
    """Whatever fits: in a key or a unique column something else for each row, elsewhere nothing at times."""
    distinct = column.primary_key or column.unique or in_unique(column)
    if column.nullable and not column.primary_key and chance.random() < 0.3:
        return None
    if column.foreign_keys:
        (key,) = column.foreign_keys
        other = number if distinct else chance.randrange(rows)
        return identity(key.column, other)
    if distinct:
        return identity(column, number)
    kind = dump.kind_of(column)
    match kind:
        case "moment":
            return MOMENT + timedelta(microseconds=chance.choice((0, 1, 500_000, 86_400_000_000)))
        case "boolean":
            return chance.random() < 0.5
        case "integer":
            return chance.choice((*NUMBERS, 2**53) if isinstance(column.type, sa.BigInteger) else NUMBERS)
        case "real":
            return chance.choice((0.0, 0.1, -1.5, 86_400.0))
        case _:
            return chance.choice(TEXTS)


def identity(column: sa.Column[Any], number: int) -> Any:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return identity(key.column, number)
    kind = dump.kind_of(column)
    if kind == "moment":
        return MOMENT + timedelta(seconds=number)
    return number + 1 if kind == "integer" else f"{TEXTS[number % len(TEXTS)]}{number}"


def in_unique(column: sa.Column[Any]) -> bool:
    table = column.table
    assert isinstance(table, sa.Table)
    constraints = (each for each in table.constraints if isinstance(each, sa.UniqueConstraint))
    indexes = (each for each in table.indexes if each.unique)
    return any(column.name in each.columns for each in (*constraints, *indexes))
