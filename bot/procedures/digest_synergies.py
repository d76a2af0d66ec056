"""What a digest tells of synergies: which projects were linked, and what holds several of them up."""

from datetime import datetime

from bot.context import Scope
from bot.procedures import needs, synergies, synergy_linking
from bot.procedures.digest_items import Blocked, Linked
from bot.store import synergies as store
from bot.store.news import Reach


def linked(reach: Reach, since: datetime, scope: Scope) -> list[Linked]:
    """What was linked since then (UTC), once for each room it concerns.

    To a room with guests nothing is told of a project that belongs to another room.
    """
    found = [one for one in store.linked_since(scope.session, reach.network_id, reach.rooms, since) if _by(one, scope)]
    shunned = store.rooms_with_guests(scope.session, reach.network_id) if found and reach.limited else set[str]()
    return [
        Linked(room_id, None, synergy_linking.key_of(tied), tied=tied, terms=synergies.explained(tied))
        for tied in found
        for room_id in dict.fromkeys((tied.first.room_id, tied.second.room_id))
        if (reach.rooms is None or room_id in reach.rooms)
        and (room_id not in shunned or tied.first.room_id == tied.second.room_id)
    ]


def _by(tied: store.Tied, scope: Scope) -> bool:
    return tied.synergy.linked_at is not None and tied.synergy.linked_at <= scope.now


def blocked(reach: Reach, scope: Scope) -> list[Blocked]:
    """What holds several projects of a network up; a single room is not told."""
    if reach.rooms is not None:
        return []
    return [Blocked("", None, None, shared=one) for one in needs.shared(reach.network_id, scope)]
