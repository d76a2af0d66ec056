"""The calendar file of a meeting: the same event for ever (UID), in a form that is counted (SEQUENCE)."""

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_OID, uuid5

from bot.context import Scope
from bot.domain.timetable import Day
from bot.effects import Document
from bot.files.calendar import MIMETYPE, Entry, calendar
from bot.procedures.meetings import days_of
from bot.store.tables import Meeting


def named(meeting: Meeting, cause: str) -> str:
    """The name by which calendars know a meeting; `cause` is what made it, by its event ID, which it does not tell."""
    return f"{uuid5(NAMESPACE_OID, f'{meeting.room_id} {meeting.number} {cause}')}@zwischenstand"


def document(meeting: Meeting, scope: Scope, *, key: str, room_id: str) -> Document:
    """The file as it is now, for a room. A meeting from before there were files gets its name with the first."""
    meeting.uid = meeting.uid or named(meeting, meeting.created_at.isoformat())
    zone = scope.zone_of(meeting.room_id, meeting.network_id)
    entries = list(_entries(meeting, days_of(meeting, scope), scope))
    return Document(
        key=f"{key}/calendar",
        name=f"T{meeting.number}.ics",
        mimetype=MIMETYPE,
        content=calendar(entries, zone),
        room_id=room_id,
    )


def _entries(meeting: Meeting, days: Sequence[Day], scope: Scope) -> Iterator[Entry]:
    """One event a day; days that there were once are called off, or they would stay in people's calendars."""
    description = "\n\n".join(part for part in (meeting.agenda, meeting.link) if part)
    for position in range(1, max(len(days), meeting.days_told) + 1):
        is_held = position <= len(days)
        day = days[position - 1] if is_held else days[-1]
        several = f" ({position}/{len(days)})" if is_held and len(days) > 1 else ""
        yield Entry(
            uid=meeting.uid if position == 1 else f"{position}-{meeting.uid}",
            sequence=meeting.sequence,
            changed_at=scope.now,
            starts_at=day.starts_at,
            ends_at=day.ends_at,
            title=meeting.title + several,
            description=description,
            place=meeting.place,
            link=meeting.link,
            cancelled=meeting.cancelled_at is not None or not is_held,
        )
