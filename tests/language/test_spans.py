"""Times from … until …, in whole days unless a time is given."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UserError
from bot.language.doubts import ANSWERED
from bot.language.spans import Doubt, between, edges_of, read_span

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
        ("1.12. bis 15.12.", "01.12.2026 00:00", "16.12.2026 00:00"),
        ("1.12.-15.12.", "01.12.2026 00:00", "16.12.2026 00:00"),
        ("1.12. – 15.12.", "01.12.2026 00:00", "16.12.2026 00:00"),
        ("2026-12-01 - 2026-12-15", "01.12.2026 00:00", "16.12.2026 00:00"),
        ("vom 3. bis 7.12.", "03.12.2026 00:00", "08.12.2026 00:00"),
        ("vom 28. bis 3.12.", "28.11.2026 00:00", "04.12.2026 00:00"),
        ("von 20.12. bis 6.1.", "20.12.2026 00:00", "07.01.2027 00:00"),
        ("von Donnerstag bis Mittwoch", "26.11.2026 00:00", "03.12.2026 00:00"),
        ("von KW 50 bis KW 51", "07.12.2026 00:00", "19.12.2026 00:00"),
        ("von 28.3.2027 bis 29.3.2027", "28.03.2027 00:00", "30.03.2027 00:00"),  # the clocks are turned
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
        ("vom 31. bis 3.12.", "dates.impossible"),
        ("von 31.11. bis 3.12.", "dates.impossible"),
        ("von 20.11. bis 27.11.", "dates.ends_before_start"),  # no deputy before now
        ("von 20.11.2026 bis 27.11.2026", "dates.past"),
        ("am 1.12.", "dates.no_span"),
    ],
)
def test_what_is_no_time_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        read_span(typed, now=NOW.astimezone(UTC), zone=BERLIN)
    assert caught.value.text == problem


def absent(typed: str) -> tuple[str | None, str | None]:
    """As somebody who says that they are away: that may have begun, and be a single day."""
    span = between(edges_of(typed), now=NOW.astimezone(UTC), zone=BERLIN, begun=True)
    return shown(span.start), shown(span.end)


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("von 20.11. bis 27.11.", "20.11.2026 00:00", "28.11.2026 00:00"),
        ("since 20 November until 27 November", "20.11.2026 00:00", "28.11.2026 00:00"),
        ("seit 20.11.", "20.11.2026 00:00", None),
        ("seit gestern bis morgen", "22.11.2026 00:00", "25.11.2026 00:00"),
        ("von 1.9.2026 bis 30.11.", "01.09.2026 00:00", "01.12.2026 00:00"),
        ("am 1.12.", "01.12.2026 00:00", "02.12.2026 00:00"),
        ("morgen", "24.11.2026 00:00", "25.11.2026 00:00"),
        ("heute", "23.11.2026 09:00", "24.11.2026 00:00"),
        ("KW 50", "07.12.2026 00:00", "12.12.2026 00:00"),
        ("nächste Woche", "30.11.2026 00:00", "05.12.2026 00:00"),
        ("diese Woche", "23.11.2026 09:00", "28.11.2026 00:00"),
        (f"von Montag{ANSWERED}2 bis Freitag", "30.11.2026 00:00", "05.12.2026 00:00"),
    ],
)
def test_an_absence_is_read(typed: str, start: str, end: str | None) -> None:
    assert absent(typed) == (start, end)


@pytest.mark.parametrize(
    ("typed", "problem", "edge"),
    [
        ("von 15.12. bis 1.12.", "dates.ends_before_start", None),  # and not since last year
        ("bis 20.11.2026", "dates.past", "end"),
        ("von Montag bis 15.12.", "dates.ambiguous", "start"),
        ("Montag", "dates.ambiguous", "day"),
        ("am 1.12. 14:00", "dates.no_span", None),
        ("irgendwann", "dates.no_span", None),
        ("", "dates.no_span", None),
    ],
)
def test_what_is_no_absence_is_refused_or_asked_back(typed: str, problem: str, edge: str | None) -> None:
    with pytest.raises(UserError) as caught:
        absent(typed)
    assert caught.value.text == problem
    assert (caught.value.edge if isinstance(caught.value, Doubt) else None) == edge
