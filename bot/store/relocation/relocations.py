"""Networks on their way from one account to another, both in one PostgreSQL (`bot.store.shards`).

A row says which network, from whom to whom, and how far it is: both bots read it. `handover` moves the
records. The table is made here, and not by a migration, as it is nobody's alone: bots of different releases read it
side by side. For the same reason its columns never change.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import Session

from bot.store.shards import ONE_AFTER_THE_OTHER

TABLE = """
    CREATE TABLE IF NOT EXISTS public.relocation (
        network integer PRIMARY KEY, name text NOT NULL, source text NOT NULL, target text NOT NULL,
        state text NOT NULL, asked_at timestamptz NOT NULL)"""
IS_THERE = sa.text("SELECT to_regclass('public.relocation') IS NOT NULL")
ACCOUNTS = sa.text("SELECT account FROM public.shard ORDER BY number")
HAS_SHARDS = sa.text("SELECT to_regclass('public.shard') IS NOT NULL")
COLUMNS = "network, name, source, target, state, asked_at"
LEAVING = sa.text(f"SELECT {COLUMNS} FROM public.relocation WHERE source = :us ORDER BY network FOR UPDATE")  # noqa: S608
COMING = sa.text(f"SELECT {COLUMNS} FROM public.relocation WHERE target = :us ORDER BY network")  # noqa: S608
ALL = f"SELECT {COLUMNS} FROM public.relocation ORDER BY network"  # noqa: S608 - our own words, all three
ADVANCE = sa.text("UPDATE public.relocation SET state = :after WHERE network = :network AND state = :before")
END = sa.text("DELETE FROM public.relocation WHERE network = :network AND state = :before")


class State(StrEnum):
    """How far it is. `STOPPED`: given up before `MARKED`; its row goes when both bots have cleared up."""

    ASKED = "asked"
    INVITING = "inviting"
    MARKED = "marked"
    HANDED = "handed"
    TAKEN = "taken"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Relocation:
    """A network goes from the account `source` to the account `target`; `name` is what it was called when asked for."""

    network_id: int
    name: str
    source: str
    target: str
    state: str
    asked_at: datetime


def make(connection: Connection) -> None:
    """The table, where it is not there yet."""
    connection.exec_driver_sql(ONE_AFTER_THE_OTHER)
    connection.exec_driver_sql(TABLE)


def listed(connection: Connection) -> list[Relocation]:
    """All that are under way, whosever they are."""
    if not connection.execute(IS_THERE).scalar():
        return []
    return [_relocation(*row) for row in connection.exec_driver_sql(ALL)]


def _relocation(network_id: int, name: str, source: str, target: str, state: str, asked_at: datetime) -> Relocation:
    """PostgreSQL tells a time in the zone of the session; keys hold this one."""
    return Relocation(network_id, name, source, target, state, asked_at.astimezone(UTC))


def accounts(session: Session) -> list[str]:
    """All accounts that share this database, ours among them; none where nobody can (SQLite), without a question."""
    connection = session.connection()
    if connection.dialect.name == "sqlite" or not connection.execute(HAS_SHARDS).scalar():
        return []
    return [str(account) for account in connection.execute(ACCOUNTS).scalars()]


def leaving(session: Session, us: str) -> list[Relocation]:
    """The networks that are to go from us, in whatever state; nobody changes that until the transaction ends."""
    return _read(session, LEAVING, us)


def coming(session: Session, us: str) -> list[Relocation]:
    """The networks that are to come to us, in whatever state."""
    return _read(session, COMING, us)


def _read(session: Session, statement: sa.TextClause, us: str) -> list[Relocation]:
    connection = session.connection()
    if connection.dialect.name == "sqlite" or not connection.execute(IS_THERE).scalar():
        return []
    return [_relocation(*row) for row in connection.execute(statement, {"us": us})]


def advance(session: Session, relocation: Relocation, state: str) -> None:
    """It is so far now. Raises RuntimeError where somebody was faster: what this transaction did is then undone."""
    values = {"network": relocation.network_id, "before": relocation.state, "after": State(state).value}
    _changed(session, ADVANCE, relocation, values)


def end(session: Session, relocation: Relocation) -> None:
    """It is over, done or stopped; raises as `advance`."""
    _changed(session, END, relocation, {"network": relocation.network_id, "before": relocation.state})


def _changed(session: Session, statement: sa.TextClause, relocation: Relocation, values: dict[str, object]) -> None:
    if session.connection().execute(statement, values).rowcount != 1:
        raise RuntimeError(f"network {relocation.network_id} is not {relocation.state} any more")
