"""Somebody brings us into a room: what follows from an invitation."""

from collections.abc import Sequence
from datetime import timedelta

from bot.context import Scope
from bot.effects import Asks, Decline, Direct, Effect, Follow, Join, Pin, Say
from bot.events import Invited
from bot.language.kept import offering
from bot.procedures import belonging, spaces
from bot.procedures.standing import found_at_first_use
from bot.store import groups, networks, rooms
from bot.store.tables import Network, Room
from bot.texts import Text, text

ANSWERED_WITHIN = timedelta(days=1)  # whose room it is; later the room itself says how to decide it


def invited(invitation: Invited, scope: Scope) -> tuple[Effect, ...]:
    """Follow or refuse an invitation.

    Only servers the operator named are followed. Into a group's room only a coordinator or moderator may bring us, and
    back into one of a network only somebody who leads that network: a room never changes sides. Anyone on such a server
    may open a direct chat. An invitation to the room that replaces one of ours is followed, and the room looked at
    there. So is that of another account of ours whose network comes to us: without a word, until its records are here.
    """
    if (into_another_s := belonging.entered(invitation, scope)) is not None:
        return into_another_s
    replaced = rooms.replaced_by(scope.session, invitation.room_id)
    if replaced is not None:
        return (_follow(replaced, invitation),)
    server = invitation.inviter.partition(":")[2]
    if server not in scope.house.servers:
        return (Decline(invitation.room_id, text("arrivals.foreign_server"), invitation.inviter),)
    into_space = spaces.invited(invitation, scope)
    if into_space is not None:
        return into_space
    known = rooms.find(scope.session, invitation.room_id)
    # who invites may call any room a direct chat; a group's room never becomes one
    direct = invitation.direct and (known is None or known.network_id is None)
    homes = () if direct else _networks_of_inviter(invitation.inviter, known, scope)
    if not direct and (refusal := _refusal(known, homes, scope)) is not None:
        return (Decline(invitation.room_id, refusal, invitation.inviter),)
    was_there = known is not None and known.joined  # asked now: saving overwrites what is known
    room = _room(invitation, known, scope)
    room.network_id = None if direct else _network_of_room(known, homes)
    room.direct_with = invitation.inviter if direct else None
    rooms.save(scope.session, room)
    if was_there:
        return (Join(invitation.room_id, invitation.inviter),)
    return (
        Join(invitation.room_id, invitation.inviter),
        *_welcome(room, scope),
        *_whose(room, homes, scope),
        *_in_its_space(room, homes, scope),
    )


def _room(invitation: Invited, known: Room | None, scope: Scope) -> Room:
    """The room as it is from now on. What moved there before we were out is still to be told by its next digest."""
    room = Room(
        room_id=invitation.room_id,
        invited_by=invitation.inviter,
        since=scope.now,
        last_digest_at=scope.now,
        lacks=rooms.UNSEEN,
    )
    if known is not None:
        room.language, room.name = known.language, known.name
        room.last_digest_at = known.last_digest_at or known.since
        if known.joined:
            room.since, room.lacks = known.since, known.lacks
    return room


def _refusal(known: Room | None, homes: Sequence[Network], scope: Scope) -> Text | None:
    """Why somebody who leads these networks cannot bring us into a group's room. Whose it is, they do not learn."""
    if known is not None and known.network_id not in (None, *(network.id for network in homes)):
        return text("arrivals.not_yours")
    return None if homes else text("arrivals.only_coordinators", coordinators=scope.house.coordinators)


def _follow(replaced: Room, invitation: Invited) -> Follow:
    return Follow(
        room_id=replaced.room_id,
        key=f"follow {invitation.room_id} {invitation.received_at.isoformat()}",
        successor=invitation.room_id,
        by=replaced.successor_by or "",
    )


def _welcome(room: Room, scope: Scope) -> tuple[Effect, ...]:
    """Who we are and where help is; pinned, so that newcomers find it. Working groups have a welcome of their own."""
    direct = room.direct_with is not None
    if not direct and groups.of_room(scope.session, room.room_id) is not None:
        return ()
    key = f"welcome {room.room_id} {scope.now.isoformat()}"
    welcome = text("arrivals.welcome", prefix=scope.house.prefix, direct=direct)
    said = Say(room_id=room.room_id, key=key, text=welcome)
    return (said,) if direct else (said, Pin(room_id=room.room_id, key=f"{key}/pin", of=(key,)))


def _whose(room: Room, homes: Sequence[Network], scope: Scope) -> tuple[Effect, ...]:
    """Ask who invited us for the network, if several are possible. Alone: their names are nobody else's business."""
    if room.direct_with is not None or room.network_id is not None:
        return ()
    ask = text("arrivals.which_network", room=room, networks=homes)
    return (
        Direct(
            person=room.invited_by,
            key=f"whose {room.room_id} {scope.now.isoformat()}",
            text=ask,
            resume=offering(f"verbund aufnehmen {room.room_id}", (network.id or 0 for network in homes)),
            resume_until=scope.now + ANSWERED_WITHIN,
            asks=Asks.NETWORK,
        ),
    )


def _in_its_space(room: Room, homes: Sequence[Network], scope: Scope) -> tuple[Effect, ...]:
    home = next((network for network in homes if network.id == room.network_id), None)
    return spaces.joined(home, room.room_id, scope) if home is not None else ()


def _network_of_room(known: Room | None, homes: Sequence[Network]) -> int | None:
    """A room stays in the network it was in; with several to choose from, somebody must say."""
    if known is not None and known.network_id is not None:
        return known.network_id
    return homes[0].id if len(homes) == 1 else None


def _networks_of_inviter(inviter: str, known: Room | None, scope: Scope) -> Sequence[Network]:
    """The networks that somebody may bring a room into; founded at first use, for a room that has none."""
    may_found = inviter in scope.house.coordinators
    found = networks.led_by(scope.session, inviter, founder=may_found)
    if found or not may_found or (known is not None and known.network_id is not None):
        return found
    return [found_at_first_use(inviter, scope)]
