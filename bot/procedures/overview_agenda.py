"""Meetings and tasks on the overview pages: what `!treffen` and `!aufgabe liste` tell of the whole network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.context import Scope
from bot.procedures import meeting_summary, meetings
from bot.procedures.meeting_summary import Summary
from bot.procedures.meetings import Sitting
from bot.procedures.overview import AT_ONCE, Leaf, Viewer, is_guest, leaf
from bot.procedures.responsible import OpenTask, places, spoken_for, waiting
from bot.store import groups, organisations, projects, rooms, tasks
from bot.store import meetings as kept
from bot.store.tables import Project
from bot.store.tasks import Wanted

STATES: Final = ("open", "overdue", "settled")
"""Which tasks are listed: still to be done, those of them that are late, or done and dropped ones."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """The network's meetings, the latest first; `following` is the next one."""

    leaf: Leaf[Sitting]
    following: Sitting | None


def sittings(number: int, viewer: Viewer, scope: Scope) -> Meetings | None:
    """A page of the meetings; None for guests."""
    if is_guest(viewer):
        return None
    page = leaf(kept.listed(scope.session, viewer.network_id, None)[::-1], number)
    coming = following(viewer, scope)
    rooms.groups_of_network(scope.session, viewer.network_id)  # read at once, not one by one; the session keeps them
    rows = meetings.sittings(page.rows, scope)
    return Meetings(Leaf(rows, page.count, page.number, page.pages), coming)


def following(viewer: Viewer, scope: Scope) -> Sitting | None:
    """The next meeting of the network."""
    found = None if is_guest(viewer) else kept.upcoming(scope.session, viewer.network_id, None, scope.now)
    return meetings.sitting(found, scope) if found is not None else None


def meeting(number: int, viewer: Viewer, scope: Scope) -> tuple[Sitting, Summary] | None:
    """T2 with what came of it; None where there is none for this viewer."""
    found = None if is_guest(viewer) else kept.by_number(scope.session, viewer.network_id, number)
    return (meetings.sitting(found, scope), meeting_summary.gather(found, scope)) if found is not None else None


@dataclass(frozen=True, slots=True)
class TaskFilters:
    """What a reader asked for. `group` and `organisation` are names; `mine`: that this person is in charge of."""

    state: str = "open"
    mine: bool = False
    group: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Tasks:
    """A page of them, what is due first leads. `places` are the names of rooms, `projects` what they are for, by ID."""

    leaf: Leaf[OpenTask]
    places: Mapping[str, str]
    projects: Mapping[int, Project]
    groups: Sequence[str]
    organisations: Sequence[str]


def todo(filters: TaskFilters, number: int, viewer: Viewer, scope: Scope) -> Tasks | None:
    """A page of the network's tasks; None for guests."""
    if is_guest(viewer):
        return None
    session, network_id = scope.session, viewer.network_id
    known_groups = groups.of_network(session, network_id)
    known_bodies = organisations.of_network(session, network_id)
    body = {each.name: each.id for each in known_bodies}
    room = {each.name: each.room_id or "" for each in known_groups}
    wanted = Wanted(
        room_id=room.get(filters.group, "") if filters.group is not None else None,
        organisation_id=(body.get(filters.organisation) or 0) if filters.organisation is not None else None,
        settled=filters.state == "settled",
        due_by=scope.now if filters.state == "overdue" else None,
    )
    page = _page(_of_person(wanted, viewer, scope) if filters.mine else wanted, number, network_id, scope)
    found = [each.task for each in page.rows]
    return Tasks(
        page,
        places(found, network_id, scope),
        projects.by_ids(session, {task.project_id for task in found if task.project_id}),
        [each.name for each in known_groups],
        [each.name for each in known_bodies],
    )


def mine(viewer: Viewer, most: int, scope: Scope) -> tuple[list[OpenTask], int]:
    """What this person still has to do, no more than `most`, and how much that is in all."""
    if is_guest(viewer):
        return [], 0
    wanted = _of_person(Wanted(settled=False), viewer, scope)
    found = tasks.listed(scope.session, viewer.network_id, wanted, most=most)
    return waiting(found, scope), tasks.count(scope.session, viewer.network_id, wanted)


def _of_person(wanted: Wanted, viewer: Viewer, scope: Scope) -> Wanted:
    own = spoken_for(viewer.person, viewer.network_id, scope)
    return replace(wanted, person=viewer.person, organisations=own)


def _page(wanted: Wanted, number: int, network_id: int, scope: Scope) -> Leaf[OpenTask]:
    count = tasks.count(scope.session, network_id, wanted)
    page = leaf(range(count), number)
    first = page.rows[0] if page.rows else 0
    rows = tasks.listed(scope.session, network_id, wanted, first=first, most=AT_ONCE)
    return Leaf(waiting(rows, scope), count, page.number, page.pages)
