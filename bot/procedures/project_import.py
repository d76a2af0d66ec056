"""A plan for a network's projects (`project_files.planned`) is taken over: as a whole, and with its history.

What a file says of light and progress is a status update by whoever took it over, everything else a change like any
other. A new group's room is opened; until it is there, its projects wait at its place (`groups.place_of`).
"""

import secrets
from collections.abc import Mapping
from typing import Any

from bot.context import Scope
from bot.domain.project import AIM_FIELDS, AimKind
from bot.domain.project_table import REPORTED, Change, Name, Plan
from bot.effects import Effect
from bot.language.lights import StatusWords
from bot.procedures import portfolio, standing
from bot.procedures.groups import open_room, work_changed
from bot.procedures.portfolio import Agenda
from bot.procedures.project_files import places
from bot.procedures.reporting import reported
from bot.store import aims, groups, people, project_files
from bot.store.tables import Aim, Group, Network, Project, StatusUpdate

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
    """One table on its way into a network."""

    def __init__(self, network: Network, by: str, name: str, rooms: Mapping[str, str], scope: Scope) -> None:
        self._network_id = network.id or 0
        self._by = by
        self._cause = f"import {scope.now.isoformat()}"
        self._text = FROM_FILE[scope.house.language].format(name=_plain(name))
        self._rooms = rooms
        self._scope = scope
        self._updates: list[StatusUpdate] = []
        self._touched: set[str] = set()

    def take(self, changes: tuple[Change, ...]) -> set[str]:
        """Take all over; the rooms whose work has changed."""
        session = self._scope.session
        known = project_files.projects(session, self._network_id, {each.folded for each in changes if each.before})
        new = {each.folded: self._made(each) for each in changes if each.before is None}
        project_files.add(session, new.values())
        agenda = Agenda.of(self._network_id, [project.id or 0 for project in known.values()], self._scope)
        aims.serve(session, self._served(changes, new, agenda))
        for each in changes:
            if each.before is None:
                self._report(new[each.folded], {name: each.after.values[name] for name in REPORTED})
            else:
                self._change(known[each.folded], each, agenda)
        project_files.add_updates(session, self._updates)
        return self._touched

    def _served(self, changes: tuple[Change, ...], new: Mapping[str, Project], agenda: Agenda) -> list[tuple[int, int]]:
        """What the new projects serve, by their IDs."""
        by_name = {aim.name: aim.id or 0 for aim in agenda.known.values()}
        return [
            (new[each.folded].id or 0, by_name[name])
            for each in changes
            if each.before is None
            for field in AIM_FIELDS
            for name in each.after.values[field]
        ]

    def _made(self, change: Change) -> Project:
        room_id = self._rooms.get(change.after.group, NOWHERE)
        self._touched.add(room_id)
        plain = {name: value for name, value in change.after.values.items() if name not in (*AIM_FIELDS, *REPORTED)}
        return Project(
            network_id=self._network_id,
            room_id=room_id,
            key=change.key,
            folded=change.folded,
            archived=change.after.archived,
            created_by=self._by,
            created_at=self._scope.now,
            **plain,
        )

    def _change(self, project: Project, change: Change, agenda: Agenda) -> None:
        differing = {name: after for name, _, after in change.differences}
        where = differing.pop("group", None)
        told = {name: differing.pop(name) for name in REPORTED if name in differing}
        portfolio.change(project, differing, self._by, self._cause, self._scope, agenda)
        self._report(project, told)
        if where is not None:
            self._touched |= {project.room_id, self._rooms[where]}
            groups.move_project(self._scope.session, project, self._rooms[where])

    def _report(self, project: Project, told: Mapping[str, Any]) -> None:
        if any(value is not None for value in told.values()):
            said = StatusWords(told.get("light"), told.get("progress"), self._text)
            self._updates.append(reported(project, said, self._by, self._cause, self._scope).update)


def _plain(name: str) -> str:
    """A file's name without the folders that some put before it."""
    return name.replace("\\", "/").rpartition("/")[2][:LONGEST_NAME]
