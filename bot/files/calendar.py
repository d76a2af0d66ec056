"""Meetings as calendar files (RFC 5545), for any calendar to read.

Several days with hours of their own are an event each: a single one would fill the nights, and recurrences with other
lengths are read by few. Nobody is named as organiser, though METHOD:PUBLISH would have it (RFC 5546, 3.2.1): the bot is
no mailbox, and calendars take it without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

MIMETYPE = "text/calendar"
PRODUCT = "-//Zwischenstand//Zwischenstand//DE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event. `sequence` grows by one with each change; `changed_at` is when it took this form. Times are aware."""

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    title: str
    description: str
    place: str | None
    link: str | None
    cancelled: bool


def calendar(entries: Sequence[Entry], zone: ZoneInfo) -> bytes:
    """The file: times on the clocks of `zone`, which is described in it; lines of 75 octets at most, CRLF."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for entry in entries:
        made.add_component(_event(entry, zone))
    years = [entry.starts_at.year for entry in entries]
    made.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 1, 12, 31))
    for described in made.timezones:
        described.pop("comment", None)  # of the library, on years that nobody reads here
    return bytes(made.to_ical())


def _event(entry: Entry, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _whole(entry.changed_at))
    event.add("dtstart", _whole(entry.starts_at).astimezone(zone))
    if entry.ends_at is not None:
        event.add("dtend", _whole(entry.ends_at).astimezone(zone))
    event.add("summary", entry.title)
    if entry.description:
        event.add("description", entry.description)
    if entry.place or entry.link:
        event.add("location", entry.place or entry.link)
    if entry.link:
        event.add("url", entry.link)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    return event


def _whole(at: datetime) -> datetime:
    """Whole seconds: calendars know no others."""
    return at - timedelta(microseconds=at.microsecond)
