"""Where somebody stands: in which network they speak, and in what role."""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from difflib import SequenceMatcher

from bot.context import Context, Scope
from bot.domain.roles import RANK, Role
from bot.effects import Asks
from bot.errors import Question, UserError
from bot.events import Message
from bot.language.kept import literal, offered, offering
from bot.language.names import fold
from bot.language.votes import read_choice
from bot.store import networks, questions
from bot.store.rooms import Given, Standing
from bot.store.tables import Network, OpenQuestion, Room

CHOICE_HOLDS = timedelta(hours=12)  # then a direct chat asks again which network is meant
LIKE, BY_FAR = 0.7, 0.1  # a name with a slip must resemble one network that much, and any other less by so much


def context(
    message: Message, spoken: str, here: Standing, scope: Scope, question: OpenQuestion | None = None
) -> Context:
    """Who speaks here, in which network and in what role. `question` is the one that is answered, if any.

    The context may be without a network (`home`): some commands need none, for the others `at_home` says why.
    Raises UserError or Question where an answer names no network.
    """
    room, network, given = here
    if network is None and room.direct_with is not None:
        network = _network_meant(message, room, scope, question)
        given = networks.roles_given(scope.session, network.id or 0, message.sender, room.room_id) if network else []
    network_id = network.id if network else None
    land = scope.land_of(network_id) if network_id is not None else scope.house.federal_state
    return Context(
        session=scope.session,
        now=scope.now,
        house=scope.house.at(scope.zone_of(room.room_id, network_id), land),
        message=message,
        spoken=spoken,
        room=room,
        home=network,
        role=_strongest(given, message.sender, scope) if network else Role.GUEST,
    )


def at_home(ctx: Context) -> Context:
    """The same with a network, founded for a coordinator who has none yet.

    Raises UserError for who belongs to none; a Question which one in a direct chat, for who belongs to several.
    """
    if ctx.home is not None:
        return ctx
    if ctx.room.direct_with is None:
        inviter = ctx.room.invited_by if ctx.room.invited_by != ctx.house.us else None
        raise UserError("standing.room_without_network", room=ctx.room, inviter=inviter)
    found = belongs_to(ctx.person, ctx)
    if found:
        raise _which(literal(ctx.spoken), found)
    if ctx.person not in ctx.house.coordinators:
        raise UserError("standing.no_network")
    return dataclasses.replace(ctx, home=found_at_first_use(ctx.person, ctx), role=Role.COORDINATOR)


def belongs_to(person: str, scope: Scope) -> Sequence[Network]:
    """The networks that a person belongs to, by a room, a role, a mandate, a group or the coordinator's list."""
    return networks.of_person(scope.session, person, founder=person in scope.house.coordinators, at=scope.now)


def coordinators(network_id: int, scope: Scope) -> Sequence[str]:
    """Who may coordinate a network now: whom we tell, and whom we name to people who need them."""
    return networks.coordinators(scope.session, network_id, scope.house.coordinators)


def leads_somewhere(ctx: Context) -> bool:
    """Whether the asker moderates any room of the network, this one or another."""
    return any(row.role == Role.MODERATOR for row in networks.grants(ctx.session, ctx.network_id, ctx.person))


def guests(room_id: str, network_id: int, scope: Scope) -> set[str]:
    """Who in a network's room is no more than a guest there."""
    given = networks.roles_in_room(scope.session, network_id, room_id)
    return {person for person, roles in given.items() if _strongest(roles, person, scope) is Role.GUEST}


def is_guest(person: str, network_id: int, scope: Scope) -> bool:
    """Whether somebody is no more than a guest in a network as a whole, whatever they may be in one of its rooms."""
    return _strongest(_given_everywhere(person, network_id, scope), person, scope) is Role.GUEST


def role_in(network_id: int, person: str, scope: Scope) -> Role | None:
    """What somebody is in a network as a whole, as in a direct chat about it; None for who does not belong to it."""
    if all(network.id != network_id for network in belongs_to(person, scope)):
        return None
    return _strongest(_given_everywhere(person, network_id, scope), person, scope)


def belongs(person: str, network_id: int, scope: Scope) -> bool:
    """Whether somebody is a member of a network as a whole: neither gone from it nor only a guest."""
    return role_in(network_id, person, scope) not in (None, Role.GUEST)


def _given_everywhere(person: str, network_id: int, scope: Scope) -> list[Given]:
    rows = networks.grants(scope.session, network_id, person)
    return [(Role(row.role), row.granted_by) for row in rows if row.room_id is None]


def found_at_first_use(founder: str, scope: Scope) -> Network:
    """A network for somebody who may found one and began without: named after them until they rename it."""
    name = founder[1:].partition(":")[0].replace(".", " ").title()
    return networks.found(scope.session, f"Verbund {name}", founder, scope.now)


def choose(network: Network, room: Room, scope: Scope) -> None:
    """From now on a direct chat is about this network, until another is chosen or it has been quiet for long."""
    room.chosen_network_id, room.chosen_at = network.id, scope.now


def remember(message: Message, room: Room, question: OpenQuestion | None, scope: Scope) -> None:
    """Keep which network an answer named, though the command it was meant for failed and took that back with it."""
    if question is not None and question.asks == Asks.NETWORK:
        with contextlib.suppress(UserError):
            _network_meant(message, room, scope, question)


def named(words: str, among: Sequence[Network]) -> Network | None:
    """The one network that a name means: in full, in part, or with a slip. None if it could be several or none."""
    name = fold(words.strip(" .)„“\"'!?"))
    same = [network for network in among if fold(network.name) == name]
    part = [network for network in among if name and set(name.split()) <= set(fold(network.name).split())]
    for candidates in (same, part):
        if candidates:
            return candidates[0] if len(candidates) == 1 else None
    likeness = sorted(
        ((SequenceMatcher(None, name, fold(network.name)).ratio(), network.id or 0) for network in among), reverse=True
    )
    if not likeness or likeness[0][0] < LIKE or (len(likeness) > 1 and likeness[0][0] - likeness[1][0] < BY_FAR):
        return None
    return next(network for network in among if network.id == likeness[0][1])


def numbered(words: str, among: Sequence[Network]) -> Network | None:
    """The network that a person means who saw these in a numbered list: by its number or by its name."""
    number = words.strip(" .)„“\"'!")
    if number.isascii() and number.isdigit() and 0 < int(number[:6]) <= len(among):
        return among[int(number[:6]) - 1]
    return named(words, among)


def _which(kept: str, found: Sequence[Network]) -> Question:
    resume = offering(kept, (network.id or 0 for network in found))
    return Question("standing.which_network", resume=resume, asks=Asks.NETWORK, networks=found)


def _network_meant(message: Message, room: Room, scope: Scope, question: OpenQuestion | None) -> Network | None:
    """In a direct chat: the network that was asked in or is answered with, the only one, or the one last chosen.

    Who has left a network is still heard on what it reminded them of, and told what that counts; on nothing else.
    """
    found = belongs_to(message.sender, scope)
    if question is not None and question.asks == Asks.NETWORK:
        chosen = _picked(message.body, found, question, scope)
        if _chosen(room, found, scope) is None:  # a choice that holds is not undone by an answer to something else
            choose(chosen, room, scope)
        return chosen
    if question is not None and question.network_id is not None:
        if not questions.is_reminder(question) and question.network_id not in {network.id for network in found}:
            raise UserError("standing.left_network")
        return networks.by_id(scope.session, question.network_id)
    return found[0] if len(found) == 1 else _chosen(room, found, scope)


def _chosen(room: Room, found: Sequence[Network], scope: Scope) -> Network | None:
    if room.chosen_at is None or scope.now - room.chosen_at > CHOICE_HOLDS:
        return None
    return next((network for network in found if network.id == room.chosen_network_id), None)


def _picked(answer: str, found: Sequence[Network], question: OpenQuestion, scope: Scope) -> Network:
    """The network that an answer names, as the list stood when it was asked. Raises Question again.

    Raises UserError for a network that its person has left since.
    """
    shown = [networks.by_id(scope.session, network_id) for network_id in offered(question.resume)]
    chosen = numbered(answer, shown)
    if chosen is not None and chosen in found:
        return chosen
    left = [network for network in shown if network in found]
    if chosen is not None or not left:
        raise UserError("standing.left_network")
    if read_choice(answer)[0] == "no":
        raise UserError("standing.dropped")
    raise _which(question.resume, left)


def _strongest(given: Iterable[Given], person: str, scope: Scope) -> Role:
    return max(_valid(given, person, scope), key=RANK.__getitem__, default=Role.MEMBER)


def _valid(given: Iterable[Given], person: str, scope: Scope) -> Iterator[Role]:
    """The roles that hold. Who founded a network coordinates it only while the operator names them in the settings."""
    for role, granted_by in given:
        if role is not Role.COORDINATOR or granted_by != person or person in scope.house.coordinators:
            yield role
