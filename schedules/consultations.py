"""Consultations open, remind, close and are published by themselves.

Lateness: opening, closing and publishing are done late rather than never; a consultation whose whole time was missed is
called off. While its room is closed to us none is opened: it would have the wrong electorate, and nobody would hear of
it. A reminder that was missed is dropped once the close has come; of several missed ones only the latest is sent. How
many have voted is shown at most once a minute, and only while votes come in. A result that does not come is tried for
again each hour: until then nothing but a mistake of ours or of somebody's configuration can have kept it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.context import Scope
from bot.domain.consultation import State
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import closing, minutes, opening, reminding, turnout
from bot.store import consultations, progress, rooms
from bot.store.tables import Consultation

MOST_DAYS_OFF = timedelta(days=7)  # no Land has as many in a row: so much earlier a reminder may come
AGAIN_AFTER = timedelta(hours=1)
MINUTES_WITHIN = timedelta(days=1)  # after the result; later they come only to who asks for them
UNKNOWN = "-"  # in the name of a schedule: the Land of these electors is not known


def due(scope: Scope) -> Iterator[Due]:
    """What the life of any consultation asks for now."""
    session, now = scope.session, scope.now
    for consultation in consultations.waiting_to_open(session, now):
        if (at := _opening(consultation, scope)) is not None:
            yield Due(f"consultation.open {consultation.id}", at, consultation.id or 0)
    for consultation in consultations.waiting_to_close(session, now):
        yield Due(f"consultation.close {consultation.id}", consultation.closes_at, consultation.id or 0)
    for consultation in consultations.waiting_for_result(session):
        yield from _result(consultation, scope)
    for consultation in consultations.published_since(session, now - MINUTES_WITHIN):
        yield from _minutes(consultation, scope)
    for consultation in consultations.open_ones(session):
        yield from _reminders(consultation, scope)
        yield from _turnout(consultation, scope)


def _opening(consultation: Consultation, scope: Scope) -> datetime | None:
    """Since when one whose opening has come can be opened, or called off. None while we wait to be let in.

    Each time that we come to the room is a time of its own: what was claimed before and came to nothing is due again.
    """
    room = rooms.find(scope.session, consultation.room_id)
    if room is not None and rooms.is_seen(room):
        return max(consultation.opens_at, room.since)
    return consultation.closes_at if consultation.closes_at <= scope.now else None


def _result(consultation: Consultation, scope: Scope) -> Iterator[Due]:
    """The end of the grace time; a result that does not come is due again each hour after it was tried for first."""
    schedule, at = f"consultation.publish {consultation.id}", consultations.window(consultation).publish_at
    if at > scope.now:
        return
    tried = progress.done_at(scope.session, schedule, at)
    if tried is None:
        yield Due(schedule, at, consultation.id or 0)
        return
    again = tried + (scope.now - tried) // AGAIN_AFTER * AGAIN_AFTER
    is_new = again > tried and not progress.was_done(scope.session, schedule, again)
    if is_new and closing.is_overdue(consultation, scope):
        yield Due(schedule, again, consultation.id or 0)


def _minutes(consultation: Consultation, scope: Scope) -> Iterator[Due]:
    """The minutes that go with a long result."""
    schedule, at = f"consultation.minutes {consultation.id}", consultation.published_at
    if at is not None and not progress.was_done(scope.session, schedule, at):
        yield Due(schedule, at, consultation.id or 0)


def _reminders(consultation: Consultation, scope: Scope) -> Iterator[Due]:
    """For each Land the latest reminder that has come there, if it was not sent."""
    longest = max(reminding.before_close(consultation), default=None)
    if longest is None or scope.now < consultation.closes_at - longest - MOST_DAYS_OFF or _is_over(consultation, scope):
        return
    zone = scope.zone_of(consultation.room_id)
    for state in reminding.states(consultation, scope):
        come = [at for at in reminding.times(consultation, state, zone) if at <= scope.now]
        schedule = f"consultation.remind {consultation.id} {state or UNKNOWN}"
        if come and not progress.was_done(scope.session, schedule, come[-1]):
            yield Due(schedule, come[-1], consultation.id or 0)


def _is_over(consultation: Consultation, scope: Scope) -> bool:
    return scope.now >= consultation.closes_at


def _turnout(consultation: Consultation, scope: Scope) -> Iterator[Due]:
    """The present minute, if something came since the announcement was written."""
    if turnout.may_have_changed(consultation) and not _is_over(consultation, scope):
        minute = scope.now.replace(second=0, microsecond=0)
        schedule = f"consultation.turnout {consultation.id}"
        if not progress.was_done(scope.session, schedule, minute):
            yield Due(schedule, minute, consultation.id or 0)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Take the one step that is due, if the consultation still stands where it was."""
    consultation = consultations.by_id(scope.session, int(occurrence.subject))
    step = occurrence.schedule.partition(" ")[0].partition(".")[2]
    if step == "open" and consultation.state == State.SCHEDULED:
        return opening.open_ballots(consultation, scope) if _opening(consultation, scope) is not None else ()
    if step == "remind" and consultation.state == State.OPEN:
        state = occurrence.schedule.rpartition(" ")[2]
        return reminding.remind(consultation, occurrence.at, None if state == UNKNOWN else state, scope)
    if step == "turnout" and consultation.state == State.OPEN:
        return opening.show_turnout(consultation, scope)
    if step == "close" and consultation.state == State.OPEN:
        return closing.close(consultation, scope)
    if step == "publish" and consultation.state == State.CLOSED:
        is_first = occurrence.at == consultations.window(consultation).publish_at
        return closing.reread(consultation, scope) if is_first else closing.overdue(consultation, scope)
    if step == "minutes" and consultation.state == State.PUBLISHED:
        return minutes.attached(consultation, scope)
    return ()


JOB = Job("consultation", due, run)
