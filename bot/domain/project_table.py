"""Projects: what a table says of them, what is stored, and the difference. Pure.

What a table does not mention stays as it is; no project is ever deleted. An empty cell in a column that is there means
„nothing known“, a column that is missing leaves everything as it is. The exceptions: light and progress are reports,
and an empty cell reports nothing; and a project always belongs somewhere, so an empty group leaves it where it is.
Groups, goals and principles that are named and not there yet are made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.project import AIM_FIELDS, AimKind

MOST_NEW_GROUPS = 50  # each opens a room; more are a column of something else
REPORTED = ("light", "progress")


@dataclass(frozen=True, slots=True)
class Known:
    """A project as it is or is to be. `values` by field; of aims their names in alphabetical order."""

    key: str
    values: Mapping[str, Any]
    group: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """An agenda goal or guiding principle of the network."""

    name: str
    kind: str
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a network has, by names as compared. `groups` are those and other rooms, each with its name as written.

    `nothing` is what each field holds where nothing is known.
    """

    projects: Mapping[str, Known] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    aims: Mapping[str, Served] = field(default_factory=dict)
    nothing: Mapping[str, Any] = field(default_factory=dict)


class Reason(StrEnum):
    """Why a row is wrong."""

    FORMULA = "formula"
    BAD = "bad"
    TOO_LONG = "too_long"
    KEY_MISSING = "key_missing"
    BAD_KEY = "bad_key"
    TWICE = "twice"
    OTHER_NETWORK = "other_network"
    NO_NETWORK = "no_network"
    OTHER_KIND = "other_kind"
    RETIRED = "retired"
    TOO_MANY_GROUPS = "too_many_groups"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that cannot be taken over. `other` is the row it quarrels with, `close` what stands there."""

    row: int
    reason: Reason
    field: str = ""
    value: str = ""
    other: int | None = None
    close: str | None = None


Name = tuple[str, str]
"""A name as written, and as compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a table, read. `values` are what its columns say, of aims as `Name`s.

    `group` and `archived` are None where their column is missing, or the group's cell empty.
    """

    row: int
    key: str = ""
    folded: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    group: Name | None = None
    archived: bool | None = None
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of one project; `before` is None for a new one. `row` is where it stands in the table."""

    key: str
    folded: str
    row: int
    before: Known | None
    after: Known

    @property
    def differences(self) -> tuple[tuple[str, Any, Any], ...]:
        """Field, before, after; `group` and `archived` last."""
        if self.before is None:
            return ()
        old, new = self.before, self.after
        found = [(name, old.values[name], value) for name, value in new.values.items() if old.values[name] != value]
        if old.group != new.group:
            found.append(("group", old.group, new.group))
        if old.archived != new.archived:
            found.append(("archived", old.archived, new.archived))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a table would do to a network's projects. With anything wrong, nothing is done.

    `groups`, `goals` and `principles` are new. `respelled` are keys written in another way than in the network: the
    row's, and the project's. `alike` are pairs of names, a new one and one that it may be a slip of; `strangers`
    are owners whom the network does not know.
    """

    changes: tuple[Change, ...] = ()
    same: int = 0
    groups: tuple[Name, ...] = ()
    goals: tuple[Name, ...] = ()
    principles: tuple[Name, ...] = ()
    respelled: tuple[tuple[str, str], ...] = ()
    alike: tuple[tuple[str, str], ...] = ()
    strangers: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is so already."""
        return not self.changes


def plan(lines: Iterable[Line], stored: Stored) -> Plan:
    """Compare a network's rows with what is stored."""
    return _Check(stored).plan(list(lines))


class _Check:
    """One table against one network."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._wrong: list[Wrong] = []
        self._groups: dict[str, str] = {}  # the new ones, by name as compared
        self._aims: dict[str, Served] = {}

    def plan(self, lines: list[Line]) -> Plan:
        first: dict[str, Line] = {}
        changes, same, respelled = [], 0, []
        for line in lines:
            self._wrong += line.wrong
            if not line.folded:
                continue
            known = first.setdefault(line.folded, line)
            if known is not line:
                self._wrong.append(Wrong(line.row, Reason.TWICE, "key", line.key, known.row, known.key))
                continue
            before = self._stored.projects.get(line.folded)
            after = self._after(line, before)
            if before is not None and before.key != line.key:
                respelled.append((line.key, before.key))
            if after == before:
                same += 1
            else:
                changes.append(Change(after.key, line.folded, line.row, before, after))
        return Plan(
            changes=tuple(changes),
            same=same,
            groups=tuple((name, folded) for folded, name in self._groups.items()),
            goals=tuple(self._made(AimKind.GOAL)),
            principles=tuple(self._made(AimKind.PRINCIPLE)),
            respelled=tuple(respelled),
            wrong=tuple(sorted(dict.fromkeys(self._wrong), key=lambda wrong: wrong.row)),
        )

    def _made(self, kind: AimKind) -> Iterator[Name]:
        return ((aim.name, folded) for folded, aim in self._aims.items() if aim.kind == kind)

    def _after(self, line: Line, before: Known | None) -> Known:
        values = dict(before.values if before else self._stored.nothing)
        for name, value in line.values.items():
            if name in AIM_FIELDS:
                values[name] = self._aims_named(line, name, value, before)
            elif name not in REPORTED or value is not None:
                values[name] = value
        archived = line.archived if line.archived is not None else before is not None and before.archived
        return Known(before.key if before else line.key, values, self._group(line, before), archived)

    def _group(self, line: Line, before: Known | None) -> str:
        if line.group is None:
            return before.group if before else ""
        name, folded = line.group
        known = self._stored.groups.get(folded) or self._groups.get(folded)
        if known is not None:
            return known
        if len(self._groups) >= MOST_NEW_GROUPS:
            self._wrong.append(Wrong(line.row, Reason.TOO_MANY_GROUPS, "group", name))
        else:
            self._groups[folded] = name
        return name

    def _aims_named(self, line: Line, name: str, said: Iterable[Name], before: Known | None) -> tuple[str, ...]:
        kind, found = AIM_FIELDS[name], {}
        for written, folded in said:
            aim = self._stored.aims.get(folded) or self._aims.setdefault(folded, Served(written, kind))
            found[folded] = aim.name
            if aim.kind != kind:
                self._wrong.append(Wrong(line.row, Reason.OTHER_KIND, name, aim.name))
            elif aim.retired and (before is None or aim.name not in before.values[name]):
                self._wrong.append(Wrong(line.row, Reason.RETIRED, name, aim.name))
        return tuple(found[folded] for folded in sorted(found))
