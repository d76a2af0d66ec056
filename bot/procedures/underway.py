"""Many posts on their way: how long it takes until all have gone, told to whoever ordered them, or asks."""

from datetime import datetime, timedelta

from bot.context import Scope
from bot.effects import Effect, Say
from bot.store import backlog
from bot.texts import text

WORTH_SAYING = timedelta(minutes=1)
MANY = 10
"""So many posts of one order."""


def left(scope: Scope) -> timedelta | None:
    """How long it takes until all that waits now has gone; None if that is no minute, or nobody knows."""
    throughput = scope.house.throughput
    found = throughput.left if throughput is not None else None
    return found if found is not None and found >= WORTH_SAYING else None


def told(at: datetime, row_id: int, scope: Scope) -> tuple[Effect, ...]:
    """Tell who ordered what was stored at `at` (UTC) with this row of the outbox, in the room where they did.

    What the clock has set going nobody waits for: that is in the log. The key begins with the event that ordered it, as
    an answer's does, so that it does not wait behind the very posts that it is about.
    """
    crowd, takes = backlog.crowd(scope.session, at, row_id), left(scope)
    if crowd.answer is None or crowd.room_id is None or takes is None or crowd.rooms + crowd.people < MANY:
        return ()
    said = text("underway.told", rooms=crowd.rooms, people=crowd.people, left=takes)
    return (Say(room_id=crowd.room_id, key=f"{crowd.answer}/underway", text=said),)
