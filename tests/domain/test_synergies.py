"""Which pairs are proposed, and what answers come to."""

import pytest

from bot.domain.synergies import ALIKE, MOST_OPEN, Pair, Said, chosen, outcome


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ((None, None), None),
        (("yes", None), None),
        (("yes", "yes"), Said.YES),
        (("no", None), Said.NO),
        (("yes", "no"), Said.NO),
    ],
)
def test_one_no_dismisses_and_two_yes_link(said: tuple[str | None, str | None], result: Said | None) -> None:
    assert outcome(said) is result


def test_the_best_come_first_and_none_that_is_not_alike() -> None:
    found = [Pair(1, 2, ALIKE - 0.01), Pair(1, 3, ALIKE), Pair(2, 3, 2.0), Pair(4, 4, 9.0)]
    assert [(pair.first, pair.second) for pair in chosen(found, [], {})] == [(2, 3), (1, 3)]


def test_a_project_has_no_more_than_a_few_open_and_its_best() -> None:
    found = [Pair(1, other, 1 + other / 100) for other in range(2, 20)]
    kept = chosen(found, [(1, 19)], {1: 1})
    assert [pair.second for pair in kept] == [18, 17, 16, 15]
    assert len(kept) == MOST_OPEN - 1
