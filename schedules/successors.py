"""Every day at 9:00 local time: rooms that were replaced by one that nobody lets us into are made known.

Lateness: once, whenever the bot is there. Each is told once.
"""

from collections.abc import Iterator
from datetime import time

from bot.context import Scope
from bot.domain.recurring import Daily
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import succession
from bot.store import progress

MORNING = Daily(at=time(9))
SCHEDULE = "successors"


def due(scope: Scope) -> Iterator[Due]:
    """This morning's, if it was not done."""
    at = MORNING.latest(scope.now, scope.house.zone)
    if not progress.was_done(scope.session, SCHEDULE, at):
        yield Due(SCHEDULE, at, "")


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Tell the coordinators."""
    return succession.look_after(scope)


JOB = Job("successors", due, run)
