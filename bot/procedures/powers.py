"""Power levels in the rooms that we opened: given with a role. Matrix lets nobody take them from an equal."""

from bot.context import Context, Scope
from bot.effects import Effect, Empower
from bot.procedures import spaces
from bot.store import rooms
from bot.store.tables import Network, Room

MODERATES = 50


def to_coordinate(network: Network, person: str, cause: str, scope: Scope) -> tuple[Effect, ...]:
    """Somebody coordinates the network from now on: in its space, and in every room that we opened."""
    return (
        *spaces.appointed(network, person, cause),
        *(_empower(room, person, spaces.RULES, cause) for room in _ours(network.id or 0, scope)),
    )


def to_moderate(person: str, room_id: str, ctx: Context) -> tuple[Effect, ...]:
    """Somebody moderates a room from now on: nothing, unless its power levels are ours to give."""
    return tuple(_empower(room, person, MODERATES, ctx.message.event_id) for room in kept(ctx, room_id))


def kept(ctx: Context, room_id: str | None = None) -> list[Room]:
    """The rooms of ours (or only this one): what power we gave somebody there they still have, or will on joining."""
    return [room for room in _ours(ctx.network_id, ctx) if room_id in (None, room.room_id)]


def _ours(network_id: int, scope: Scope) -> list[Room]:
    return [
        room
        for room in rooms.groups_of_network(scope.session, network_id)
        if room.invited_by == scope.house.us  # only there are power levels ours to give
    ]


def _empower(room: Room, person: str, level: int, cause: str) -> Empower:
    return Empower(room_id=room.room_id, key=f"role {cause} {person} {room.room_id}", person=person, level=level)
