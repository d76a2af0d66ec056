"""Measures on a time line."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.timeline import Mark, Measure, Month, What, drawing, timeline

SINCE = date(2026, 11, 1)
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
MEASURES = st.lists(
    st.builds(
        Measure,
        key=st.integers(1, 500),
        since=DAYS,
        due=st.none() | DAYS,
        council=st.none() | DAYS,
        settled=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda each: each.key,
)


def test_overdue_first_then_months_councils_before_what_is_due_then_what_has_no_day() -> None:
    found = timeline(
        [
            Measure(1, SINCE, date(2026, 12, 15), None),
            Measure(2, SINCE, date(2027, 1, 3), date(2026, 12, 15)),
            Measure(3, SINCE, date(2026, 11, 10), None, overdue=True),
            Measure(4, SINCE, None, None),
            Measure(5, SINCE, date(2026, 12, 1), None, settled=True),
        ]
    )
    assert found.overdue == (3,)
    assert found.months == (
        Month(
            date(2026, 12, 1),
            (Mark(date(2026, 12, 15), What.COUNCIL, 2), Mark(date(2026, 12, 15), What.DUE, 1)),
        ),
        Month(date(2027, 1, 1), (Mark(date(2027, 1, 3), What.DUE, 2),)),
    )
    assert (found.unscheduled, found.settled) == ((4,), (5,))


@given(MEASURES)
def test_every_measure_stands_somewhere_and_months_follow_each_other(measures: list[Measure]) -> None:
    found = timeline(measures)
    shown = {*found.overdue, *found.unscheduled, *found.settled, *(m.key for each in found.months for m in each.marks)}
    assert shown == {each.key for each in measures}
    firsts = [month.first for month in found.months]
    assert firsts == sorted(set(firsts))
    assert all(mark.day.replace(day=1) == month.first for month in found.months for mark in month.marks)


@given(MEASURES, DAYS)
def test_what_is_drawn_lies_within_the_picture(measures: list[Measure], today: date) -> None:
    found = drawing(measures, today)
    if found is None:
        assert all(each.due is None and each.council is None for each in measures)
        return
    assert len(found.bars) == sum(1 for each in measures if each.due or each.council)
    assert 0 <= found.today < 1
    assert 0 < len(found.ticks) <= 12
    for bar in found.bars:
        assert 0 <= bar.start < bar.end <= 1
        assert bar.council is None or bar.start <= bar.council < bar.end
