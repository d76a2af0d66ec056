"""Results by bench, level and size class; and what nobody may work out of those of a confidential ballot."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import ABSTAIN, Kind, Sheet
from bot.domain.breakdown import Breakdown, Member, Row, breakdown, by_class, without_small_cells
from bot.domain.tallies import Line, tally
from tests.domain.ballots import answers_to, polls, sheet

APPROVAL = sheet(Kind.APPROVAL)


def electorate(
    *groups: tuple[str | None, str | None, int | None, str], weight: int = 1
) -> tuple[list[Member], dict[int, str]]:
    """Groups of bench, level, inhabitants, and what each says: `yyn-.` is yes, yes, no, abstention, silence."""
    members: list[Member] = []
    votes: dict[int, str] = {}
    for bench, level, inhabitants, said in groups:
        for letter in said:
            number = len(members) + 1
            members.append(Member(number, weight, bench, level, inhabitants))
            if letter != ".":
                votes[number] = {"y": "yes", "n": "no", "-": ABSTAIN}.get(letter, letter)
    return members, votes


def shown(rows: Sequence[Row]) -> list[tuple[object, ...]]:
    """Groups, entitled, turnout, abstained, and the votes of each line."""
    return [(row.groups, row.entitled, row.turnout, row.abstained, *(each.votes for each in row.lines)) for row in rows]


def test_rows_for_every_group_in_their_order_and_the_unknown_last() -> None:
    members, votes = electorate(
        (None, "municipality", None, "y."),
        ("administration", "city", 26_000, "yn-"),
        ("politics", "party", None, "nn"),
        ("administration", "county", 120_000, "y"),
        ("administration", "municipality", 4_999, "."),
    )
    found = breakdown(members, votes, APPROVAL)
    assert shown(found.bench) == [
        (("politics",), 2, 2, 0, 0, 2),
        (("administration",), 5, 4, 1, 2, 1),
        ((None,), 2, 1, 0, 1, 0),
    ]
    assert [row.groups for row in found.level] == [("county",), ("city",), ("municipality",), ("party",)]
    assert shown(found.size) == [
        ((0,), 1, 0, 0, 0, 0),
        ((3,), 3, 3, 1, 1, 1),
        ((5,), 1, 1, 0, 1, 0),
        ((None,), 4, 3, 0, 1, 2),
    ]
    assert found.level[1].valid == 2
    assert found.level[1].of("yes") == Line("yes", 1, 1, 1)
    assert by_class(members, votes) == {0: (0, 1), 3: (3, 3), 5: (1, 1), None: (3, 4)}


def test_a_dimension_with_one_row_tells_nothing() -> None:
    found = breakdown(*electorate((None, "city", None, "yn"), (None, "county", None, "y")), APPROVAL)
    assert (found.bench, found.size) == ((), ())
    assert len(found.level) == 2


def test_a_level_that_is_not_one_of_ours_comes_before_the_unknown() -> None:
    found = breakdown(
        *electorate((None, None, None, "y"), (None, "guild", None, "y"), (None, "city", None, "y")), APPROVAL
    )
    assert [row.groups for row in found.level] == [("city",), ("guild",), (None,)]


GROUPS = st.tuples(
    st.sampled_from([None, "politics", "administration"]),
    st.sampled_from([None, "city", "county", "party"]),
    st.sampled_from([None, 100, 30_000, 200_000]),
)


@given(polls(), st.data())
def test_the_rows_of_a_dimension_add_up_to_the_count(
    poll: tuple[Sheet, dict[int, str], dict[int, int]], data: st.DataObject
) -> None:
    paper, votes, weights = poll
    members = [Member(elector, weight, *data.draw(GROUPS)) for elector, weight in weights.items()]
    count = tally(paper, votes, weights)
    found = breakdown(members, votes, paper)
    for rows in (found.bench, found.level, found.size):
        if rows:
            assert sum(row.entitled for row in rows) == count.entitled
            assert sum(row.turnout for row in rows) == count.turnout
            assert sum(row.abstained for row in rows) == count.abstained
            for line in count.lines:
                total = Line(line.answer, 0, 0)
                for row in rows:
                    total += row.of(line.answer)
                assert total == line
    classes = by_class(members, votes)
    assert sum(electors for _, electors in classes.values()) == count.entitled
    assert sum(turnout for turnout, _ in classes.values()) == count.turnout


# Confidential

FINE = "yyyyynnnnn"  # five in each cell: may be shown


def confidential(*groups: tuple[str | None, str | None, int | None, str]) -> Breakdown:
    return without_small_cells(breakdown(*electorate(*groups), APPROVAL))


def test_rows_without_small_cells_are_shown() -> None:
    found = confidential(("politics", None, None, FINE), ("administration", None, None, FINE + "."))
    assert shown(found.bench) == [(("politics",), 10, 10, 0, 5, 5), (("administration",), 11, 10, 0, 5, 5)]
    assert found.crossed == ()


@pytest.mark.parametrize(
    "small",
    ["y", "yyyyy", "yyyynnnn", FINE + "n-", "yyyyyyyyyy", "nnnnnnn", "----------", "...", ""],
    ids=[
        "one vote",
        "all say the same",
        "fours",
        "one abstains",
        "all for",
        "all against",
        "all abstain",
        "silent",
        "none",
    ],
)
def test_a_row_that_could_be_worked_out_of_the_total_hides_the_other_too(small: str) -> None:
    found = confidential(("politics", None, None, small), ("administration", None, None, FINE * 3))
    assert found.bench == ()


def test_small_rows_are_shown_together() -> None:
    found = confidential(
        (None, "state", None, "yyynn"),
        (None, "county", None, "yynnn"),
        (None, "city", None, FINE),
        (None, None, None, ".."),
    )
    assert shown(found.level) == [(("city",), 10, 10, 0, 5, 5), (("state", "county", None), 12, 10, 0, 5, 5)]


def test_if_the_rest_is_too_small_the_smallest_row_joins_it() -> None:
    found = confidential(
        (None, "state", None, "y"),
        (None, "county", None, FINE),
        (None, "city", None, FINE * 2),
        (None, "party", None, FINE),
    )
    assert shown(found.level) == [
        (("city",), 20, 20, 0, 10, 10),
        (("party",), 10, 10, 0, 5, 5),
        (("state", "county"), 11, 11, 0, 6, 5),
    ]


def test_a_dimension_that_could_be_subtracted_from_another_is_hidden() -> None:
    """All parties are politics; politics less parties is one university."""
    found = confidential(
        ("politics", "party", None, FINE), ("politics", "university", None, "n"), ("administration", "city", None, FINE)
    )
    assert [row.groups for row in found.bench] == [("politics",), ("administration",)]
    assert found.level == ()


def test_two_dimensions_are_shown_where_every_group_they_make_is_large_enough() -> None:
    found = confidential(
        *((bench, level, None, FINE) for bench in ("politics", "administration") for level in ("city", "county"))
    )
    assert len(found.bench) == len(found.level) == 2


def test_groups_without_votes_are_nobodys_secret() -> None:
    found = confidential(
        ("politics", "party", None, FINE),
        ("administration", "city", None, FINE),
        ("administration", "party", None, ".."),
    )
    assert len(found.bench) == len(found.level) == 2


def test_differing_weights_tell_who_voted_how() -> None:
    members, votes = electorate(("politics", None, None, FINE), ("administration", None, None, FINE))
    heavy = [Member(member.elector, 100 if member.elector == 1 else 1, member.bench) for member in members]
    assert without_small_cells(breakdown(members, votes, APPROVAL)).bench
    assert not without_small_cells(breakdown(heavy, votes, APPROVAL)).bench


@pytest.mark.parametrize(
    ("kind", "said", "may"),
    [
        (Kind.CHOICE, {"1": 5, "2": 6}, True),
        (Kind.CHOICE, {"1": 5, "2": 6, "3": 1}, False),
        (Kind.MULTIPLE, {"1,2": 5, "1": 5}, False),  # all named the first
        (Kind.MULTIPLE, {"1,2": 5, "1": 5, "3": 1, "2,3": 4}, True),
        (Kind.MULTIPLE, {"1": 5, "1,2": 5, "2": 1}, False),  # one did not name the first
        (Kind.RANKING, {"1>2>3": 5, "2>1>3": 5}, True),
        (Kind.RANKING, {"1>2>3": 9, "2>1>3": 1}, False),
        (Kind.POINTS, {"1:5,2:5": 5, "1:1": 5}, True),
        (Kind.POINTS, {"1:5,2:5": 9, "3:1": 1}, False),
        (Kind.RESISTANCE, {"1:0,2:7,3:10": 5, "1:1,2:3,3:9": 5}, True),
        (Kind.RESISTANCE, {"1:0,2:7,3:9": 10}, False),  # nobody resists the first
        (Kind.RESISTANCE, {"1:1,2:7,3:10": 10}, False),  # everybody does the last
        (Kind.DATES, {"1:yes,2:no,3:maybe": 5, "1:no,2:maybe,3:yes": 5}, True),
        (Kind.DATES, {"1:yes,2:no,3:maybe": 5, "1:no,2:maybe,3:no": 5}, True),
        (Kind.DATES, {"1:yes,2:no,3:maybe": 9, "1:no,2:maybe,3:yes": 1}, False),
    ],
)
def test_which_cells_are_small_in_each_kind(kind: Kind, said: dict[str, int], may: bool) -> None:
    paper = sheet(kind, points=10)
    given_answers = [answer for answer, number in said.items() for _ in range(number)] * 2
    votes = dict(enumerate(given_answers, start=1))
    half = len(votes) // 2
    members = [Member(number, 1, "politics" if number <= half else "administration") for number in votes]
    assert bool(without_small_cells(breakdown(members, votes, paper)).bench) is may


def may_be_known(members: Sequence[Member], votes: dict[int, str]) -> bool:
    """Whether a group's numbers tell of nobody how they voted, read anew."""
    said = [votes[member.elector] for member in members if member.elector in votes]
    cells = [said.count(answer) for answer in ("yes", "no", ABSTAIN)]
    return not said or (all(cell == 0 or cell >= 5 for cell in cells) and sorted(cells)[1] > 0)


Pivots = list[tuple[int, list[Fraction]]]


def pivots(vectors: Sequence[Sequence[int]]) -> Pivots:
    """The vectors with zeros below the steps (Gauss); each with its step, the first column that is not zero."""
    rows, steps = [[Fraction(each) for each in vector] for vector in vectors], []
    for column in range(len(vectors[0])):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is not None:
            rows.remove(pivot)
            steps.append((column, pivot))
            rows = [_without(row, column, pivot) for row in rows]
    return steps


def spanned(steps: Pivots, target: Sequence[int]) -> bool:
    """Whether a vector can be worked out of others by adding and subtracting multiples of them."""
    left = [Fraction(each) for each in target]
    for column, pivot in steps:
        left = _without(left, column, pivot)
    return not any(left)


def _without(row: list[Fraction], column: int, pivot: list[Fraction]) -> list[Fraction]:
    if not row[column]:
        return row
    factor = row[column] / pivot[column]
    return [one - factor * other for one, other in zip(row, pivot, strict=True)]


SAID = st.builds(
    lambda *numbers: "".join(letter * number for letter, number in zip("yn-.", numbers, strict=True)),
    *[st.sampled_from([5, 5, 6, 7, 0, 1, 4])] * 2,
    *[st.sampled_from([0, 0, 0, 5, 1])] * 2,
)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["politics", "administration"]),
            st.sampled_from(["city", "county", "party"]),
            st.sampled_from([None, 100, 200_000]),
            SAID,
        ),
        max_size=7,
        unique_by=lambda group: group[:3],
    )
)
def test_nothing_small_can_be_worked_out(groups: list[tuple[str, str, int | None, str]]) -> None:
    """An attacker has the total and all rows, and adds and subtracts them as they like."""
    members, votes = electorate(*groups)
    found = without_small_cells(breakdown(members, votes, APPROVAL))
    atoms = sorted({(member.bench, member.level, member.size) for member in members}, key=repr)
    known = [[1] * len(atoms)]
    for dimension, rows in enumerate((found.bench, found.level, found.size)):
        known += [[int(atom[dimension] in row.groups) for atom in atoms] for row in rows]
    if len(known) == 1:
        return  # nothing but the total is told
    steps = pivots(known)
    for size in range(1, len(atoms)):
        for chosen in combinations(range(len(atoms)), size):
            if spanned(steps, [int(each in chosen) for each in range(len(atoms))]):
                group = [
                    each for each in members if (each.bench, each.level, each.size) in {atoms[at] for at in chosen}
                ]
                assert may_be_known(group, votes)


@given(polls(max_electors=40), st.data())
def test_what_is_shown_is_true(poll: tuple[Sheet, dict[int, str], dict[int, int]], data: st.DataObject) -> None:
    """Rows are as they are in the whole breakdown, or the sum of some."""
    paper, _, weights = poll
    members = [Member(elector, 1, *data.draw(GROUPS)) for elector in weights]
    said = data.draw(st.lists(answers_to(paper), min_size=1, max_size=2))
    votes = {member.elector: data.draw(st.sampled_from(said)) for member in members}
    whole = breakdown(members, votes, paper)
    found = without_small_cells(whole, at_least=2)
    for rows, all_rows in ((found.bench, whole.bench), (found.level, whole.level), (found.size, whole.size)):
        for row in rows:
            parts = [each for each in all_rows if set(each.groups) <= set(row.groups)]
            together = parts[0]
            for part in parts[1:]:
                together += part
            assert (set(together.groups), together.turnout, together.lines) == (set(row.groups), row.turnout, row.lines)
        if rows:
            assert sum(row.entitled for row in rows) == len(members)
