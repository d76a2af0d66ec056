"""When the bot is degraded, and when it is well again: thresholds, calm, what was over before anybody looked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.health import CALM, Away, Known, Signs, Step, Trouble, next_change, troubles

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
GB = 10**9
WELL = Signs(now=NOW, reachable_since=NOW - 9 * HOUR, skew=timedelta(), free=50 * GB, space=100 * GB)
BAD: dict[Trouble, dict[str, Any]] = {
    Trouble.UNSENT: {"oldest_unsent": NOW - 6 * MINUTE},
    Trouble.HOMESERVER: {"homeserver": Away(NOW - 6 * MINUTE, None)},
    Trouble.DATABASE: {"database": Away(NOW - 2 * MINUTE, None)},
    Trouble.CLOCK: {"skew": -31 * SECOND},
    Trouble.DISK: {"free": GB // 3},
}
BETWEEN: dict[Trouble, dict[str, Any]] = {
    Trouble.UNSENT: {"oldest_unsent": NOW - 3 * MINUTE},
    Trouble.HOMESERVER: {"homeserver": Away(NOW - 4 * MINUTE, None)},
    Trouble.DATABASE: {"database": Away(NOW - 30 * SECOND, None)},
    Trouble.CLOCK: {"skew": 20 * SECOND},
    Trouble.DISK: {"free": GB * 3 // 4},
}


def signs(**others: Any) -> Signs:
    return replace(WELL, **others)


def step(trouble: Trouble, found: Signs, known: Known | None = None) -> Step | None:
    change = next_change(trouble, found, known)
    return change.step if change else None


@pytest.mark.parametrize("trouble", BAD)
def test_from_well_to_bad_and_back(trouble: Trouble) -> None:
    bad, between = signs(**BAD[trouble]), signs(**BETWEEN[trouble])
    assert troubles(WELL) == troubles(between) == []
    assert troubles(bad) == [trouble]
    assert step(trouble, WELL) is None
    assert step(trouble, between) is None
    assert step(trouble, bad) is Step.BEGINS
    running = Known(NOW - HOUR)
    assert step(trouble, bad, running) is None
    assert step(trouble, between, running) is None
    assert step(trouble, WELL, running) is Step.CALMS
    for since, expected in ((CALM - SECOND, None), (CALM, Step.ENDS)):
        calm = Known(NOW - HOUR, calm_since=NOW - since)
        assert step(trouble, WELL, calm) is expected
        assert step(trouble, between, calm) is None
        assert step(trouble, bad, calm) is Step.RELAPSES
    over = Known(NOW - 2 * HOUR, NOW - HOUR, NOW - HOUR)
    assert step(trouble, WELL, over) is None
    assert step(trouble, bad, over) is Step.BEGINS


def test_what_is_not_known_changes_nothing() -> None:
    unknown = Signs(now=NOW, reachable_since=NOW)
    assert troubles(unknown) == []
    for trouble in (Trouble.CLOCK, Trouble.DISK):
        assert step(trouble, unknown, Known(NOW - HOUR)) is None


@pytest.mark.parametrize(("trouble", "long", "short"), [
    (Trouble.HOMESERVER, 6 * MINUTE, 4 * MINUTE),
    (Trouble.DATABASE, 2 * MINUTE, 50 * SECOND),
])  # fmt: skip
def test_what_was_over_before_anybody_could_look_is_told_once(
    trouble: Trouble, long: timedelta, short: timedelta
) -> None:
    back = NOW - 3 * MINUTE
    away = {trouble.value: Away(back - long, back)}
    change = next_change(trouble, signs(**away), None)
    assert change is not None
    assert (change.step, change.at) == (Step.BEGINS, back - long)
    known = Known(back - long)
    change = next_change(trouble, signs(**away, reachable_since=back), known)
    assert change is not None
    assert (change.step, change.at) == (Step.CALMS, back)
    assert step(trouble, signs(**away), replace(known, calm_since=back)) is Step.ENDS
    assert step(trouble, signs(**away), Known(back - long, back, back)) is None
    assert step(trouble, signs(**{trouble.value: Away(back - short, back)})) is None


def test_posts_that_had_no_time_to_go_out_are_not_late() -> None:
    old = NOW - HOUR
    assert step(Trouble.UNSENT, signs(oldest_unsent=old, homeserver=Away(old, None))) is None
    assert step(Trouble.UNSENT, signs(oldest_unsent=old, reachable_since=NOW - 4 * MINUTE)) is None
    change = next_change(Trouble.UNSENT, signs(oldest_unsent=old, reachable_since=NOW - 5 * MINUTE), None)
    assert change is not None
    assert change.at == old


def test_a_small_disk_has_a_limit_of_its_own() -> None:
    assert troubles(signs(space=GB, free=GB // 5)) == []
    assert troubles(signs(space=GB, free=GB // 11)) == [Trouble.DISK]


def test_parked_posts_are_told_together_and_seldom() -> None:
    assert step(Trouble.PARKED, signs()) is None
    assert step(Trouble.PARKED, signs(oldest_untold=NOW - 59 * SECOND)) is None
    parked = signs(oldest_untold=NOW - MINUTE)
    assert step(Trouble.PARKED, parked) is Step.BEGINS
    assert step(Trouble.PARKED, parked, Known(NOW, None, NOW - HOUR + SECOND)) is None
    assert step(Trouble.PARKED, parked, Known(NOW, None, NOW - HOUR)) is Step.BEGINS
