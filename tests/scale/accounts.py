"""Accounts that share a database, without their homeserver; and a process that is killed while it adds one."""

import os
import signal
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import sql

from bot.store import Session, accounts, dump
from bot.store.database import Database
from bot.store.leased import taken_now
from bot.store.tables import Network
from tests.backing_up import US
from tests.fakes import ANNA, START

NORD, WEST = "@nord:example.org", "@west:example.org"
T = TypeVar("T")
STEPS = "SELECT increment_by FROM pg_sequences WHERE schemaname = %s AND sequencename = %s"


def started(url: str, account: str) -> None:
    """As its bot does at a start."""
    with taken_now(url, account) as lease, closing(Database(url, lease=lease, account=account)) as database:
        database.migrate()


def shared(url: str, *names: str) -> None:
    """The first of these accounts is there, the others are added."""
    started(url, names[0])
    for account in names[1:]:
        accounts.add(url, account)


def working(url: str, account: str, work: Callable[[Session], T]) -> T:
    """What its bot does in one transaction."""
    with taken_now(url, account) as lease, closing(Database(url, lease=lease, account=account)) as database:
        return database.run_now(work)


def found(session: Session, *names: str) -> list[int]:
    """Networks of these names; their IDs."""
    networks = [Network(name=name, founder=ANNA, created_at=START) for name in names]
    session.add_all(networks)
    session.flush()
    return [network.id for network in networks if network.id]


def founded(url: str, account: str, *names: str) -> list[int]:
    """The same, by its bot."""
    return working(url, account, lambda session: found(session, *names))


def records(url: str, account: str) -> dict[str, list[str]]:
    """Every row of every table that an account sees, as text."""
    with closing(Database(url, read_only=True, account=account)) as database:
        return database.run_now(
            lambda session: {each.name: [str(row) for row in dump.rows(session, each)] for each in dump.tables()}
        )


def rows(url: str, question: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database itself says."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question.encode(), values or None).fetchall()


def changed(url: str, statement: str, *values: object) -> None:
    """By hand."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode(), values or None)


def counters(url: str, schema: str) -> dict[str, int]:
    """The ID that each table of ours gives next; nothing is counted on."""
    following = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for table in (each.name for each in dump.tables() if "id" in each.c):
            place = sql.Identifier(schema, f"{table}_id_seq")
            stands = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(place)).fetchone()
            steps = connection.execute(STEPS, (schema, f"{table}_id_seq")).fetchone()
            assert stands
            assert steps
            following[table] = stands[0] + steps[0] if stands[1] else stands[0]
    return following


def killed_at(url: str, account: str, words: str) -> None:
    """Add an account, and be killed right before the first statement that begins with these words, or the commit."""

    def statement(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        if text.strip().startswith(words):
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_connection: object) -> None:
        if words == "COMMIT":
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", statement)
    sa.event.listen(sa.Engine, "commit", commit)
    accounts.add(url, account)


__all__ = ["NORD", "US", "WEST"]
