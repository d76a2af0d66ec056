"""Rounds at tables: everybody sits once a round, tables are of one size, and people meet new ones."""

from collections import Counter
from itertools import combinations

import pytest

from bot.domain import designs
from bot.domain.seating import Guest, Round, fewest, plan, repeats


def crowd(count: int, organisations: int = 0) -> list[Guest]:
    """People of this many organisations, every third of them politicians; of none if 0."""
    if not organisations:
        return [Guest(f"@p{n}") for n in range(count)]
    return [
        Guest(f"@p{n}", f"o{n % organisations}", "politics" if n % 3 == 0 else "administration") for n in range(count)
    ]


def seated_once(planned: tuple[Round, ...], guests: list[Guest]) -> None:
    people = Counter(guest.person for guest in guests)
    for seated in planned:
        assert Counter(person for table in seated for person in table) == people
        sizes = [len(table) for table in seated]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("order", [*range(2, 17), 20, 22, 25])
def test_any_two_columns_of_an_array_hold_each_pair_of_levels_once(order: int) -> None:
    every = designs.columns(order)
    assert len(every) >= 3
    for one, other in combinations(every[:6], 2):
        assert len(set(zip(one, other, strict=True))) == order**2 == len(one)


@pytest.mark.parametrize(
    ("guests", "tables", "rounds", "most"),
    [
        (100, 10, 4, 0),  # Freiburg; two orthogonal Latin squares of order 10
        (99, 10, 4, 0),
        (97, 10, 4, 0),
        (91, 10, 4, 2),
        (64, 8, 4, 0),
        (49, 7, 5, 0),
        (36, 6, 3, 0),
        (32, 8, 4, 0),
        (30, 6, 4, 2),
        (24, 6, 4, 0),
        (16, 4, 5, 0),
        (12, 3, 4, 17),  # four at three tables: two of them meet again, whatever one does
        (30, 5, 4, 30),
        (120, 10, 4, 120),
    ],
)
def test_people_meet_new_ones(guests: int, tables: int, rounds: int, most: int) -> None:
    people = crowd(guests)
    planned = plan(people, tables, rounds, "T1")
    seated_once(planned, people)
    assert fewest(guests, tables, rounds) <= repeats(planned) <= most


@pytest.mark.parametrize(("guests", "tables"), [(2, 2), (5, 5), (3, 2), (7, 1), (11, 4), (13, 12), (101, 10)])
def test_tables_are_of_one_size_however_the_numbers_fall(guests: int, tables: int) -> None:
    people = crowd(guests)
    seated_once(plan(people, tables, 3, "T1"), people)


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    people = crowd(30, 8)
    assert plan(people, 6, 3, "a") == plan(people, 6, 3, "a") != plan(people, 6, 3, "b")


def test_colleagues_are_spread_over_the_tables() -> None:
    people = crowd(100, 25)
    of = {guest.person: guest.organisation for guest in people}
    planned = plan(people, 10, 4, "T1")
    assert repeats(planned) == 0
    assert not [
        pair for seated in planned for table in seated for pair in combinations(table, 2) if of[pair[0]] == of[pair[1]]
    ]


def test_politics_and_administration_share_each_table() -> None:
    people = crowd(30, 30)
    bench = {guest.person: guest.bench for guest in people}
    for seated in plan(people, 5, 3, "T1"):
        counts = [sum(bench[person] == "politics" for person in table) for table in seated]
        assert min(counts) >= 1
        assert max(counts) <= 3


def test_rounds_that_are_over_stay_and_the_others_take_in_who_comes_and_leaves() -> None:
    before = plan(crowd(100), 10, 4, "T1")
    people = [guest for guest in crowd(100) if guest.person not in ("@p3", "@p40", "@p77")] + [
        Guest("@late1"),
        Guest("@late2"),
    ]
    again = plan(people, 10, 4, "T1", past=before[:2], ahead=before[2:])
    assert again[:2] == before[:2]
    seated_once(again[2:], people)
    assert repeats(again) <= 3  # each late comer takes a seat that was free
    moved = sum(
        person not in table
        for old, new in zip(before[2:], again[2:], strict=True)
        for was, table in zip(old, new, strict=True)
        for person in was
    )
    assert moved < 40  # the leavers count, too: most people keep the seats they have looked up


def test_without_a_plan_ahead_those_who_met_in_the_past_are_kept_apart() -> None:
    people = crowd(24)
    first = plan(people, 6, 1, "T1")
    again = plan(people, 6, 3, "T2", past=first)
    assert again[:1] == first
    assert repeats(again) == 0


def test_more_tables_or_rounds_than_before_are_planned_too() -> None:
    people = crowd(24)
    before = plan(people, 4, 2, "T1")
    again = plan(people, 6, 4, "T1", past=before[:1], ahead=before[1:])
    assert [len(seated) for seated in again] == [4, 6, 6, 6]
    seated_once(again, people)


@pytest.mark.parametrize(("guests", "tables", "rounds"), [(10, 0, 4), (3, 4, 1), (0, 1, 1), (10, 2, 0)])
def test_no_table_more_tables_than_people_and_no_round_are_refused(guests: int, tables: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="guests at"):
        plan(crowd(guests), tables, rounds, "T1")


def test_when_all_rounds_are_over_nothing_is_planned() -> None:
    people = crowd(12)
    before = plan(people, 4, 2, "T1")
    assert plan(people, 4, 2, "T1", past=before) == before
