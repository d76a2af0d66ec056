"""What the board of a room, or of a network, shows now: its projects as they are named there."""

from collections import Counter
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.board import Board, Entry, age_of, board
from bot.domain.digest import is_stale
from bot.domain.project import Light, Phase, several
from bot.language.names import fold
from bot.store import boards, groups, projects
from bot.store.tables import Network, Project, Room

LONGEST = 60  # characters of a name


def of_room(room: Room, scope: Scope) -> Board:
    """What the board of a room shows now; a constant number of questions to the database."""
    return _board(room.network_id or 0, room.room_id, scope.zone_of(room.room_id), scope)


def of_network(network: Network, zone: ZoneInfo, scope: Scope) -> Board:
    """The same of a whole network: what has no field of action stands under the group whose room it belongs to."""
    return _board(network.id or 0, None, zone, scope)


def _board(network_id: int, room_id: str | None, zone: ZoneInfo, scope: Scope) -> Board:
    found = projects.listed(scope.session, network_id, room_id)
    heard = boards.heard(scope.session, network_id, room_id) if found else {}
    usual = {} if room_id else {each.room_id: each.name for each in groups.of_network(scope.session, network_id)}
    shared = Counter(_local(owner) for owner in {each.owner for each in found if each.owner})
    entries = [
        Entry(
            key=each.key,
            title=short(each.title),
            light=Light(each.light) if each.light else None,
            progress=each.progress,
            phase=Phase(each.phase) if each.phase else None,
            owner=_called(each.owner, shared),
            organisation=short(each.organisation),
            fields=_fields(each, usual.get(each.room_id)),
            age=age_of(at.astimezone(zone).date() if at else None, scope.now.astimezone(zone).date()),
            stale=is_stale(each.phase, at or each.created_at, scope.now),
        )
        for each, at in ((each, heard.get(each.id or 0)) for each in found)
    ]
    return board(entries, fold)


def _fields(project: Project, usual: str | None) -> tuple[str, ...]:
    named = several(project.field) or ((usual,) if usual else ())
    return tuple(short(field) or "" for field in named[:5])


def short(words: str | None) -> str | None:
    flat = " ".join((words or "").split())
    return flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 1].rstrip()}…"


def _local(person: str) -> str:
    return person.removeprefix("@").partition(":")[0]


def _called(person: str | None, shared: Counter[str]) -> str | None:
    """A name that is no Matrix ID, so that no client makes a mention of it; where two share it, with their server."""
    if not person:
        return None
    local = _local(person)
    return short(local if shared[local] < 2 else person.removeprefix("@").replace(":", ", "))
