"""`!rolle`: appoint and withdraw; both stay on record."""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures.finding import person_named, require_role, require_room
from bot.store import rooms
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


@dataclass(frozen=True)
class Appoint:
    """Whom, to what; or nothing to see who has which role."""

    person: str | None = word(W("@person:server", "@person:server"), default=None)
    words: str = rest(W("Koordination|Moderation|Gast|entziehen", "coordinator|moderator|guest|withdraw"), default="")


def run(args: Appoint, ctx: Context) -> Answer:
    """Show, appoint or withdraw."""
    if args.person is None:
        return text(
            "role.list",
            coordinators=rooms.coordinators(ctx.session, ctx.network_id),
            moderators=rooms.holders(ctx.session, ctx.network_id, Role.MODERATOR, ctx.room.room_id),
            guests=rooms.holders(ctx.session, ctx.network_id, Role.GUEST),
        )
    require_role(Role.COORDINATOR, ctx)
    person = person_named(args.person, ctx)
    word_ = fold(args.words)
    if word_ in WITHDRAW:
        return _withdraw(person, ctx)
    role = ROLES.get(word_)
    if role is None:
        raise UserError("role.which", words=args.words)
    if role is Role.MODERATOR:
        require_room(ctx)
    room_id = ctx.room.room_id if role is Role.MODERATOR else None
    if not rooms.grant(ctx.session, ctx.network_id, person, role, ctx.person, ctx.now, room_id):
        raise UserError("role.has_it", person=person, role=role)
    return text("role.given", person=person, role=role)


def _withdraw(person: str, ctx: Context) -> Answer:
    """Take back every role that holds here; a network keeps at least one coordinator."""
    held = [row for row in rooms.grants(ctx.session, ctx.network_id, person) if row.room_id in (None, ctx.room.room_id)]
    if not held:
        raise UserError("role.has_none", person=person)
    if rooms.coordinators(ctx.session, ctx.network_id) == [person]:
        raise UserError("role.last_coordinator", person=person)
    for row in held:
        rooms.withdraw(ctx.session, row, ctx.person, ctx.now)
    return text("role.withdrawn", person=person, roles=[row.role for row in held])


COMMAND = Command(
    W("rolle", "role", ("rollen", "roles")),
    (
        Form(
            args=Appoint,
            run=run,
            does=W("zeigt, wer welche Rolle hat, oder vergibt eine", "shows who has which role, or gives one"),
            examples=(
                W("rolle", "role"),
                W("rolle @ben:example.org Moderation", "role @ben:example.org moderator"),
                W("rolle @ben:example.org entziehen", "role @ben:example.org withdraw"),
            ),
        ),
    ),
)
