"""Times from … until …, in whole days unless a time is given."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UserError
from bot.language.spans import read_span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)  # a Monday


def shown(at: datetime | None) -> str | None:
    return at.astimezone(BERLIN).strftime("%d.%m.%Y %H:%M") if at else None


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("von 1.12. bis 15.12.", "01.12.2026 00:00", "16.12.2026 00:00"),  # both days are meant whole
        ("from 1.12. to 15.12.", "01.12.2026 00:00", "16.12.2026 00:00"),
        ("vom 1.12. bis zum 15.12.2026", "01.12.2026 00:00", "16.12.2026 00:00"),
        ("bis Freitag", "23.11.2026 09:00", "28.11.2026 00:00"),
        ("von heute bis morgen", "23.11.2026 09:00", "25.11.2026 00:00"),
        ("bis heute", "23.11.2026 09:00", "24.11.2026 00:00"),
        ("ab 1.12. 12:00", "01.12.2026 12:00", None),
        ("from tomorrow", "24.11.2026 00:00", None),
    ],
)
def test_a_time_is_read(typed: str, start: str, end: str | None) -> None:
    span = read_span(typed, now=NOW.astimezone(UTC), zone=BERLIN)
    assert (shown(span.start), shown(span.end)) == (start, end)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "dates.no_span"),
        ("irgendwann", "dates.no_span"),
        ("von 15.12. bis 1.12.", "dates.ends_before_start"),
        ("bis gestern", "dates.past"),
        ("von Quatsch bis 1.12.", "dates.unreadable"),
        ("bis Montag", "dates.ambiguous"),  # today, or in a week
    ],
)
def test_what_is_no_time_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        read_span(typed, now=NOW.astimezone(UTC), zone=BERLIN)
    assert caught.value.text == problem
