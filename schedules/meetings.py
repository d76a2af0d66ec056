"""Meetings: a reminder a week and a working day before, and one summary on the working day after, at nine o'clock.

Lateness: a reminder that was missed is dropped once the meeting has begun; of several missed only the latest comes. The
summary comes however late, once, and not if somebody has summed it up before.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import meeting_summary
from bot.store import meetings


def due(scope: Scope) -> Iterator[Due]:
    """The meetings about which something has come that was not done."""
    for meeting in meetings.waiting(scope.session, scope.now):
        if meeting.next_at is not None:
            yield Due(f"meeting {meeting.id}", meeting.next_at, meeting.id or 0)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Say what has come."""
    meeting = meetings.by_id(scope.session, int(occurrence.subject))
    return meeting_summary.come(meeting, scope) if meeting.next_at == occurrence.at else ()


JOB = Job("meeting", due, run)
