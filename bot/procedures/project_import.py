"""A plan for a network's projects (`project_files.planned`) is taken over: as a whole, and with its history.

What a file says of light and progress is a status update by whoever took it over, everything else a change like any
other. A new group's room is opened; until it is there, its projects wait at its place (`groups.place_of`).
"""

import secrets
from collections.abc import Mapping
from typing import Any

from bot.context import Scope
from bot.domain.project import AIM_FIELDS, AimKind
from bot.domain.project_table import REPORTED, Change, Known, Name, Plan
from bot.effects import Effect
from bot.procedures import portfolio, standing
from bot.procedures.groups import open_room, work_changed
from bot.procedures.project_files import places
from bot.store import aims, groups, people, project_files
from bot.store.project_files import Written
from bot.store.tables import Aim, Group, Network

FROM_FILE = {"de": "aus Datei „{name}“", "en": "from file “{name}”"}
LONGEST_NAME = 80  # characters of a file's name
NOWHERE = ""  # the place of a project that no file and nobody has put into a group


def founded(name: str, scope: Scope) -> Network:
    """A network that a table names and nobody has: coordinated by the operator's."""
    return people.found(scope.session, name, [], scope.house.coordinators, scope.now)


def apply(wanted: Plan, network: Network, by: str, name: str, scope: Scope) -> tuple[Effect, ...]:
    """Take the plan over, and what is to be done about it. `name` is the file's."""
    made = [_group(each, network, by, scope) for each in wanted.groups]
    for kind, new in ((AimKind.GOAL, wanted.goals), (AimKind.PRINCIPLE, wanted.principles)):
        for each in new:
            aims.add(scope.session, _aim(each, kind, network, by, scope))
    rooms = dict(places(network.id or 0, scope).values())
    touched = _Taking(network, by, name, rooms, scope).take(wanted.changes)
    return (
        *(open_room(group, scope) for group in made),
        *(effect for room_id in sorted(touched - {NOWHERE}) for effect in work_changed(room_id, scope)),
    )


def _group(name: Name, network: Network, by: str, scope: Scope) -> Group:
    """A new group; what the operator's file makes is a coordinator's."""
    founders = [by] if by != scope.house.us else list(standing.coordinators(network.id or 0, scope))
    group = Group(
        network_id=network.id or 0,
        name=name[0],
        folded=name[1],
        token=secrets.token_hex(8),
        created_by=(*founders, by)[0],
        created_at=scope.now,
    )
    return groups.add(scope.session, group)


def _aim(name: Name, kind: AimKind, network: Network, by: str, scope: Scope) -> Aim:
    return Aim(network_id=network.id or 0, kind=kind, name=name[0], folded=name[1], created_by=by, created_at=scope.now)


class _Taking:
    """One table on its way into a network: gathered, then written in one go, as all else waits for it meanwhile."""

    def __init__(self, network: Network, by: str, name: str, rooms: Mapping[str, str], scope: Scope) -> None:
        self._network_id = network.id or 0
        self._by = by
        self._cause = f"import {scope.now.isoformat()}"
        self._text = FROM_FILE[scope.house.language].format(name=_plain(name))
        self._rooms = rooms
        self._scope = scope
        self._written = Written()
        self._touched: set[str] = set()

    def take(self, changes: tuple[Change, ...]) -> set[str]:
        """Take all over; the rooms whose work has changed."""
        session = self._scope.session
        self._aims = {aim.name: aim.id or 0 for aim in aims.of_network(session, self._network_id, retired=True)}
        standing = {row["folded"]: row for row in project_files.columns(session, self._network_id)}
        made = [self._made(each) for each in changes if each.before is None]
        new = project_files.add(session, self._network_id, made)
        for each in changes:
            if each.before is None:
                self._report(new[each.folded], each.after.values)
                self._written.served.extend((new[each.folded], aim) for aim in sorted(self._served(each.after)))
            else:
                self._change(standing[each.folded], each, each.before)
        project_files.write(session, self._written)
        return self._touched

    def _served(self, known: Known) -> set[int]:
        return {self._aims[name] for field in AIM_FIELDS for name in known.values[field]}

    def _made(self, change: Change) -> dict[str, Any]:
        """A new project with all its columns."""
        room_id = self._rooms.get(change.after.group, NOWHERE)
        self._touched.add(room_id)
        return {name: value for name, value in change.after.values.items() if name not in AIM_FIELDS} | {
            "network_id": self._network_id,
            "room_id": room_id,
            "key": change.key,
            "folded": change.folded,
            "archived": change.after.archived,
            "created_by": self._by,
            "created_at": self._scope.now,
            "changed_at": self._scope.now,
        }

    def _change(self, row: Mapping[str, Any], change: Change, before: Known) -> None:
        """As `portfolio.change` and `reporting.report` do it for one; `row` is the project as it stands."""
        differing = {name: after for name, _, after in change.differences}
        where, project_id = differing.pop("group", None), row["id"]
        told = {name: differing.pop(name) for name in REPORTED if name in differing}
        for name, after in differing.items():
            was = before.values[name] if name in AIM_FIELDS else row[name]
            self._remember(project_id, name, was, after)
        plain = {name: after for name, after in differing.items() if name not in AIM_FIELDS}
        if differing or told:
            self._written.updated.append({"of": project_id, "changed_at": self._scope.now, **plain, **told})
        self._report(project_id, told)
        had, has = self._served(before), self._served(change.after)
        self._written.dropped.extend((project_id, aim) for aim in sorted(had - has))
        self._written.served.extend((project_id, aim) for aim in sorted(has - had))
        if where is not None:
            self._touched |= {row["room_id"], self._rooms[where]}
            self._written.moved.append((project_id, self._rooms[where]))

    def _remember(self, project_id: int, name: str, before: Any, after: Any) -> None:
        if name in AIM_FIELDS:  # in one order, however they are named
            before, after = (tuple(sorted(names, key=self._aims.__getitem__)) for names in (before, after))
        was, now = (None if value is None else portfolio.written(value) for value in (before, after))
        moment = {"at": self._scope.now, "by": self._by, "cause": self._cause}
        self._written.history.append({"project_id": project_id, "field": name, "before": was, "after": now, **moment})

    def _report(self, project_id: int, told: Mapping[str, Any]) -> None:
        light, progress = (told.get(name) for name in REPORTED)
        if light is not None or progress is not None:
            said = {"light": light, "progress": progress, "text": self._text, "event_id": self._cause}
            self._written.reports.append({"project_id": project_id, "author": self._by, "at": self._scope.now, **said})


def _plain(name: str) -> str:
    """A file's name without the folders that some put before it."""
    return name.replace("\\", "/").rpartition("/")[2][:LONGEST_NAME]
