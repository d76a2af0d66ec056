"""How columns hold what a database has no word for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import DateTime, Dialect, Index, TypeDecorator
from sqlmodel import Field


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; the same on SQLite, which keeps no zone, and on PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time whose zone is unknown: a wrong hour in a deadline is a lost vote."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """SQLite keeps text. Read at once as what it means it takes a tenth of the time: 80,000 votes have 240,000."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return lambda value: None if value is None else datetime.fromisoformat(f"{value}+00:00")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def moment(**kwargs: Any) -> Any:
    """A column for a point in time."""
    return Field(sa_type=UtcDateTime, **kwargs)


def referring(table: str, column: str) -> Index:
    """An index of the rows that refer to something. When that goes, PostgreSQL looks for them, one by one."""
    there = sa.text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, sqlite_where=there, postgresql_where=there)


class Erasure(StrEnum):
    """What becomes of a column, or of its row, once the person it tells of has their data erased.

    `PSEUDONYM` puts one word in the place of the Matrix ID, so that what was decided can still be verified; `REPLACE`
    does so inside a longer text. `STAYS` is for what is true as long as it is true, or part of a published record.
    """

    PSEUDONYM = "pseudonym"
    DELETE_ROW = "delete row"
    EMPTY = "empty"
    REPLACE = "replace"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Personal:
    """That a column holds personal data. `bot.store.mydata` shows and erases by these declarations alone.

    `is_id`: it holds a Matrix ID. `about`: the row tells of that person, not only of something they did to others.
    `searched`: its text is looked through for the person's Matrix ID.
    """

    on_erasure: Erasure
    is_id: bool = False
    about: bool = False
    searched: bool = False


def person_id(on_erasure: Erasure = Erasure.PSEUDONYM, *, about: bool = False, **kwargs: Any) -> Any:
    """A column for a Matrix ID. In a row that is `about` this person, the IDs of others are those who acted on it."""
    return _personal(Personal(on_erasure, is_id=True, about=about), kwargs)


def personal(on_erasure: Erasure, **kwargs: Any) -> Any:
    """Another column that tells of the person whose Matrix ID stands in the row: a name, an address, a reason."""
    return _personal(Personal(on_erasure), kwargs)


def quoting(*, searched: bool = False, **kwargs: Any) -> Any:
    """A column whose text may hold Matrix IDs: a message as it was sent, the key of a row, a table as it was read."""
    return _personal(Personal(Erasure.REPLACE, searched=searched), kwargs)


def _personal(what: Personal, kwargs: dict[str, Any]) -> Any:
    return Field(sa_column_kwargs={"info": {"personal": what}}, **kwargs)
