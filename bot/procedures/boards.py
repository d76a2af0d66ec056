"""The board of a room (Tafel): one pinned message that shows how its projects stand, kept up to date by editing it.

Another one than what stands pinned in the room of a group (`groups.board_changed`): that says who the group is. This is
set up by hand, in any room. It is edited when nothing has changed for a minute, or ten minutes after the first change,
and each morning for the ages; never if it would say the same. Nobody is notified.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.context import Context, Scope
from bot.domain.board import Board
from bot.effects import Edit, Effect, Pin, Reply, Say
from bot.events import Power, Redacted
from bot.procedures.board_showing import of_room, short
from bot.store import boards, groups, moves, outbox, rooms
from bot.store.tables import Board as Row
from bot.store.tables import Project, Room
from bot.texts import Text, text

KEY = "board/"
QUIET = timedelta(minutes=1)
LATEST = timedelta(minutes=10)
MORNING = time(6)


@dataclass(frozen=True, slots=True)
class Where:
    """A board: its event, to link to; None while it is on its way. `via` is a server that knows the room.

    `may_pin`: it is pinned, as far as we may.
    """

    room_id: str
    event_id: str | None
    via: str
    may_pin: bool = True


# set up, found again, taken down


def set_up(ctx: Context) -> tuple[Effect, ...]:
    """Say and pin the board of this room; one that stood here before is pinned no longer."""
    before = boards.find(ctx.session, ctx.room.room_id)
    key = f"{KEY}{ctx.room.room_id}/{ctx.message.event_id}"
    said, pinned = _said(ctx.room, key, ctx.person, ctx, before)
    return (
        Reply(text("board.set_up", again=before is not None, may_pin=_may_pin(ctx.room), prefix=ctx.house.prefix)),
        said,
        pinned,
    )


def _may_pin(room: Room) -> bool:
    return Power.PIN not in room.lacks.split(",")


def _said(room: Room, key: str, by: str, scope: Scope, before: Row | None) -> tuple[Say, Pin]:
    shows = of_room(room, scope)
    without = (before.post,) if before is not None else ()
    row = before or Row(room_id=room.room_id, network_id=room.network_id or 0, set_up_by=by, post="", shown="")
    row.post, row.set_up_at, row.edits = key, scope.now, 0
    row.shown, row.edited_at = _fingerprint(shows, room, scope), scope.now
    row.next_at = _next_morning(room, scope)
    boards.add(scope.session, row)
    said = Say(room_id=room.room_id, key=key, text=_text(shows, room, scope))
    return said, Pin(room_id=room.room_id, key=f"{key}/pin", of=(key,), without=without)


def standing(room: Room, scope: Scope) -> Where | None:
    """Where the board of a room stands. None where there is none, or it was said before we were last out of the room.

    Whoever asks sees it as it should be: it is looked at in the next second.
    """
    row = boards.find(scope.session, room.room_id)
    if row is None or row.set_up_at < room.since:
        return None
    stands = boards.standing(scope.session, row.post)
    if stands is None or stands.room_id != room.room_id or stands.state == "parked":
        return None
    row.next_at = scope.now
    return Where(room.room_id, stands.event_id, scope.house.us.partition(":")[2], _may_pin(room))


def take_down(row: Row, scope: Scope) -> tuple[Effect, ...]:
    """Let the board of a room end: it says so itself, and is pinned no longer."""
    ended = text("board.ended", at=scope.now, prefix=scope.house.prefix)
    edit = Edit(room_id=row.room_id, key=f"{row.post}/ended", of=row.post, text=ended)
    boards.remove(scope.session, row)
    return (edit, _unpinned(row))


def taken_back(event: Redacted, scope: Scope) -> tuple[Effect, ...]:
    """Somebody has removed the message: there is no board any more, until one is set up again."""
    key = outbox.key_of(scope.session, event.target)
    row = boards.by_post(scope.session, key) if key is not None and key.startswith(KEY) else None
    if row is None:
        return ()
    boards.remove(scope.session, row)
    return (_unpinned(row),)


def _unpinned(row: Row) -> Pin:
    return Pin(room_id=row.room_id, key=f"{row.post}/unpin", without=(row.post,))


def moved(room: Room, scope: Scope) -> tuple[Effect, ...]:
    """The room has replaced another one: the board is said anew there. One not yet said has come along by itself."""
    row = boards.find(scope.session, room.room_id)
    if row is None:
        return ()
    stands = boards.standing(scope.session, row.post)
    if stands is not None and stands.room_id == room.room_id and stands.state == "waiting":
        return (Pin(room_id=room.room_id, key=f"{row.post}/pin in {room.room_id}", of=(row.post,)),)
    outbox.give_up(scope.session, (row.post,), f"said anew in {room.room_id}")
    said, pinned = _said(room, moves.again(row.post, room.room_id), row.set_up_by, scope, row)
    return (said, Pin(room_id=pinned.room_id, key=pinned.key, of=pinned.of))


def said_anew(room: Room, scope: Scope) -> tuple[Effect, ...]:
    """The room has come to us from another account, whose board we cannot edit: it is said anew, and pinned instead."""
    row = boards.find(scope.session, room.room_id)
    if row is None or outbox.stands_in(scope.session, row.post, scope.house.us) is not None:
        return ()
    return _said(room, moves.anew(row.post, room.room_id, scope.house.us), row.set_up_by, scope, row)


def pinned_again(room: Room, cause: str, scope: Scope) -> tuple[Effect, ...]:
    """We may pin here again: what could not be pinned is. `cause` is the event that says so."""
    row = boards.find(scope.session, room.room_id)
    return (Pin(room_id=room.room_id, key=f"{row.post}/pin {cause}", of=(row.post,)),) if row else ()


# kept up to date


def heard_of(project: Project, scope: Scope) -> None:
    """Nothing in a project was changed, but something was heard of it: the ages on its board are other ones."""
    boards.want_by(scope.session, (project.room_id,), scope.now + LATEST)


def due(scope: Scope) -> list[tuple[str, datetime]]:
    """The rooms whose board is to be looked at now, and since when (UTC); two questions, or three."""
    found = dict(boards.to_look_at(scope.session, scope.now))
    restless = []
    for room_id, last in boards.changed(scope.session):
        if scope.now - last >= QUIET:
            found[room_id] = max(last + QUIET, found.get(room_id, last))
        elif room_id not in found:
            restless.append(room_id)
    for room_id, first in (boards.first_changes(scope.session, restless) if restless else {}).items():
        if scope.now - first >= LATEST:
            found[room_id] = first + LATEST
    return sorted(found.items())


def bring_up_to_date(room_id: str, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Edit a board that says something else now, with all that changed until `at` (UTC).

    While an edit is on its way none is added: a homeserver that was away gets the last one, not all.
    """
    row, room = boards.find(scope.session, room_id), rooms.find(scope.session, room_id)
    if row is None or room is None:
        return ()
    row.edited_at, row.next_at = max(row.edited_at, at), _next_morning(room, scope)
    stands = boards.standing(scope.session, row.post)
    if stands is None or stands.state == "parked":  # there is nothing to edit; `!tafel` says it anew
        return ()
    if stands.unsent:
        row.next_at = scope.now + LATEST
        return ()
    shows = of_room(room, scope)
    fingerprint = _fingerprint(shows, room, scope)
    if fingerprint == row.shown:
        return ()
    row.shown, row.edits = fingerprint, row.edits + 1
    said = _text(shows, room, scope)
    return (Edit(room_id=room_id, key=f"{row.post}/edit {row.edits}", of=row.post, text=said),)


def _next_morning(room: Room, scope: Scope) -> datetime:
    """The next one on the room's clocks, later than now."""
    local = scope.now.astimezone(scope.zone_of(room.room_id))
    day = local.date() + timedelta(days=0 if local.time() < MORNING else 1)
    return datetime.combine(day, MORNING, local.tzinfo).astimezone(UTC)


def _fingerprint(shows: Board, room: Room, scope: Scope) -> str:
    return shows.fingerprint(*_around(room, scope), scope.language_of(room.room_id))


def _around(room: Room, scope: Scope) -> Sequence[str]:
    """What the board is called: after the group whose room it is, else after the room."""
    group = groups.of_room(scope.session, room.room_id)
    return (short(group.name if group else room.name) or "",)


def _text(shows: Board, room: Room, scope: Scope) -> Text:
    (name,) = _around(room, scope)
    now = scope.now.replace(second=0, microsecond=0)
    return text("board.board", board=shows, name=name, now=now, prefix=scope.house.prefix, kept=True)
