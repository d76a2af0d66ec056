"""Every day at 9:00 local time: groups that nobody has taken up in the days for signing up are made known.

Lateness: once, whenever the bot is there; a group found late is told late. Each is told once, and again only after it
has had Aktive in between.
"""

from collections.abc import Iterator
from datetime import time

from bot.context import Scope
from bot.domain.recurring import Daily
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import participation
from bot.store import progress

MORNING = Daily(at=time(9))
SCHEDULE = "groups"


def due(scope: Scope) -> Iterator[Due]:
    """This morning's, if it was not done."""
    at = MORNING.latest(scope.now, scope.house.zone)
    if not progress.was_done(scope.session, SCHEDULE, at):
        yield Due(SCHEDULE, at, "")


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Tell the coordinators."""
    return participation.look_after(scope)


JOB = Job("groups", due, run)
