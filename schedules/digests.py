"""The weekly digest, Monday 8:00 local time, per room.

Lateness: one that was missed is posted up to three days late, once, and covers all since the last; after that the next
Monday's does.
"""

from collections.abc import Iterator
from datetime import timedelta

from bot.context import Scope
from bot.domain.recurring import MONDAY_MORNING
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import digest
from bot.store import rooms

LATE_AT_MOST = timedelta(days=3)


def due(scope: Scope) -> Iterator[Due]:
    """The rooms whose digest is due and not posted."""
    at = MONDAY_MORNING.latest(scope.now, scope.house.zone)
    if scope.now - at > LATE_AT_MOST:
        return
    for room in rooms.awaiting_digest(scope.session, at):
        yield Due(f"digest {room.room_id}", at, room.room_id)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Post one room's digest."""
    room = rooms.find(scope.session, str(occurrence.subject))
    return digest.post(room, occurrence.at, scope) if room else ()


JOB = Job("digest", due, run)
