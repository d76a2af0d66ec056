"""The boards of rooms are edited a minute after the last change, ten minutes after the first one at the latest.

Each morning at 6:00 on the room's clocks they are looked at for the ages they tell: at most one edit a day.

Lateness: once, whenever the bot is there; what was missed is contained in it. Nothing is edited that says the same. A
board whose room is closed to us waits until we are back.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import boards
from bot.store import boards as store


def due(scope: Scope) -> Iterator[Due]:
    """The boards that may say something else now."""
    for room_id, at in boards.due(scope):
        yield Due(f"board {room_id}", at, room_id)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Edit one, if it does."""
    return boards.bring_up_to_date(str(occurrence.subject), occurrence.at, scope)


def went_back(scope: Scope) -> None:
    """What is changed from now on is new, whatever the clock showed at the last edit."""
    store.went_back(scope.session, scope.now)


JOB = Job("boards", due, run, went_back=went_back)
