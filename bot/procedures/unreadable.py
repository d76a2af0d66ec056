"""What is locked with a key that we lack: kept until the key comes, and after a while its sender is told, once.

Nothing is said of what becomes readable in time, of what was sent before we came, or in rooms that we do not serve.
Else once per session, and at most once a day to one person in one room: whoever cannot be read will write more than
one message, and one word says all that can be done.

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
from bot.events import Message, Undecryptable, Withheld
from bot.procedures import closing
from bot.store import rooms, sealed
from bot.store.tables import SealedSession
from bot.texts import text

LATE_AT_MOST: Final = timedelta(hours=24)
ONCE_IN: Final = timedelta(days=1)
REASONS: Final = ("m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable", "m.no_olm")
"""Why a device gives no key (https://spec.matrix.org/latest/client-server-api/#mroom_keywithheld)."""

log = logging.getLogger(__name__)


def keep(event: Undecryptable, scope: Scope) -> None:
    """Keep it until its key comes. Not claimed: should it come again readable, it counts."""
    log.warning("no key for %s in %s", event.event_id, event.room_id)
    closing.not_readable(event, scope)
    if rooms.find(scope.session, event.room_id) is not None:
        sealed.keep(scope.session, event, scope.now)


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
    if first is None or room is None or not here or sealed.was_told(scope.session, row, scope.now - ONCE_IN):
        return ()
    row.told_at = scope.now
    reason = sealed.reason(scope.session, row)
    said = text(
        "unreadable.told",
        reason=reason if reason in REASONS else None,
        direct=room.direct_with is not None,
        prefix=scope.house.prefix,
    )
    key = f"unreadable/{room_id}/{session_id}/{sender}"
    return (Say(room_id=room_id, key=key, text=said, reply_to=first.event_id),)
