"""A network's space in Matrix: opened once, its rooms in it. A direct chat never is."""

from bot.context import Scope
from bot.effects import Direct, Effect, Empower, Invite, OpenRoom, SetState
from bot.events import Failed, Opened
from bot.language.slugs import slug
from bot.store import networks, rooms
from bot.store.tables import Network, Room
from bot.texts import text

KEY = "space/"
RULES = 100  # the power level of coordinators


def open_for(network: Network, scope: Scope) -> tuple[Effect, ...]:
    """Open the network's space, unless there is one. Asked for again, it stays the same one: the key says so."""
    if network.space_id is not None:
        return ()
    opening = OpenRoom(
        key=_key(network),
        name=network.name,
        alias=slug(network.name, otherwise="verbund"),
        space=True,
        powers=dict.fromkeys(networks.coordinators(scope.session, network.id or 0), RULES),
    )
    return (opening,)


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
    network.space_id = event.room_id
    coordinators = networks.coordinators(scope.session, network.id or 0)
    invitations = tuple(
        Invite(room_id=event.room_id, person=person, key=f"{_key(network)}/invite/{person}") for person in coordinators
    )
    rooms_ = rooms.groups_of_network(scope.session, network.id or 0)
    children = (effect for room in rooms_ for effect in _child(network, event.room_id, room.room_id, room, scope))
    return (*invitations, *children)


def not_opened(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """A network's space cannot be opened: those who coordinate it are told, once."""
    network = _network(event.key, scope)
    return tuple(
        Direct(
            person=person,
            key=f"{_key(network)}/failed/{person}",
            text=text("spaces.not_opened", network=network),
            network_id=network.id,
        )
        for person in networks.coordinators(scope.session, network.id or 0)
    )


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


def _child(network: Network, space_id: str, room_id: str, room: Room | None, scope: Scope) -> tuple[Effect, ...]:
    """The space names the room; the room names the space where it is ours to say, in a room that we opened."""
    via = [scope.house.us.partition(":")[2]]
    child = SetState(
        room_id=space_id,
        key=f"{_key(network)}/child/{room_id}",
        event_type="m.space.child",
        state_key=room_id,
        content={"via": via, "suggested": False},
    )
    if room is None or room.invited_by != scope.house.us:
        return (child,)
    parent = SetState(
        room_id=room_id,
        key=f"{_key(network)}/parent/{room_id}",
        event_type="m.space.parent",
        state_key=space_id,
        content={"via": via, "canonical": True},
    )
    return (child, parent)


def _key(network: Network) -> str:
    return f"{KEY}{network.id}"


def _network(key: str, scope: Scope) -> Network:
    return networks.by_id(scope.session, int(key.removeprefix(KEY)))
