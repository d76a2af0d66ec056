"""A network goes from one account to another; both read the same rooms, in one database (`bot.store.relocation`).

Its old bot lets the new one into the rooms. When it is everywhere, the old one says a last thing in each: the mark.
What stands before it is the old one's to handle, what comes after it the new one's. With all marks back and nothing
left to be sent, the records change hands in one transaction; the old one tells whom it knows, and goes. The new one
reads each room back to its mark, says anew what only its author can edit, and from then on all is as ever. Each step
is a transaction: killed anywhere, the next look goes on.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from bot.context import Scope
from bot.effects import Decline, Direct, Effect, Empower, Invite, Say
from bot.events import Power
from bot.others import Others
from bot.procedures import standing, taking_over
from bot.store import networks, outbox, rooms
from bot.store.relocation import handover, marks, relocations
from bot.store.relocation.named import OWN
from bot.store.relocation.relocations import Relocation, State
from bot.store.tables import Room
from bot.texts import text

AGAIN_EVERY = timedelta(minutes=10)
"""Whoever could not be let in is invited anew: somebody may have given us the power, or turned it down by mistake."""
STUCK_AFTER = timedelta(minutes=1)
"""What waits longer in a room holds the marks up: once they stand, the room is without a bot until it has gone."""
HANDLED_WITHIN = timedelta(hours=1)
"""So long before the marks somebody may have sent what the new bot reads once more, and we have handled."""
OVER_WITHIN = timedelta(minutes=10)
"""So long the key of a message, or a room that is being opened, may be on its way before the records go without it."""
LOOKED_THROUGH_EVERY = timedelta(minutes=2)
"""Whether anything speaks against it is much to look through."""


class Step(StrEnum):
    """What is to be done next. The last two are the new bot's."""

    INVITE = "invite"
    MARK = "mark"
    HAND_OVER = "hand over"
    END = "end"
    TAKE = "take"
    CLEAR_UP = "clear up"


Next = tuple[Relocation, Step]


def notice(others: Others, scope: Scope) -> list[Next]:
    """See who shares the database with us and what goes on between us; what is to be done now. One account asks once.

    What `others` says holds from here on: nothing that follows from it has been done yet.
    """
    us = scope.house.us
    others.accounts = frozenset(relocations.accounts(scope.session)) - {us}
    if not others.accounts:
        others.marking = others.expecting = False
        return []
    leaving, coming = relocations.leaving(scope.session, us), relocations.coming(scope.session, us)
    others.marking = any(each.state == State.MARKED for each in leaving)
    others.expecting = any(each.state in (State.INVITING, State.MARKED, State.HANDED) for each in coming)
    found = [(each, _as_source(each, others, scope)) for each in leaving]
    found += [(each, _as_target(each, scope)) for each in coming]
    return [(each, step) for each, step in found if step is not None]


def _as_source(relocation: Relocation, others: Others, scope: Scope) -> Step | None:
    match relocation.state:
        case State.ASKED:
            return Step.INVITE
        case State.INVITING:
            return _before_the_marks(relocation, others, scope)
        case State.MARKED:
            return _after_the_marks(relocation, scope)
        case State.TAKEN:
            return None if outbox.is_waiting(scope.session, f"{schedule(relocation, Step.HAND_OVER)} ") else Step.END
    return None


def _as_target(relocation: Relocation, scope: Scope) -> Step | None:
    if relocation.state == State.STOPPED:
        return Step.CLEAR_UP
    if relocation.state == State.HANDED and not marks.unread(scope.session, (relocation.network_id,)):
        return Step.TAKE
    return None


def _before_the_marks(relocation: Relocation, others: Others, scope: Scope) -> Step | None:
    if _uninvited(relocation, _outside(relocation, scope), scope):
        return Step.INVITE
    here = _rooms(relocation, scope)
    waits = (
        _outside(relocation, scope)
        or any(Power.SPEAK in room.lacks.split(",") for room in here)
        or marks.unsent(scope.session, [room.room_id for room in here], scope.now - STUCK_AFTER)
        or others.hindered.get(relocation.network_id, scope.now) > scope.now
    )
    if not waits and handover.hindrances(scope.session, relocation):
        others.hindered[relocation.network_id] = scope.now + LOOKED_THROUGH_EVERY
        return None
    return None if waits else Step.MARK


def _after_the_marks(relocation: Relocation, scope: Scope) -> Step | None:
    """A room may have come to the network while the marks were on their way: it gets its own."""
    unmarked = [room.room_id for room in _rooms(relocation, scope) if room.reads_after is None]
    if outside := [room_id for room_id in _outside(relocation, scope) if room_id in unmarked]:
        return Step.INVITE if _uninvited(relocation, outside, scope) else None
    if unmarked:
        return Step.MARK if marks.unsaid(scope.session, [_mark(relocation, each) for each in unmarked]) else None
    all_of_it = _places(relocation, scope)
    waits = (
        marks.unsent(scope.session, all_of_it)
        or marks.under_way(scope.session, scope.now - OVER_WITHIN)
        or marks.locked(scope.session, all_of_it, scope.now - OVER_WITHIN)
    )
    return None if waits else Step.HAND_OVER


def take(relocation: Relocation, step: Step, scope: Scope) -> tuple[Effect, ...]:
    """Take a step."""
    match step:
        case Step.INVITE:
            return _invite(relocation, scope)
        case Step.MARK:
            return _mark_all(relocation, scope)
        case Step.HAND_OVER:
            return _hand_over(relocation, scope) if _after_the_marks(relocation, scope) is step else ()
        case Step.TAKE:
            return taking_over.take_over(relocation, scope)
        case Step.CLEAR_UP:
            return taking_over.clear_up(relocation, scope)
        case Step.END:
            relocations.end(scope.session, relocation)
            return ()


def schedule(relocation: Relocation, step: Step) -> str:
    """What a step is claimed under; so begin the keys of what it does that have none of their own."""
    return f"{_about(relocation)}{step}"


def _about(relocation: Relocation) -> str:
    return f"{OWN}{relocation.network_id}/{relocation.asked_at.isoformat()}/"


def _mark(relocation: Relocation, room_id: str) -> str:
    return f"{_about(relocation)}mark {room_id}"


def _rooms(relocation: Relocation, scope: Scope) -> Sequence[Room]:
    return rooms.groups_of_network(scope.session, relocation.network_id)


def _places(relocation: Relocation, scope: Scope) -> list[str]:
    """All rooms, also those that were replaced (native polls there still take votes), and the space."""
    space = networks.by_id(scope.session, relocation.network_id).space_id
    return [*handover.rooms_of(scope.session, relocation.network_id), *((space,) if space else ())]


# the old bot


def _outside(relocation: Relocation, scope: Scope) -> list[str]:
    """The rooms that the new bot has not entered, and the network's space."""
    space = networks.by_id(scope.session, relocation.network_id).space_id
    places = [*(room.room_id for room in _rooms(relocation, scope)), *((space,) if space else ())]
    return marks.without(scope.session, places, relocation.target)


def _invitation(relocation: Relocation, room_id: str, scope: Scope) -> str:
    return f"{_about(relocation)}invite {room_id}/{(scope.now - relocation.asked_at) // AGAIN_EVERY}"


def _uninvited(relocation: Relocation, outside: Sequence[str], scope: Scope) -> list[str]:
    """Where it is to be asked in now, for the first time or once more."""
    keys = {_invitation(relocation, room_id, scope): room_id for room_id in outside}
    unsaid = marks.unsaid(scope.session, keys)
    return [room_id for key, room_id in keys.items() if key in unsaid]


def _invite(relocation: Relocation, scope: Scope) -> tuple[Effect, ...]:
    """Ask the new bot into the rooms, and give it the power that we have there."""
    if relocation.state == State.ASKED:
        relocations.advance(scope.session, relocation, State.INVITING)
    effects: list[Effect] = []
    for room_id in _uninvited(relocation, _outside(relocation, scope), scope):
        key = _invitation(relocation, room_id, scope)
        effects.append(Invite(room_id=room_id, person=relocation.target, key=key))
        effects.append(Empower(room_id=room_id, person=relocation.target, level=None, key=f"{key}/power"))
    return tuple(effects)


def _mark_all(relocation: Relocation, scope: Scope) -> tuple[Effect, ...]:
    """Say the last thing in each room: from there on it is the new bot's."""
    if relocation.state == State.INVITING:
        relocations.advance(scope.session, relocation, State.MARKED)
    said = text("relocating.mark", target=relocation.target)
    return tuple(
        Say(room_id=room.room_id, key=_mark(relocation, room.room_id), text=said)
        for room in _rooms(relocation, scope)
        if room.reads_after is None
    )


def _hand_over(relocation: Relocation, scope: Scope) -> tuple[Effect, ...]:
    """Records, rooms and people are the new bot's from here on; whom we talk to alone is told whom to write to."""
    told = _told(relocation, scope)
    since = [outbox.stored_at(scope.session, _mark(relocation, room.room_id)) for room in _rooms(relocation, scope)]
    marks.share_claims(scope.session, relocation.target, min(filter(None, since), default=scope.now) - HANDLED_WITHIN)
    places = _places(relocation, scope)
    handover.hand_over(scope.session, relocation)
    relocations.advance(scope.session, relocation, State.HANDED)
    reason = text("relocating.left", target=relocation.target)
    return (*told, *(Decline(room_id, reason) for room_id in places))


def _told(relocation: Relocation, scope: Scope) -> tuple[Effect, ...]:
    return tuple(
        Direct(
            person=person,
            key=f"{_about(relocation)}told {person}",
            text=text(
                "relocating.told",
                network=relocation.name,
                target=relocation.target,
                last=len(standing.belongs_to(person, scope)) <= 1,
            ),
        )
        for person in marks.alone_with(scope.session, relocation.network_id)
    )
