"""Whoever is in charge of tasks is reminded at 9:00 local time: on the last working day before the day on which a task
is due, and on the first working day after it was due. One message a person, network and morning, whatever it is about.

9:00 is that of the zone of the task's room, working days are those of the network's Land, both as they were when the
task was last changed.

Lateness: a reminder that was missed is sent as soon as the bot is there, all of them in one message. By then it says
what is true: a task that has become overdue in between is told as overdue, and not once more. What was settled is not
told at all. Whoever is away, with nobody to stand in, is told on the first working day on which they are back.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import task_reminding
from bot.store import tasks


def due(scope: Scope) -> Iterator[Due]:
    """The networks with a reminder that has come, at the time of the latest such one."""
    for network_id, at in tasks.due_moments(scope.session, scope.now):
        yield Due(f"tasks.remind {network_id}", at, network_id)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Tell one network's people."""
    return task_reminding.remind(int(occurrence.subject), occurrence.at, scope)


JOB = Job("tasks", due, run)
