"""Calendar files as other programs read them: RFC 5545 to the letter, and the time zone by a reader of its own."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bot.clean import clean
from bot.files.calendar import Entry, calendar

BERLIN = ZoneInfo("Europe/Berlin")
TITLE = "Größe; Übermut, „Öffnung“ \\ Straße — Grüße aus Ärzen: Fünfundzwanzig Füchse hören Ännchen 👩‍💻 zu"
ENTRY = Entry(
    uid="6f0d-1@zwischenstand",
    sequence=3,
    changed_at=datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC),
    starts_at=datetime(2027, 6, 21, 8, 0, tzinfo=UTC),
    ends_at=datetime(2027, 6, 21, 15, 0, tzinfo=UTC),
    title=TITLE,
    description="TOP 1: Begrüßung;\nTOP 2: Maß, Zahl\n\nhttps://video.example.org/?a=1;b=2,3",
    place="Lindenstadt, Rathaus; 2. Stock",
    link="https://video.example.org/?a=1;b=2,3",
    cancelled=False,
)


def lines(content: bytes) -> list[str]:
    """The content lines, unfolded by the rule (RFC 5545, 3.1) and not by the library that wrote them."""
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    folded = content.split(b"\r\n")
    assert max(map(len, folded)) <= 75
    for line in folded:
        line.decode("utf-8")  # no letter is cut in two
    return content.replace(b"\r\n ", b"").decode("utf-8").split("\r\n")


def value(content: bytes, name: str) -> str:
    """What stands behind a property's name, its escapes undone by the rule (3.3.11)."""
    found = next(line for line in lines(content) if re.match(rf"{name}[;:]", line))
    written = found.partition(":")[2]
    return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], written)


def test_umlauts_are_folded_between_letters_and_come_back() -> None:
    content = calendar([ENTRY], BERLIN)
    assert value(content, "SUMMARY") == TITLE
    assert value(content, "DESCRIPTION") == ENTRY.description
    assert value(content, "LOCATION") == ENTRY.place
    assert value(content, "URL") == ENTRY.link


def test_what_a_calendar_needs_stands_there_once() -> None:
    found = lines(calendar([ENTRY], BERLIN))
    for line in ("BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:PUBLISH", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR"):
        assert found.count(line) == 1, line
    assert {"UID:6f0d-1@zwischenstand", "SEQUENCE:3", "STATUS:CONFIRMED", "DTSTAMP:20261120T080000Z"} <= set(found)
    assert "DTSTART;TZID=Europe/Berlin:20270621T100000" in found
    assert "DTEND;TZID=Europe/Berlin:20270621T170000" in found
    assert not [line for line in found if line.startswith(("ORGANIZER", "ATTENDEE"))]  # the bot is no mailbox
    assert found.index("BEGIN:VTIMEZONE") < found.index("BEGIN:VEVENT")


@pytest.mark.parametrize("month", [1, 3, 6, 10, 12])
def test_the_time_zone_says_the_same_to_a_reader_of_its_own(month: int) -> None:
    """dateutil reads VTIMEZONE by itself and knows nothing of IANA's data then."""
    start = datetime(2027, month, 28, 10, 0, tzinfo=BERLIN)  # 28 March: the first day of summer time
    content = calendar([replace(ENTRY, starts_at=start, ends_at=None)], BERLIN)
    zone = tzical(io.StringIO(content.decode("utf-8").replace("\r\n ", ""))).get("Europe/Berlin")
    assert zone is not None
    read = datetime(2027, month, 28, 10, 0, tzinfo=zone)
    assert read.utcoffset() == start.utcoffset()


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "UTC"])
def test_other_zones_keep_the_moment(zone: str) -> None:
    event = Calendar.from_ical(calendar([ENTRY], ZoneInfo(zone))).walk("VEVENT")[0]
    assert event.decoded("dtstart") == ENTRY.starts_at
    assert event.decoded("dtend") == ENTRY.ends_at


def test_without_an_end_none_is_made_up() -> None:
    assert not [line for line in lines(calendar([replace(ENTRY, ends_at=None)], BERLIN)) if line.startswith("DTEND")]


def test_called_off() -> None:
    content = calendar([replace(ENTRY, cancelled=True, sequence=4)], BERLIN)
    assert {"STATUS:CANCELLED", "SEQUENCE:4", "METHOD:PUBLISH"} <= set(lines(content))


def test_several_days_are_an_event_each() -> None:
    second = replace(ENTRY, uid="2-6f0d-1@zwischenstand", starts_at=ENTRY.starts_at + timedelta(days=1), ends_at=None)
    events = Calendar.from_ical(calendar([ENTRY, second], BERLIN)).walk("VEVENT")
    assert [event.decoded("dtstart").day for event in events] == [21, 22]
    assert len({str(event["uid"]) for event in events}) == 2


@given(st.text(max_size=300).map(clean), st.text(max_size=300).map(clean))
def test_no_text_breaks_the_file(title: str, agenda: str) -> None:
    content = calendar([replace(ENTRY, title=title, description=agenda)], BERLIN)
    found = lines(content)
    assert (found.count("BEGIN:VEVENT"), found.count("END:VCALENDAR")) == (1, 1)
    assert value(content, "SUMMARY") == title
    assert not agenda or value(content, "DESCRIPTION") == agenda
