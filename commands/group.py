"""`!gruppe`: working groups with their rooms. What cannot be taken back lightly is in `regroup`."""

from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, line, required, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Effect, Reply
from bot.errors import UserError
from bot.language.lists import split_ids
from bot.language.names import fold, match
from bot.procedures import grouping, participation, standing
from bot.procedures.finding import group_meant, require_lead, require_room
from bot.procedures.groups import invite, may_invite, open_room, overview, overviews
from bot.store import groups, participations, rooms
from bot.store.tables import Group
from bot.texts import Text, text
from commands import regroup
from commands.language import LANGUAGES

LONGEST_TOPIC = 500
HERE = frozenset({"hier", "dieser", "here", "this"})
TOPIC = W("Thema", "Topic")


@dataclass(frozen=True, kw_only=True)
class New:
    """A new group, and whom to invite."""

    name: str = rest(W("Name", "name"))
    topic: str | None = line(TOPIC)
    language: str | None = line(W("Sprache", "Language"))
    invited: str | None = line(W("Eingeladen", "Invited", ("Einladen", "Invite")))
    room: str | None = line(W("Raum", "Room"))


@dataclass(frozen=True, kw_only=True)
class One:
    """A group by its name, and what changes; without a name the group of this room, or all."""

    group: str | None = rest(W("Gruppe", "group"), default=None)
    name: str | None = line(regroup.NAME)
    topic: str | None = line(TOPIC)
    language: str | None = line(W("Sprache", "Language"))


@dataclass(frozen=True, kw_only=True)
class Rename:
    """A group's new name, and maybe topic."""

    group: str | None = rest(W("Gruppe", "group"), default=None)
    name: str = required(regroup.NAME, sample=W("Digitale Verwaltung", "Digital administration"))
    topic: str | None = line(TOPIC)


@dataclass(frozen=True)
class Words:
    """A group and people, in any order."""

    words: str = rest(W("Gruppe @person:server", "group @person:server"))


def new(args: New, ctx: Context) -> Answer:
    """Make a group and open its room, or tie it to this one."""
    name = grouping.free_name(args.name, ctx)
    people = _people(args.invited, ctx) if args.invited else []
    here = args.room is not None and _is_here(args.room, ctx)
    language = _language(args.language) or (None if here or ctx.room.direct_with else ctx.room.language)
    group = grouping.create(name, ctx, topic=_topic(args.topic), language=language)
    opening = None if here else open_room(group, ctx)
    effects: tuple[Effect, ...] = (
        *invite(group, people, ctx.person, ctx, ctx.message.event_id),
        *((opening,) if opening else grouping.tie(group, ctx)),
    )
    answer = text(
        "group.created",
        group=group,
        alias=f"#{opening.alias}:{grouping.server_of(ctx)}" if opening else None,
        invited=list(dict.fromkeys((ctx.person, *people))) if opening else _asked_here(people, ctx),
        like=grouping.like(group, ctx),
        coordinators=standing.coordinators(ctx.network_id, ctx),
        prefix=ctx.house.prefix,
    )
    return (Reply(answer), *effects)


def show_or_change(args: One, ctx: Context) -> Answer:
    """Show this room's group or all of them; one by its name; or change what the lines say."""
    changes = any(value is not None for value in (args.name, args.topic, args.language))
    if args.group is None and not changes and groups.of_room(ctx.session, ctx.room.room_id) is None:
        return listing(Nothing(), ctx)
    group = group_meant(args.group, ctx)
    if not changes:
        return (Reply(_shown(group, ctx, asked=args.group)),)
    require_lead(group, ctx)
    name = grouping.free_name(args.name, ctx, group) if args.name else None
    topic, language = _topic(args.topic), _language(args.language)
    effects = grouping.change(group, ctx, name=name, topic=topic, language=language)
    return (Reply(_shown(group, ctx, changed=True)), *effects)


def rename(args: Rename, ctx: Context) -> Answer:
    """Give a group another name."""
    return show_or_change(One(group=args.group, name=args.name, topic=args.topic), ctx)


def listing(args: Nothing, ctx: Context) -> Answer:
    """All groups of the network, a line each."""
    return text(
        "group.list",
        seen=overviews(ctx.network_id, ctx),
        server=grouping.server_of(ctx),
        figures=participation.figures(ctx.network_id, ctx),
        prefix=ctx.house.prefix,
    )


def ask_in(args: Words, ctx: Context) -> Answer:
    """Invite people to a group's room, again if need be."""
    _, _, name = split_ids(args.words)
    group = group_meant(name or None, ctx)
    require_lead(group, ctx)
    if group.suspended_at is not None:
        raise UserError("group.suspended", group=group)
    people = _people(args.words, ctx, but=name)
    there = set(rooms.members(ctx.session, group.room_id)) if group.room_id else set[str]()
    coming = [person for person in people if person not in there]
    effects = invite(group, coming, ctx.person, ctx, ctx.message.event_id)
    present = [person for person in people if person in there]
    return (Reply(text("group.invited", group=group, coming=coming, present=present)), *effects)


def _shown(group: Group, ctx: Context, *, asked: str | None = None, changed: bool = False) -> Text:
    """A group in full; `asked` is the name that it was asked for by."""
    group_id = group.id or 0
    return text(
        "group.shown",
        seen=overview(group, ctx),
        asked=asked if asked and fold(asked) != group.folded else None,
        changed=changed,
        active=[row.person for row in participations.active(ctx.session, group_id)],
        origin=groups.by_id(ctx.session, group.origin_id) if group.origin_id else None,
        merged=groups.merged_into(ctx.session, group_id),
        names=groups.former_names(ctx.session, group_id),
        figures=participation.figures(ctx.network_id, ctx, group),
        server=grouping.server_of(ctx),
        prefix=ctx.house.prefix,
    )


def _asked_here(people: list[str], ctx: Context) -> list[str]:
    """Whom we can invite to this very room; where we may not, the room is told whom it should."""
    return people if may_invite(ctx.room.room_id, ctx) else []


def _people(words: str, ctx: Context, but: str = "") -> list[str]:
    """Matrix IDs and nothing else (`but` these words). Raises UserError."""
    found, bad, others = split_ids(words)
    people = [person for person in found if person != ctx.house.us]
    if bad or others != but or not people:
        raise UserError("finding.no_person", words=next(iter(bad), others or words))
    return people


def _is_here(words: str, ctx: Context) -> bool:
    if fold(words) not in HERE:
        raise UserError("group.bad_room", words=words)
    require_room(ctx)
    return True


def _language(words: str | None) -> str | None:
    if words is None:
        return None
    language = match(words, LANGUAGES)
    if language is None:
        raise UserError("language.unknown", name=words)
    return language


def _topic(words: str | None) -> str | None:
    if words is not None and len(words) > LONGEST_TOPIC:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST_TOPIC, what="text")
    return words


COMMAND = Command(
    W("gruppe", "group", ("gruppen", "groups", "arbeitsgruppe", "arbeitsgruppen")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.COORDINATOR,
            does=W("legt eine Arbeitsgruppe an und öffnet ihren Raum", "makes a working group and opens its room"),
            examples=(
                W(
                    "gruppe neu Digitale Akte\nThema: Papierlos\nEingeladen: @ben:example.org, @cem:example.org",
                    "group new Digital files\nTopic: Paperless\nInvited: @ben:example.org, @cem:example.org",
                ),
                W("gruppe neu Digitale Akte\nRaum: hier", "group new Digital files\nRoom: here"),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt alle Arbeitsgruppen", "lists all working groups"),
            examples=(W("gruppe liste", "group list"),),
        ),
        Form(
            verb=W("umbenennen", "rename"),
            args=Rename,
            run=rename,
            needs=Role.MODERATOR,
            leads=True,
            does=W("benennt eine Arbeitsgruppe um", "renames a working group"),
            examples=(
                W(
                    "gruppe umbenennen Digitale Akte\nName: Digitale Verwaltung",
                    "group rename Digital files\nName: Digital administration",
                ),
            ),
        ),
        Form(
            verb=W("einladen", "invite"),
            args=Words,
            run=ask_in,
            needs=Role.MODERATOR,
            leads=True,
            does=W("lädt in den Raum einer Arbeitsgruppe ein", "invites to a working group's room"),
            examples=(
                W("gruppe einladen Digitale Akte @dora:example.org", "group invite Digital files @dora:example.org"),
            ),
        ),
        *regroup.FORMS,
        Form(
            args=One,
            run=show_or_change,
            needs=Role.MEMBER,
            does=W("zeigt oder ändert eine Arbeitsgruppe", "shows or changes a working group"),
            examples=(
                W("gruppe Digitale Akte", "group Digital files"),
                W("gruppe Digitale Akte\nThema: Papierlos bis 2028", "group Digital files\nTopic: Paperless by 2028"),
            ),
        ),
    ),
)
