"""`!rolle`: appoint and withdraw; both stay on record. A display name appoints nobody, only a Matrix ID does."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Effect, Reply
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.names import fold
from bot.procedures import guests, powers, removal, standing
from bot.procedures.finding import group_meant, group_named, person_named, require_role
from bot.procedures.groups import appointed
from bot.store import groups, networks, organisations
from bot.store.tables import RoleGrant, Room
from bot.texts import text

ROLES = {
    "koordination": Role.COORDINATOR,
    "coordinator": Role.COORDINATOR,
    "moderation": Role.MODERATOR,
    "moderator": Role.MODERATOR,
    "gast": Role.GUEST,
    "guest": Role.GUEST,
}
WITHDRAW = frozenset({"entziehen", "withdraw"})
REMOVE = frozenset({"entfernen", "remove"})
YES = "ja"  # what our own question adds


@dataclass(frozen=True)
class Appoint:
    """Whom, to what; or nothing to see who has which role."""

    person: str | None = word(W("@person:server", "@person:server"), default=None)
    words: str = rest(
        W(
            "Koordination|Moderation [Gruppe]|Gast|entziehen|entfernen",
            "coordinator|moderator [group]|guest|withdraw|remove",
        ),
        default="",
    )


@dataclass(frozen=True)
class Words:
    """What stands behind the person: a role, for moderators the group's name, and whether it is withdrawn."""

    role: Role | None
    group: str | None
    withdraws: bool


def run(args: Appoint, ctx: Context) -> Answer:
    """Show, appoint or withdraw."""
    if args.person is None:
        return _list(ctx)
    require_role(Role.COORDINATOR, ctx)
    person = person_named(args.person, ctx)
    if person == ctx.house.us:
        raise UserError("role.not_me")
    first, _, answer = args.words.partition(" ")
    if fold(first) in REMOVE and answer in ("", YES):
        return _remove(person, ctx, confirmed=answer == YES)
    words = _read(args.words)
    if words.withdraws:
        return _withdraw(person, words, ctx)
    match words.role:
        case Role.COORDINATOR:
            return _appoint(person, Role.COORDINATOR, None, ctx)
        case Role.MODERATOR:
            return _appoint(person, Role.MODERATOR, _room(words.group, ctx), ctx)
        case Role.GUEST:
            _require_outsider(person, ctx)
            return _appoint(person, Role.GUEST, None, ctx)
    raise UserError("role.which", words=args.words)


def _list(ctx: Context) -> Answer:
    direct = ctx.room.direct_with is not None
    moderations = networks.moderations(ctx.session, ctx.network_id) if direct else []
    moderators = networks.holders(ctx.session, ctx.network_id, Role.MODERATOR, ctx.room.room_id)
    return text(
        "role.list",
        coordinators=standing.coordinators(ctx.network_id, ctx),
        moderators=moderators,
        moderations=[(person, _place(room.room_id, ctx) or room.name) for person, room in moderations],
        guests=networks.holders(ctx.session, ctx.network_id, Role.GUEST),
        direct=direct,
    )


def _read(words: str) -> Words:
    """„Moderation Verkehr entziehen“. Raises UserError for what names no role."""
    tokens = words.split()
    withdraws = bool(tokens) and fold(tokens[-1]) in WITHDRAW
    named = tokens[:-1] if withdraws else tokens
    role = ROLES.get(fold(named[0].rstrip(",:"))) if named else None
    group = " ".join(named[1:]).strip(" „“”\"'") or None
    if (named and role is None) or (group and role is not Role.MODERATOR) or not (named or withdraws):
        raise UserError("role.which", words=words)
    return Words(role, group, withdraws)


def _room(group: str | None, ctx: Context) -> str:
    """The room that somebody is to moderate: of the group named, or this one. Raises UserError."""
    if group is None and ctx.room.direct_with is None:
        return ctx.room.room_id
    meant = group_named(group, ctx) if group else group_meant(None, ctx)
    if meant.room_id is None:
        raise UserError("role.no_room", group=meant)
    return meant.room_id


def _place(room_id: str | None, ctx: Context) -> str | None:
    """What the group of a room is called."""
    group = groups.of_room(ctx.session, room_id) if room_id else None
    return group.name if group is not None and group.network_id == ctx.network_id else None


def _appoint(person: str, role: Role, room_id: str | None, ctx: Context) -> Answer:
    if not networks.grant(ctx.session, ctx.network_id, person, role, ctx.person, ctx.now, room_id):
        raise UserError("role.has_it", person=person, role=role)
    was_guest = role is not Role.GUEST and any(
        row.role == Role.GUEST for row in networks.grants(ctx.session, ctx.network_id, person)
    )
    if was_guest:
        guests.end(person, ctx)
    elsewhere = _place(room_id, ctx) if room_id != ctx.room.room_id else None
    said = text("role.given", person=person, role=role, place=elsewhere, was_guest=was_guest)
    effects: tuple[Effect, ...] = (Reply(said),)
    if role is Role.COORDINATOR:
        effects += powers.to_coordinate(ctx.network, person, ctx.message.event_id, ctx)
    if room_id is None:
        return effects
    asked_in = appointed(room_id, person, ctx.person, ctx, ctx.message.event_id)
    return (*effects, *asked_in, *powers.to_moderate(person, room_id, ctx))


def _require_outsider(person: str, ctx: Context) -> None:
    """Who has a stronger role, or a vote, cannot be a guest at the same time. Raises UserError."""
    for row in networks.grants(ctx.session, ctx.network_id, person):
        if row.role != Role.GUEST:
            raise UserError("role.stronger", person=person, role=row.role)
    mandate = organisations.mandate_of(ctx.session, ctx.network_id, person, ctx.now)
    if mandate is not None:
        spoken_for = organisations.by_id(ctx.session, mandate.organisation_id)
        raise UserError(
            "role.speaks", person=person, organisation=spoken_for, speaks=mandate.speaks, prefix=ctx.house.prefix
        )


def _withdraw(person: str, words: Words, ctx: Context) -> Answer:
    """Take back the role named, or every role that holds here; a network keeps at least one coordinator."""
    held = _held(person, words, ctx)
    if not held:
        belongs = words.role is None and ctx.network in standing.belongs_to(person, ctx)
        raise UserError("role.has_none", person=person, belongs=belongs, prefix=ctx.house.prefix)
    _require_another(person, held, ctx)
    withdrawn = [Role(row.role) for row in held]
    for row in held:
        networks.withdraw(ctx.session, row, ctx.person, ctx.now)
    unshared = guests.end(person, ctx) if Role.GUEST in withdrawn else []
    place = _place(held[0].room_id, ctx) if words.group else None
    inside = Role.GUEST in withdrawn and person in networks.people_in_rooms(ctx.session, ctx.network_id)
    return text(
        "role.withdrawn",
        person=person,
        roles=withdrawn,
        place=place,
        projects=unshared,
        inside=inside,
        ruled=_still_ruled(held, ctx),
        equal=Role.COORDINATOR in withdrawn,
    )


def _require_another(person: str, ending: Sequence[RoleGrant], ctx: Context) -> None:
    """A network keeps at least one coordinator. Raises UserError."""
    ends_coordination = any(row.role == Role.COORDINATOR for row in ending)
    if ends_coordination and standing.coordinators(ctx.network_id, ctx) == [person]:
        raise UserError("role.last_coordinator", person=person)


def _still_ruled(ended: Sequence[RoleGrant], ctx: Context) -> list[str]:
    """In which rooms of ours the power that came with these roles stays, by name; read before anything is ended."""
    if not any(row.role == Role.COORDINATOR for row in ended):
        return _places([room for row in ended if row.room_id for room in powers.kept(ctx, row.room_id)], ctx)
    space = [f"{ctx.network.name} (Space)"] if ctx.network.space_id else []
    return _places(powers.kept(ctx), ctx) + space


def _places(found: Sequence[Room], ctx: Context) -> list[str]:
    """What rooms are called: as their groups are, as far as they have any."""
    return [_place(room.room_id, ctx) or room.name or room.room_id for room in found]


def _remove(person: str, ctx: Context, *, confirmed: bool) -> Answer:
    """Somebody is to belong to the network no longer: say what ends, and end it once that is confirmed."""
    found = removal.ties(person, ctx)
    places = _places(found.rooms, ctx)
    if not found.ends:
        raise UserError("role.not_tied", person=person, places=places)
    _require_another(person, found.roles, ctx)
    if not confirmed:
        resume = literal(f"rolle {person} entfernen {YES}")
        raise Question("role.confirm_remove", resume=resume, person=person, ties=found, places=places)
    ruled = _still_ruled(found.roles, ctx)
    equal = any(row.role == Role.COORDINATOR for row in found.roles)
    effects = removal.remove(person, ctx)
    said = text("role.removed", person=person, places=places, ruled=ruled, equal=equal)
    return (Reply(said), *effects)


def _held(person: str, words: Words, ctx: Context) -> Sequence[RoleGrant]:
    rows = networks.grants(ctx.session, ctx.network_id, person)
    if words.role is None:
        return [row for row in rows if row.room_id in (None, ctx.room.room_id)]
    rows = [row for row in rows if row.role == words.role]
    if words.role is not Role.MODERATOR or (len(rows) == 1 and not words.group and ctx.room.direct_with):
        return rows
    return [row for row in rows if row.room_id == _room(words.group, ctx)]


COMMAND = Command(
    W("rolle", "role", ("rollen", "roles")),
    (
        Form(
            args=Appoint,
            run=run,
            needs=Role.MEMBER,
            does=W("zeigt, wer welche Rolle hat, oder vergibt eine", "shows who has which role, or gives one"),
            examples=(
                W("rolle", "role"),
                W("rolle @ben:example.org Moderation", "role @ben:example.org moderator"),
                W("rolle @ben:example.org Moderation Verkehr", "role @ben:example.org moderator Transport"),
                W("rolle @kim:example.org Gast", "role @kim:example.org guest"),
                W("rolle @ben:example.org entziehen", "role @ben:example.org withdraw"),
                W("rolle @kim:example.org Gast entziehen", "role @kim:example.org guest withdraw"),
                W("rolle @kim:example.org entfernen", "role @kim:example.org remove"),
            ),
        ),
    ),
)
