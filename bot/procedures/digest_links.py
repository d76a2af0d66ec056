"""Where a thing was said, for a link to it; only where whoever reads the digest can follow the link."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.procedures.digest_items import Item
from bot.store import moves, news


@dataclass(frozen=True, slots=True)
class Place:
    """An event in a room; `via` is a server that knows the room."""

    room_id: str
    event_id: str
    via: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a section: what it is about, and where that was said."""

    item: Item
    at: Place | None = None


def lines(items: Sequence[Item], places: dict[int, Place]) -> list[Line]:
    """The lines for these items."""
    return [Line(item, places.get(id(item))) for item in items]


def places(items: Iterable[Item], rooms: Collection[str], scope: Scope) -> dict[int, Place]:
    """Where each of these was said, by `id` of the item; only in these rooms, which the reader is in.

    In which room somebody wrote is known from our answer to it: a report on a project of this room may have been made
    in a direct chat, and a link there leads nowhere for anybody else.
    """
    if not rooms:
        return {}
    wanted = {key: item for item in items for key in _keys(item)}
    found = news.posts(scope.session, wanted)
    via = scope.house.us.partition(":")[2]
    linked = {}
    for key, item in wanted.items():
        room_id, post = found.get(key, ("", None))
        event = item.event or post
        if room_id in rooms and event is not None:
            linked[id(item)] = Place(room_id, event, via)
    return linked


def _keys(item: Item) -> tuple[str, ...]:
    """What we said of it, or in answer to it; where a room was replaced, what is said again there is the later one."""
    if item.event is not None:
        return (f"{item.event}/0",)
    return (item.post, moves.again(item.post, item.room_id)) if item.post is not None else ()
