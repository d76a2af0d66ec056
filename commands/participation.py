"""`!mitmachen`, `!folgen`, `!verlassen`: drive a working group, be kept informed of it, neither."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.command import Command, Form, W, line, rest
from bot.context import Context
from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.kept import SLOT, literal
from bot.language.names import fold
from bot.language.organisations import read_email
from bot.procedures import participation
from bot.procedures.finding import group_named, person_named, require_role
from bot.store import groups, networks, participations, rooms
from bot.store.tables import Group
from bot.texts import text
from commands import clustering

ADDRESS = re.compile(r"(?:^|\s)(?:E-?Mail:?\s+)?([^@\s]+@[^@\s]+)$", flags=re.IGNORECASE)


@dataclass(frozen=True)
class Which:
    """A group by name, and for coordinators somebody else; without a name the room's group, or the only one."""

    words: str = rest(W("Gruppe", "group"), default="")


@dataclass(frozen=True)
class Follow(Which):
    """The same, and where to send the digest if not to Matrix."""

    email: str | None = line(W("E-Mail", "Email", ("Mail",)))


def join(args: Which, ctx: Context) -> Answer:
    """Become one of the group's Aktive."""
    name, person = _read(args.words, ctx)
    if (signed := clustering.enter(name, person, Part.ACTIVE, ctx)) is not None:
        return signed
    group = _group(name, _living(ctx), ctx)
    _admit(person, group, ctx, entering=True)
    came = participation.join(group, person, ctx.person, ctx)
    said = text(
        "participation.joined",
        group=group,
        person=_other(person, ctx),
        came=came,
        entry=_entry(group, person, ctx),
        prefix=ctx.house.prefix,
    )
    return (Reply(said), *came.effects)


def follow(args: Follow, ctx: Context) -> Answer:
    """Be kept informed: by direct message, or by mail."""
    words, address = _with_address(args)
    name, person = _read(words, ctx)
    if (signed := clustering.enter(name, person, Part.FOLLOWER, ctx)) is not None:
        return signed
    group = _group(name, _living(ctx), ctx)
    _admit(person, group, ctx, entering=True)
    came = participation.follow(group, person, _usable(address, group, ctx), ctx.person, ctx)
    row = participations.current(ctx.session, group.id or 0, person)
    said = text(
        "participation.followed",
        group=group,
        person=_other(person, ctx),
        came=came,
        email=row.email if row and ctx.house.mail else None,
        present=_is_present(group, person, ctx),
        last=came.before is Part.ACTIVE and not participations.active(ctx.session, group.id or 0),
        prefix=ctx.house.prefix,
    )
    return (Reply(said), *came.effects)


def leave(args: Which, ctx: Context) -> Answer:
    """Neither any more."""
    name, person = _read(args.words, ctx)
    if (signed := clustering.leave(name, person, ctx)) is not None:
        return signed
    theirs = {row.group_id for row in participations.of_person(ctx.session, ctx.network_id, person)}
    group = _group(name, [group for group in _living(ctx) if group.id in theirs], ctx, leaving=person)
    _admit(person, group, ctx)
    row = participations.current(ctx.session, group.id or 0, person)
    if row is None:
        raise UserError("participation.not_in", group=group, person=_other(person, ctx))
    effects = participation.leave(group, row, ctx.person, ctx)
    said = text(
        "participation.left",
        group=group,
        person=_other(person, ctx),
        part=row.kind,
        last=row.kind == Part.ACTIVE and not participations.active(ctx.session, group.id or 0),
        present=_is_present(group, person, ctx),
    )
    return (Reply(said), *effects)


def _read(words: str, ctx: Context) -> tuple[str, str]:
    """The group's name, or nothing, and whom it is about: a Matrix ID at the end, or who wrote."""
    name, _, last = words.strip().rpartition(" ")
    if not last.startswith("@"):
        return words.strip(), ctx.person
    return name.strip(), person_named(last, ctx)


def _living(ctx: Context) -> list[Group]:
    """The network's groups, in an order that a new one does not change: a list's numbers hold for its answer."""
    return sorted(groups.of_network(ctx.session, ctx.network_id), key=lambda group: group.id or 0)


def _group(name: str, choice: Sequence[Group], ctx: Context, *, leaving: str | None = None) -> Group:
    """The group that is meant. Raises UserError for none; a Question where it could be several."""
    if name:
        return _listed(name, choice) or group_named(name, ctx)
    here = groups.of_room(ctx.session, ctx.room.room_id) if ctx.room.direct_with is None else None
    if here is not None or len(choice) == 1:
        return here or choice[0]
    if choice:
        raise Question("participation.which", resume=_resume(ctx), groups=choice)
    if leaving is None:
        raise UserError("participation.no_groups", prefix=ctx.house.prefix)
    raise UserError("participation.in_none", person=_other(leaving, ctx))


def _listed(number: str, choice: Sequence[Group]) -> Group | None:
    """The group with this number in the list that was shown, unless one is called so."""
    digits = number.strip(" .)")
    is_name = any(group.folded == fold(number) for group in choice)
    if is_name or not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= len(choice)):
        return None
    return choice[int(digits) - 1]


def _resume(ctx: Context) -> str:
    """What was written, with a place for the group behind the command."""
    first, newline, below = ctx.spoken.partition("\n")
    command, _, after = first.strip().partition(" ")
    return f"{literal(command)} {SLOT} {literal(after.strip())}".rstrip() + newline + literal(below)


def _admit(person: str, group: Group, ctx: Context, *, entering: bool = False) -> None:
    """Everybody may for themselves; for others the coordinators, in its own room the group's moderator."""
    if person == ctx.person:
        return
    if ctx.role is not Role.MODERATOR or ctx.room.room_id != group.room_id:
        require_role(Role.COORDINATOR, ctx)
    if person == ctx.house.us:
        raise UserError("participation.not_us")
    if entering and person in networks.holders(ctx.session, ctx.network_id, Role.GUEST):
        raise UserError("participation.is_guest", person=person, prefix=ctx.house.prefix)


def _with_address(args: Follow) -> tuple[str, str | None]:
    """The words without the address that may stand at their end, and the address."""
    found = ADDRESS.search(args.words)
    if args.email is not None or found is None:
        return args.words, args.email
    return args.words[: found.start()], found[1]


def _usable(address: str | None, group: Group, ctx: Context) -> str | None:
    """Raises UserError where no mail can be sent, or not to this."""
    if address is None:
        return None
    if not ctx.house.mail:
        raise UserError("participation.no_mail", group=group, prefix=ctx.house.prefix)
    if read_email(address) is None:
        raise UserError("participation.bad_email", value=address)
    return address


def _other(person: str, ctx: Context) -> str | None:
    """Whom to name in the answer; nobody, where somebody spoke for themselves."""
    return None if person == ctx.person else person


def _is_present(group: Group, person: str, ctx: Context) -> bool:
    return group.room_id is not None and rooms.is_member(ctx.session, group.room_id, person)


def _entry(group: Group, person: str, ctx: Context) -> str:
    """How they come into the room."""
    if group.suspended_at is not None:
        return "closed"
    if group.room_id is None:
        return "opening"
    return "present" if _is_present(group, person, ctx) else "invited"


JOIN = Command(
    W("mitmachen", "join"),
    (
        Form(
            args=Which,
            run=join,
            needs=Role.MEMBER,
            does=W("macht Sie in einer Arbeitsgruppe aktiv", "makes you active in a working group"),
            examples=(W("mitmachen", "join"), W("mitmachen Digitale Akte", "join Digital files")),
        ),
    ),
)
FOLLOW = Command(
    W("folgen", "follow"),
    (
        Form(
            args=Follow,
            run=follow,
            needs=Role.MEMBER,
            does=W("hält Sie über eine Arbeitsgruppe auf dem Laufenden", "keeps you informed of a working group"),
            examples=(
                W("folgen Digitale Akte", "follow Digital files"),
                W(
                    "folgen Digitale Akte\nE-Mail: rathaus@lindenstadt.example",
                    "follow Digital files\nEmail: rathaus@lindenstadt.example",
                ),
            ),
        ),
    ),
)
LEAVE = Command(
    W("verlassen", "leave"),
    (
        Form(
            args=Which,
            run=leave,
            needs=Role.MEMBER,
            does=W("beendet Mitmachen oder Folgen", "ends being active or following"),
            examples=(W("verlassen Digitale Akte", "leave Digital files"),),
        ),
    ),
)
