"""Meetings: when they are held, who leads them, and what belongs to them.

A mini-workshop is a meeting that one organisation holds (Modellkommunen): who speaks for it, holder of its mandate or
deputy, may capture results and close it without moderating the group. To announce a meeting, to move it and to call it
off is for who leads the room: it is their calendar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.context import Context, Scope
from bot.domain import timetable, workdays
from bot.domain.timetable import Day
from bot.errors import UserError
from bot.language.tables import Found
from bot.procedures.finding import require_lead_in
from bot.store import groups, meetings, organisations
from bot.store.tables import Meeting, MeetingDay

MOST_TABLES = 99
MOST_ROUNDS = 99
EARLY = timedelta(hours=1)
"""So long before its beginning a meeting takes what is captured in its room."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting as it is shown. `host` is the organisation that holds it, if one does.

    `free` are why its days are no working days: by position the name of a holiday, or „“ for a weekend. `in_days` is
    how many nights it is until then, None once it has begun; `is_over` says that it is.
    """

    meeting: Meeting
    days: Sequence[Day]
    host: str | None
    free: dict[int, str]
    in_days: int | None
    is_over: bool


def held(room_id: str, at: datetime, scope: Scope) -> Meeting | None:
    """The meeting that results captured in a room at `at` (UTC) belong to: the last one that has begun, or is about to.

    It does so until the next one takes its place.
    """
    return meetings.begun(scope.session, room_id, at + EARLY)


def require_lead(meeting: Meeting, ctx: Context) -> None:
    """Only who leads its room, or speaks for the organisation that holds it, may go on. Raises UserError who may."""
    if not speaks_for_host(meeting, ctx):
        require_lead_in(meeting.room_id, ctx)


def require_open_to(meeting: Meeting, room_id: str, ctx: Context) -> None:
    """What belongs to another group's meeting is said by who leads that one, too. Raises UserError who may.

    A meeting in a room of no group is everybody's: its results are captured in the groups' rooms as well.
    """
    if meeting.room_id != room_id and groups.of_room(ctx.session, meeting.room_id) is not None:
        require_lead(meeting, ctx)


def speaks_for_host(meeting: Meeting, ctx: Context) -> bool:
    """Whether the person speaks for the organisation that holds a meeting."""
    if meeting.organisation_id is None:
        return False
    own = organisations.mandate_of(ctx.session, ctx.network_id, ctx.person, ctx.now)
    return own is not None and own.organisation_id == meeting.organisation_id and own.holds(ctx.now)


def require_table(found: Found, meeting: Meeting | None) -> tuple[int | None, int | None]:
    """The table and the round that a result names; without one, the round that runs. Raises UserError."""
    if found.table is None and found.round is None:
        return None, None
    if meeting is None:
        raise UserError("result.table_without_meeting")
    table = _number(found.table, meeting.tables or MOST_TABLES, "table")
    number = _number(found.round, meeting.rounds or MOST_ROUNDS, "round")
    return table, number if found.round is not None else (meeting.round or None)


def _number(words: str | None, most: int, what: str) -> int | None:
    if words is None:
        return None
    if not (words.isascii() and words.isdecimal()) or not 1 <= int(words[:6]) <= most:
        raise UserError("result.bad_table", words=words, most=most, what=what)
    return int(words)


def require_standing(meeting: Meeting) -> None:
    """What was called off is not worked on any more. Raises UserError."""
    if meeting.cancelled_at is not None:
        raise UserError("meeting.is_cancelled", meeting=meeting)


def require_begun(meeting: Meeting, scope: Scope) -> None:
    """There is nothing to look back on before. Raises UserError."""
    require_standing(meeting)
    if meeting.starts_at > scope.now + EARLY:
        raise UserError("meeting.not_begun", meeting=meeting)


def days_of(meeting: Meeting, scope: Scope) -> tuple[Day, ...]:
    """The days of a meeting, in order."""
    return _days(meeting, meetings.days(scope.session, [meeting.id or 0])[meeting.id or 0])


def _days(meeting: Meeting, rows: Sequence[MeetingDay]) -> tuple[Day, ...]:
    if not rows:
        return (Day(meeting.starts_at, meeting.ends_at),)
    return tuple(Day(row.starts_at, row.ends_at) for row in rows)


def sitting(meeting: Meeting, scope: Scope) -> Sitting:
    """A meeting as it is shown."""
    return sittings((meeting,), scope)[0]


def sittings(found: Iterable[Meeting], scope: Scope) -> list[Sitting]:
    """Meetings as they are shown; as many questions to the database for many as for one, and one for each room."""
    found = list(found)
    ids = [meeting.id or 0 for meeting in found]
    rows, hosts = meetings.days(scope.session, ids), meetings.hosts(scope.session, ids)
    places = {meeting.room_id: _place(meeting, scope) for meeting in found}
    return [
        _sitting(meeting, _days(meeting, rows[each]), hosts.get(each), places[meeting.room_id], scope.now)
        for each, meeting in zip(ids, found, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """What days and hours are where a meeting is announced."""

    zone: ZoneInfo
    state: str | None
    language: str


def _place(meeting: Meeting, scope: Scope) -> _Place:
    zone = scope.zone_of(meeting.room_id, meeting.network_id)
    return _Place(zone, scope.land_of(meeting.network_id), scope.language_of(meeting.room_id))


def _sitting(meeting: Meeting, days: Sequence[Day], host: str | None, place: _Place, now: datetime) -> Sitting:
    ahead = meeting.starts_at > now
    return Sitting(
        meeting,
        days,
        host,
        free=_free(days, place) if ahead else {},
        in_days=timetable.days_until(meeting.starts_at, now, place.zone) if ahead else None,
        is_over=timetable.over_at(days, place.zone) <= now,
    )


def _free(days: Sequence[Day], place: _Place) -> dict[int, str]:
    """Which of the days are no working days in the network's Land, and why."""
    local = [day.starts_at.astimezone(place.zone).date() for day in days]
    return {
        position: workdays.holiday(day, place.state, place.language) or ""
        for position, day in enumerate(local)
        if not workdays.is_working_day(day, place.state)
    }


def set_days(meeting: Meeting, days: Sequence[Day], scope: Scope) -> None:
    """Keep when a stored meeting is held, and when the clock next has something to do about it.

    A reminder whose time is past by now does not come: who has just been told is not reminded. What is put off after
    it was summed up is summed up again.
    """
    meeting.starts_at, meeting.ends_at = days[0].starts_at, days[-1].ends_at
    meeting.days_told = max(meeting.days_told, len(days))
    rows = [
        MeetingDay(meeting_id=meeting.id or 0, position=position, starts_at=day.starts_at, ends_at=day.ends_at)
        for position, day in enumerate(days, start=1)
    ]
    meetings.replace_days(scope.session, meeting, rows if len(rows) > 1 else [])
    if timetable.over_at(days, scope.zone_of(meeting.room_id, meeting.network_id)) > scope.now:
        meeting.summarised_at = None
    meeting.next_at = next_at(meeting, days, scope)


def next_at(meeting: Meeting, days: Sequence[Day], scope: Scope) -> datetime | None:
    """When the clock next has something to do about a meeting (UTC)."""
    place = _place(meeting, scope)
    found = timetable.next_at(days, place.zone, place.state, scope.now)
    return None if meeting.cancelled_at or meeting.summarised_at else found
