"""When a post has been tried long enough, by what was seen of it and of others."""

import pytest

from bot.sending.tries import STUCK_AFTER, STUCK_AFTER_SILENCE, STUCK_FOR, Tries
from tests.outboxes import OTHER, row


def tried(times: int, *, ours: bool, others_go: bool = True) -> bool:
    """Whether a post counts as stuck after so many failures."""
    tries, post, other = Tries(), row("1"), row("2", OTHER)
    post.id, other.id = 1, 2
    for _ in range(times):
        tries.failed(post, ours=ours)
        if others_go:
            tries.went(other)
    return tries.is_stuck(post)


@pytest.mark.parametrize(("ours", "enough"), [(False, STUCK_AFTER), (True, STUCK_AFTER_SILENCE)])
def test_a_post_that_alone_does_not_go_is_stuck_at_last(ours: bool, enough: int) -> None:
    """Also where a proxy, and not the homeserver, refuses what it says: nobody else would ever learn of it."""
    assert not tried(enough - 1, ours=ours)
    assert tried(enough, ours=ours)


@pytest.mark.parametrize("ours", [False, True])
def test_while_nothing_goes_nothing_is_stuck(ours: bool) -> None:
    assert not tried(10 * STUCK_AFTER_SILENCE, ours=ours, others_go=False)


def test_a_homeserver_that_is_away_for_days_makes_nothing_stuck() -> None:
    tries, post = Tries(), row("1")
    post.id, post.created_at = 1, post.created_at - 3 * STUCK_FOR
    tries.failed(post, ours=True)
    assert not tries.is_stuck(post)
    tries.failed(post, ours=False)
    assert tries.is_stuck(post)
