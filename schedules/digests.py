"""Digests: of each room, on Mondays at 8:00 or as was set; of the network, to everybody in a role, as was set.

Lateness: one that was missed is posted up to three days late, once, and covers all since the last; of several missed
ones only the last one is. What is later than that is not made up for: the next one comes at its time.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import digest, digest_plans
from bot.store import digests, rooms


def due(scope: Scope) -> Iterator[Due]:
    """The rooms without a plan whose digest is due and not posted, and the plans whose time has come."""
    for room_id, at in digest_plans.usual_ones_due(scope):
        yield Due(f"digest {room_id}", at, room_id)
    for plan in digests.due(scope.session, scope.now):
        yield Due(f"digest plan {plan.id}", digest_plans.latest(plan, scope), plan.id or 0)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Post one room's digest, or carry out one plan."""
    if isinstance(occurrence.subject, int):
        return digest.carry_out(occurrence.subject, occurrence.at, scope)
    room = rooms.find(scope.session, occurrence.subject)
    return digest.post(room, occurrence.at, scope) if room else ()


def went_back(scope: Scope) -> None:
    """What comes from now on is new, whatever the clock showed when the last digest went out."""
    digests.end_periods(scope.session, scope.now)


JOB = Job("digest", due, run, went_back=went_back)
