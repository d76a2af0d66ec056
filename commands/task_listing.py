"""`!aufgabe liste`: mine, a group's, an organisation's, all; what is overdue, what is done."""

import contextlib
import re
from dataclasses import dataclass, replace
from typing import Final

from bot.command import W, rest
from bot.context import Context
from bot.domain.task import State
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.procedures.finding import group_named, person_named
from bot.procedures.responsible import places, spoken_for, waiting
from bot.store import groups, organisations, rooms, tasks
from bot.store.tables import Task
from bot.store.tasks import Wanted
from bot.texts import text

AT_ONCE: Final = 30
"""So many tasks an answer shows; the others are a command away."""
LATEST_SETTLED: Final = 20

MINE = frozenset({"meine", "mich", "mine", "my", "ich", "me", "eigene", "own"})
ALL = frozenset({"alle", "all", "alles", "everything", "verbund", "network"})
OVERDUE = frozenset({"ueberfaellig", "ueberfaellige", "overdue", "late", "verspaetet"})
SETTLED = frozenset(
    {"erledigt", "erledigte", "done", "settled", "abgeschlossen", "abgeschlossene", "entfallen", "dropped"}
)
OPEN = frozenset({"offen", "offene", "open"})
WORDS = MINE | ALL | OVERDUE | SETTLED | OPEN
FROM = re.compile(r"\s*\b(?:ab|from)\s+(?:nr\.?\s*)?(\d{1,6})\s*$", re.IGNORECASE)
OF_GROUP = re.compile(r"(?:gruppe|group|handlungsfeld|arbeitsgruppe)\s+(.+)", re.IGNORECASE)
FILTERS = W("meine|überfällig|Gruppe …|alle|erledigt|Ort", "mine|overdue|group …|all|done|place")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which tasks."""

    words: str = rest(FILTERS, default="")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list is of. `name` is that of a group, an organisation or a person."""

    wanted: Wanted
    overdue: bool = False
    mine: bool = False
    everywhere: bool = False
    name: str | None = None

    @property
    def is_default(self) -> bool:
        """Whether done tasks are shown below those that are not."""
        return self.wanted.settled is None


def is_filter(words: str) -> bool:
    """Whether „!aufgabe …“ without „liste“ asks for one: „meine“, „überfällig“."""
    first = fold(words.partition(" ")[0]).strip(".,")
    return first in MINE | ALL | OVERDUE or bool(OF_GROUP.match(words))


def listing(args: Filters, ctx: Context) -> Answer:
    """The tasks of this room, in a direct chat one's own; or those that the words name."""
    words, start = _start(args.words)
    chosen = _selection(words, ctx)
    found = tasks.listed(ctx.session, ctx.network_id, chosen.wanted)
    open_, settled = [task for task in found if not _is_settled(task)], [task for task in found if _is_settled(task)]
    shown = settled[::-1] if chosen.wanted.settled else open_
    page = shown[start - 1 : start - 1 + AT_ONCE]
    rest_from = start + AT_ONCE
    return text(
        "task.list",
        chosen=chosen,
        waiting=waiting(page, ctx),
        settled=settled[-LATEST_SETTLED:] if chosen.is_default else [],
        settled_count=len(settled) if chosen.is_default else 0,
        count=len(shown),
        start=start,
        more=len(shown) - rest_from + 1,
        further=f"{words} {'ab' if ctx.language == 'de' else 'from'} {rest_from}".strip(),
        places=places(page, ctx.network_id, ctx) if chosen.wanted.room_id is None else {},
        prefix=ctx.house.prefix,
    )


def _is_settled(task: Task) -> bool:
    return State(task.state).is_settled


def _start(words: str) -> tuple[str, int]:
    """„alle ab 31“: what is asked for, and from which on."""
    found = FROM.search(words)
    return (words[: found.start()].strip(), max(1, int(found[1]))) if found else (words.strip(), 1)


def _selection(words: str, ctx: Context) -> Selection:
    """What the words ask for. Raises UserError for a name that nobody has."""
    said, name = _sorted_out(words)
    if said & ALL:
        found = Selection(Wanted(), everywhere=True)
    elif said & MINE or (not name and ctx.only_room is None):
        found = Selection(_in_charge(ctx.person, ctx), mine=True)
    elif not name:
        found = Selection(Wanted(room_id=ctx.only_room))
    else:
        found = _of_name(name, ctx)
    if said & OVERDUE:
        return replace(found, wanted=replace(found.wanted, settled=False, due_by=ctx.now), overdue=True)
    settled = True if said & SETTLED else False if said & OPEN else None
    return replace(found, wanted=replace(found.wanted, settled=settled))


def _sorted_out(words: str) -> tuple[set[str], str]:
    """The words that choose, at the beginning or the end, and the name between them."""
    tokens, said = words.split(), set[str]()
    while tokens and fold(tokens[0]).strip(".,") in WORDS:
        said.add(fold(tokens.pop(0)).strip(".,"))
    while tokens and fold(tokens[-1]).strip(".,") in WORDS:
        said.add(fold(tokens.pop()).strip(".,"))
    return said, " ".join(tokens)


def _of_name(name: str, ctx: Context) -> Selection:
    """Those of a group, a person, or an organisation."""
    if of_group := OF_GROUP.fullmatch(name):
        room_id, called = room_called(of_group[1], ctx)
        return Selection(Wanted(room_id=room_id), name=called)
    if "@" in name:
        person = person_named(name, ctx)
        return Selection(_in_charge(person, ctx), name=person)
    if (body := organisations.by_folded(ctx.session, ctx.network_id, fold(name))) is not None:
        return Selection(Wanted(organisation_id=body.id), name=body.name)
    with contextlib.suppress(UserError):
        room_id, called = room_called(name, ctx)
        return Selection(Wanted(room_id=room_id), name=called)
    names = [each.name for each in organisations.of_network(ctx.session, ctx.network_id)]
    names += [each.name for each in groups.of_network(ctx.session, ctx.network_id)]
    raise UserError(
        "task.bad_filter", words=name, close=next(iter(nearest(name, names)), None), prefix=ctx.house.prefix
    )


def room_called(name: str, ctx: Context) -> tuple[str, str]:
    """The room of the group of this name, or the room of no group that is called so. Raises UserError."""
    try:
        group = group_named(name, ctx)
    except UserError:
        known = rooms.groups_of_network(ctx.session, ctx.network_id)
        found = [room for room in known if fold(room.name or "") == fold(name)]
        if len(found) != 1:
            raise
        return found[0].room_id, found[0].name or ""
    return group.room_id or "", group.name


def _in_charge(person: str, ctx: Context) -> Wanted:
    return Wanted(person=person, organisations=spoken_for(person, ctx.network_id, ctx))
