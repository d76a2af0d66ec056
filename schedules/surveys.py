"""Surveys: two working days before the deadline, at 9:00, those who have not finished are reminded; then it ends.

Working days are those of the network's Land, 9:00 is that of its zone. Lateness: a reminder that was missed is dropped
once the deadline has come; a survey is closed late rather than never. What was confirmed is taken over by then; what
was not stays a draft, and its person is told.
"""

from collections.abc import Iterator
from datetime import timedelta

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import surveys as procedure
from bot.store import progress, surveys

CLOSE = "survey.close"
FARTHEST = timedelta(days=14)  # before a deadline: two working days are never farther away, Christmas between or not


def due(scope: Scope) -> Iterator[Due]:
    """The open surveys whose deadline, or whose reminder, has come; two questions however many there are."""
    found = surveys.open_until(scope.session, scope.now + FARTHEST)
    done = progress.done(scope.session, [procedure.reminding(survey) for survey, _ in found])
    for survey, _ in found:
        if survey.due_at is None:
            continue
        if survey.due_at <= scope.now:
            yield Due(f"{CLOSE} {survey.id}", survey.due_at, survey.id or 0)
            continue
        at = procedure.remind_at(survey, scope)
        schedule = procedure.reminding(survey)
        if at is not None and at <= scope.now and (schedule, at) not in done:
            yield Due(schedule, at, survey.id or 0)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Remind, or close."""
    survey = surveys.by_id(scope.session, int(occurrence.subject))
    if survey.closed_at is not None:
        return ()
    if occurrence.schedule == procedure.reminding(survey):
        return procedure.remind(survey, scope)
    return procedure.close(survey, scope) if survey.due_at is not None and survey.due_at <= scope.now else ()


JOB = Job("survey", due, run)
