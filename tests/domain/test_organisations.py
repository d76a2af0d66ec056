"""Size classes, parents without circles, mandates in force."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.organisations import Mandate, Speaks, in_force, makes_a_circle, size_class

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("inhabitants", "expected"),
    [(0, 0), (4_999, 0), (5_000, 1), (9_999, 1), (10_000, 2), (20_000, 3), (50_000, 4), (99_999, 4), (100_000, 5)],
)
def test_size_classes_begin_at_their_bound(inhabitants: int, expected: int) -> None:
    assert size_class(inhabitants) == expected


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_parents_never_close_a_circle(wishes: list[tuple[int, int]]) -> None:
    """Whatever is asked for in whatever order: from every organisation the way up ends."""
    parents: dict[int, int | None] = {}
    for child, parent in wishes:
        if not makes_a_circle(parents, child, parent):
            parents[child] = parent
    for start in parents:
        at, steps = parents.get(start), 0
        while at is not None:
            at, steps = parents.get(at), steps + 1
            assert steps <= len(parents)


def test_holders_stand_before_deputies_and_only_in_their_time() -> None:
    deputy = Mandate("@a:x", 1, Speaks.DEPUTY, NOW, NOW + DAY)
    holder = Mandate("@b:x", 1, Speaks.HOLDER, NOW - DAY)
    later = Mandate("@c:x", 1, Speaks.HOLDER, NOW + DAY)
    assert in_force([deputy, holder, later], NOW) == [holder, deputy]
    assert in_force([deputy, holder, later], NOW + DAY) == [holder, later]
