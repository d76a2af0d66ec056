"""What a digest says, to whom and how much of it: the rules alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digest import (
    LEAST_OF_SECTION,
    MOST_LINES,
    MOST_OF_SECTION,
    SHOWN_TO,
    Audience,
    Section,
    is_stale,
    is_too_late,
    shares,
    weekly,
)
from bot.domain.project import Phase

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 500), max_size=len(Section))


@given(COUNTS)
def test_sections_share_a_message_of_bounded_length(counts: list[int]) -> None:
    given = shares(counts)
    assert sum(given) <= MOST_LINES
    for count, lines in zip(counts, given, strict=True):
        assert min(count, LEAST_OF_SECTION) <= lines <= min(count, MOST_OF_SECTION)


@given(COUNTS)
def test_nothing_is_left_out_where_there_is_room(counts: list[int]) -> None:
    left = MOST_LINES - sum(shares(counts))
    assert left == 0 or shares(counts) == [min(count, MOST_OF_SECTION) for count in counts]


def test_the_most_urgent_section_grows_first() -> None:
    assert shares([50, 50, 50, 50, 50]) == [10, 10, 10, 8, 2]
    assert shares([1, 0, 50], most=6) == [1, 0, 5]


@pytest.mark.parametrize(
    ("phase", "weeks", "stale"),
    [
        (Phase.RUNNING, 4, True),
        (Phase.RUNNING, 3.99, False),
        (Phase.PLANNED, 5, True),
        (None, 5, True),
        (Phase.FUTURE, 500, False),
        (Phase.PAUSED, 500, False),
        (Phase.DONE, 500, False),
    ],
)
def test_a_project_is_stale_after_four_weeks_unless_it_rests(phase: Phase | None, weeks: float, stale: bool) -> None:
    assert is_stale(phase, NOW - timedelta(weeks=weeks), NOW) is stale


def test_weeks_may_be_set() -> None:
    heard = NOW - timedelta(weeks=5)
    assert is_stale(Phase.RUNNING, heard, NOW, timedelta(weeks=5))
    assert not is_stale(Phase.RUNNING, heard, NOW, timedelta(weeks=6))


def test_late_is_more_than_three_days() -> None:
    assert not is_too_late(NOW, NOW + timedelta(days=3))
    assert is_too_late(NOW, NOW + timedelta(days=3, seconds=1))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/Lisbon", "Pacific/Kiritimati"])
def test_usually_it_comes_on_mondays_at_eight_all_year_round(zone: str) -> None:
    at, seen = weekly(ZoneInfo(zone)).next(datetime(2026, 1, 1, tzinfo=UTC)), 0
    while at is not None and at.year < 2031:
        local = at.astimezone(ZoneInfo(zone))
        assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)
        following = weekly(ZoneInfo(zone)).next(at)
        assert following is not None
        assert (following.astimezone(ZoneInfo(zone)).date() - local.date()).days == 7
        at, seen = following, seen + 1
    assert seen in (260, 261)


def test_politics_hears_nothing_of_what_administrations_settle_among_themselves() -> None:
    internal = {Section.OVERDUE, Section.DUE, Section.CHECK_INS, Section.UNANSWERED, Section.STALE, Section.DORMANT}
    assert not SHOWN_TO[Audience.POLITICS] & internal
    assert {Section.CONSULTATIONS, Section.DECIDED, Section.COUNCIL, Section.MOVED} == SHOWN_TO[Audience.POLITICS]
