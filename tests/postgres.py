"""A real PostgreSQL for tests: databases that are copied from a template, and used again after they were wiped.

To make a database and to drop it costs half a second of computing, as 69 tables are a thousand files; to wipe one costs
a few milliseconds.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from bot.store import dump

WIPE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid();"
    "DROP TABLE IF EXISTS public.shard, public.relocation;"  # whose it is: the next test's
    "SET session_replication_role = replica;"  # no reference is watched
)
COUNT_ANEW = (
    "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
)


def without_waiting(url: str) -> None:
    """Nothing in a test has to outlast a power cut; a kill of the server it does outlast."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def copied(server: str, template: str = "template1") -> Iterator[str]:
    """The URL (`postgresql://…`) of a copy of a database, dropped in the end; `server` is its database `postgres`."""
    name = f"test_{secrets.token_hex(6)}"
    made, dropped = (sql.SQL(text) for text in ("CREATE DATABASE {} TEMPLATE {}", "DROP DATABASE {} WITH (FORCE)"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(dropped.format(sql.Identifier(name)))


def name_of(url: str) -> str:
    """The database's name in a URL."""
    return url.partition("?")[0].rpartition("/")[2]


class Pool:
    """Empty databases with the tables of this release, each lent to one test at a time."""

    def __init__(self, server: str, migrated: str, stack: ExitStack) -> None:
        """`migrated` is the URL of the one that is copied; nobody may be connected to it. `stack` drops the copies."""
        self._server = server
        self._migrated = migrated
        self._stack = stack
        self._free: list[str] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a database that is wiped afterwards."""
        url = (
            self._free.pop() if self._free else self._stack.enter_context(copied(self._server, name_of(self._migrated)))
        )
        yield url
        _wipe(url)
        self._free.append(url)


def _wipe(url: str) -> None:
    """Delete every row and count from one again; whoever is still connected is sent away."""
    deletes = "".join(f'DELETE FROM "{table.name}";' for table in dump.tables())  # noqa: S608 - our own names
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((WIPE + deletes + COUNT_ANEW).encode())
