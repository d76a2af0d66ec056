"""A table of projects, against a network: read, compared, taken over, written out again."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.context import Scope
from bot.domain.project import AIM_FIELDS
from bot.domain.project_table import Change, Known, Line, Plan, Reason, Served, Stored, Wrong, plan
from bot.errors import UserError
from bot.language import project_rows
from bot.language.names import fold, nearest
from bot.procedures.grouping import RESERVED
from bot.procedures.groups import place_of
from bot.procedures.roster import require_known
from bot.store import aims, groups, project_files, projects
from bot.store.tables import Network

Named = Sequence[tuple[str, Line]]  # rows, each with the name of the network it names
MOST_HINTS = 20
SAMPLE = {
    "key": "eAkte",
    "title": "Elektronische Akte",
    "goal": "Papierlose Bauakten bis Ende 2026",
    "owner": "@ben:example.org",
    "organisation": "Lindenstadt",
    "field": "Verwaltung digital, Daten",
    "phase": "in Umsetzung",
    "funding": "teilweise finanziert",
    "influential": "ja",
    "group": "Verwaltung digital",
}


def recognised(rows: Sequence[Sequence[str]]) -> bool:
    """Whether this is a table of projects."""
    return project_rows.is_ours(project_rows.header(rows))


def read(rows: Sequence[Sequence[str]]) -> Named:
    """The rows of a table. Raises UserError for columns that nobody knows, and for a table without rows."""
    lines = list(project_rows.lines(rows, require_known(project_rows.header(rows))))
    if not lines:
        raise UserError("bulk.no_rows")
    return lines


def within(network: Network, lines: Named) -> list[Line]:
    """The rows as rows of this network; one that names another is wrong, whether that exists or not."""
    ours = {"": True, network.name: True}
    return [
        line
        if ours.setdefault(name, fold(name) == fold(network.name))
        else marked(line, Wrong(line.row, Reason.OTHER_NETWORK, "network", name))
        for name, line in lines
    ]


def marked(line: Line, wrong: Wrong) -> Line:
    """The row with something wrong in it."""
    return replace(line, wrong=(*line.wrong, wrong))


def planned(lines: Iterable[Line], network: Network, scope: Scope) -> Plan:
    """What these rows would do to the network."""
    before = stored(network.id or 0, scope)
    wanted = plan((_without_verbs(line) for line in lines), before)
    owners = {change.after.values["owner"] for change in wanted.changes if _differs(change, "owner")} - {None}
    strange = owners - project_files.known_people(scope.session, network.id or 0) if owners else set()
    return replace(wanted, alike=tuple(_alike(wanted, before)), strangers=tuple(sorted(strange)))


def _without_verbs(line: Line) -> Line:
    """No group is called like what one does with groups."""
    if line.group is None or line.group[1] not in RESERVED:
        return line
    return marked(line, Wrong(line.row, Reason.BAD, "group", line.group[0]))


def _differs(change: Change, name: str) -> bool:
    return change.before is None or change.before.values[name] != change.after.values[name]


def planned_new(lines: Iterable[Line]) -> Plan:
    """What these rows would be in a network that is made for them."""
    return plan((_without_verbs(line) for line in lines), Stored(nothing=project_rows.NOTHING))


def _alike(wanted: Plan, before: Stored) -> Iterator[tuple[str, str]]:
    """New groups and aims whose names look like slips of the pen; among many new ones nobody would read that."""
    known_aims = [aim.name for aim in before.aims.values()]
    for new, known in ((wanted.groups, list(before.groups.values())), (wanted.goals + wanted.principles, known_aims)):
        if len(new) <= MOST_HINTS:
            for name, _ in new:
                yield from ((name, close) for close in nearest(name, known))


def stored(network_id: int, scope: Scope) -> Stored:
    """All of a network's projects, the names of its groups and rooms, its goals and principles."""
    known, where = _aims(network_id, scope), places(network_id, scope)
    return Stored(
        projects={folded: project for _, folded, project in _known(network_id, known, where, scope)},
        groups={folded: name for folded, (name, _) in where.items()}
        | {fold(old): name for old, name in groups.all_names(scope.session, network_id).items()},
        aims={fold(aim.name): aim for aim in known.values()},
        nothing=project_rows.NOTHING,
    )


def _aims(network_id: int, scope: Scope) -> dict[int, Served]:
    """A network's goals and principles by their IDs, retired ones too."""
    found = aims.of_network(scope.session, network_id, retired=True)
    return {aim.id or 0: Served(aim.name, aim.kind, aim.retired_at is not None) for aim in found}


def _known(
    network_id: int, known: Mapping[int, Served], where: Mapping[str, tuple[str, str]], scope: Scope
) -> Iterator[tuple[int, str, Known]]:
    """A network's projects, each with its ID and its key as compared."""
    names = {room_id: name for name, room_id in where.values()}
    served = project_files.served(scope.session, network_id)
    for row in project_files.columns(scope.session, network_id):
        own = sorted((known[aim_id] for aim_id in served.get(row["id"], ())), key=lambda aim: fold(aim.name))
        values = project_rows.canonical(row)
        values |= {name: tuple(aim.name for aim in own if aim.kind == kind) for name, kind in AIM_FIELDS.items()}
        yield row["id"], row["folded"], Known(row["key"], values, names.get(row["room_id"], ""), row["archived"])


def basis(network: Network, scope: Scope) -> str:
    """A fingerprint of all that `planned` compares a file with."""
    network_id = network.id or 0
    read = (
        network.name,
        [tuple(row) for row in project_files.compared(scope.session, network_id)],
        sorted(project_files.served(scope.session, network_id).items()),
        sorted(_aims(network_id, scope).items()),
        sorted(places(network_id, scope).items()),
        sorted(groups.all_names(scope.session, network_id).items()),
    )
    return hashlib.sha256(repr(read).encode()).hexdigest()


def places(network_id: int, scope: Scope) -> dict[str, tuple[str, str]]:
    """Where projects may belong, by name as compared: its name as written, and the room. A group goes before a room."""
    living, rooms = project_files.places(scope.session, network_id)
    tied = {group.room_id for group in living}
    found = {fold(room.name): (room.name, room.room_id) for room in rooms if room.name and room.room_id not in tied}
    return found | {group.folded or "": (group.name, place_of(group)) for group in living}


def exported(network: Network, scope: Scope, only: Iterable[int] | None = None) -> list[tuple[str, ...]]:
    """The network's rows, without the header; of the projects with these IDs, if given."""
    network_id, chosen = network.id or 0, None if only is None else set(only)
    found = _known(network_id, _aims(network_id, scope), places(network_id, scope), scope)
    told = [(folded, each) for own, folded, each in found if chosen is None or own in chosen]
    return project_rows.table(network.name, told)


def visible(network: Network, scope: Scope) -> list[int]:
    """The projects that every member may see: what was put away, only the coordinators do."""
    return [project.id or 0 for project in projects.listed(scope.session, network.id or 0, None)]


def template(network: Network) -> list[tuple[str, ...]]:
    """A table to fill in: the header and one invented row."""
    values = SAMPLE | {"network": network.name}
    return [project_rows.HEADER, tuple(values.get(column.name, "") for column in project_rows.COLUMNS)]


def fingerprint(wanted: Plan) -> str:
    """Eight characters that change when the plan does."""
    said = [(change.folded, _all(change.before), _all(change.after)) for change in wanted.changes]
    return hashlib.sha256(json.dumps([said, wanted.groups, wanted.goals, wanted.principles]).encode()).hexdigest()[:8]


def _all(known: Known | None) -> Any:
    return known and (known.key, sorted(known.values.items()), known.group, known.archived)
