"""The header of a table: which columns it has, whatever it calls them. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.clean import unguarded
from bot.language.names import fold, nearest


class Named(Protocol):
    """Something with names in both languages, and further ones that are understood."""

    @property
    def de(self) -> str: ...

    @property
    def en(self) -> str: ...

    @property
    def also(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=Named)


@dataclass(frozen=True, slots=True)
class Header(Generic[C]):
    """The columns of a table, in its order; None where a column has no header. `row` is where it stands, from 1.

    `unknown` are the columns nobody knows, each with the nearest known one; `twice` those that stand there repeatedly.
    """

    row: int
    columns: tuple[C | None, ...]
    unknown: tuple[tuple[str, str | None], ...]
    twice: tuple[str, ...]


def header(rows: Sequence[Sequence[str]], known: Iterable[C]) -> Header[C]:
    """The first row that is not empty, against the columns that there are."""
    ours = list(known)
    by_name = {_compared(name): column for column in ours for name in (column.de, column.en, *column.also)}
    row, names = next(((number, row) for number, row in enumerate(rows, 1) if any(row)), (1, ()))
    columns = tuple(by_name.get(_compared(unguarded(name))) for name in names)
    pairs = zip(names, columns, strict=True)
    german = [column.de for column in ours]
    unknown = tuple((name, next(iter(nearest(name, german)), None)) for name, column in pairs if name and not column)
    found = [column.de for column in columns if column is not None]
    twice = tuple(dict.fromkeys(name for name in found if found.count(name) > 1))
    return Header(row, columns, unknown, twice)


def _compared(name: str) -> str:
    return re.sub(r"[\W_]", "", fold(name))
