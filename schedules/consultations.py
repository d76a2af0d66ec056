"""Consultations open, remind, close and are published by themselves.

Lateness: opening, closing and publishing are done late rather than never; a consultation whose whole time was missed is
called off. While its room is closed to us none is opened: it would have the wrong electorate, and nobody would hear of
it. A reminder that was missed is dropped once the close has come; of several missed ones only the latest is sent.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.context import Scope
from bot.domain.consultation import State
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import consultations as life
from bot.store import consultations, progress, rooms
from bot.store.tables import Consultation


def due(scope: Scope) -> Iterator[Due]:
    """What the life of any consultation asks for now."""
    session, now = scope.session, scope.now
    for consultation in consultations.waiting_to_open(session, now):
        if (at := _opening(consultation, scope)) is not None:
            yield Due(f"consultation.open {consultation.id}", at, consultation.id or 0)
    for consultation in consultations.waiting_to_close(session, now):
        yield Due(f"consultation.close {consultation.id}", consultation.closes_at, consultation.id or 0)
    for consultation in consultations.waiting_for_result(session):
        at = consultations.window(consultation).publish_at
        if at <= now:
            yield Due(f"consultation.publish {consultation.id}", at, consultation.id or 0)
    for consultation in consultations.open_ones(session):
        yield from _reminder(consultation, scope)


def _opening(consultation: Consultation, scope: Scope) -> datetime | None:
    """Since when one whose opening has come can be opened, or called off. None while we wait to be let in.

    Each time that we come to the room is a time of its own: what was claimed before and came to nothing is due again.
    """
    room = rooms.find(scope.session, consultation.room_id)
    if room is not None and rooms.is_seen(room):
        return max(consultation.opens_at, room.since)
    return consultation.closes_at if consultation.closes_at <= scope.now else None


def reminders(consultation: Consultation) -> list[timedelta]:
    """How long before the close reminders go out, the earliest first."""
    return sorted((timedelta(seconds=float(part)) for part in consultation.reminders.split(",") if part), reverse=True)


def _reminder(consultation: Consultation, scope: Scope) -> Iterator[Due]:
    """The latest reminder that has come, if it was not sent."""
    come = [
        before
        for before in reminders(consultation)
        if consultation.opens_at < consultation.closes_at - before <= scope.now < consultation.closes_at
    ]
    if come:
        at = consultation.closes_at - come[-1]
        schedule = f"consultation.remind {consultation.id}"
        if not progress.was_done(scope.session, schedule, at):
            yield Due(schedule, at, consultation.id or 0)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Take the one step that is due, if the consultation still stands where it was."""
    consultation = consultations.by_id(scope.session, int(occurrence.subject))
    step = occurrence.schedule.partition(" ")[0].partition(".")[2]
    if step == "open" and consultation.state == State.SCHEDULED:
        return life.open_ballot(consultation, scope) if _opening(consultation, scope) is not None else ()
    if step == "remind" and consultation.state == State.OPEN:
        return life.remind(consultation, consultation.closes_at - occurrence.at, scope)
    if step == "close" and consultation.state == State.OPEN:
        return life.close(consultation, scope)
    if step == "publish" and consultation.state == State.CLOSED:
        return life.publish(consultation, scope)
    return ()


JOB = Job("consultation", due, run)
