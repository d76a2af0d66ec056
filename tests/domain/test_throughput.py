"""How long it takes until all has gone, against homeservers that limit as real ones do."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bot.domain.throughput import CROWD, TRUSTED, Throughput


@dataclass
class Limit:
    """Synapse's way: a bucket that leaks (`synapse.api.ratelimiting`)."""

    per_second: float
    burst: int
    level: float = 0.0
    at: float = 0.0

    def refuses(self, now: float) -> float | None:
        """For how many seconds; None if it takes one."""
        self.level = max(0.0, self.level - (now - self.at) * self.per_second)
        self.at = now
        if self.level > self.burst - 1:
            return (self.level - self.burst + 1) / self.per_second
        self.level += 1
        return None


def sent(throughput: Throughput, limit: Limit, each: float, begins: float = 0.0) -> Iterator[float]:
    """Send all that waits, each in so many seconds; the time, after each."""
    now = begins
    while throughput.waiting:
        now += each
        while (wait := limit.refuses(now)) is not None:
            throughput.refused(wait)
            now += wait + each  # the answer, and the way of the next attempt
        throughput.went(now)
        throughput.settled()
        yield now


def waiting(count: int) -> Throughput:
    made = Throughput()
    for _ in range(count):
        made.came()
    return made


@pytest.mark.parametrize(
    ("limit", "each"),
    [(Limit(0.2, 10), 0.05), (Limit(0.5, 10), 0.05), (Limit(25, 50), 0.01), (Limit(1e9, 10**9), 0.02)],
    ids=["Synapse as it is", "40 minutes", "quick", "unlimited"],
)
def test_what_is_said_comes_true(limit: Limit, each: float) -> None:
    """From the 120th post of 1,240 on, within a tenth; at Synapse's own pace from the 14th."""
    throughput = waiting(1_240)
    said: dict[int, tuple[float, float]] = {}
    for number, now in enumerate(sent(throughput, limit, each), 1):
        if throughput.left is not None:
            said[number] = (now, throughput.left.total_seconds())
    begins = 14 if limit.per_second < 1 else 120
    assert set(said) >= set(range(begins, 1_241))
    for number in (begins, 200, 600, 1_000):
        at, left = said[number]
        assert left == pytest.approx(now - at, rel=0.1), number
    if limit.per_second == 0.2:
        assert said[begins][1] / 60 == pytest.approx(102, abs=5), "1,226 posts, one in five seconds"


def test_nothing_is_said_of_what_goes_in_the_first_moments() -> None:
    """Synapse lets ten through at once."""
    throughput = waiting(100)
    for number, _ in enumerate(sent(throughput, Limit(0.2, 10), 0.05), 1):
        assert (throughput.left is None) == (number <= 10)
        if number > 10:
            break


def test_the_pace_is_remembered_and_a_quicker_one_is_noticed() -> None:
    throughput = waiting(40)
    assert list(sent(throughput, Limit(0.2, 10), 0.05))
    for _ in range(200):
        throughput.came()
    assert throughput.left is not None
    assert throughput.left.total_seconds() == pytest.approx(1000, rel=0.1), "as it was before"
    for number, _ in enumerate(sent(throughput, Limit(1e9, 10**9), 0.02, begins=9_999.0), 1):
        if number > TRUSTED + 1:
            assert throughput.left.total_seconds() == pytest.approx(throughput.waiting * 0.02, rel=0.1)


def test_time_in_which_nothing_waits_or_nobody_answers_is_no_pace() -> None:
    throughput = Throughput()
    for number in range(TRUSTED + 5):  # an answer a minute
        throughput.came()
        throughput.went(60.0 * number)
        throughput.settled()
    assert throughput.left is None
    throughput = waiting(2 * TRUSTED)
    for number in range(TRUSTED + 1):
        throughput.went(0.1 * number)
        throughput.settled()
    throughput.paused()
    throughput.went(10_000.0)
    assert throughput.left is not None
    assert throughput.left.total_seconds() == pytest.approx(0.1 * throughput.waiting)


def test_a_few_that_wait_for_something_else_make_no_crowd() -> None:
    """Posts into rooms that are closed to us may wait for a day, while others come and go."""
    throughput = waiting(CROWD - 2)
    for number in range(TRUSTED + 5):
        throughput.came()
        throughput.went(60.0 * number)
        throughput.settled()
    assert throughput.left is None
