"""Rankings put together: the examples of the literature, and what the method promises."""

from collections.abc import Sequence
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schulze import doubled_borda, duels, places, strongest_paths

Vote = tuple[tuple[tuple[int, ...], ...], int]  # tiers and weight


def votes(*rows: str) -> list[Vote]:
    """`5 ACBED`: five voters for whom A is first; `A(BC)`: B and C are equal."""
    read: list[Vote] = []
    for row in rows:
        weight, order = row.split()
        tiers: list[tuple[int, ...]] = []
        for part in order.replace("(", " (").replace(")", ") ").split():
            numbers = tuple(ord(letter) - ord("A") + 1 for letter in part.strip("()"))
            tiers += [numbers] if part.startswith("(") else [(number,) for number in numbers]
        read.append((tuple(tiers), int(weight)))
    return read


def order(given: Sequence[Vote], size: int) -> str:
    ranked = places(duels(given, size), size)
    return " > ".join("=".join("ABCDEFGH"[option - 1] for option in equals) for equals in ranked)


FORTY_FIVE = votes(
    "5 ACBED", "5 ADECB", "8 BEDAC", "3 CABED", "7 CAEBD", "2 CBADE", "7 DCEBA", "8 EBADC"
)  # Schulze 2011, example 1
THIRTY = votes(
    "5 ACBD", "2 ACDB", "3 ADCB", "4 BACD", "3 CBDA", "3 CDBA", "1 DACB", "5 DBAC", "4 DCBA"
)  # Schulze 2003, example 2
THIRTY_OF_FIVE = votes(
    "3 ABDEC", "5 ADEBC", "1 ADECB", "2 BADEC", "2 BDECA", "4 CABDE", "6 CBADE", "2 DBECA", "5 DECAB"
)  # example 3
NINE = votes("3 ABCD", "2 DABC", "2 DBCA", "2 CBDA")  # example 4: two potential winners


@pytest.mark.parametrize(
    ("given_votes", "size", "expected"),
    [
        (FORTY_FIVE, 5, "E > A > C > B > D"),
        (THIRTY, 4, "D > A > C > B"),
        (THIRTY_OF_FIVE, 5, "B > A > D > E > C"),
        (NINE, 4, "B=D > A=C"),
        (votes("1 AB", "1 BA"), 2, "A=B"),
        (votes("2 ABC", "2 BCA", "2 CAB"), 3, "A=B=C"),
        (votes("3 ABC", "2 BCA", "2 CAB"), 3, "A > B > C"),
        (votes("7 (AB)C", "1 BAC"), 3, "B > A > C"),
        (votes("1 (ABC)"), 3, "A=B=C"),
    ],
    ids=["45", "30 of four", "30 of five", "9", "two against each other", "circle", "broken circle", "equals", "all"],
)
def test_examples(given_votes: list[Vote], size: int, expected: str) -> None:
    assert order(given_votes, size) == expected


def test_the_duels_and_paths_of_the_example_with_45_voters() -> None:
    won = duels(FORTY_FIVE, 5)
    rows = [[won[one, other] for other in range(1, 6) if other != one] for one in range(1, 6)]
    assert rows == [[20, 26, 30, 22], [25, 16, 33, 18], [19, 29, 17, 24], [15, 12, 28, 14], [23, 27, 21, 31]]
    paths = strongest_paths(won, 5)
    rows = [[paths[one, other] for other in range(1, 6) if other != one] for one in range(1, 6)]
    assert rows == [[28, 28, 30, 24], [25, 28, 33, 24], [25, 29, 29, 24], [25, 28, 28, 24], [25, 28, 28, 31]]


@pytest.mark.parametrize(
    ("one", "points"),
    [("1 CAB", [2, 0, 4]), ("1 B(AC)", [1, 4, 1]), ("1 (ABCD)", [3, 3, 3, 3]), ("3 AB", [6, 0])],
)
def test_borda_points_are_doubled_and_shared_by_equals(one: str, points: list[int]) -> None:
    given_votes, size = votes(one), len(points)
    won = duels(given_votes, size)
    assert list(doubled_borda(won, size, given_votes[0][1]).values()) == points


@st.composite
def elections(draw: st.DrawFn) -> tuple[int, list[Vote]]:
    """Up to five options, up to eight voters with weights, equals too."""
    size = draw(st.integers(2, 5))
    given: list[Vote] = []
    for _ in range(draw(st.integers(1, 8))):
        ranks = draw(st.lists(st.integers(1, size), min_size=size, max_size=size))
        tiers = tuple(
            tuple(option for option in range(1, size + 1) if ranks[option - 1] == rank) for rank in sorted(set(ranks))
        )
        given.append((tiers, draw(st.integers(0, 4))))
    return size, given


def rank_of(option: int, vote: Vote) -> int:
    return next(at for at, tier in enumerate(vote[0]) if option in tier)


@given(elections())
def test_duels_agree_with_comparing_each_pair_in_each_vote(election: tuple[int, list[Vote]]) -> None:
    size, given = election
    expected = {
        (one, other): sum(vote[1] for vote in given if rank_of(one, vote) < rank_of(other, vote))
        for one, other in permutations(range(1, size + 1), 2)
    }
    assert duels(given, size) == expected


@given(elections())
def test_paths_agree_with_trying_every_path(election: tuple[int, list[Vote]]) -> None:
    size, given = election
    won = duels(given, size)

    def strength(path: Sequence[int]) -> int:
        steps = list(pairwise(path))
        return min(won[step] if won[step] > won[step[::-1]] else 0 for step in steps)

    paths = strongest_paths(won, size)
    for start, end in permutations(range(1, size + 1), 2):
        between = [option for option in range(1, size + 1) if option not in (start, end)]
        ways = [(start, *via, end) for length in range(len(between) + 1) for via in permutations(between, length)]
        assert paths[start, end] == max(map(strength, ways))


@given(elections())
def test_who_wins_every_duel_wins_alone_and_who_loses_every_duel_is_last(election: tuple[int, list[Vote]]) -> None:
    size, given = election
    won = duels(given, size)
    options = range(1, size + 1)
    ranked = places(won, size)
    for one in options:
        others = [other for other in options if other != one]
        if all(won[one, other] > won[other, one] for other in others):
            assert ranked[0] == (one,)
        if all(won[one, other] < won[other, one] for other in others):
            assert ranked[-1] == (one,)


@given(elections())
def test_places_follow_who_is_better_and_equals_are_not_better_than_each_other(
    election: tuple[int, list[Vote]],
) -> None:
    size, given = election
    won = duels(given, size)
    paths = strongest_paths(won, size)
    ranked = places(won, size)
    place = {option: at for at, equals in enumerate(ranked) for option in equals}
    assert sorted(place) == list(range(1, size + 1))
    for one, other in permutations(place, 2):
        if paths[one, other] > paths[other, one]:
            assert place[one] < place[other]
    for at, equals in enumerate(ranked[1:]):
        for option in equals:  # it stands no lower than it must
            assert any(paths[above, option] > paths[option, above] for above in ranked[at])


@given(elections())
def test_reversed_votes_reverse_who_is_better(election: tuple[int, list[Vote]]) -> None:
    size, given = election
    forth = strongest_paths(duels(given, size), size)
    back = strongest_paths(duels([(tiers[::-1], weight) for tiers, weight in given], size), size)
    assert back == {(other, one): strength for (one, other), strength in forth.items()}


@given(elections())
def test_a_weight_is_as_many_copies_of_the_voter(election: tuple[int, list[Vote]]) -> None:
    size, given = election
    copies = [(tiers, 1) for tiers, weight in given for _ in range(weight)]
    assert duels(copies, size) == duels(given, size)


@given(elections(), st.randoms(use_true_random=False))
def test_numbering_the_options_otherwise_changes_nothing(election: tuple[int, list[Vote]], random: object) -> None:
    size, given = election
    numbers = sorted(range(1, size + 1), key=lambda _: random.random())  # type: ignore[attr-defined]
    new = dict(zip(range(1, size + 1), numbers, strict=True))
    renamed = [(tuple(tuple(new[option] for option in tier) for tier in tiers), weight) for tiers, weight in given]
    expected = [{new[option] for option in equals} for equals in places(duels(given, size), size)]
    assert [set(equals) for equals in places(duels(renamed, size), size)] == expected


@given(elections())
def test_an_option_that_all_prefer_to_another_stands_no_lower(election: tuple[int, list[Vote]]) -> None:
    size, given = election
    voters = [vote for vote in given if vote[1]]
    place = {option: at for at, equals in enumerate(places(duels(given, size), size)) for option in equals}
    for one, other in combinations(range(1, size + 1), 2):
        if voters and all(rank_of(one, vote) < rank_of(other, vote) for vote in voters):
            assert place[one] < place[other]
