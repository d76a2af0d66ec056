"""Taking part in a working group: Aktive drive it, followers are kept informed; who did when stays on record."""

from enum import StrEnum
from typing import NamedTuple

from bot.context import Scope
from bot.domain.groups import Part
from bot.domain.representation import Representation, representation
from bot.effects import Direct, Effect
from bot.procedures import groups, standing
from bot.store import groups as known_groups
from bot.store import participations, rooms
from bot.store.tables import Group, Participation
from bot.texts import text

MOST_FOLLOWERS = 10  # named as those most likely to step in


class Now(StrEnum):
    """What came of wanting to take part."""

    BEGUN = "begun"
    CHANGED = "changed"
    ALREADY = "already"


class Entered(NamedTuple):
    """What came of it, and what is to be done about it. `before` is what ended with it."""

    now: Now
    effects: tuple[Effect, ...]
    before: Part | None = None


def join(group: Group, person: str, by: str, scope: Scope) -> Entered:
    """Somebody drives the group from now on. Who does already is invited again, unless they are in the room."""
    before = participations.current(scope.session, group.id or 0, person)
    if before is not None and before.kind == Part.ACTIVE:
        return Entered(Now.ALREADY, groups.entered(group, person, scope), Part.ACTIVE)
    _replace(group, person, before, Part.ACTIVE, by, scope)
    _taken_up(group)
    effects = (*groups.entered(group, person, scope), *groups.board_changed(group, scope))
    return Entered(Now.CHANGED if before else Now.BEGUN, effects, Part.FOLLOWER if before else None)


def follow(group: Group, person: str, email: str | None, by: str, scope: Scope) -> Entered:
    """Somebody gets the group's digest from now on, by mail if they gave an address."""
    before = participations.current(scope.session, group.id or 0, person)
    if before is not None and before.kind == Part.FOLLOWER and email in (None, before.email):
        return Entered(Now.ALREADY, (), Part.FOLLOWER)
    _replace(group, person, before, Part.FOLLOWER, by, scope, email)
    if before is None:
        return Entered(Now.BEGUN, groups.board_changed(group, scope))
    lost = _lost(group, scope) if before.kind == Part.ACTIVE else ()
    return Entered(Now.CHANGED, lost, Part(before.kind))


def leave(group: Group, participation: Participation, by: str, scope: Scope) -> tuple[Effect, ...]:
    """Somebody takes part no longer; a group that has lost its last Aktive is made known."""
    participations.end(scope.session, participation, by, scope.now)
    known_groups.end_invitation(scope.session, group.id or 0, participation.person, by)
    return _lost(group, scope) if participation.kind == Part.ACTIVE else groups.board_changed(group, scope)


def left_room(group: Group, person: str, scope: Scope) -> tuple[Effect, ...]:
    """Somebody has left the group's room, or was removed: who was active there is so no longer, nor invited again."""
    known_groups.end_invitation(scope.session, group.id or 0, person, person)
    found = participations.current(scope.session, group.id or 0, person)
    if found is None or found.kind != Part.ACTIVE:
        return ()
    return leave(group, found, person, scope)


def look_after(scope: Scope) -> tuple[Effect, ...]:
    """Tell of every group that nobody has taken up in its network's days for signing up, or that was lost unseen."""
    for group in participations.taken_up(scope.session):
        _taken_up(group)
    effects: list[Effect] = []
    for group, days in participations.without_active(scope.session):
        if group.dormant_since is not None or (scope.now - group.created_at).days >= days:
            effects += _dormant(group, scope)
    return tuple(effects)


def figures(network_id: int, scope: Scope, group: Group | None = None) -> Representation:
    """Who takes part in a group, or in any, against who belongs to the network."""
    return representation(participations.cells(scope.session, network_id, group.id if group else None, scope.now))


def _replace(
    group: Group,
    person: str,
    before: Participation | None,
    part: Part,
    by: str,
    scope: Scope,
    email: str | None = None,
) -> None:
    if before is not None:
        participations.end(scope.session, before, by, scope.now)
    participations.enter(
        scope.session,
        Participation(
            network_id=group.network_id,
            group_id=group.id or 0,
            person=person,
            kind=part,
            email=email,
            since=scope.now,
            entered_by=by,
        ),
    )


def _taken_up(group: Group) -> None:
    """It rests no longer; should it again, that is news."""
    group.dormant_since = group.dormant_told_at = None


def _lost(group: Group, scope: Scope) -> tuple[Effect, ...]:
    """One of the Aktive has gone."""
    told = () if participations.active(scope.session, group.id or 0) else _dormant(group, scope)
    return (*told, *groups.board_changed(group, scope))


def _dormant(group: Group, scope: Scope) -> tuple[Effect, ...]:
    """The group has no Aktive: told to the coordinators once, and again only after it has had some."""
    last = participations.last_active(scope.session, group.id or 0)
    group.dormant_since = group.dormant_since or (last.until if last else group.created_at)
    if group.dormant_told_at is not None:
        return ()
    group.dormant_told_at = scope.now
    room = rooms.find(scope.session, group.room_id) if group.room_id else None
    likely = [row.person for row in participations.followers(scope.session, group.id or 0)]
    said = text(
        "dormancy.told",
        group=group,
        never=last is None,
        followers=likely[:MOST_FOLLOWERS],
        others=max(len(likely) - MOST_FOLLOWERS, 0),
        prefix=scope.house.prefix,
    )
    return tuple(
        Direct(
            person=coordinator,
            key=f"dormant/{group.id}/{last.id if last else 0}/{coordinator}",
            text=said,
            network_id=group.network_id,
            language=group.language or (room.language if room else None),
        )
        for coordinator in standing.coordinators(group.network_id, scope)
    )
