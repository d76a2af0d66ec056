"""`!gruppe`, the further-reaching forms: tied to a room, split, merged, ended; what cannot be undone is asked twice."""

import re
from dataclasses import dataclass

from bot.command import Form, W, line, required, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.lists import listed
from bot.language.names import fold
from bot.procedures import grouping
from bot.procedures.finding import group_meant, group_named, require_room
from bot.procedures.groups import open_room, overview
from bot.store import groups, participations
from bot.texts import text

NAME = W("Name", "Name", ("Neuer Name", "New name"))
CONFIRMED = W("Bestätigt", "Confirmed")
YES = frozenset({"ja", "yes"})


@dataclass(frozen=True)
class Named:
    """A group by its name."""

    group: str | None = rest(W("Gruppe", "group"), default=None)


@dataclass(frozen=True, kw_only=True)
class Confirmable:
    """A group, and whether it is meant."""

    group: str | None = rest(W("Gruppe", "group"), default=None)
    confirmed: str | None = line(CONFIRMED)


@dataclass(frozen=True, kw_only=True)
class Split:
    """A group and what it is split into."""

    group: str | None = rest(W("Gruppe", "group"), default=None)
    names: str = required(W("Teile", "Parts", ("In", "Into")), sample=W("Bildung, Kultur", "Education, Culture"))


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Two groups; the second goes up in the first."""

    pair: str = rest(W("Gruppe, Gruppe", "group, group"))
    name: str | None = line(NAME)
    confirmed: str | None = line(CONFIRMED)


def open_again(args: Named, ctx: Context) -> Answer:
    """Open the room of a group that has none, after that has failed."""
    group = group_meant(args.group, ctx)
    if group.room_id is not None:
        raise UserError("group.has_room", group=group, server=grouping.server_of(ctx), prefix=ctx.house.prefix)
    opening = open_room(group, ctx, again=(ctx.person, ctx.message.event_id))
    return (Reply(text("group.opening", group=group)), opening)


def tie(args: Confirmable, ctx: Context) -> Answer:
    """Make this room a group's; one that has another room is asked about."""
    require_room(ctx)
    group = group_meant(args.group, ctx)
    if group.room_id not in (None, ctx.room.room_id) and not _is_confirmed(args.confirmed):
        resume = f"gruppe verbinden {literal(group.name)}\nBestätigt: ja"
        raise Question("group.confirm_tie", resume=resume, group=group, server=grouping.server_of(ctx))
    effects = grouping.tie(group, ctx)
    return (Reply(text("group.tied", group=group)), *effects)


def split(args: Split, ctx: Context) -> Answer:
    """Make several groups of one."""
    group = group_meant(args.group, ctx)
    before = group.name
    active = [row.person for row in participations.active(ctx.session, group.id or 0)]
    made, effects = grouping.split(group, listed(args.names), ctx)
    answer = text("group.split", group=group, before=before, made=made, active=active, prefix=ctx.house.prefix)
    return (Reply(answer), *effects)


def merge(args: Merge, ctx: Context) -> Answer:
    """Let one group go up in another, once that is confirmed."""
    into, other = (group_named(name, ctx) for name in _pair(args.pair, ctx))
    grouping.require_mergeable(into, other, ctx)
    name = grouping.free_name(args.name, ctx, into, other) if args.name else None
    if not _is_confirmed(args.confirmed):
        called = f"\nName: {name}" if name else ""
        resume = literal(f"gruppe zusammenlegen {into.name}, {other.name}{called}") + "\nBestätigt: ja"
        raise Question("group.confirm_merge", resume=resume, group=into, other=other, name=name)
    before = other.name, into.name
    effects = grouping.merge(into, other, name, ctx)
    return (Reply(text("group.merged", seen=overview(into, ctx), before=before)), *effects)


def end(args: Confirmable, ctx: Context) -> Answer:
    """End a group, once that is confirmed."""
    group = group_meant(args.group, ctx)
    if not _is_confirmed(args.confirmed):
        resume = f"gruppe beenden {literal(group.name)}\nBestätigt: ja"
        raise Question("group.confirm_end", resume=resume, seen=overview(group, ctx))
    effects = grouping.end(group, ctx)
    return (Reply(text("group.ended", group=group)), *effects)


def _pair(words: str, ctx: Context) -> tuple[str, str]:
    """Two names with a comma between them; names may hold commas of their own."""
    pairs = [(words[: cut.start()], words[cut.end() :]) for cut in re.finditer(r"\s*[,;]\s*", words)]
    if not pairs:
        raise UserError("group.which_two", words=words, prefix=ctx.house.prefix)
    living = {group.folded for group in groups.of_network(ctx.session, ctx.network_id)}
    return next((pair for pair in pairs if {fold(name) for name in pair} <= living), pairs[0])


def _is_confirmed(words: str | None) -> bool:
    return fold(words or "") in YES


FORMS = (
    Form(
        verb=W("öffnen", "reopen"),
        args=Named,
        run=open_again,
        needs=Role.COORDINATOR,
        does=W(
            "öffnet den Raum einer Arbeitsgruppe, die keinen hat", "opens the room of a working group that has none"
        ),
        examples=(W("gruppe öffnen Digitale Akte", "group reopen Digital files"),),
    ),
    Form(
        verb=W("verbinden", "tie"),
        args=Confirmable,
        run=tie,
        needs=Role.COORDINATOR,
        does=W("macht diesen Raum zum Raum einer Arbeitsgruppe", "makes this room a working group's"),
        examples=(W("gruppe verbinden Digitale Akte", "group tie Digital files"),),
    ),
    Form(
        verb=W("teilen", "split"),
        args=Split,
        run=split,
        needs=Role.COORDINATOR,
        does=W("teilt eine Arbeitsgruppe auf", "splits a working group"),
        examples=(
            W(
                "gruppe teilen Bildung und Kultur\nIn: Bildung, Kultur",
                "group split Education and culture\nInto: Education, Culture",
            ),
        ),
    ),
    Form(
        verb=W("zusammenlegen", "merge"),
        args=Merge,
        run=merge,
        needs=Role.COORDINATOR,
        does=W("legt zwei Arbeitsgruppen zusammen", "merges two working groups"),
        examples=(
            W(
                "gruppe zusammenlegen Bildung, Kultur\nName: Bildung und Kultur",
                "group merge Education, Culture\nName: Education and culture",
            ),
        ),
    ),
    Form(
        verb=W("beenden", "end"),
        args=Confirmable,
        run=end,
        needs=Role.COORDINATOR,
        does=W("beendet eine Arbeitsgruppe", "ends a working group"),
        examples=(W("gruppe beenden Digitale Akte", "group end Digital files"),),
    ),
)
