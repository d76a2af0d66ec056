"""A network's space in Matrix: opened, its rooms in it. A direct chat never is.

A space that cannot be opened is tried again when a coordinator next has reason to expect one; each attempt has a row of
its own, and all of them mean the same space. A tombstone in a space is ignored: it holds no work, and where the network
goes on is said by its rooms.
"""

from bot.context import Scope
from bot.domain.refusals import obstacle_of
from bot.effects import AGAIN, Decline, Direct, Effect, Empower, Invite, Join, OpenRoom, SetState
from bot.events import Failed, Invited, Left, Opened
from bot.language.slugs import slug
from bot.procedures import standing
from bot.store import networks, rooms
from bot.store import spaces as known
from bot.store.tables import Network, Room
from bot.texts import Text, text

KEY = "space/"
RULES = 100  # the power level of coordinators


def open_for(network: Network, scope: Scope) -> tuple[Effect, ...]:
    """Open the network's space, unless there is one or it is being opened. After a failure: once more."""
    if network.space_id is not None:
        return ()
    attempts = _attempts(network, scope)
    if attempts and attempts[-1] == "waiting":
        return ()
    opening = OpenRoom(
        key=_attempt(network, len(attempts)),
        name=network.name,
        alias=slug(network.name, otherwise="verbund"),
        space=True,
        powers=dict.fromkeys(standing.coordinators(network.id or 0, scope), RULES),
    )
    return (opening,)


def open_after_failure(network: Network, scope: Scope) -> tuple[Effect, ...]:
    """Try once more to open a space that could not be opened; one that nobody wanted yet, or that we left, is not."""
    attempts = _attempts(network, scope)
    return open_for(network, scope) if attempts and attempts[-1] == "parked" else ()


def _attempts(network: Network, scope: Scope) -> list[str]:
    """What became of every attempt so far."""
    states: list[str] = []
    while (state := known.state_of_opening(scope.session, _attempt(network, len(states)))) is not None:
        states.append(state)
    return states


def _attempt(network: Network, number: int) -> str:
    """The key of the attempt before which there were so many."""
    return f"{_key(network)}{AGAIN}{number}" if number else _key(network)


def with_room(network: Network, room_id: str, scope: Scope) -> tuple[Effect, ...]:
    """Put a room into the network's space; the space is opened first where there is none, and then takes all rooms."""
    return open_for(network, scope) if network.space_id is None else joined(network, room_id, scope)


def joined(network: Network, room_id: str, scope: Scope) -> tuple[Effect, ...]:
    """Put a room into the network's space, if there is one. That a room comes to us is no reason to open one."""
    room = rooms.find(scope.session, room_id)
    if network.space_id is None or (room is not None and room.direct_with is not None):
        return ()
    return _child(network, network.space_id, room_id, room, scope)


def opened(event: Opened, scope: Scope) -> tuple[Effect, ...]:
    """A network's space is there: its coordinators are invited, and its rooms hang in it."""
    network = _network(event.key, scope)
    if network.space_id not in (None, event.room_id):
        return (Decline(event.room_id, text("spaces.not_needed")),)
    network.space_id = event.room_id
    invitations = tuple(
        Invite(room_id=event.room_id, person=person, key=f"{_about(network, event.room_id, scope)}/invite/{person}")
        for person in standing.coordinators(network.id or 0, scope)
    )
    return (*invitations, *_children(network, event.room_id, scope))


def not_opened(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """A network's space cannot be opened: those who coordinate it are told, once for each attempt."""
    network = _network(event.key, scope)
    told = text("spaces.not_opened", network=network, prefix=scope.house.prefix)
    return _tell(network, f"{event.key}/failed", told, scope)


def not_invited(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Somebody could not be invited to the space: those who coordinate the network may do it themselves."""
    network = _network(event.key, scope)
    if event.room_id != network.space_id:
        return ()
    told = text("spaces.not_invited", network=network, person=event.person or "", obstacle=obstacle_of(event.problem))
    return _tell(network, f"{event.key}/failed", told, scope)


def left(event: Left, scope: Scope) -> tuple[Effect, ...]:
    """We are out of a network's space: it has none any more. Its rooms go on; the coordinators are told once."""
    network = known.network_of(scope.session, event.room_id)
    if network is None:
        return ()
    network.space_id = None
    if event.by == scope.house.us:
        return ()
    told = text("spaces.left", network=network, by=event.by, banned=event.banned, prefix=scope.house.prefix)
    return _tell(network, f"{_key(network)}/left/{event.room_id}/{scope.now.isoformat()}", told, scope)


def invited(invitation: Invited, scope: Scope) -> tuple[Effect, ...] | None:
    """Back into a space of ours: joined and nothing else, for a space is no room to speak in. None for other rooms.

    One that we were out of becomes the network's again, if a coordinator wants it and there is no other by now.
    """
    if known.network_of(scope.session, invitation.room_id) is not None:
        return (Join(invitation.room_id, invitation.inviter),)
    said = known.said_in(scope.session, invitation.room_id, KEY)
    if said is None:
        return None
    network = _network(said, scope)
    if invitation.inviter not in standing.coordinators(network.id or 0, scope):
        return (Decline(invitation.room_id, text("arrivals.not_yours"), invitation.inviter),)
    if network.space_id is not None:
        return (Decline(invitation.room_id, text("spaces.not_needed"), invitation.inviter),)
    network.space_id = invitation.room_id
    return (Join(invitation.room_id, invitation.inviter), *_children(network, invitation.room_id, scope))


def renamed(network: Network, cause: str) -> tuple[Effect, ...]:
    """The space is called what the network is called. `cause` is the event that renamed it."""
    if network.space_id is None:
        return ()
    key = f"{_key(network)}/name/{cause}"
    return (SetState(room_id=network.space_id, key=key, event_type="m.room.name", content={"name": network.name}),)


def appointed(network: Network, person: str, cause: str) -> tuple[Effect, ...]:
    """Somebody coordinates the network from now on: they belong into its space. `cause` is the event that says so."""
    if network.space_id is None:
        return ()
    return (
        Invite(room_id=network.space_id, person=person, key=f"{_key(network)}/invite/{person}/{cause}"),
        Empower(room_id=network.space_id, person=person, level=RULES, key=f"{_key(network)}/empower/{person}/{cause}"),
    )


def _children(network: Network, space_id: str, scope: Scope) -> tuple[Effect, ...]:
    """All rooms of the network."""
    found = rooms.groups_of_network(scope.session, network.id or 0)
    return tuple(effect for room in found for effect in _child(network, space_id, room.room_id, room, scope))


def _child(network: Network, space_id: str, room_id: str, room: Room | None, scope: Scope) -> tuple[Effect, ...]:
    """The space names the room; the room names the space where it is ours to say, in a room that we opened."""
    via, about = [scope.house.us.partition(":")[2]], _about(network, space_id, scope)
    child = SetState(
        room_id=space_id,
        key=f"{about}/child/{room_id}",
        event_type="m.space.child",
        state_key=room_id,
        content={"via": via, "suggested": False},
    )
    if room is None or room.invited_by != scope.house.us:
        return (child,)
    parent = SetState(
        room_id=room_id,
        key=f"{about}/parent/{room_id}",
        event_type="m.space.parent",
        state_key=space_id,
        content={"via": via, "canonical": True},
    )
    return (child, parent)


def _tell(network: Network, key: str, told: Text, scope: Scope) -> tuple[Effect, ...]:
    coordinators = standing.coordinators(network.id or 0, scope)
    return tuple(
        Direct(person=person, key=f"{key}/{person}", text=told, network_id=network.id) for person in coordinators
    )


def _key(network: Network) -> str:
    return f"{KEY}{network.id}"


def _about(network: Network, space_id: str, scope: Scope) -> str:
    """What begins the keys of all that is done in this space; what was done in an earlier one is done again."""
    return f"{_key(network)}/in {space_id}" if len(_attempts(network, scope)) > 1 else _key(network)


def _network(key: str, scope: Scope) -> Network:
    return networks.by_id(scope.session, int(key.removeprefix(KEY).partition("/")[0]))
