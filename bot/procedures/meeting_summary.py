"""What the clock says about a meeting: reminders before it, and one summary of what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.context import Scope
from bot.domain import timetable
from bot.domain.consultation import State
from bot.domain.timetable import Step
from bot.effects import Effect, Say
from bot.procedures import clustering, retrospects
from bot.procedures import meetings as held
from bot.procedures import results as work
from bot.procedures.clustering import Field
from bot.procedures.consultations import short_of
from bot.procedures.responsible import OpenTask, waiting
from bot.procedures.results import Listed, PutToVote
from bot.procedures.retrospects import View
from bot.store import meetings, results, rooms, tasks
from bot.store.tables import Meeting, Result
from bot.texts import Text, text

OTHER_CLOCKS = timedelta(days=1)
"""So much earlier may nine o'clock be since a room got another zone."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a meeting. `unvoted` are results that no ballot was held on; `all_unvoted`: that is all of them.

    Those merged into others are in `entries` only: they are put to the vote as part of these.
    """

    entries: Sequence[Listed]
    votes: Sequence[tuple[Result, PutToVote]]
    unvoted: Sequence[Result]
    all_unvoted: bool
    mandatory: Sequence[OpenTask]
    if_need_be: Sequence[OpenTask]
    views: Sequence[View]
    fields: Sequence[Field] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was captured."""
        return not (self.entries or self.mandatory or self.if_need_be or self.views or self.fields)


def gather(meeting: Meeting, scope: Scope) -> Summary:
    """What came of a meeting until now; as many questions to the database for a hundred results as for one."""
    session, meeting_id = scope.session, meeting.id or 0
    entries = work.listed(results.listed(session, meeting.network_id, None, meeting_id=meeting_id), scope)
    decided = meetings.decisions_on_results(session, meeting_id)
    votes = [
        (
            result,
            PutToVote(
                short_of(consultation, ballot, scope),
                consultation,
                ballot.result_version,
                decided.get(ballot.id or 0),
                ballot.kind,
            ),
        )
        for result, ballot, consultation in meetings.ballots_on_results(session, meeting_id)
        if consultation.state != State.CANCELLED
    ]
    voted = {result.id for result, _ in votes}
    standing = [entry.result for entry in entries if entry.into is None]
    unvoted = [result for result in standing if result.id not in voted]
    agreed = waiting(meetings.tasks_of(session, meeting_id), scope)
    return Summary(
        entries,
        votes,
        unvoted,
        all_unvoted=len(unvoted) == len(standing),
        mandatory=[one for one in agreed if one.task.mandatory],
        if_need_be=[one for one in agreed if not one.task.mandatory],
        views=retrospects.views(meeting, scope),
        fields=clustering.fields(meeting, scope)[0],
    )


def summary(meeting: Meeting, scope: Scope) -> Text:
    """The summary's message."""
    return _text(meeting, gather(meeting, scope), scope)


def close(meeting: Meeting, scope: Scope) -> Text:
    """The same; it is done with it, the clock brings no other one."""
    meeting.summarised_at, meeting.next_at = scope.now, None
    return summary(meeting, scope)


def _text(meeting: Meeting, found: Summary, scope: Scope) -> Text:
    sitting = held.sitting(meeting, scope)
    return text("meetings.summary", sitting=sitting, summary=found, prefix=scope.house.prefix)


def come(meeting: Meeting, scope: Scope) -> tuple[Effect, ...]:
    """Do what has come since the meeting's `next_at`, only the latest of it; then wait for what comes next."""
    since, days = meeting.next_at, held.days_of(meeting, scope)
    meeting.next_at = held.next_at(meeting, days, scope)
    room = rooms.find(scope.session, meeting.room_id)
    if since is None or meeting.cancelled_at is not None or not rooms.is_seen(room):
        return ()  # where we are not, it would be held until we come back, and be news of last year
    zone, state = scope.zone_of(meeting.room_id, meeting.network_id), scope.land_of(meeting.network_id)
    found = timetable.due(days, zone, state, since=since - OTHER_CLOCKS, now=scope.now)
    if found is None:
        return ()
    at, step = found
    said = _afterwards(meeting, scope) if step is Step.SUMMARY else _before(meeting, step, scope)
    key = f"meeting/{meeting.id}/{step.name.lower()}/{at.isoformat()}"
    return () if said is None else (Say(room_id=meeting.room_id, key=key, text=said),)


def _afterwards(meeting: Meeting, scope: Scope) -> Text | None:
    """None where nothing was captured, or somebody has summed it up already."""
    found = gather(meeting, scope)
    if found.is_empty or meeting.summarised_at is not None:
        return None
    meeting.summarised_at = scope.now
    return _text(meeting, found, scope)


def _before(meeting: Meeting, step: Step, scope: Scope) -> Text:
    return text(
        "meetings.soon",
        sitting=held.sitting(meeting, scope),
        open_tasks=len(tasks.open_of_room(scope.session, meeting.room_id)),
        last=step is Step.DAY_BEFORE,
        prefix=scope.house.prefix,
    )
