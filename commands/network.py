"""`!verbund`: the network of this room; found one, name it, take a room into it, choose among one's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.command import Command, Form, Nothing, W, line, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.domain.workdays import names_of_states
from bot.effects import Answer, Effect, Reply
from bot.errors import Question, UserError
from bot.language.durations import read_durations
from bot.language.names import fold, nearest
from bot.language.organisations import is_empty, read_state
from bot.procedures import spaces, standing
from bot.procedures.asking import read_zone
from bot.procedures.finding import require_role
from bot.store import networks, organisations, rooms
from bot.store.tables import Network
from bot.texts import text

LONGEST_NAME = 100
LONGEST_SIGN_UP = 365  # days
DAY = timedelta(days=1)
ZONE = W("Zeitzone", "Time zone", ("Timezone",))


@dataclass(frozen=True)
class Name:
    """What the network is called."""

    name: str = rest(W("Name", "name"))


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What holds in the whole network; every line is optional."""

    zone: str | None = line(ZONE)
    federal_state: str | None = line(W("Bundesland", "State", ("Land", "Federal state")))


@dataclass(frozen=True)
class Days:
    """How long people may take to sign up for a group."""

    span: str = rest(W("14 Tage", "14 days"))


@dataclass(frozen=True)
class Which:
    """One of one's own networks, or nothing to be asked for it."""

    name: str = rest(W("Name", "name"), default="")


@dataclass(frozen=True)
class Place:
    """A room without a network."""

    room_id: str = word(W("Raum", "room"), shown="!abc:example.org")


def found(args: Name, ctx: Context) -> Answer:
    """Found a network, and open its space. A room of the founder's that has none joins it at once."""
    if ctx.person not in ctx.house.coordinators:
        raise UserError("network.who_may_found", coordinators=ctx.house.coordinators)
    name = _name(args, standing.belongs_to(ctx.person, ctx))
    network = networks.found(ctx.session, name, ctx.person, ctx.now)
    room = ctx.room
    takes_room = room.direct_with is None and room.network_id is None and room.invited_by == ctx.person
    if takes_room:
        room.network_id = network.id
    elif room.direct_with is not None:
        standing.choose(network, room, ctx)
    said = text("network.founded", network=network, takes_room=takes_room, prefix=ctx.house.prefix)
    return (Reply(said), *spaces.open_for(network, ctx))


def show_or_change(args: Fields, ctx: Context) -> Answer:
    """Show the network, or change what the lines say."""
    if args.zone is None and args.federal_state is None:
        return show(Nothing(), ctx)
    require_role(Role.COORDINATOR, ctx)
    if args.zone is not None:
        ctx.network.zone = None if is_empty(args.zone) else read_zone(args.zone, ctx, ZONE.folded())
    if args.federal_state is not None:
        ctx.network.federal_state = _state(args.federal_state)
    return _shown(ctx, "zone" if args.zone is not None else "state")


def show(args: Nothing, ctx: Context) -> Answer:
    """Name, rooms, size and coordinators; time zone and Land."""
    return _shown(ctx)


def _shown(ctx: Context, changed: str = "") -> Answer:
    """The network in full; `changed` says which field was set, if any."""
    said = text(
        "network.shown",
        network=ctx.network,
        zone=ctx.network_zone(ctx.network_id).key,
        state=ctx.land_of(ctx.network_id),
        changed=changed,
        rooms=rooms.groups_of_network(ctx.session, ctx.network_id),
        people=len(networks.people_in_rooms(ctx.session, ctx.network_id)),
        organisations=organisations.count(ctx.session, ctx.network_id),
        coordinators=standing.coordinators(ctx.network_id, ctx),
        prefix=ctx.house.prefix,
    )
    opening = spaces.open_after_failure(ctx.network, ctx) if ctx.role is Role.COORDINATOR else ()
    return (Reply(said), *opening)


def rename(args: Name, ctx: Context) -> Answer:
    """Give the network another name; everything it holds stays, and its space follows."""
    others = [network for network in standing.belongs_to(ctx.person, ctx) if network.id != ctx.network_id]
    before, ctx.network.name = ctx.network.name, _name(args, others)
    said = text("network.renamed", network=ctx.network, before=before)
    return (Reply(said), *spaces.renamed(ctx.network, ctx.message.event_id))


def set_sign_up(args: Days, ctx: Context) -> Answer:
    """How many days a new group waits for its first Aktive."""
    typed = args.span.strip()
    days = _days(f"{typed} Tage" if typed.isascii() and typed.isdigit() else typed)
    if not 0 < days <= LONGEST_SIGN_UP:
        raise UserError("network.bad_days", typed=typed, longest=LONGEST_SIGN_UP)
    ctx.network.sign_up_days = days
    return text("network.sign_up_set", network=ctx.network)


def adopt(args: Place, ctx: Context) -> Answer:
    """Take a room into the network: one that has none, and to which this person has invited us.

    Whatever stands in the way, the refusal is the same: it tells nothing of rooms and networks of others.
    """
    may_found = ctx.person in ctx.house.coordinators
    leads = ctx.network in networks.led_by(ctx.session, ctx.person, founder=may_found)
    room = rooms.find(ctx.session, args.room_id)
    mine = room is not None and room.joined and room.direct_with is None and room.invited_by == ctx.person
    if room is None or not leads or not mine or room.network_id is not None:
        raise UserError("network.not_adopted", key=args.room_id, network=ctx.network)
    room.network_id = ctx.network_id
    waiting = networks.rooms_waiting(ctx.session, ctx.person)
    said = text("network.adopted", network=ctx.network, room=room, waiting=waiting)
    effects: tuple[Effect, ...] = (Reply(said), *spaces.joined(ctx.network, room.room_id, ctx))
    return effects


def switch(args: Which, ctx: Context) -> Answer:
    """Choose, in a direct chat, which of one's own networks it is about."""
    if ctx.room.direct_with is None:
        raise UserError("network.only_direct")
    own = standing.belongs_to(ctx.person, ctx)
    if not own:
        raise UserError("standing.no_network")
    chosen = standing.numbered(args.name, own) if args.name else own[0] if len(own) == 1 else None
    if chosen is None:
        raise Question("network.which", resume="verbund wechseln {answer}", networks=own)
    standing.choose(chosen, ctx.room, ctx)
    return text("network.chosen", network=chosen, alone=len(own) == 1)


def _state(typed: str) -> str | None:
    """The Land that is meant, or none. Raises UserError."""
    if is_empty(typed):
        return None
    state = read_state(typed)
    if state is None:
        raise UserError("network.bad_state", typed=typed, close=nearest(typed, names_of_states()))
    return state


def _days(typed: str) -> int:
    """Whole days, or none at all."""
    try:
        spans = read_durations(typed)
    except UserError:
        return 0
    return spans[0] // DAY if len(spans) == 1 and spans[0] % DAY == timedelta() else 0


def _name(args: Name, others: Sequence[Network]) -> str:
    """A name that none of the person's own networks has. Names of networks of others are nobody's business."""
    name = " ".join(args.name.split()).strip(" „“”\"'")
    if len(name) > LONGEST_NAME:
        raise UserError("inbox.too_long", length=len(name), longest=LONGEST_NAME, what="name")
    if not re.search(r"[^\W\d_]", name):  # a number means a place in a list
        raise UserError("network.bad_name", name=name)
    if fold(name) in {fold(network.name) for network in others}:
        raise UserError("network.taken", name=name)
    return name


COMMAND = Command(
    W("verbund", "network", ("verbünde", "networks")),
    (
        Form(
            verb=W("neu", "new"),
            args=Name,
            run=found,
            needs=Role.GUEST,
            anywhere=True,
            founders=True,
            does=W("gründet einen Verbund", "founds a network"),
            examples=(W("verbund neu Digitale Region", "network new Digital region"),),
        ),
        Form(
            verb=W("umbenennen", "rename"),
            args=Name,
            run=rename,
            needs=Role.COORDINATOR,
            does=W("benennt den Verbund um", "renames the network"),
            examples=(W("verbund umbenennen Digitale Region", "network rename Digital region"),),
        ),
        Form(
            verb=W("anmeldefrist", "signup", ("sign-up",)),
            args=Days,
            run=set_sign_up,
            needs=Role.COORDINATOR,
            does=W(
                "setzt, wie lange eine neue Gruppe auf Aktive wartet", "sets how long a new group waits for members"
            ),
            examples=(W("verbund anmeldefrist 14 Tage", "network signup 14 days"),),
        ),
        Form(
            verb=W("aufnehmen", "adopt"),
            args=Place,
            run=adopt,
            needs=Role.MEMBER,
            listed=False,
            does=W("nimmt einen Raum auf, in den Sie mich eingeladen haben", "adopts a room that you invited me to"),
            examples=(W("verbund aufnehmen !abc:example.org", "network adopt !abc:example.org"),),
        ),
        Form(
            verb=W("wechseln", "switch"),
            args=Which,
            run=switch,
            needs=Role.GUEST,
            listed=False,
            anywhere=True,
            does=W("wählt im Direktchat einen Ihrer Verbünde", "chooses one of your networks, in a direct chat"),
            examples=(W("verbund wechseln Digitale Region", "network switch Digital region"),),
        ),
        Form(
            verb=W("zeigen", "show"),
            listed=False,
            args=Nothing,
            run=show,
            needs=Role.MEMBER,
            does=W("zeigt den Verbund dieses Raums", "shows this room's network"),
            examples=(W("verbund zeigen", "network show"),),
        ),
        Form(
            args=Fields,
            run=show_or_change,
            needs=Role.MEMBER,
            does=W("zeigt oder ändert den Verbund dieses Raums", "shows or changes this room's network"),
            examples=(
                W("verbund", "network"),
                W("verbund\nZeitzone: Wien\nBundesland: BW", "network\nTime zone: Vienna\nState: BW"),
            ),
        ),
    ),
)
