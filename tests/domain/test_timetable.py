"""The days of a meeting, and when the clock has something to do about it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.timetable import (
    Day,
    Step,
    days_until,
    due,
    is_too_long,
    moved,
    next_at,
    over_at,
    overlapping,
    steps,
)
from bot.domain.workdays import is_working_day

BERLIN = ZoneInfo("Europe/Berlin")


def at(words: str) -> datetime:
    """„2027-06-21 10:00“ in Berlin, as UTC."""
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN).astimezone(UTC)


def day(start: str, end: str | None = None) -> Day:
    return Day(at(start), at(end) if end else None)


TWO = (day("2027-06-21 10:00", "2027-06-21 17:00"), day("2027-06-22 09:00", "2027-06-22 16:00"))  # Monday, Tuesday


def local(moments: list[tuple[datetime, Step]]) -> list[tuple[str, Step]]:
    return [(f"{moment.astimezone(BERLIN):%a %d.%m. %H:%M}", step) for moment, step in moments]


def test_a_week_and_a_working_day_before_and_a_working_day_after() -> None:
    assert local(steps(TWO, BERLIN, "BW")) == [
        ("Mon 14.06. 09:00", Step.WEEK_BEFORE),
        ("Fri 18.06. 09:00", Step.DAY_BEFORE),
        ("Wed 23.06. 09:00", Step.SUMMARY),
    ]


def test_nobody_is_told_on_a_day_off_of_their_land() -> None:
    """Corpus Christi is the Thursday (27 May 2027): in Baden-Württemberg, not in Berlin."""
    friday = (day("2027-06-03 10:00"), day("2027-06-04 10:00", "2027-06-04 12:00"))
    assert local(steps(friday, BERLIN, "BW"))[0] == ("Wed 26.05. 09:00", Step.WEEK_BEFORE)
    assert local(steps(friday, BERLIN, "BE"))[0] == ("Thu 27.05. 09:00", Step.WEEK_BEFORE)
    over_christmas = (day("2026-12-24 10:00", "2026-12-24 12:00"),)
    assert local(steps(over_christmas, BERLIN, "BW"))[-1] == ("Mon 28.12. 09:00", Step.SUMMARY)


@given(st.dates(date(2026, 1, 1), date(2031, 1, 1)), st.times(), st.integers(0, 72))
def test_each_step_is_at_nine_on_a_working_day_and_in_its_order(begin: date, clock: time, hours: int) -> None:
    begins = datetime.combine(begin, clock, BERLIN).astimezone(UTC)
    days = (Day(begins, begins + timedelta(hours=hours)),)
    found = steps(days, BERLIN, "BY")
    assert [step for _, step in found] == [Step.WEEK_BEFORE, Step.DAY_BEFORE, Step.SUMMARY]
    for moment, _ in found:
        wall = moment.astimezone(BERLIN)
        assert (wall.hour, wall.minute) == (9, 0)
        assert is_working_day(wall.date(), "BY")
    assert found[1][0] < begins <= over_at(days, BERLIN) <= found[2][0]


def test_what_ends_at_midnight_is_summed_up_the_same_morning() -> None:
    night = (day("2027-06-21 18:00", "2027-06-22 00:00"),)
    assert local(steps(night, BERLIN, None))[-1][0] == "Tue 22.06. 09:00"


def test_without_an_end_it_is_over_with_its_day() -> None:
    assert over_at((day("2027-03-28 01:00"),), BERLIN) == at("2027-03-29 00:00")  # a day of 23 hours


def test_of_several_missed_only_the_latest_and_none_once_it_has_begun() -> None:
    since = at("2027-06-14 09:00")
    for now, found in (
        ("2027-06-14 08:59", None),
        ("2027-06-14 09:00", Step.WEEK_BEFORE),
        ("2027-06-17 23:00", Step.WEEK_BEFORE),
        ("2027-06-20 12:00", Step.DAY_BEFORE),
        ("2027-06-21 09:59", Step.DAY_BEFORE),
        ("2027-06-21 10:00", None),
        ("2027-06-22 20:00", None),
        ("2027-06-23 09:00", Step.SUMMARY),
        ("2027-07-22 09:00", Step.SUMMARY),
    ):
        come = due(TWO, BERLIN, "BW", since=since, now=at(now))
        assert (come[1] if come else None) == found, now


def test_what_is_past_is_not_made_up_for() -> None:
    assert next_at(TWO, BERLIN, "BW", at("2027-06-16 12:00")) == at("2027-06-18 09:00")
    assert next_at(TWO, BERLIN, "BW", at("2027-06-18 09:00")) == at("2027-06-23 09:00")
    assert next_at(TWO, BERLIN, "BW", at("2027-06-23 09:00")) is None


def test_a_meeting_that_is_moved_keeps_its_other_hours_across_the_change_of_clocks() -> None:
    assert moved(TWO, at("2027-10-30 11:00"), BERLIN) == (
        day("2027-10-30 11:00", "2027-10-30 17:00"),
        day("2027-10-31 09:00", "2027-10-31 16:00"),  # winter time from that night
    )


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        (TWO, False),
        (TWO[:1], False),
        ((TWO[1], TWO[0]), True),
        ((TWO[0], day("2027-06-21 16:59")), True),
        ((TWO[0], day("2027-06-21 17:00")), False),
        ((day("2027-06-21 10:00"), day("2027-06-21 10:00")), True),
    ],
)
def test_days_come_one_after_the_other(days: tuple[Day, ...], problem: bool) -> None:
    assert (overlapping(days) is not None) == problem


def test_more_than_a_month_is_a_slip() -> None:
    assert not is_too_long((TWO[0], day("2027-07-22 09:00")))
    assert is_too_long((TWO[0], day("2027-07-22 11:00")))


def test_nights_are_counted_on_the_clocks_of_the_place() -> None:
    assert days_until(at("2027-06-21 00:30"), at("2027-06-20 23:30"), BERLIN) == 1
    assert days_until(at("2027-06-21 23:30"), at("2027-06-21 00:30"), BERLIN) == 0
