"""All that is stored about one person: found and counted by what the columns declare (`tables.columns`).

Nothing here knows a table's meaning, but for the outbox: what it holds for a person was said to them.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Column, ColumnElement, Integer, Table, false, func, null, or_, select
from sqlmodel import Session, SQLModel

from bot.store.outbox import PRIVATE
from bot.store.tables import Network, OutboxRow, Room
from bot.store.tables.columns import Erasure, Personal

OUTBOX: Table = OutboxRow.__table__  # type: ignore[attr-defined] # SQLModel hides it
ROOM: Table = Room.__table__  # type: ignore[attr-defined]
ANOTHER = "another person"
KEYS = frozenset({"outbox_key", "token", "transaction", "refers_to", "subject", "salt"})
WRITTEN_AS_JSON = frozenset({"fields"})
CALLED = ("key", "name", "title", "question", "number")  # what a row is called, the first that its table has


@dataclass(frozen=True, slots=True)
class Entry:
    """One row about somebody, in which table and of which network: its ID and name, None for what belongs to none."""

    table: str
    network: tuple[int, str] | None
    values: dict[str, Any]


def declared(column: Column[Any]) -> Personal | None:
    """What a column says of the personal data in it."""
    found = column.info.get("personal")
    return found if isinstance(found, Personal) else None


def tables() -> Iterator[Table]:
    """The tables that hold anything of a person, each after those it refers to."""
    for table in SQLModel.metadata.sorted_tables:
        if any(declared(column) for column in table.c):
            yield table


def ids(table: Table, *, about: bool = False) -> list[Column[Any]]:
    """The columns for Matrix IDs; only those of whom the rows are about, if asked."""
    return [c for c in table.c if (d := declared(c)) and d.is_id and (d.about or not about)]


def entries(session: Session, person: str) -> Iterator[Entry]:
    """Every row that names a person, or was said to them.

    In a row about them, the IDs of others stay: who appointed them acted on them. In a row about somebody else, in
    which they only did something, the others are „another person“. Of a file that was read, only their own lines are
    shown.
    """
    for table in tables():
        called = [_called(column).label(f" {name}") for column, name in _references(table)]
        own = _network_id(table)
        network = (own if own is not None else null()).label(" network")
        found = session.connection().execute(select(table, network, *called).where(_concerns(table, person)))
        for row in found.mappings().all():
            if not _names(table, row, person):
                continue  # the database cannot tell an ID from the beginning of a longer one
            home = session.get(Network, row[" network"]) if row[" network"] is not None else None
            of = (home.id or 0, home.name) if home else None
            yield Entry(table.name, of, _shown(table, dict(row), person))


def counts(session: Session, person: str, erasure: Erasure) -> int:
    """How many rows have a Matrix ID of this person that is treated so; the outbox apart (`messages`)."""
    return sum(
        _count(session, table, or_(*(column == person for column in columns)))
        for table in tables()
        if table is not OUTBOX and (columns := [c for c in ids(table) if erasure_of(c) is erasure])
    )


def messages(session: Session, person: str) -> int:
    """How many messages to this person alone are on record."""
    return _count(session, OUTBOX, said_to(person))


def erasure_of(column: Column[Any]) -> Erasure | None:
    """What becomes of a column, if it holds personal data."""
    found = declared(column)
    return found.on_erasure if found else None


def said_to(person: str) -> ColumnElement[bool]:
    """The outbox's rows to somebody: by name, or into their direct chat."""
    direct = select(ROOM.c.room_id).where(ROOM.c.direct_with == person)
    return or_(OUTBOX.c.person == person, OUTBOX.c.room_id.in_(direct))


def spellings(person: str) -> set[str]:
    """How a Matrix ID is written in JSON, in HTML and in a link."""
    return {person, json.dumps(person)[1:-1], html.escape(person), quote(person, safe="@:")}


def pattern(person: str) -> re.Pattern[str]:
    """The ID in any spelling, and not as the beginning of a longer one."""
    spelled = "|".join(re.escape(spelling) for spelling in sorted(spellings(person), key=len, reverse=True))
    return re.compile(rf"(?:{spelled})(?![\w-]|[.:]\w)")


def _count(session: Session, table: Table, condition: ColumnElement[bool]) -> int:
    return session.connection().execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def _concerns(table: Table, person: str) -> ColumnElement[bool]:
    if table is OUTBOX:
        return said_to(person)
    quoted = [c.contains(spelling, autoescape=True) for c in _searched(table) for spelling in spellings(person)]
    return or_(false(), *(column == person for column in ids(table)), *quoted)


def _searched(table: Table) -> list[Column[Any]]:
    return [c for c in table.c if (d := declared(c)) and d.searched]


def _names(table: Table, row: Mapping[Any, Any], person: str) -> bool:
    if table is OUTBOX or any(row[column.name] == person for column in ids(table)):
        return True
    return any(pattern(person).search(row[column.name] or "") for column in _searched(table))


def _references(table: Table) -> Iterator[tuple[Column[Any], str]]:
    """The columns that point to rows with a name, and what to call that name in the answer."""
    for column in table.c:
        target = _target(column)
        if target is not None and target.name != "network" and any(name in target.c for name in CALLED):
            yield column, column.name.removesuffix("_id")


def _target(column: Column[Any]) -> Table | None:
    if column.name == "room_id" and column.table is not ROOM:
        return ROOM  # rooms are known by the homeserver's ID, before and after we know them
    return next((key.column.table for key in column.foreign_keys), None)


def _called(column: Column[Any]) -> ColumnElement[Any]:
    target = _target(column)
    assert target is not None  # noqa: S101 - _references found it
    other = target.alias()
    name = next(name for name in CALLED if name in target.c)
    (key,) = target.primary_key
    return select(other.c[name]).where(other.c[key.name] == column).scalar_subquery()


def _network_id(table: Any) -> ColumnElement[Any] | None:
    """The network of a row: its own, or that of what it belongs to."""
    if table.name == "network":
        return table.c.id  # type: ignore[no-any-return]
    if "network_id" in table.c:
        return table.c.network_id  # type: ignore[no-any-return]
    for column in table.c:
        target = _target(column)
        above = _network_id(target) if target is not None else None
        if target is not None and above is not None:
            (key,) = target.primary_key
            return select(above).select_from(target).where(key == column).scalar_subquery()
    return None


def _shown(table: Table, row: Mapping[str, Any], person: str) -> dict[str, Any]:
    about = any(row[c.name] == person for c in ids(table, about=True)) or table is OUTBOX
    values: dict[str, Any] = {}
    for column in table.c:
        if _is_ours(column) or (column is OUTBOX.c.content and row["action"] in PRIVATE):
            continue  # a file like this one, on its way, would hold itself
        value, kind = row[column.name], declared(column)
        if kind and kind.is_id and not about and value not in (None, person):
            value = ANOTHER
        elif kind and kind.on_erasure is Erasure.REPLACE and value:
            value = _own_lines(parsed(value), person)
        elif column.name in WRITTEN_AS_JSON:
            value = parsed(value)
        values[column.name] = value.isoformat() if hasattr(value, "isoformat") else value
    return values | {name: row[f" {name}"] for _, name in _references(table) if row[f" {name}"] is not None}


def _is_ours(column: Column[Any]) -> bool:
    """A number or key that only the database needs: it runs through all networks, and tells how much others do."""
    if column.name in KEYS or column is OUTBOX.c.key:
        return True
    refers = column.name.endswith("_id") or bool(column.foreign_keys)
    return isinstance(column.type, Integer) and (column.primary_key or refers)


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _own_lines(content: Any, person: str) -> Any:
    if not isinstance(content, list):
        return content
    return [line for line in content if pattern(person).search(json.dumps(line, ensure_ascii=False))]
