"""We come into a room, people come and go: what follows from an invitation and from a room's changes."""

from collections.abc import Iterable, Iterator

from bot.context import Context, Scope
from bot.domain.roles import RANK, Role
from bot.effects import Decline, Effect, Join, Say
from bot.errors import UserError
from bot.events import Invited, Left, Members, Membership, Message, Named
from bot.store import rooms
from bot.store.rooms import Given, Standing
from bot.store.tables import Network, OpenQuestion, Room
from bot.texts import text


def invited(invitation: Invited, scope: Scope) -> tuple[Effect, ...]:
    """Follow or refuse an invitation.

    Only servers the operator named are followed. Into a group's room only a coordinator may bring us; anyone on such a
    server may open a direct chat.
    """
    server = invitation.inviter.partition(":")[2]
    if server not in scope.house.servers:
        return (Decline(invitation.room_id, text("arrivals.foreign_server")),)
    known = rooms.find(scope.session, invitation.room_id)
    network = _network_of_inviter(invitation.inviter, scope)
    # who invites may call any room a direct chat; a group's room never becomes one
    direct = invitation.direct and (known is None or known.network_id is None)
    if network is None and not direct:
        return (Decline(invitation.room_id, text("arrivals.only_coordinators", coordinators=scope.house.coordinators)),)
    room = Room(
        room_id=invitation.room_id,
        network_id=None if direct else _network_of_room(known, network),
        direct_with=invitation.inviter if direct else None,
        language=known.language if known else None,
        name=known.name if known else None,
        invited_by=invitation.inviter,
        since=scope.now,
        last_digest_at=scope.now,
    )
    rooms.save(scope.session, room)
    if known is not None and known.joined:
        return (Join(invitation.room_id),)
    welcome = text("arrivals.welcome", prefix=scope.house.prefix, direct=direct)
    key = f"welcome {invitation.room_id} {scope.now.isoformat()}"
    return (Join(invitation.room_id), Say(room_id=invitation.room_id, key=key, text=welcome))


def _network_of_room(known: Room | None, inviters: Network | None) -> int | None:
    """A room stays in the network it was in."""
    if known is not None and known.network_id is not None:
        return known.network_id
    return inviters.id if inviters else None


def _network_of_inviter(inviter: str, scope: Scope) -> Network | None:
    """The network that a coordinator brings a room into; founded at first use."""
    may_found = inviter in scope.house.coordinators
    if networks := rooms.networks_coordinated_by(scope.session, inviter, founder=may_found):
        return networks[0]
    if not may_found:
        return None
    name = inviter[1:].partition(":")[0].replace(".", " ").title()
    return rooms.found_network(scope.session, f"Verbund {name}", inviter, scope.now)


def room_changed(change: Members | Membership | Named | Left, scope: Scope) -> None:
    """Keep what we know about a room true."""
    us = scope.house.us
    match change:
        case Members():
            rooms.replace_members(scope.session, change.room_id, change.joined - {us})
            _still_direct(change.room_id, scope)
        case Membership() if change.person != us:
            rooms.set_member(scope.session, change.room_id, change.person, joined=change.state == "join")
            _still_direct(change.room_id, scope)
        case Named():
            if room := rooms.find(scope.session, change.room_id):
                room.name = change.name[:200]
        case Left():
            if room := rooms.find(scope.session, change.room_id):
                room.joined = False
            rooms.replace_members(scope.session, change.room_id, ())


def _still_direct(room_id: str, scope: Scope) -> None:
    """A chat with a third person in it is direct no longer, whatever it was called: nothing personal goes there."""
    room = rooms.find(scope.session, room_id)
    if room is not None and room.direct_with is not None and len(rooms.members(scope.session, room_id)) > 1:
        room.direct_with = None


def context(
    message: Message, spoken: str, here: Standing, scope: Scope, question: OpenQuestion | None = None
) -> Context:
    """Who speaks here, in which network and in what role. `question` is the one that is answered, if any.

    Raises UserError in a direct chat when the person belongs to no network, or to several and no question says which.
    """
    room, network, given = here
    if network is None:
        if room.direct_with is None:
            raise UserError("arrivals.room_without_network")
        network = _network_of_person(message.sender, scope, question)
        given = rooms.roles_given(scope.session, network.id or 0, message.sender, room.room_id)
    role = max(_valid(given, message.sender, scope), key=RANK.__getitem__, default=Role.MEMBER)
    return Context(
        session=scope.session,
        now=scope.now,
        house=scope.house,
        message=message,
        spoken=spoken,
        room=room,
        network=network,
        role=role,
    )


def _valid(given: Iterable[Given], person: str, scope: Scope) -> Iterator[Role]:
    """The roles that hold. Who founded a network coordinates it only while the operator names them in the settings."""
    for role, granted_by in given:
        if role is not Role.COORDINATOR or granted_by != person or person in scope.house.coordinators:
            yield role


def _network_of_person(person: str, scope: Scope, question: OpenQuestion | None) -> Network:
    """In a direct chat: the network that was asked in, or the one that the person belongs to.

    Who has left a network is still heard on what it reminded them of, and told what that counts; on nothing else.
    """
    may_found = person in scope.house.coordinators
    networks = {n.id: n for n in rooms.networks_coordinated_by(scope.session, person, founder=may_found)}
    networks |= {n.id: n for n in rooms.networks_of_member(scope.session, person)}
    if question is not None and question.network_id is not None:
        if question.subject is None and question.network_id not in networks:
            raise UserError("arrivals.left_network")
        return rooms.network(scope.session, question.network_id)
    if len(networks) == 1:
        return next(iter(networks.values()))
    if not networks and person in scope.house.coordinators:
        found = _network_of_inviter(person, scope)
        if found is not None:
            return found
    raise UserError("arrivals.no_network" if not networks else "arrivals.several_networks")
