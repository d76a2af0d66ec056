"""The table of organisations and people: its columns, its rows read, and the same rows written.

One row a person, with what is known of the organisation repeated; an organisation without people has one row without a
Matrix ID, a person without organisation one without its name. Headers and words are understood in German and English.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.clean import is_formula, unguarded
from bot.domain.organisations import Speaks
from bot.domain.roles import Role
from bot.domain.roster import Body, Line, Member, Reason, Stored, Wrong
from bot.language import columns
from bot.language.columns import Header
from bot.language.names import fold
from bot.language.organisations import (
    BENCHES,
    LEVELS,
    read_bench,
    read_email,
    read_level,
    read_state,
    read_whole,
    word_of,
)

LONGEST_NAME = 100
LONGEST_CELL = 2_000  # somebody who takes part in a hundred groups fits in
MATRIX_ID = re.compile(r"@[!-9;-~]+:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
SPEAKS = {"Mandat": Speaks.HOLDER, "mandate": Speaks.HOLDER, "Vertretung": Speaks.DEPUTY, "deputy": Speaks.DEPUTY}
ROLES = {"Koordination": Role.COORDINATOR, "coordinator": Role.COORDINATOR, "Gast": Role.GUEST, "guest": Role.GUEST}
ORDINARY = {"Mitglied": Role.MEMBER, "member": Role.MEMBER}  # never written: an empty cell says so, too


def _chosen(table: Mapping[str, str]) -> Callable[[str], str | None]:
    folded = {fold(word): value for word, value in table.items()}
    return lambda words: folded.get(fold(words))


def _name(words: str) -> str | None:
    return words if len(words) <= LONGEST_NAME else None


def _matrix_id(words: str) -> str | None:
    return words if MATRIX_ID.fullmatch(words) and len(words.encode()) <= 255 else None


def _groups(words: str) -> tuple[tuple[str, str], ...]:
    parts = (part.strip() for part in words.split(","))
    return tuple((part, fold(part)) for part in parts if part)


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its headers. `belongs` says of what it tells: the network, the organisation (`body`), the person."""

    field: str
    belongs: str
    de: str
    en: str
    read: Callable[[str], Any] = _name
    also: tuple[str, ...] = ()
    empty: Any = None


COLUMNS = (
    Column("network", "network", "Verbund", "Network"),
    Column("organisation", "key", "Organisation", "Organisation", also=("Organization", "Kommune")),
    Column("level", "body", "Ebene", "Level", read_level),
    Column("inhabitants", "body", "Einwohner", "Inhabitants", lambda words: read_whole(words, 0), ("Einwohnerzahl",)),
    Column("federal_state", "body", "Bundesland", "State", read_state, ("Federal state",)),
    Column("bench", "body", "Zugehörigkeit", "Bench", read_bench),
    Column("parent", "body", "Gehört zu", "Parent"),
    Column("weight", "body", "Stimmgewicht", "Weight", lambda words: read_whole(words, 1)),
    Column("email", "body", "E-Mail der Organisation", "Organisation email", read_email, ("Organization email",)),
    Column("person", "key", "Matrix-ID", "Matrix ID", _matrix_id, ("Matrix-Kennung", "MXID", "Matrix")),
    Column("name", "member", "Name", "Name"),
    Column("email", "member", "E-Mail", "Email", read_email, ("Mail",)),
    Column("speaks", "member", "Mandat", "Mandate", _chosen(SPEAKS)),
    Column("role", "member", "Rolle", "Role", _chosen(ROLES | ORDINARY)),
    Column("active", "member", "Aktiv in", "Active in", _groups, empty=()),
    Column("follows", "member", "Folgt", "Follows", _groups, empty=()),
)
HEADER = tuple(column.de for column in COLUMNS)


def header(rows: Sequence[Sequence[str]]) -> Header[Column]:
    """The columns of a table."""
    return columns.header(rows, COLUMNS)


def is_ours(found: Header[Column]) -> bool:
    """Whether this is a table of organisations and people at all."""
    return any(column is not None and column.belongs == "key" for column in found.columns)


def lines(rows: Sequence[Sequence[str]], found: Header[Column]) -> Iterator[tuple[str, Line]]:
    """Each row below the header that is not empty, with the name of the network it names („“ for none)."""
    for number, row in enumerate(rows, 1):
        if number > found.row and any(row):
            yield _line(number, row, found)


def _line(number: int, row: Sequence[str], found: Header[Column]) -> tuple[str, Line]:
    values: dict[str, dict[str, Any]] = {"network": {}, "key": {}, "body": {}, "member": {}}
    wrong: list[Wrong] = []
    parent = ""
    for index, column in enumerate(found.columns):
        if column is None:
            continue
        cell = row[index] if index < len(row) else ""
        words = " ".join(unguarded(cell).split())
        field = f"organisation_{column.field}" if (column.field, column.belongs) == ("email", "body") else column.field
        value = column.empty
        if is_formula(cell):
            wrong.append(Wrong(number, Reason.FORMULA, field, cell[:LONGEST_NAME]))
        elif len(words) > LONGEST_CELL:
            wrong.append(Wrong(number, Reason.TOO_LONG, field))
        elif words:
            value = column.read(words)
            if value is None:
                wrong.append(Wrong(number, Reason.BAD, field, words[:LONGEST_NAME]))
        if column.field == "parent" and value is not None:
            parent, value = words, fold(words)
        values[column.belongs][column.field] = value
    line = _put_together(number, values, parent, wrong)
    return values["network"].get("network") or "", line


def _put_together(number: int, values: Mapping[str, dict[str, Any]], parent: str, wrong: list[Wrong]) -> Line:
    key, body, member = values["key"], values["body"], values["member"]
    organisation, person = key.get("organisation"), key.get("person")
    folded = fold(organisation) if organisation else None
    if not wrong:
        if organisation is None and person is None:
            wrong.append(Wrong(number, Reason.EMPTY))
        elif organisation is None and any(value is not None for value in body.values()):
            wrong.append(Wrong(number, Reason.ORGANISATION_MISSING))
    if "organisation" in key:
        member["organisation"] = folded
    return Line(
        row=number,
        organisation=organisation,
        folded=folded,
        person=person,
        parent=parent,
        body=body,
        member=member,
        wrong=tuple(wrong),
    )


def table(network: str, stored: Stored) -> list[tuple[str, ...]]:
    """The rows of a network, without the header: as `lines` reads them, always in the same order."""
    people: dict[str | None, list[tuple[str, Member]]] = {}
    for person, member in stored.members.items():
        people.setdefault(member.organisation, []).append((person, member))
    nobody: list[tuple[str, Member]] = [("", Member())]
    rows = []
    for folded, body in sorted(stored.bodies.items()):
        for person, member in sorted(people.get(folded, ()), key=_place) or nobody:
            rows.append(_row(network, body, person, member, stored))
    for person, member in sorted(people.get(None, ()), key=_place):
        rows.append(_row(network, None, person, member, stored))
    return rows


def _place(pair: tuple[str, Member]) -> tuple[int, str]:
    """Holders first, then deputies, then the others."""
    person, member = pair
    return {Speaks.HOLDER.value: 0, Speaks.DEPUTY.value: 1}.get(member.speaks or "", 2), person


def _row(network: str, body: Body | None, person: str, member: Member, stored: Stored) -> tuple[str, ...]:
    return (network, *_of_body(body, stored), person, *_of_member(member, stored))


def _of_body(body: Body | None, stored: Stored) -> tuple[str, ...]:
    if body is None:
        return ("",) * 8
    return (
        body.name,
        word_of(body.level, LEVELS),
        "" if body.inhabitants is None else str(body.inhabitants),
        body.federal_state or "",
        word_of(body.bench, BENCHES),
        stored.bodies[body.parent].name if body.parent else "",
        str(body.weight),
        body.email or "",
    )


def _of_member(member: Member, stored: Stored) -> tuple[str, ...]:
    return (
        member.name or "",
        member.email or "",
        word_of(member.speaks, SPEAKS),
        word_of(member.role, ROLES),
        _named(member.active, stored.groups),
        _named(member.follows, stored.groups),
    )


def _named(groups: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(names[group] for group in sorted(groups))
