"""The SQLite database that a move to PostgreSQL starts from: read as of one moment, and nothing in it changed.

SQLite takes what PostgreSQL refuses: any type in any column, texts with a NUL in them. `flaws` finds that before a
single row is copied.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from bot.errors import OperatorError
from bot.store import dump
from bot.store.database import BUSY, NEWEST
from bot.store.shards import OWNER

SMALL = 2**31  # from there on an integer column of PostgreSQL takes nothing; SQLite makes no difference
SHOWN = 3
"""Rows that are named of each flaw."""

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What PostgreSQL would refuse: the column, in how many rows, and the keys of the first ones."""

    table: str
    column: str
    why: str
    rows: int
    keys: tuple[str, ...]

    @property
    def is_nul(self) -> bool:
        """Whether it is one that can be left out."""
        return self.why == NUL

    def __str__(self) -> str:
        more = f" and {self.rows - len(self.keys)} more" if self.rows > len(self.keys) else ""
        return f"{self.table}.{self.column}: {self.why}: {', '.join(self.keys)}{more}"


NUL, BYTES, TYPE, NUMBER, TIME = "a NUL character", "no UTF-8", "of another type", "too large a number", "no time"


class Source:
    """An SQLite file, opened so that it cannot be written to; close it when done. Whoever opens it holds its lock."""

    def __init__(self, file: Path, *, without_nul: bool = False) -> None:
        """`without_nul` leaves NUL characters out, as `bot.clean` does with what people write.

        Raises OperatorError for what is no database of this release.
        """
        self.file = file
        self._without_nul = without_nul
        self._engine = sa.create_engine("sqlite://", creator=self._opened, poolclass=StaticPool, hide_parameters=True)
        sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._session = Session(self._engine)
        try:
            self._require_newest()
        except OperatorError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._session.close()
        self._engine.dispose()

    def _opened(self) -> sqlite3.Connection:
        """With `mode=ro` not even a write-ahead log that a killed bot has left is written back."""
        address = f"file:{quote(str(self.file.resolve()))}?mode=ro"
        opened = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY, check_same_thread=False)
        opened.create_function("unreadable", -1, _unreadable, deterministic=True)
        return opened

    def _require_newest(self) -> None:
        try:
            revision = str(
                self._session.connection().exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            )
        except DBAPIError as error:
            raise OperatorError(f"{self.file}: is no database of Zwischenstand, or damaged: {error.orig}") from error
        if revision > NEWEST and revision.isdecimal():
            raise OperatorError(
                f"{self.file}: was written by a newer version of Zwischenstand (revision {revision}): install that one"
            )
        if revision != NEWEST:
            raise OperatorError(
                f"{self.file}: is of an earlier release (revision {revision}, needed is {NEWEST}). Bring it up to date "
                "first: `zwischenstand check` with this file in database.url does so; then move it"
            )

    def account(self) -> str:
        """Whose database it is: the bot's Matrix IDs, one as a rule."""
        table = sa.table("account", sa.column("user_id"))
        found = self._session.connection().execute(sa.select(table.c.user_id).order_by(table.c.user_id))
        return ", ".join(found.scalars())

    def owner(self) -> str | None:
        """Of these the one that was alive last; None if no bot ever ran."""
        found: str | None = self._session.connection().exec_driver_sql(OWNER).scalar()
        return found

    def count(self, table: sa.Table) -> int:
        """How many rows a table has."""
        return int(self._session.connection().execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def last_id(self, table: sa.Table) -> int:
        """See `bot.store.dump`."""
        return dump.last_id(self._session, table)

    def rows(self, table: sa.Table) -> Generator[Row, None, None]:
        """A table's rows as `bot.store.dump` gives them. Raises OperatorError where the file cannot be read."""
        try:
            for row in dump.rows(self._session, table):
                yield [_plain(value) for value in row] if self._without_nul else row
        except DBAPIError as error:
            raise OperatorError(f"{self.file}: {table.name}: cannot be read: {error.orig}") from error

    def flaws(self, done: Callable[[str], None]) -> list[Flaw]:
        """Whatever PostgreSQL would refuse; `done` is told the name of each table that was looked through.

        Raises OperatorError for a file that cannot be read, or in which a row refers to nothing.
        """
        found: list[Flaw] = []
        try:
            self._require_whole()
            for table in dump.tables():
                found += self._flaws_of(table)
                done(table.name)
        except DBAPIError as error:
            raise OperatorError(f"{self.file}: cannot be read: {error.orig}. Restore a backup.") from error
        return [flaw for flaw in found if not (self._without_nul and flaw.is_nul)]

    def _require_whole(self) -> None:
        broken = self._session.connection().exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            first = ", ".join(f"{table}: row {row} refers to no {other}" for table, row, other, _ in broken[:SHOWN])
            raise OperatorError(f"{self.file}: {len(broken)} rows refer to nothing, which PostgreSQL refuses: {first}")

    def _flaws_of(self, table: sa.Table) -> Iterator[Flaw]:
        """One pass over the table: most have none, and then that is all."""
        wrong = [(column, why, condition) for column in table.columns for why, condition in _conditions(column)]
        texts = [_as_bytes(column) for column in table.columns if dump.kind_of(column) == "text"]
        others = [f"({condition})" for _, why, condition in wrong if why not in (NUL, BYTES)]
        any_wrong = " OR ".join([f"unreadable({', '.join(texts)}) > 0", *others])
        connection, name = self._session.connection(), _quoted(table.name)
        if not connection.exec_driver_sql(f"SELECT 1 FROM {name} WHERE {any_wrong} LIMIT 1").all():  # noqa: S608 - our own names
            return
        keys = " || '/' || ".join(f"CAST({_quoted(column.name)} AS TEXT)" for column in table.primary_key)
        for column, why, condition in wrong:
            having = f"FROM {name} WHERE {condition}"
            count = connection.exec_driver_sql(f"SELECT count(*) {having}").scalar_one()
            if count:
                first = connection.exec_driver_sql(f"SELECT hex({keys}) {having} LIMIT {SHOWN}").scalars()
                yield Flaw(table.name, column.name, why, count, _shown(first))


def _shown(keys: Iterable[str]) -> tuple[str, ...]:
    """Keys as one can read them, whatever is wrong in them."""
    return tuple(bytes.fromhex(in_hex).decode(errors="replace").replace("\0", "␀") for in_hex in keys)


def _as_bytes(column: sa.Column[Any]) -> str:
    return f"CAST({_quoted(column.name)} AS BLOB)"


def _conditions(column: sa.Column[Any]) -> Iterator[tuple[str, str]]:
    """What may be wrong in a column, as SQL. A text that is no UTF-8 cannot even be read: it is asked for as bytes."""
    name, kind = _quoted(column.name), dump.kind_of(column)
    match kind:
        case "text":
            yield NUL, f"unreadable({_as_bytes(column)}) = 1"
            yield BYTES, f"unreadable({_as_bytes(column)}) = 2"
            yield TYPE, f"typeof({name}) NOT IN ('text', 'null')"
        case "moment":
            yield TIME, f"{name} IS NOT NULL AND (typeof({name}) <> 'text' OR julianday({name}) IS NULL)"
        case "boolean":
            yield TYPE, f"{name} NOT IN (0, 1)"
        case "real":
            yield TYPE, f"typeof({name}) NOT IN ('real', 'integer', 'null')"
        case _:
            yield TYPE, f"typeof({name}) NOT IN ('integer', 'null')"
            if not isinstance(column.type, sa.BigInteger):
                yield NUMBER, f"{name} NOT BETWEEN {-SMALL} AND {SMALL - 1}"


def _unreadable(*values: bytes | None) -> int:
    """1 where a text has a NUL in it, 2 where it is no UTF-8, else 0; called by SQLite."""
    for value in values:
        if value is not None:
            if b"\0" in value:
                return 1
            try:
                value.decode()
            except UnicodeDecodeError:
                return 2
    return 0


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value
