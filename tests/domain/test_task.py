"""When people are reminded of a task: once a working day before, once after."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import workdays
from bot.domain.task import State, reminder_after

BERLIN = ZoneInfo("Europe/Berlin")


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [
        ((2026, 11, 27, 12), (2026, 11, 20, 9), (2026, 11, 26, 9)),
        ((2026, 11, 30, 12), (2026, 11, 20, 9), (2026, 11, 27, 9)),  # Monday: the Friday before
        ((2026, 11, 27, 12), (2026, 11, 26, 9), (2026, 11, 30, 9)),  # told before: next when it is overdue, on Monday
        ((2026, 11, 26, 8), (2026, 11, 25, 10), (2026, 11, 26, 9)),  # due at 8: overdue at 9
        ((2026, 11, 27, 12), (2026, 11, 26, 8, 59, 59), (2026, 11, 26, 9)),
        ((2027, 1, 7, 12), (2026, 12, 20, 9), (2027, 1, 5, 9)),  # Epiphany is a holiday in Baden-Württemberg
        ((2026, 12, 24, 12), (2026, 12, 23, 9), (2026, 12, 28, 9)),  # Christmas and a weekend
        ((2027, 3, 29, 12), (2027, 3, 1, 9), (2027, 3, 25, 9)),  # across the change of the clocks, and Easter
    ],
)
def test_when_the_next_reminder_comes(due: tuple[int, ...], now: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert reminder_after(local(*due), local(*now), BERLIN, "BW") == local(*expected)


def test_after_both_there_is_none() -> None:
    assert reminder_after(local(2026, 11, 27, 12), local(2026, 11, 30, 9), BERLIN, "BW") is None


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(MOMENTS, MOMENTS, st.sampled_from([None, "BW", "BY", "BE"]))
def test_at_most_twice_at_nine_on_working_days_and_then_never(due: datetime, now: datetime, land: str | None) -> None:
    told: list[datetime] = []
    at = now
    while (following := reminder_after(due, at, BERLIN, land)) is not None:
        assert following > at
        told.append(following)
        at = following
        assert len(told) <= 2
    for each in told:
        wall = each.astimezone(BERLIN)
        assert (wall.hour, wall.minute) == (9, 0)
        assert workdays.is_working_day(wall.date(), land)
    assert all(each > due or each.astimezone(BERLIN).date() < due.astimezone(BERLIN).date() for each in told)
    assert sum(each > due for each in told) <= 1


def test_settled_are_those_that_nobody_waits_for() -> None:
    assert {state for state in State if state.is_settled} == {State.DONE, State.DROPPED}


def test_a_reminder_lies_at_most_some_days_from_the_due_time() -> None:
    due = local(2026, 12, 24, 12)
    first = reminder_after(due, due - timedelta(days=30), BERLIN, None)
    assert first is not None
    assert due - first < timedelta(days=7)
