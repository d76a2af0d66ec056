"""A table of organisations and people compared with what is stored: what is new, changed, wrong. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.organisations import makes_a_circle
from bot.domain.roles import Role
from bot.domain.roster import Body, Change, Line, Member, Plan, Reason, Stored, Wrong


def plan(lines: Iterable[Line], stored: Stored) -> Plan:
    """Compare a network's rows with what is stored."""
    return _Check(list(lines), stored).plan()


class _Check:
    """One table against one network."""

    def __init__(self, lines: list[Line], stored: Stored) -> None:
        self._lines = lines
        self._by_row = {line.row: line for line in lines}
        self._stored = stored
        self._names_coordinators = any(line.member.get("role") == Role.COORDINATOR for line in lines)
        self._wrong = [wrong for line in lines for wrong in line.wrong]
        self._first: dict[str, Line] = {}  # the row where an organisation is named first

    def plan(self) -> Plan:
        bodies = self._bodies()
        members = self._members()
        self._parents(bodies)
        self._coordinators(members)
        names = {f"group {folded}": name for folded, name in self._stored.groups.items()}
        names |= {f"organisation {folded}": body.name for folded, body in {**self._stored.bodies, **bodies}.items()}
        changed_bodies = tuple(_changes(bodies, self._stored.bodies, names))
        changed_members = tuple(_changes(members, self._stored.members, names))
        return Plan(
            bodies=changed_bodies,
            members=changed_members,
            same_bodies=len(bodies) - len(changed_bodies),
            same_members=len(members) - len(changed_members),
            wrong=tuple(sorted(dict.fromkeys(self._wrong), key=lambda wrong: wrong.row)),
        )

    def _bodies(self) -> dict[str, Body]:
        """The organisations as they should be; a cell that is empty here and filled in another row says nothing."""
        said: dict[str, dict[str, tuple[Any, int]]] = {}
        for line in self._lines:
            if line.folded is None or line.organisation is None:
                continue
            first = self._first.setdefault(line.folded, line)
            if first.organisation != line.organisation:
                value = str(first.organisation)
                self._add(line, Reason.OTHER_SPELLING, value=line.organisation, other=first.row, close=value)
            values = said.setdefault(line.folded, {})
            for name, value in line.body.items():
                known, row = values.setdefault(name, (value, line.row))
                if known is None:
                    values[name] = (value, line.row)
                elif value is not None and value != known:
                    shown = "organisation_email" if name == "email" else name
                    here, there = (line.parent, self._by_row[row].parent) if name == "parent" else (value, known)
                    self._add(line, Reason.CONTRADICTION, shown, str(here), other=row, close=str(there))
        return {folded: self._body(folded, values) for folded, values in said.items()}

    def _body(self, folded: str, values: Mapping[str, tuple[Any, int]]) -> Body:
        before = self._stored.bodies.get(folded)
        name = str(self._first[folded].organisation)
        plain = {field_name: value for field_name, (value, _) in values.items()}
        if plain.get("weight", 1) is None:
            plain["weight"] = 1
        return replace(before, name=name, **plain) if before else Body(name=name, **plain)

    def _members(self) -> dict[str, Member]:
        found: dict[str, Member] = {}
        seen: dict[str, Line] = {}
        for line in self._lines:
            if line.person is None:
                if any(line.member.get(name) for name in ("speaks", "role", "active", "follows", "name", "email")):
                    self._add(line, Reason.PERSON_MISSING)
                continue
            before = seen.setdefault(line.person.casefold(), line)
            if before is not line:
                self._add(
                    line, Reason.PERSON_TWICE, value=line.person, other=before.row, close=before.organisation or None
                )
                continue
            found[line.person] = self._member(line, line.person)
        return found

    def _member(self, line: Line, person: str) -> Member:
        before = self._stored.members.get(person) or Member()
        values = {name: value for name, value in line.member.items() if name not in ("active", "follows")}
        for name in ("active", "follows"):
            if name in line.member:
                values[name] = self._groups(line, name)
        if before.role == Role.COORDINATOR and values.get("role") is None and not self._names_coordinators:
            values["role"] = before.role  # a list of people that leaves the role out altogether takes it from nobody
        after = replace(before, **values)
        if before.organisation != after.organisation and "speaks" not in values:
            after = replace(after, speaks=None)  # who moves takes no mandate along
        if after.speaks is not None and after.organisation is None:
            self._add(line, Reason.MANDATE_WITHOUT_ORGANISATION, value=person)
        if after.speaks is not None and after.role == Role.GUEST:
            self._add(line, Reason.GUEST_WITH_MANDATE, value=person)
        for group in sorted(after.active & after.follows):
            self._add(line, Reason.ACTIVE_AND_FOLLOWS, value=self._stored.groups.get(group, group))
        return after

    def _groups(self, line: Line, name: str) -> frozenset[str]:
        """The groups that a cell names; a name may hold commas itself."""
        parts: tuple[tuple[str, str], ...] = line.member[name]
        found, at = set(), 0
        while at < len(parts):
            for end in range(len(parts), at, -1):
                folded = ", ".join(part[1] for part in parts[at:end])
                if folded in self._stored.groups:
                    found.add(folded)
                    at = end
                    break
            else:
                self._add(line, Reason.UNKNOWN_GROUP, name, parts[at][0])
                at += 1
        return frozenset(found)

    def _parents(self, bodies: Mapping[str, Body]) -> None:
        everything = {**self._stored.bodies, **bodies}
        names = {folded: number for number, folded in enumerate(everything)}
        above = {names[folded]: names.get(body.parent or "") for folded, body in everything.items()}
        for folded, body in bodies.items():
            if body.parent is None:
                continue
            line = self._first[folded]
            if body.parent not in names:
                said = next((part for part in self._lines if part.folded == folded and part.parent), line)
                self._add(said, Reason.UNKNOWN_PARENT, "parent", said.parent)
            elif makes_a_circle(above, names[folded], names[body.parent]):
                self._add(line, Reason.CIRCLE, "parent", everything[body.parent].name)

    def _coordinators(self, members: Mapping[str, Member]) -> None:
        """A network keeps at least one coordinator."""
        lost = {person for person in self._stored.coordinators if _role(members.get(person)) is False}
        gained = any(_role(member) for member in members.values())
        if not lost or gained or self._stored.coordinators - lost:
            return
        for line in self._lines:
            if line.person in lost:
                self._add(line, Reason.LAST_COORDINATOR, "role", line.person or "")

    def _add(
        self,
        line: Line,
        reason: Reason,
        name: str = "",
        value: str = "",
        *,
        other: int | None = None,
        close: str | None = None,
    ) -> None:
        self._wrong.append(Wrong(line.row, reason, name, value, other, close))


def _role(member: Member | None) -> bool | None:
    """Whether somebody in the table is to be coordinator; None for who is not in it."""
    return None if member is None else member.role == Role.COORDINATOR


def _changes(wanted: Mapping[str, Any], stored: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Change]:
    for key, after in wanted.items():
        before = stored.get(key)
        if before != after:
            yield Change(key, before, after, names)
