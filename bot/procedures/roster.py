"""A table of organisations and people, against a network: read, compared, taken over, written out again."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from bot.context import Scope
from bot.domain.reconciling import plan
from bot.domain.roles import Role
from bot.domain.roster import Line, Member, Plan, Reason, Stored, Wrong
from bot.effects import Effect
from bot.errors import UserError
from bot.language import roster
from bot.language.columns import C, Header
from bot.language.names import fold, nearest
from bot.procedures import groups, guests, powers
from bot.store import enrolling, networks, people
from bot.store.tables import Network

L = TypeVar("L")
Named = Sequence[tuple[str, Line]]  # rows, each with the name of the network it names
MOST_HINTS = 20
DIGITS = re.compile(r"\d")
SAMPLE_ORGANISATION = ("Lindenstadt", "Stadt", "26000", "BW", "Verwaltung", "", "1", "rathaus@lindenstadt.example")
SAMPLE_PERSON = ("@ben:example.org", "Ben Muster", "ben@lindenstadt.example", "Mandat", "", "", "")


def require_known(found: Header[C]) -> Header[C]:
    """Raises UserError for a header with columns that nobody knows, or that stand there twice."""
    if found.unknown:
        raise UserError("bulk.unknown_columns", fields=found.unknown)
    if found.twice:
        raise UserError("bulk.column_twice", names=found.twice)
    return found


def recognised(rows: Sequence[Sequence[str]]) -> bool:
    """Whether this is a table of organisations and people."""
    return roster.is_ours(roster.header(rows))


def read(rows: Sequence[Sequence[str]]) -> Named:
    """The rows of a table. Raises UserError for columns that nobody knows, and for a table without rows."""
    lines = list(roster.lines(rows, require_known(roster.header(rows))))
    if not lines:
        raise UserError("bulk.no_rows")
    return lines


def by_network(lines: Sequence[tuple[str, L]]) -> dict[str, list[tuple[str, L]]]:
    """The rows of a table by the network they name, as written first; „“ for those that name none."""
    names: dict[str, str] = {}
    found: dict[str, list[tuple[str, L]]] = {}
    for name, line in lines:
        if name not in names:
            names[name] = next((known for known in names.values() if fold(known) == fold(name)), name)
        found.setdefault(names[name], []).append((names[name], line))
    return found


def within(network: Network, lines: Named) -> list[Line]:
    """The rows as rows of this network; one that names another is wrong, whether that exists or not."""
    ours = fold(network.name)
    return [
        line
        if not name or fold(name) == ours
        else replace(line, wrong=(*line.wrong, Wrong(line.row, Reason.OTHER_NETWORK, "network", name)))
        for name, line in lines
    ]


def planned(lines: Iterable[Line], network: Network, scope: Scope) -> Plan:
    """What these rows would do to the network."""
    stored = people.stored(scope.session, network.id or 0, scope.house.coordinators, scope.now)
    wanted = plan(_without_us(lines, scope), stored)
    return replace(wanted, alike=tuple(_alike(wanted, stored)))


def _without_us(lines: Iterable[Line], scope: Scope) -> Iterator[Line]:
    """We take part in nothing: a row that names us is wrong."""
    for line in lines:
        if line.person is not None and line.person.casefold() == scope.house.us.casefold():
            yield replace(line, wrong=(*line.wrong, Wrong(line.row, Reason.OURSELVES, "person", line.person)))
        else:
            yield line


def _alike(wanted: Plan, stored: Stored) -> Iterator[tuple[str, str]]:
    """New organisations whose names look like slips of the pen; among many new ones nobody would read that."""
    new = [change.after.name or "" for change in wanted.bodies if change.before is None]
    if len(new) > MOST_HINTS:
        return
    names = {*new, *(body.name for body in stored.bodies.values())}
    for name in new:
        for close in nearest(name, sorted(names - {name})):
            if DIGITS.sub("", name) != DIGITS.sub("", close):  # „Amt 1“ and „Amt 2“ are no slip
                yield name, close


def apply(wanted: Plan, network: Network, by: str, scope: Scope) -> tuple[Effect, ...]:
    """Take the plan over, and what is to be done about it.

    Who has become active is invited, and who has become coordinator, to the network's space; boards are put right. With
    guests who are none any longer nothing stays shared.
    """
    for change in wanted.members:
        if _role(change.before) == Role.GUEST and _role(change.after) != Role.GUEST:
            guests.end_for(change.key, network.id or 0, by, scope)
    enrolling.write(scope.session, network.id or 0, wanted, by, scope.now)
    effects: list[Effect] = []
    for change in wanted.members:
        if _role(change.after) == Role.COORDINATOR and _role(change.before) != Role.COORDINATOR:
            effects += powers.to_coordinate(network, change.key, f"import {scope.now.isoformat()}", scope)
    return (*effects, *_in_groups(wanted, network, scope))


def _role(member: Any) -> str | None:
    return member.role if member is not None else None


def _in_groups(wanted: Plan, network: Network, scope: Scope) -> Iterator[Effect]:
    """Invitations to the groups' rooms, each room's members read once, and its board."""
    concerned: dict[str, list[str]] = {}
    for change in wanted.members:
        had, has = _parts(change.before), _parts(change.after)
        for group in {folded for folded, _ in had ^ has}:
            concerned.setdefault(group, [])
        for group in {folded for folded, kind in has - had if kind == "active"}:
            concerned[group].append(change.key)
    living = people.groups(scope.session, network.id or 0) if concerned else ()
    rows = [row for row in living if row.folded in concerned]
    yield from groups.entered_many([(row, concerned[row.folded or ""]) for row in rows], scope)
    for row in rows:
        yield from groups.board_changed(row, scope)


def _parts(member: Any) -> set[tuple[str, str]]:
    if member is None:
        return set()
    return {(group, "active") for group in member.active} | {(group, "follows") for group in member.follows}


def fingerprint(wanted: Plan) -> str:
    """Eight characters that change when the plan does."""
    changes = [(change.key, change.before and asdict(change.before), asdict(change.after)) for change in wanted.bodies]
    changes += [
        (change.key, change.before and asdict(change.before), asdict(change.after)) for change in wanted.members
    ]
    return hashlib.sha256(json.dumps(changes, default=sorted, sort_keys=True).encode()).hexdigest()[:8]


def template(network: Network) -> list[tuple[str, ...]]:
    """A table to fill in: the header and one invented row."""
    return [roster.HEADER, (network.name, *SAMPLE_ORGANISATION, *SAMPLE_PERSON)]


def exported(network: Network, scope: Scope) -> list[tuple[str, ...]]:
    """The network's rows, without the header."""
    stored = people.stored(scope.session, network.id or 0, scope.house.coordinators, scope.now)
    return roster.table(network.name, stored)


def named_coordinators(lines: Iterable[Line]) -> list[str]:
    """Whom a table makes coordinators."""
    return sorted({line.person for line in lines if line.person and line.member.get("role") == Role.COORDINATOR})


def planned_new(lines: Sequence[Line], scope: Scope) -> Plan:
    """What these rows would be in a network that `founded` makes for them."""
    first = () if named_coordinators(lines) else scope.house.coordinators
    coordinators = dict.fromkeys(first, Member(role=Role.COORDINATOR))
    return plan(_without_us(lines, scope), Stored(members=coordinators, coordinators=frozenset(first)))


def founded(name: str, lines: Iterable[Line], scope: Scope) -> Network:
    """A network that a table names and nobody has: coordinated by whom the table names, or else by the operator's."""
    return people.found(scope.session, name, named_coordinators(lines), scope.house.coordinators, scope.now)


def of_name(name: str, scope: Scope) -> Network | None:
    """The network of this name, for the operator. Raises UserError where several have it."""
    found = [row for row in people.all_networks(scope.session) if fold(row.name) == fold(name)]
    require_unlike(found, scope)
    return found[0] if found else None


def require_unlike(found: Iterable[Network], scope: Scope) -> None:
    """Networks of one name cannot be told apart in a table. Raises UserError for the first such name."""
    seen: set[str] = set()
    for network in found:
        if fold(network.name) in seen:
            raise UserError("bulk.same_name", name=network.name, prefix=scope.house.prefix)
        seen.add(fold(network.name))


def coordinated(person: str, scope: Scope) -> Sequence[Network]:
    """The networks that somebody coordinates."""
    return networks.coordinated_by(scope.session, person, founder=person in scope.house.coordinators)
