"""Two minutes after a message that cannot be read: its sender is told, unless the key has come by then.

Lateness: once, whenever the bot is there; after a start the keys that wait on the homeserver have two minutes more.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import unreadable

SCHEDULE = "unreadable"


def due(scope: Scope) -> Iterator[Due]:
    """The sessions that nobody was told of."""
    for row in unreadable.due(scope):
        if row.tell_at is not None:
            subject = f"{row.room_id} {row.sender} {row.session_id}"
            yield Due(f"{SCHEDULE} {subject}", row.tell_at, subject)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Tell the sender."""
    room_id, sender, session_id = str(occurrence.subject).split(" ", 2)
    return unreadable.told(room_id, session_id, sender, scope)


JOB = Job(SCHEDULE, due, run)
