"""Check-ins are put, people reminded, rounds closed.

Lateness (`bot.procedures.checkins`): a time that was missed is made up for once if less than half of the time to its
deadline has gone, of several only the latest; else it is left out, and the next summary says so. A reminder is sent
late until the deadline comes, a round closed late rather than never; each once.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import checkins as procedure
from bot.store import checkin_times, checkins


def due(scope: Scope) -> Iterator[Due]:
    """What rounds and check-ins ask for now; a round that ends comes before the next that begins."""
    for made in checkin_times.stirring(scope.session, scope.now):
        if made.deadline <= scope.now:
            yield Due(f"checkin.close {made.id}", made.deadline, made.id or 0)
        elif made.nudge_at is not None:
            yield Due(f"checkin.nudge {made.id}", made.nudge_at, made.id or 0)
    for check_in in checkin_times.due(scope.session, scope.now):
        if check_in.next_at is not None:
            yield Due(f"checkin.put {check_in.id}", check_in.next_at, check_in.id or 0)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Take the one step that is due, unless something has changed since."""
    step = occurrence.schedule.partition(" ")[0].partition(".")[2]
    if step == "put":
        return procedure.come(checkins.by_id(scope.session, int(occurrence.subject)), scope)
    made = checkins.round_by_id(scope.session, int(occurrence.subject))
    if made.closed_at is not None:
        return ()
    if step == "nudge":
        return procedure.nudge(made, scope)
    return procedure.close(made, checkins.by_id(scope.session, made.check_in_id), scope)


JOB = Job("check-in", due, run)
