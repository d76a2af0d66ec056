"""What the new bot of a network does once its records are here and its rooms are read; see `relocating`."""

from bot.context import Scope
from bot.effects import Decline, Effect
from bot.procedures import boards, groups
from bot.store import groups as known_groups
from bot.store import rooms
from bot.store.relocation import marks, relocations
from bot.store.relocation.relocations import Relocation, State
from bot.texts import text


def take_over(relocation: Relocation, scope: Scope) -> tuple[Effect, ...]:
    """All rooms are read: what only its author can edit is said anew. Nobody is invited, nobody greeted."""
    relocations.advance(scope.session, relocation, State.TAKEN)
    effects: list[Effect] = []
    for room in rooms.groups_of_network(scope.session, relocation.network_id):
        rooms.set_member(scope.session, room.room_id, scope.house.us, joined=False)  # the old one counted us
        group = known_groups.of_room(scope.session, room.room_id)
        effects += groups.said_anew(group, scope) if group is not None else ()
        effects += boards.said_anew(room, scope)
    return tuple(effects)


def clear_up(relocation: Relocation, scope: Scope) -> tuple[Effect, ...]:
    """It was given up: out of the rooms again."""
    relocations.end(scope.session, relocation)
    reason = text("relocating.not_coming")
    entered = marks.entered(scope.session, relocation.asked_at)
    return tuple(Decline(room_id, reason) for room_id in entered)
