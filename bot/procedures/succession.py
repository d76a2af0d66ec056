"""A room is replaced by another one: we follow if it really is, and everything that belongs to the room comes along."""

from datetime import timedelta

from bot.context import Scope
from bot.domain.consultation import State
from bot.effects import Direct, Effect, Follow, Invite, Pin, Resume, Say, SetState
from bot.events import Failed, Moved, Upgraded
from bot.procedures import announcing, boards, groups, opening, spaces, standing
from bot.store import consultations, moves, networks, outbox, rooms
from bot.store import groups as known_groups
from bot.store.tables import Group, Network, Room
from bot.texts import Text, text

PATIENCE = timedelta(days=1)  # then whoever coordinates hears that nobody lets us into the new room


def upgraded(change: Upgraded, room: Room, scope: Scope) -> tuple[Effect, ...]:
    """Follow, once for each tombstone: one that was refused is refused for good, another one may be right."""
    key = f"follow {room.room_id} {change.successor} {change.event_id}"
    if change.successor == room.room_id or moves.is_said(scope.session, key):
        return ()
    room.successor, room.successor_by = change.successor, change.sender
    return (Follow(room_id=room.room_id, key=key, successor=change.successor, by=change.sender),)


def moved(event: Moved, scope: Scope) -> tuple[Effect, ...]:
    """Everything follows to the room that replaces another one, unless that room is somebody's already."""
    old = rooms.find(scope.session, event.room_id)
    if old is None or not old.joined or old.successor != event.successor:
        return ()
    if moves.is_taken(scope.session, old, event.successor):
        return _stay(old, event.key, scope, taken=True)
    outbox.give_up(scope.session, _said_anew(old, scope), f"said anew in {event.successor}")
    before, new = old.room_id, moves.move(scope.session, old, event.successor)
    key = f"moved {before} {new.room_id}"
    running = consultations.of_room(scope.session, new.room_id, (State.OPEN,))
    direct = new.direct_with is not None
    told = text(
        "roomlife.moved",
        direct=direct,
        consultations=running,
        unsealed=event.unsealed,
        prefix=scope.house.prefix,
    )
    said = Say(room_id=new.room_id, key=key, text=told)
    held = Resume(new.room_id)  # before what may refer to it: a board that could not be said until now
    if direct or new.network_id is None:
        return (said, held)
    group = group_of(new, scope)
    network = networks.by_id(scope.session, new.network_id)
    settled = groups.settle(group, new.room_id, scope) if group else ()
    return (
        said,
        held,
        *(effect for consultation in running for effect in opening.open_again(consultation, scope)),
        *(effect for effect in settled if not isinstance(effect, Invite)),  # whoever made the room invites people
        *(() if group else (Pin(room_id=new.room_id, key=f"{key}/pin", of=(key,)),)),
        *boards.moved(new, scope),
        *(() if group else spaces.joined(network, new.room_id, scope)),
        *_out_of_space(network, before),
    )


def _said_anew(old: Room, scope: Scope) -> list[str]:
    """The keys under which open consultations were announced: should that be held, it is not to be said twice."""
    running = consultations.of_room(scope.session, old.room_id, (State.OPEN,))
    keys = [key for consultation in running for key in announcing.keys(consultation, scope)]
    return [*keys, *(moves.again(key, old.room_id) for key in keys)]


def _out_of_space(network: Network, room_id: str) -> tuple[Effect, ...]:
    """The old room would stand in the space beside the new one, under the same name."""
    if network.space_id is None:
        return ()
    key = f"{spaces.KEY}without/{room_id}"
    gone = SetState(room_id=network.space_id, key=key, event_type="m.space.child", content={}, state_key=room_id)
    return (gone,)


def not_followed(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """The room that was said to replace another one does not. If another tombstone came since, that one counts."""
    room = rooms.find(scope.session, failure.room_id or "")
    if room is None or not room.joined or room.successor not in failure.key.split():
        return ()
    return _stay(room, failure.key, scope, taken=False)


def _stay(room: Room, cause: str, scope: Scope, *, taken: bool) -> tuple[Effect, ...]:
    by, successor = room.successor_by, room.successor
    room.successor = room.successor_by = None
    told = text("roomlife.not_followed", room=room, successor=successor, by=by, taken=taken)
    return tell_coordinators(room, f"stays {cause}", told, scope)


def look_after(scope: Scope) -> tuple[Effect, ...]:
    """Tell of every room that was replaced a day ago, by one that nobody has let us into since; each once."""
    effects: list[Effect] = []
    for room in rooms.being_replaced(scope.session):
        asked_at = moves.asked_to_follow(scope.session, room)
        if asked_at is not None and scope.now - asked_at >= PATIENCE:
            told = text("roomlife.not_let_in", room=room, successor=room.successor, by=room.successor_by)
            effects += tell_coordinators(room, f"not let in {room.room_id} {room.successor}", told, scope)
    return tuple(effects)


# whom it concerns


def group_of(room: Room | None, scope: Scope) -> Group | None:
    """The living group whose room this is."""
    if room is None or room.network_id is None or room.direct_with is not None:
        return None
    return known_groups.of_room(scope.session, room.room_id)


def tell_coordinators(room: Room, key: str, told: Text, scope: Scope) -> tuple[Effect, ...]:
    """Each by direct message, in the room's language. A direct chat is nobody else's business."""
    if room.network_id is None or room.direct_with is not None:
        return ()
    return tuple(
        Direct(person=person, key=f"{key}/{person}", text=told, network_id=room.network_id, language=room.language)
        for person in standing.coordinators(room.network_id, scope)
    )
