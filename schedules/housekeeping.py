"""Every night at 3:30 local time: what has served its purpose goes.

Handled events are remembered longer than a homeserver could bring them again; the wording of what was sent is dropped
after a month, its key and event stay, since votes and replies refer to them; so does what could not be decrypted all
that time; which ciphertexts were read is remembered for a year more; absences go a month after they were over;
dropped files of people, which hold names and addresses, and questions that nobody answered, after a day; links to the
overview pages and sessions there once they have ended. Lateness: once, whenever the bot is there.
"""

from collections.abc import Iterator
from datetime import time, timedelta

from bot.context import Scope
from bot.domain.recurring import Daily
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import bulk, logins
from bot.store import absences, people, progress, questions, sealed

NIGHTLY = Daily(at=time(3, 30))
KEPT = timedelta(days=30)
SCHEDULE = "housekeeping"


def due(scope: Scope) -> Iterator[Due]:
    """Last night's, if it was not done."""
    at = NIGHTLY.latest(scope.now, scope.house.zone)
    if not progress.was_done(scope.session, SCHEDULE, at):
        yield Due(SCHEDULE, at, "")


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Drop what is older than a month, and files of people that nobody has confirmed within their time."""
    progress.forget(scope.session, scope.now - KEPT)
    sealed.forget(scope.session, scope.now - KEPT)
    absences.forget(scope.session, scope.now - KEPT)
    people.forget_imports(scope.session, scope.now - bulk.KEPT)
    questions.forget(scope.session, scope.now - questions.LAPSED_KEPT)
    logins.forget(scope)
    return ()


JOB = Job("housekeeping", due, run)
