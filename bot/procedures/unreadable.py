"""What is locked with a key that we lack: kept until the key comes, and after a while its sender is told, once.

Nothing is said of what becomes readable in time, of what was sent before we came, or in rooms that we do not serve.
Else once per session, and at most once a day to one person in one room: whoever cannot be read will write more than
one message, and one word says all that can be done. Where nobody's app gives us keys, most of what is said is none of
our business: after a few people in a room, one word is for all others there, and that is all for the day.

A vote counts by when it reached us, however late it could be read. A command is carried out as long as its author may
still expect it (`LATE_AT_MOST`); later its author is told that it was not.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.context import Scope
from bot.effects import Effect, Say
from bot.errors import UserError
from bot.events import Message, Redacted, Undecryptable, Unsealed, Withheld
from bot.procedures import closing
from bot.store import progress, rooms, sealed
from bot.store.tables import Room, SealedSession
from bot.texts import text

LATE_AT_MOST: Final = timedelta(hours=24)
ONCE_IN: Final = timedelta(days=1)
FEW: Final = 3
"""So many people in one room are told one by one in that time, in a direct chat there is but one."""
REASONS: Final = ("m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable", "m.no_olm")
"""Why a device gives no key (https://spec.matrix.org/latest/client-server-api/#mroom_keywithheld)."""

log = logging.getLogger(__name__)


def keep(event: Undecryptable, scope: Scope) -> None:
    """Keep it until its key comes. Not claimed: should it come again readable, it counts.

    What was handled may come again, too, after a crash in which its key was lost: nothing is missing then.
    """
    log.warning("no key for %(event_id)s in %(room_id)s", {"event_id": event.event_id, "room_id": event.room_id})
    if not progress.unclaimed(scope.session, [event.event_id]):
        return
    closing.not_readable(event, scope)
    room = rooms.find(scope.session, event.room_id)
    if room is not None:
        sealed.keep(scope.session, event, scope.now, tell=not _is_said(room, event.sender, scope))


def opened(happening: Unsealed, scope: Scope) -> None:
    """Its key came: it waits no longer, and no result is provisional for it, whatever it says.

    Unless it is a message to a room that was replaced meanwhile: nobody heeds that, and it may be a vote.
    """
    sealed.drop(scope.session, happening.event_id)
    room = rooms.find(scope.session, happening.room_id)
    if not isinstance(happening.event, Message) or (room is not None and room.joined):
        closing.readable(happening.event_id, scope)


def taken_back(event: Redacted, scope: Scope) -> None:
    """It was redacted: by its sender it is taken back, if a vote could be."""
    sealed.take_back(scope.session, event.target, event.sender, in_time=closing.taken_back(event, scope))


def withheld(note: Withheld, scope: Scope) -> None:
    """Somebody gives us no key: remember why, in case there is something to tell."""
    if not note.room_id or rooms.is_member(scope.session, note.room_id, note.sender):
        sealed.withhold(scope.session, note)


def require_in_time(message: Message, scope: Scope) -> None:
    """Raises UserError for a command that could be read only when nobody waits for it any more."""
    if scope.now - message.received_at > LATE_AT_MOST:
        raise UserError("unreadable.outdated", at=message.sent_at)


def due(scope: Scope) -> Iterator[SealedSession]:
    """Of which sessions somebody is to be told now."""
    yield from sealed.to_tell(scope.session, scope.now)


def told(room_id: str, session_id: str, sender: str, scope: Scope) -> tuple[Effect, ...]:
    """Tell in the room that a message could not be read, why as far as it is known, and what helps."""
    row = sealed.find(scope.session, room_id, session_id, sender)
    if row is None or row.tell_at is None:
        return ()
    row.tell_at = None
    first, room = sealed.first_of(scope.session, row), rooms.find(scope.session, room_id)
    here = room is not None and room.joined and rooms.is_member(scope.session, room_id, sender)
    if first is None or room is None or not here or _is_said(room, sender, scope):
        return ()
    is_one_of_many = len(sealed.told(scope.session, room_id, scope.now - ONCE_IN)) >= FEW
    row.told_at = scope.now
    key = f"unreadable/{room_id}/{session_id}/{sender}"
    if is_one_of_many and room.direct_with is None:
        return (Say(room_id=room_id, key=key, text=text("unreadable.many")),)
    reason = sealed.reason(scope.session, row)
    said = text("unreadable.told", reason=reason if reason in REASONS else None, direct=room.direct_with is not None)
    return (Say(room_id=room_id, key=key, text=said, reply_to=first.event_id),)


def _is_said(room: Room, sender: str, scope: Scope) -> bool:
    """Whether enough was said of the kind in this room today, to this person or to all."""
    told_there = sealed.told(scope.session, room.room_id, scope.now - ONCE_IN)
    return sender in told_there or (room.direct_with is None and len(told_there) > FEW)
