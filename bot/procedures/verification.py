"""Somebody's client asks ours to compare emojis. We cannot, and say so instead of leaving them waiting.

nio knows only the older way, between two devices and outside of rooms; Element asks in the room
(https://spec.matrix.org/latest/client-server-api/#key-verification-framework).
"""

from bot.context import Scope
from bot.effects import Effect, RefuseVerification, Reply
from bot.events import VerificationAsked
from bot.store import rooms
from bot.texts import text


def asked(request: VerificationAsked, scope: Scope) -> tuple[Effect, ...]:
    """End the request, so that the dialog on their screen closes, and say what there is instead."""
    room = rooms.find(scope.session, request.room_id)
    if room is None or not room.joined:
        return ()
    return Reply(text("verification.no_emojis", prefix=scope.house.prefix)), RefuseVerification()
