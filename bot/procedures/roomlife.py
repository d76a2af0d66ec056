"""What becomes of rooms: people come and go, a room is renamed, upgraded, or closed to us.

State comes again with every start. So what it says is compared with what we know, what is done about it has a key made
of the event, and what has no key (a name, somebody's going) is claimed by its event: nothing is said or done twice.
"""

from collections.abc import Set
from datetime import datetime

from bot.context import Scope
from bot.domain.consultation import State
from bot.effects import Effect, Pin, Resume, Say
from bot.events import Left, Members, Membership, Named, Power, Powers, Upgraded
from bot.language.names import fold
from bot.procedures import boards, grouping, groups, participation, spaces
from bot.procedures.succession import group_of, tell_coordinators, upgraded
from bot.store import boards as known_boards
from bot.store import consultations, participations, progress, rooms, sealed
from bot.store import groups as known_groups
from bot.store.tables import Group, Room
from bot.texts import text

Change = Members | Membership | Named | Left | Upgraded | Powers
NOTHING = "-"  # in `Room.lacks`: we know that we lack nothing; "" is that we do not know yet

LONGEST_NAME = 200  # of a room; a group's is shorter
UNDECIDED = (State.SCHEDULED, State.OPEN, State.CLOSED)


def changed(change: Change, scope: Scope) -> tuple[Effect, ...]:
    """Keep what we know about a room true, and tell whom it concerns."""
    room = rooms.find(scope.session, change.room_id)
    match change:
        case Members():
            return _members(change, room, scope)
        case Membership():
            return _membership(change, room, scope)
        case Left():
            return _left(change, room, scope)
    if room is None or not room.joined:
        return ()  # not ours, or no longer: closed to us, or replaced by another room
    match change:
        case Upgraded():
            return upgraded(change, room, scope)
        case Powers():
            return _powers(change, room, scope)
        case Named():
            return _named(change, room, scope)


# people


def _members(change: Members, room: Room | None, scope: Scope) -> tuple[Effect, ...]:
    """Who is there now. Whom we saw before and see no longer has left while we were away."""
    if room is not None and not room.joined:
        return ()  # still in the old room of an upgrade: nothing follows from that any more
    people = change.joined - {scope.house.us}
    gone = set(rooms.members(scope.session, change.room_id)) - people
    rooms.replace_members(scope.session, change.room_id, people)
    if room is None:
        return ()
    rooms.see(room)
    _still_direct(room, scope)
    group = group_of(room, scope)
    if group is None:
        return (Resume(room.room_id),)
    if group.suspended_at is not None:
        return (Resume(room.room_id), *_back(group, group.suspended_at, people, scope))
    left = (effect for person in sorted(gone) for effect in participation.left_room(group, person, scope))
    return (Resume(room.room_id), *left)


def _membership(change: Membership, room: Room | None, scope: Scope) -> tuple[Effect, ...]:
    """Somebody came or went. What follows from it happens once: they may have taken part anew since."""
    if change.person == scope.house.us or (room is not None and not room.joined):
        return ()
    was_there = rooms.is_member(scope.session, change.room_id, change.person)
    rooms.set_member(scope.session, change.room_id, change.person, joined=change.state == "join")
    _still_direct(room, scope)
    group = group_of(room, scope)
    if group is None or change.state not in ("leave", "ban"):
        return ()
    if not progress.claim_event(scope.session, change.event_id, scope.now):
        return ()
    if was_there:
        return participation.left_room(group, change.person, scope)
    return groups.declined(group, change.person, change.sender, scope)


def _still_direct(room: Room | None, scope: Scope) -> None:
    """A chat with a third person in it is direct no longer, whatever it was called: nothing personal goes there."""
    if room is not None and room.direct_with is not None and len(rooms.members(scope.session, room.room_id)) > 1:
        room.direct_with = None


# closed to us


def _left(change: Left, room: Room | None, scope: Scope) -> tuple[Effect, ...]:
    """We are out. What belongs to the room waits until somebody lets us in again; we do not ask."""
    group = group_of(room, scope) if room is not None and room.joined else None
    if group is not None and group.suspended_at is None:
        _suspend(group, change.room_id, scope)
    sealed.leave(scope.session, change.room_id)
    rooms.replace_members(scope.session, change.room_id, ())  # whoever is there now, we do not see
    if room is None:
        return spaces.left(change, scope)
    if not room.joined:
        return ()
    room.joined = False
    if change.by == scope.house.us:
        return ()
    told = text(
        "roomlife.left",
        room=room,
        group=group,
        by=change.by,
        banned=change.banned,
        reason=change.reason,
        consultations=consultations.of_room(scope.session, room.room_id, UNDECIDED),
    )
    return tell_coordinators(room, f"left {room.room_id} {room.since.isoformat()}", told, scope)


def _suspend(group: Group, room_id: str, scope: Scope) -> None:
    """Who drives the group and has not come yet is noted: of the others we know that they were there."""
    group.suspended_at = scope.now
    there = set(rooms.members(scope.session, room_id))
    for row in participations.active(scope.session, group.id or 0):
        if row.person not in there:
            known_groups.note_invitation(scope.session, group, row.person, row.entered_by, scope.now)


def _back(group: Group, since: datetime, people: Set[str], scope: Scope) -> tuple[Effect, ...]:
    """Somebody who may has let us in again. Who was to come meanwhile is invited, who was there and is not has left."""
    group.suspended_at = None
    awaited = dict.fromkeys(known_groups.invited(scope.session, group.id or 0, since))
    effects: list[Effect] = []
    for row in participations.active(scope.session, group.id or 0):
        if row.since > since:
            awaited[row.person] = None
        elif row.person not in people and row.person not in awaited:
            effects += participation.left_room(group, row.person, scope)
    effects += groups.entered_many([(group, list(awaited))], scope)
    return (*effects, *groups.board_changed(group, scope))


def _powers(change: Powers, room: Room, scope: Scope) -> tuple[Effect, ...]:
    """What we may no longer do, and what we may again: what could not be said there is said then."""
    before, now = room.lacks, {power.value for power in change.lacks}
    room.lacks = lacking(change)
    regained = set(before.split(",")) & set(Power) - now
    resumed = (Resume(room.room_id),) if Power.SPEAK in regained else ()
    if room.direct_with or room.network_id is None or room.successor:
        return resumed
    again = _pinned_again(room, change, scope) if Power.PIN in regained else ()
    return (*resumed, *(_lost(change, room, before, now, scope) or again))


def lacking(change: Powers) -> str:
    """What we may not do, as `Room.lacks` has it."""
    return ",".join(sorted(power.value for power in change.lacks)) or NOTHING


def _lost(change: Powers, room: Room, before: str, now: set[str], scope: Scope) -> tuple[Effect, ...]:
    """Say what we can no longer do: in the room if we may still speak there, else to the coordinators.

    What we never could is no news, unless it is to speak. In a room that is being replaced nobody can do anything.
    """
    lost = [power for power in Power if power in now - set(before.split(","))]
    if Power.SPEAK in lost:
        told = text("roomlife.silenced", room=room, by=change.sender)
        return tell_coordinators(room, f"silenced {room.room_id} {change.event_id}", told, scope)
    if before and lost and Power.SPEAK not in now:
        told = text("roomlife.lost", lost=lost, by=change.sender)
        return (Say(room_id=room.room_id, key=f"lost {room.room_id} {change.event_id}", text=told),)
    return ()


def _pinned_again(room: Room, change: Powers, scope: Scope) -> tuple[Effect, ...]:
    """What could not be pinned, or was taken down meanwhile."""
    board = boards.pinned_again(room, change.event_id, scope)
    if (group := group_of(room, scope)) is None:
        return board
    here = groups.pinned(group, scope)
    key = f"pinned {room.room_id} {change.event_id}"
    return (*((Pin(room_id=room.room_id, key=key, of=here),) if here else ()), *board)


# renamed


def _named(change: Named, room: Room, scope: Scope) -> tuple[Effect, ...]:
    """A group is called what its room is called, if it may be; what we called it ourselves is no news.

    `Room.name` is what the room itself said last, and nothing else. So a name that comes again, however late, is told
    from a new one, whatever the group is called by now; several that come again in turn are told by their events.
    """
    is_new = progress.claim_event(scope.session, change.event_id, scope.now)
    name = said_name(change)
    if name == (room.name or ""):
        return ()
    room.name = name or None
    known_boards.want(scope.session, (room.room_id,), scope.now)
    group = group_of(room, scope)
    if group is None or not is_new or change.sender == scope.house.us or name == group.name:
        return ()
    if not _may_be_called(group, name, scope):
        return ()
    known_groups.remember_name(scope.session, group, change.sender, scope.now)
    group.name, group.folded = name, fold(name)
    return groups.board_changed(group, scope)


def said_name(change: Named) -> str:
    """What the room is called, as `Room.name` has it."""
    return " ".join(change.name.split())[:LONGEST_NAME]


def _may_be_called(group: Group, name: str, scope: Scope) -> bool:
    first = next(iter(fold(name).split()), "")
    if len(name) > grouping.LONGEST_NAME or first in grouping.RESERVED or not any(char.isalnum() for char in name):
        return False
    namesake = known_groups.by_folded(scope.session, group.network_id, fold(name))
    return namesake is None or namesake.id == group.id
