"""Statements that are built once and run often: building one costs SQLAlchemy several times what running it does."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sqlalchemy import CursorResult, Executable, Select
from sqlmodel import Session, SQLModel


def ask(session: Session, question: Select[*tuple[Any, ...]], **values: object) -> Any:
    """Ask for plain columns, past the ORM, which takes four times as long; what the session has not written yet counts.

    Returns a `CursorResult`, as Any: of what is in its rows SQLAlchemy's types know nothing here.
    `values` are those of the question's `bindparam`s.
    """
    session.flush()  # costs nothing where there is nothing to write
    return session.connection().execute(question, values)


class Statement:
    """One that SQLite and PostgreSQL write differently.

    `build` gets a dialect's module, whose `insert` knows ON CONFLICT. A dialect is loaded at its first use:
    PostgreSQL's takes 30 ms that most starts need not spend.
    """

    def __init__(self, build: Callable[[Any], Executable]) -> None:
        self._build = build
        self._built: dict[str, Executable] = {}

    def run(self, session: Session, values: Mapping[str, object]) -> CursorResult[Any]:
        """Run it with these values for its columns."""
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._built:
            self._built[name] = self._build(import_module(f"sqlalchemy.dialects.{name}"))
        return connection.execute(self._built[name], values)


def insert_once(model: type[SQLModel], *key: str) -> Statement:
    """Insert a row and give its primary key back; nothing where a row with the same values in `key` stands already."""
    table = model.__table__  # type: ignore[attr-defined] # SQLModel hides it
    return Statement(
        lambda dialect: dialect.insert(table).on_conflict_do_nothing(index_elements=key).returning(*table.primary_key)
    )
