"""Who takes part, and how a network is doing, on the overview pages.

Participation is what `!gruppe` tells every member. The health of a network is for who coordinates it: what the
coordination's digest names, without its limits (Freiburg 2019: a field without Aktive, and small municipalities
under-represented, which nobody saw until afterwards).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.context import Scope
from bot.domain.digest import STALE_AFTER
from bot.domain.groups import GroupState, Part
from bot.domain.project import FeedbackKind
from bot.domain.representation import Representation
from bot.domain.roles import Role
from bot.procedures import participation
from bot.procedures.digest_gathering import Material, gather
from bot.procedures.digest_items import Given, ToDo
from bot.procedures.groups import Overview, overviews
from bot.procedures.overview import Viewer, is_guest
from bot.store import overview
from bot.store.news import Reach

WEEK: Final = timedelta(weeks=1)
"""So far back news reach; what is open, missing or silent is told however old it is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A working group and its Aktive."""

    overview: Overview
    active: Sequence[str]


@dataclass(frozen=True, slots=True)
class Participation:
    """Who drives the working groups, and which organisations do, of all in the network."""

    groups: Sequence[Taken]
    figures: Representation


def participation_of(viewer: Viewer, scope: Scope) -> Participation | None:
    """All groups; None for guests."""
    if is_guest(viewer):
        return None
    people = overview.taking_part(scope.session, viewer.network_id)
    return Participation(
        [
            Taken(each, [person for person, kind in people.get(each.group.id or 0, ()) if kind == Part.ACTIVE])
            for each in overviews(viewer.network_id, scope)
        ],
        participation.figures(viewer.network_id, scope),
    )


@dataclass(frozen=True, slots=True)
class Health:
    """How a network is doing. `stale_after` is how long nothing must have been heard of a project that is named."""

    material: Material
    overdue: Sequence[ToDo]
    unanswered: Sequence[Given]
    dormant: Sequence[Taken]
    figures: Representation
    stale_after: timedelta = STALE_AFTER


def health(viewer: Viewer, scope: Scope) -> Health | None:
    """None for all but those who coordinate the network."""
    if viewer.role is not Role.COORDINATOR:
        return None
    material = gather(Reach(viewer.network_id), scope.now - WEEK, scope)
    found = participation_of(viewer, scope)
    assert found is not None  # noqa: S101 - who coordinates is no guest
    return Health(
        material,
        [each for each in material.tasks if each.open.overdue],
        [each for each in (*material.unanswered, *material.feedback) if _waits(each)],
        [each for each in found.groups if each.overview.state is GroupState.DORMANT],
        found.figures,
    )


def _waits(each: Given) -> bool:
    return each.feedback.answered_at is None and each.feedback.kind != FeedbackKind.PRAISE
