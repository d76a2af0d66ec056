"""Five years of every rule that people can set, against a reading day by day: each time once, on the local clocks."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.recurring import Recurrence, first_from, is_turned
from tests.domain.calendar_by_hand import days_of, moment

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Havana",  # turns its clocks at midnight
    "Australia/Sydney",
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "UTC",
)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=2",
    "FREQ=DAILY;INTERVAL=10",
    "FREQ=WEEKLY;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;BYDAY=SA,SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU",
    "FREQ=WEEKLY;INTERVAL=53;BYDAY=WE",
    "FREQ=WEEKLY;INTERVAL=1;BYDAY=FR;UNTIL=20280229T235959",
    "FREQ=MONTHLY;BYDAY=1TU",
    "FREQ=MONTHLY;BYDAY=1TU,3TU",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=-2FR",
    "FREQ=MONTHLY;BYDAY=5MO",
    "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO",
    "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYMONTHDAY=1,15",
    "FREQ=MONTHLY;BYMONTHDAY=29",
    "FREQ=MONTHLY;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYDAY=1MO",
    "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=15",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=1TU",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=10;BYMONTHDAY=3",
)
CLOCKS = (time(9), time(0), time(3), time(23, 45), time(2, 30))


def set_up(rule: str, at: time, zone: str) -> Recurrence:
    """As if it had been typed in the first second of 2026."""
    found = first_from(rule, datetime(2026, 1, 1), START, ZoneInfo(zone))  # noqa: DTZ001 - a wall time
    assert found is not None
    first = datetime.combine(found.first.date(), at)
    return Recurrence(rule, first, zone)


@cache
def five_years(rule: str, first: date) -> tuple[date, ...]:
    return tuple(days_of(rule, first, date(2031, 1, 2)))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("rule", RULES)
def test_each_time_once_and_on_the_local_clocks(rule: str, zone: str) -> None:
    at = CLOCKS[(RULES.index(rule) + ZONES.index(zone)) % len(CLOCKS)]
    recurrence = set_up(rule, at, zone)
    local = ZoneInfo(zone)
    days = five_years(rule, recurrence.first.date())
    expected = [each for each in (_utc(day, at, local) for day in days) if START <= each < END]
    found = list(recurrence.between(START - INSTANT, END - INSTANT))
    assert found == expected
    assert all(one < other for one, other in pairwise(found))
    for each in found:
        shown = each.astimezone(local)
        assert shown.time() == at or moment(shown.date(), at, local) == each  # but for an hour that spring skips
    assert found, "a rule that never fires shows nothing"


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Quick where no clock is turned on that day; the slow way where one is."""
    noon, midnight = (datetime.combine(day, each, zone).utcoffset() for each in (time(23, 59), time(0)))
    before = datetime.combine(day - timedelta(days=1), time(23, 59), zone).utcoffset()
    if noon == midnight == before:
        return datetime.combine(day, at, zone).astimezone(UTC)
    return moment(day, at, zone)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=-1SU"])
def test_a_clock_that_asks_for_the_next_time_meets_each_once(rule: str, zone: str) -> None:
    """No loop: what comes next always lies ahead, even by a moment."""
    recurrence = set_up(rule, time(2, 30), zone)
    expected = list(recurrence.between(START, datetime(2026, 11, 15, tzinfo=UTC)))
    at: datetime | None = START
    for each in expected:
        assert at is not None
        at = recurrence.next(at)
        assert at == each
        assert recurrence.next(at - INSTANT) == at
        assert recurrence.latest(at) == at
        assert recurrence.latest(at - INSTANT) != at


@settings(max_examples=200, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    zone=st.sampled_from(ZONES),
    at=st.sampled_from(CLOCKS),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    away=st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
)
def test_next_latest_and_between_agree(rule: str, zone: str, at: time, now: datetime, away: timedelta) -> None:
    """Also behind a downtime: what lies between is what was missed, and its last is the latest."""
    recurrence = set_up(rule, at, zone)
    local = ZoneInfo(zone)
    days = five_years(rule, recurrence.first.date())
    whole = [_utc(day, at, local) for day in days]
    place, behind = bisect_right(whole, now), bisect_right(whole, now + away)
    missed = list(recurrence.between(now, now + away))
    assert missed == whole[place:behind]
    assert recurrence.latest(now + away) == (whole[behind - 1] if behind else None)
    assert recurrence.latest(now) == (whole[place - 1] if place else None)
    if missed:
        assert recurrence.next(now) == missed[0]
    else:
        upcoming = recurrence.next(now)
        assert upcoming is None or upcoming > now + away


@settings(max_examples=150, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    zone=st.sampled_from(ZONES),
    at=st.sampled_from(CLOCKS),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_first_time_is_the_first_day_that_fits_at_or_after_now(
    rule: str, zone: str, at: time, now: datetime
) -> None:
    """Counted periods begin with it: said on a Friday, every second Thursday is the next Thursday."""
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    found = first_from(rule, datetime.combine(today, at), now, local)
    each_period = ";".join(part for part in rule.split(";") if not part.startswith("INTERVAL"))
    days = days_of(each_period, today, today + timedelta(days=366 * 5))
    expected = next((day for day in days if _utc(day, at, local) >= now), None)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert found.zone == zone
    assert found.first == datetime.combine(expected, at)
    assert found.next(now - INSTANT) == _utc(expected, at, local)


def test_periods_count_from_a_beginning_that_is_past() -> None:
    now = datetime(2025, 11, 20, 9, tzinfo=UTC)
    berlin = ZoneInfo("Europe/Berlin")
    firsts = [
        first_from("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", datetime(2025, 11, day, 9), now, berlin)  # noqa: DTZ001
        for day in (3, 10)
    ]
    assert [each and each.first.day for each in firsts] == [1, 24]


def test_a_rule_that_is_over_has_no_first_time() -> None:
    now = datetime(2025, 11, 20, 9, tzinfo=UTC)
    start = datetime(2025, 11, 20, 9)  # noqa: DTZ001
    assert first_from("FREQ=DAILY;UNTIL=20251119T235959", start, now, ZoneInfo("Europe/Berlin")) is None


def test_nine_stays_nine_across_the_changes_of_the_clock() -> None:
    recurrence = Recurrence("FREQ=WEEKLY;BYDAY=MO", datetime(2026, 3, 23, 9), "Europe/Berlin")  # noqa: DTZ001
    times = list(recurrence.between(datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)))
    assert times == [datetime(2026, 3, 23, 8, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)]


def test_an_hour_that_spring_skips_is_the_one_after_it_and_one_that_autumn_repeats_is_its_first() -> None:
    recurrence = Recurrence("FREQ=DAILY", datetime(2026, 1, 1, 2, 30), "Europe/Berlin")  # noqa: DTZ001
    spring = list(recurrence.between(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)))
    autumn = list(recurrence.between(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)))
    assert spring == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]  # 3:30 in Berlin
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize("zone", ZONES)
def test_times_that_clocks_turn_are_known(zone: str) -> None:
    """By minutes: a wall time that exists other than once on some day of 2026 is one that is turned."""
    local = ZoneInfo(zone)
    for minutes in range(0, 24 * 60, 30):
        at = time(*divmod(minutes, 60))
        days = (date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(365))
        once = all(len(_utcs(day, at, local)) == 1 for day in days)
        assert is_turned(at, local, date(2026, 1, 1)) == (not once or at.hour == 2)


def _utcs(day: date, at: time, zone: ZoneInfo) -> set[datetime]:
    wanted = datetime.combine(day, at)
    both = {wanted.replace(tzinfo=zone, fold=turn).astimezone(UTC) for turn in (0, 1)}
    return {each for each in both if each.astimezone(zone).replace(tzinfo=None) == wanted}
