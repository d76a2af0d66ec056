"""The table of projects: its columns, its rows read, and the same rows written.

Its columns are those of `FIELDS`, and where a project belongs. Headers and words are understood in German and English,
and written in German.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.clean import is_formula, unguarded
from bot.domain.project import AIM_FIELDS, is_key, listed, several
from bot.domain.project_table import Known, Line, Reason, Wrong
from bot.language import columns
from bot.language.columns import Header
from bot.language.names import fold
from bot.language.projects import FIELDS, LONGEST, YES_NO, Holds, ProjectField
from bot.language.projects import NOTHING as NOTHING_SAID
from bot.language.roster import MATRIX_ID

SHOWN = 100  # characters of a cell that are shown of what is wrong
LONGEST_NAME = {"group": 100, "network": 100, "goals": 120, "principles": 120}  # characters
NETWORK = ProjectField("network", "Verbund", "Network")
KEY = ProjectField("key", "Schlüssel", "Key", also=("Projektschlüssel", "Project key", "Projekt", "Project"))
GROUP = ProjectField("group", "Gruppe", "Group", also=("Arbeitsgruppe", "Working group", "Raum", "Room"))
ARCHIVED = ProjectField("archived", "Abgelegt", "Archived", Holds.CHOICE, ("archiviert",), YES_NO)
COLUMNS = (NETWORK, KEY, *FIELDS, GROUP, ARCHIVED)
HEADER = tuple(column.de for column in COLUMNS)
UNKNOWN = frozenset({"unbekannt", "unknown"})  # as good as an empty cell, in a column of choices
OTHERS = frozenset({"matrixid"})  # a column that no table of projects has

Columns = Header[ProjectField]


def header(rows: Sequence[Sequence[str]]) -> Columns:
    """The columns of a table."""
    return columns.header(rows, COLUMNS)


def is_ours(found: Columns) -> bool:
    """Whether this is a table of projects at all: it has a column of keys, and none of Matrix IDs."""
    return KEY in found.columns and not any(_bare(name) in OTHERS for name, _ in found.unknown)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", fold(name))


def lines(rows: Sequence[Sequence[str]], found: Columns) -> Iterator[tuple[str, Line]]:
    """Each row below the header that is not empty, with the name of the network it names („“ for none)."""
    reader = _Reader()
    for number, row in enumerate(rows, 1):
        if number > found.row and any(row):
            yield reader.line(number, row, found)


@dataclass(slots=True)
class _Reader:
    """Reads rows; words that were read before are not read again, as most of a long table are."""

    known: dict[tuple[str, str], Any] = field(default_factory=dict)

    def line(self, number: int, row: Sequence[str], found: Columns) -> tuple[str, Line]:
        values: dict[str, Any] = {}
        wrong: list[Wrong] = []
        for index, column in enumerate(found.columns):
            if column is None:
                continue
            cell = row[index] if index < len(row) else ""
            if is_formula(cell):
                wrong.append(Wrong(number, Reason.FORMULA, column.name, cell[:SHOWN]))
                continue
            words = unguarded(cell).strip()
            reason = self._read(column, words, values)
            if reason is not None:
                wrong.append(Wrong(number, reason, column.name, words[:SHOWN]))
        network, key = values.pop("network", None) or "", values.pop("key", None) or ""
        group, archived = values.pop("group", None), values.pop("archived", None)
        if not key and not any(each.field == "key" for each in wrong):
            wrong.append(Wrong(number, Reason.KEY_MISSING, "key"))
        return network, Line(
            row=number,
            key=key,
            folded=self._fold(key),
            values=values,
            group=group,
            archived=archived,
            wrong=tuple(wrong),
        )

    def _read(self, column: ProjectField, words: str, values: dict[str, Any]) -> Reason | None:
        """Put a cell among the values; why not, if it is wrong."""
        if not words or words in NOTHING_SAID or (column.choices and fold(words) in UNKNOWN):
            values[column.name] = False if column is ARCHIVED else column.empty
            return None
        if len(words) > LONGEST_NAME.get(column.name, LONGEST) and column.name not in AIM_FIELDS:
            return Reason.TOO_LONG
        if column is KEY and not is_key(words):
            return Reason.BAD_KEY
        value = self._value(column, words)
        if value is None and column.name != "field":
            return Reason.TOO_LONG if column.name in AIM_FIELDS else Reason.BAD
        values[column.name] = value
        return None

    def _value(self, column: ProjectField, words: str) -> Any:
        if column.name in ("key", "network"):
            return " ".join(words.split())
        key = (column.name, words)
        if key not in self.known:
            self.known[key] = self._understood(column, words)
        return self.known[key]

    def _understood(self, column: ProjectField, words: str) -> Any:
        if column is GROUP:
            name = " ".join(words.split())
            return name, fold(name)
        if column.holds is Holds.AIMS:
            names = several(words)
            fitting = len(words) <= 2 * LONGEST and all(len(name) <= LONGEST_NAME[column.name] for name in names)
            return tuple((name, fold(name)) for name in names) if fitting else None
        if column.holds is Holds.PERSON:
            return words if MATRIX_ID.fullmatch(words) and len(words.encode()) <= 255 else None
        return column.read(words)

    def _fold(self, key: str) -> str:
        return self.known.setdefault(("folded", key), fold(key)) if key else ""


def canonical(values: Mapping[str, Any]) -> dict[str, Any]:
    """A project's fields as a table would say them: spaces, and the commas between names."""
    return {column.name: _canonical(column, values.get(column.name)) for column in FIELDS}


def _canonical(column: ProjectField, value: Any) -> Any:
    if value is None or value == "":
        return column.empty
    if column.holds is Holds.NAMES:
        return listed(several(value)) or column.empty
    if column.holds is Holds.TEXT:
        return column.empty if value.strip() in ("", *NOTHING_SAID) else value.strip()
    return value


NOTHING = {column.name: column.empty for column in FIELDS}


def table(network: str, projects: Iterable[tuple[str, Known]]) -> list[tuple[str, ...]]:
    """The rows of a network, without the header: as `lines` reads them, by key."""
    return [_row(network, known) for _, known in sorted(projects, key=lambda pair: pair[0])]


def _row(network: str, known: Known) -> tuple[str, ...]:
    told = (_written(column, known.values[column.name]) for column in FIELDS)
    return (network, known.key, *told, known.group, "ja" if known.archived else "")


def _written(column: ProjectField, value: Any) -> str:
    return "" if value == column.empty and column.name not in WRITTEN else column.write(value, "de")


WRITTEN = frozenset({"funding"})  # „unbekannt“ is worth saying
