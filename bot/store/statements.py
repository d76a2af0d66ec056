"""Statements that are built once and run often: building one costs SQLAlchemy several times what running it does.

What the two databases write differently is built for both.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

Both = dict[str, Executable]


def both(build: Callable[[Any], Executable]) -> Both:
    """The statement in both dialects; `build` gets a dialect's module, whose `insert` knows ON CONFLICT."""
    return {"sqlite": build(sqlite), "postgresql": build(postgresql)}


def insert_once(model: type[SQLModel], *key: str) -> Both:
    """Insert a row and give its primary key back; nothing where a row with the same values in `key` stands already."""
    table = model.__table__  # type: ignore[attr-defined] # SQLModel hides it
    return both(
        lambda dialect: dialect.insert(table).on_conflict_do_nothing(index_elements=key).returning(*table.primary_key)
    )


def execute(session: Session, statement: Both, values: Mapping[str, object]) -> CursorResult[Any]:
    """Run a statement in the dialect of the session's database."""
    connection = session.connection()
    return connection.execute(statement[connection.dialect.name], values)
