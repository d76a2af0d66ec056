"""Two projects are linked: their owners are brought together.

Where: in a thread of a room that both read. If both projects have the same room, there; else in the room of the first,
then of the second, then in any other room of the network that both owners are in. A room with guests is none of them:
guests see only what is shared with them. Where no room fits, each owner is told by direct message whom to write to: a
thread in two rooms would be two halves, and the bot cannot be in a chat of the two. Who has left the network is told
nothing any more.
"""

from collections.abc import Sequence

from bot.context import Scope
from bot.effects import Direct, Effect, Say
from bot.procedures import standing
from bot.store import synergies as store
from bot.store.synergies import Tied
from bot.texts import text


def bring_together(tied: Tied, terms: Sequence[str], scope: Scope) -> tuple[Effect, ...]:
    """A joint thread, or a message to each owner; nothing where no owner is left to talk."""
    named = dict.fromkeys(owner for owner in (tied.first.owner, tied.second.owner) if owner)
    owners = [owner for owner in named if standing.belongs(owner, tied.synergy.network_id, scope)]
    if not owners:
        return ()
    room_id = _common_room(tied, owners, scope)
    key = key_of(tied)
    if room_id is None:
        return tuple(_alone(tied, owner, terms, key, scope) for owner in owners)
    opened = text("synergies.thread", tied=tied, terms=terms)
    begin = text("synergies.begin", owners=owners, prefix=scope.house.prefix)
    return (
        Say(room_id=room_id, key=key, text=opened),
        Say(room_id=room_id, key=f"{key}/begin", thread=key, text=begin, mentions=tuple(owners)),
    )


def key_of(tied: Tied) -> str:
    """The key of the post that tells of a link, and begins its thread."""
    return f"synergy/{tied.synergy.id}/linked/{_when(tied)}"


def tell_parted(tied: Tied, scope: Scope, *, linked: bool) -> tuple[Effect, ...]:
    """Who had said „yes“ is told that it comes to nothing, without a sound."""
    row = tied.synergy
    said = ((tied.first, row.first_said, row.first_by), (tied.second, row.second_said, row.second_by))
    return tuple(
        Direct(
            person=project.owner or "",
            key=f"synergy/{row.id}/parted/{_when(tied)}/{project.owner}",
            text=text("synergies.parted", tied=tied, mine=project, other=tied.other(project.id or 0), linked=linked),
            network_id=row.network_id,
            language=scope.language_of(project.room_id),
            quiet=True,
        )
        for project, answered, by in said
        if answered == "yes"
        and project.owner is not None
        and project.owner == by
        and standing.belongs(by, row.network_id, scope)
    )


def _alone(tied: Tied, owner: str, terms: Sequence[str], key: str, scope: Scope) -> Effect:
    mine = tied.first if tied.first.owner == owner else tied.second
    return Direct(
        person=owner,
        key=f"{key}/{owner}",
        text=text("synergies.write_to", tied=tied, mine=mine, other=tied.other(mine.id or 0), terms=terms),
        network_id=tied.synergy.network_id,
        language=scope.language_of(mine.room_id),
    )


def _common_room(tied: Tied, owners: Sequence[str], scope: Scope) -> str | None:
    """Where both owners read, and no guest does."""
    network_id = tied.synergy.network_id
    shared = store.rooms_of_all(scope.session, network_id, owners)
    shunned = store.rooms_with_guests(scope.session, network_id)
    wanted = dict.fromkeys((tied.first.room_id, tied.second.room_id, *shared))
    return next((room_id for room_id in wanted if room_id in shared and room_id not in shunned), None)


def _when(tied: Tied) -> str:
    """Tells one link of two projects from a later one."""
    at = tied.synergy.linked_at or tied.synergy.dismissed_at
    return at.isoformat() if at else ""
