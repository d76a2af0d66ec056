"""A table of organisations and people compared with what is stored: what is new, changed, wrong. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.organisations import makes_a_circle
from bot.domain.roles import Role
from bot.domain.roster import Body, Change, Line, Member, Plan, Reason, Stored, Wrong

MOST_UNKNOWN = 5  # groups of one cell that are named as unknown


def plan(lines: Iterable[Line], stored: Stored) -> Plan:
    """Compare a network's rows with what is stored."""
    return _Check(list(lines), stored).plan()


class _Check:
    """One table against one network."""

    def __init__(self, lines: list[Line], stored: Stored) -> None:
        self._lines = lines
        self._by_row = {line.row: line for line in lines}
        self._stored = stored
        self._groups_by_parts = _by_parts(stored.groups)
        self._most_parts = max(map(len, self._groups_by_parts), default=1)
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
                says = any(line.member.get(name) for name in ("speaks", "role", "active", "follows", "name", "email"))
                if says and not line.is_wrong_in("person"):
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
        if "role" in values:
            values["role"] = self._role(before.role, values["role"])
        after = replace(before, **values)
        if before.organisation != after.organisation and "speaks" not in values:
            after = replace(after, speaks=None)  # who moves takes no mandate along
        if after.speaks is not None and after.organisation is None and not line.is_wrong_in("organisation"):
            self._add(line, Reason.MANDATE_WITHOUT_ORGANISATION, value=person)
        if after.role == Role.GUEST:
            self._guest(line, person, before, after)
        for group in sorted(after.active & after.follows):
            self._add(line, Reason.ACTIVE_AND_FOLLOWS, value=self._stored.groups.get(group, group))
        return after

    def _role(self, before: str | None, said: str | None) -> str | None:
        """An empty cell leaves a guest outside, and a coordinator in office where the table names none at all."""
        if said is not None:
            return None if said == Role.MEMBER else said
        return before if before == Role.GUEST or not self._names_coordinators else None

    def _guest(self, line: Line, person: str, before: Member, after: Member) -> None:
        """What nobody can be besides a guest. What was so before the table came is not the table's fault."""
        had = before.active | before.follows if before.role == Role.GUEST else frozenset[str]()
        if after.speaks is not None:
            self._add(line, Reason.GUEST_WITH_MANDATE, value=person)
        if not after.active | after.follows <= had:
            self._add(line, Reason.GUEST_IN_GROUP, value=person)
        if before.role != Role.GUEST and person in self._stored.moderators:
            self._add(line, Reason.GUEST_AND_MODERATOR, value=person)

    def _groups(self, line: Line, name: str) -> frozenset[str]:
        """The groups that a cell names; a name may hold commas itself."""
        parts: tuple[tuple[str, str], ...] = line.member[name]
        found, at, unknown = set(), 0, 0
        while at < len(parts) and unknown < MOST_UNKNOWN:
            for end in range(min(len(parts), at + self._most_parts), at, -1):
                group = self._groups_by_parts.get(tuple(part[1] for part in parts[at:end]))
                if group is not None:
                    found.add(group)
                    at = end
                    break
            else:
                self._add(line, Reason.UNKNOWN_GROUP, name, parts[at][0])
                at, unknown = at + 1, unknown + 1
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
        lost = {person for person in self._stored.coordinators if _coordinates(members.get(person)) is False}
        gained = any(_coordinates(member) for member in members.values())
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


def _by_parts(groups: Iterable[str]) -> dict[tuple[str, ...], str]:
    """Groups by what stands between the commas of their names, as a cell is read."""
    found: dict[tuple[str, ...], str] = {}
    for folded in sorted(groups):
        parts = tuple(part for each in folded.split(",") if (part := each.strip()))
        found.setdefault(parts, folded)
    return found


def _coordinates(member: Member | None) -> bool | None:
    """Whether somebody in the table is to be coordinator; None for who is not in it."""
    return None if member is None else member.role == Role.COORDINATOR


def _changes(wanted: Mapping[str, Any], stored: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Change]:
    for key, after in wanted.items():
        before = stored.get(key)
        if before != after:
            yield Change(key, before, after, names)
