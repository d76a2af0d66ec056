"""The bot's database, read beside it."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

PATIENCE = 30  # seconds, where SQLite is busy


def rows_of(database: str, statement: str) -> list[tuple[Any, ...]]:
    """What a question gives; `database` is a file of SQLite's, or postgresql://…"""
    if database.startswith("postgresql"):
        with psycopg.connect(database) as connection:
            return connection.execute(statement.encode()).fetchall()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=PATIENCE)) as opened:
        return opened.execute(statement).fetchall()
