"""Statements are compiled once in a process of tests.

SQLAlchemy keeps what it has compiled by engine and by dialect, and nearly every test opens a database of its own:
compiling took more time than all that the tests are about. So all engines of a kind share the dialect of the first one,
and what it compiled. A statement is still found by its own shape alone, as in a bot that runs for long.
"""

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

KEPT = 2_000  # statements of a kind of database; the bot and its tests have fewer
_dialects: dict[str, Dialect] = {}
_compiled: dict[str, LRUCache[Any, Any]] = {}


def share() -> None:
    """From now on, in this process."""
    if not event.contains(Engine, "engine_connect", _shared):
        event.listen(Engine, "engine_connect", _shared)


def _shared(connection: Connection) -> None:
    """Before the first statement of a connection; the dialect of its engine has seen the database by then."""
    engine = connection.engine
    name = f"{engine.dialect.name}+{engine.dialect.driver}"
    connection.dialect = engine.dialect = _dialects.setdefault(name, engine.dialect)
    connection.execution_options(compiled_cache=_compiled.setdefault(name, LRUCache(KEPT)))
