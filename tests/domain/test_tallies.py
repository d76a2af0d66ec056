"""What votes add up to, for each kind of ballot; by hand, by properties, and fast enough."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import answers, schulze
from bot.domain.answers import ABSTAIN, Fit, Kind, Sheet
from bot.domain.tallies import Count, Line, lines, tally
from tests.domain.ballots import polls, sheet

WEIGHTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}  # elector 5 is silent


def count(kind: Kind, *said: str) -> Count:
    return tally(sheet(kind, points=10), dict(enumerate(said, start=1)), WEIGHTS)


def test_approval() -> None:
    found = count(Kind.APPROVAL, "yes", "no", "yes", ABSTAIN)
    assert found.lines == (Line("yes", 2, 4, 4), Line("no", 1, 2, 2))
    assert (found.turnout, found.turnout_weight, found.abstained, found.abstained_weight) == (4, 10, 1, 4)
    assert (found.entitled, found.entitled_weight, found.silent) == (5, 15, 1)
    assert (found.valid, found.valid_weight, found.places) == (3, 6, ())


def test_choice() -> None:
    found = count(Kind.CHOICE, "1", "2", "2", "3")
    assert found.lines == (Line("1", 1, 1, 1), Line("2", 2, 5, 5), Line("3", 1, 4, 4))
    assert found.places == (("2",), ("3",), ("1",))


def test_multiple_choice_counts_each_option_named() -> None:
    found = count(Kind.MULTIPLE, "1,2", "2,3", "1,3")
    assert found.lines == (Line("1", 2, 4, 4), Line("2", 2, 3, 3), Line("3", 2, 5, 5))
    assert found.places == (("3",), ("1",), ("2",))


def test_ranking_counts_first_places_and_doubled_borda_points() -> None:
    found = count(Kind.RANKING, "1>2>3", "2=3>1")
    assert found.lines == (Line("1", 1, 1, 4), Line("2", 1, 2, 2 + 6), Line("3", 1, 2, 6))
    assert found.borda("2") == 4.0
    assert found.duels == {(1, 2): 1, (1, 3): 1, (2, 1): 2, (2, 3): 1, (3, 1): 2, (3, 2): 0}
    assert found.places == (("2",), ("3",), ("1",))


def test_the_first_place_of_a_ranking_is_schulzes_not_bordas() -> None:
    """Three prefer A to B, and say so in every duel; two put B far above, and that is what Borda adds up."""
    paper = sheet(Kind.RANKING)
    said = ["1>2>3"] * 3 + ["2>3>1"] * 2
    found = tally(paper, dict(enumerate(said)), dict.fromkeys(range(5), 1))
    assert (found.borda("1"), found.borda("2"), found.borda("3")) == (6, 7, 2)
    assert found.places == (("1",), ("2",), ("3",))


def test_points_are_weighted() -> None:
    found = count(Kind.POINTS, "1:10", "1:3,2:7", "2:1")
    assert found.lines == (Line("1", 2, 3, 16), Line("2", 2, 5, 17), Line("3", 0, 0, 0))
    assert found.places == (("2",), ("1",), ("3",))


def test_the_least_resistance_wins() -> None:
    found = count(Kind.RESISTANCE, "1:0,2:5,3:10", "1:9,2:4,3:5", ABSTAIN)
    assert found.lines == (Line("1", 2, 3, 18), Line("2", 2, 3, 13), Line("3", 2, 3, 20))
    assert found.places == (("2",), ("1",), ("3",))
    assert found.mean_resistance("1") == 6.0
    assert found.acceptance("1") == 40.0


def test_of_dates_the_one_that_the_fewest_cannot_make_comes_first_then_the_one_that_suits_most() -> None:
    found = count(Kind.DATES, "1:yes,2:maybe,3:yes", "1:yes,2:yes,3:maybe", "1:no,2:maybe,3:yes")
    assert found.lines == (Line("1", 2, 3, 3), Line("2", 1, 2, 6, 4, 2), Line("3", 2, 4, 6, 2, 1))
    assert found.places == (("3",), ("2",), ("1",))


@pytest.mark.parametrize("kind", Kind)
def test_nobody_voted_and_all_abstained(kind: Kind) -> None:
    assert count(kind).places == ()
    none = count(kind, ABSTAIN, ABSTAIN)
    assert (none.turnout, none.valid, none.valid_weight, none.places) == (2, 0, 0, ())
    assert all((line.votes, line.weight, line.score) == (0, 0, 0) for line in none.lines)
    assert none.mean_resistance("1") == 0.0
    assert none.place("1") == 0


def test_equals_share_a_place_and_the_next_is_counted_on() -> None:
    found = tally(sheet(Kind.CHOICE), {1: "2", 2: "3"}, {1: 1, 2: 1})
    assert found.places == (("2", "3"), ("1",))
    assert [found.place(option) for option in "123"] == [3, 1, 1]


@pytest.mark.parametrize("wrong", ["4", "1,2", "x", "", " 1", "01"])
def test_what_is_no_answer_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no answer to this ballot"):
        count(Kind.CHOICE, "1", wrong)


def test_a_vote_of_nobody_is_refused() -> None:
    with pytest.raises(KeyError):
        tally(sheet(Kind.APPROVAL), {7: "yes"}, WEIGHTS)


def slowly(paper: Sheet, answer: str, option: int) -> tuple[int, int, int, int]:
    """What one vote of weight 1 adds to an option, read anew: votes, score, maybe, and those who say maybe."""
    match paper.kind:
        case Kind.CHOICE | Kind.MULTIPLE:
            named = str(option) in answer.split(",")
            return named, named, 0, 0
        case Kind.RANKING:
            rank = {each: at for at, tier in enumerate(answers.tiers(answer)) for each in tier}
            others = [other for other in rank if other != option]
            halves = sum((rank[other] > rank[option]) - (rank[other] < rank[option]) + 1 for other in others)
            return rank[option] == 0, halves, 0, 0
        case Kind.POINTS | Kind.RESISTANCE:
            given = dict(part.split(":") for part in answer.split(","))
            return str(option) in given, int(given.get(str(option), 0)), 0, 0
        case _:
            fit = dict(part.split(":") for part in answer.split(","))[str(option)]
            return fit == Fit.YES, fit != Fit.NO, fit == Fit.MAYBE, fit == Fit.MAYBE


@given(polls())
def test_lines_agree_with_adding_up_vote_by_vote(poll: tuple[Sheet, dict[int, str], dict[int, int]]) -> None:
    paper, votes, weights = poll
    found = tally(paper, votes, weights)
    spoken = {elector: answer for elector, answer in votes.items() if answer != ABSTAIN}
    if paper.kind is Kind.APPROVAL:
        assert {line.answer: line.votes for line in found.lines} == {
            each: list(spoken.values()).count(each) for each in ("yes", "no")
        }
    for option in range(1, len(paper.options) + 1):
        each = [(weights[elector], *slowly(paper, answer, option)) for elector, answer in spoken.items()]
        assert found.of(str(option)) == Line(
            str(option),
            sum(votes for _, votes, _, _, _ in each),
            sum(weight * votes for weight, votes, _, _, _ in each),
            sum(weight * score for weight, _, score, _, _ in each),
            sum(weight * maybe for weight, _, _, maybe, _ in each),
            sum(maybes for _, _, _, _, maybes in each),
        )
    assert found.turnout + found.silent == found.entitled == len(weights)
    assert found.valid + found.abstained == found.turnout


@given(polls())
def test_a_weight_is_as_many_copies_of_the_elector(poll: tuple[Sheet, dict[int, str], dict[int, int]]) -> None:
    paper, votes, weights = poll
    copies = [(elector, number) for elector, weight in weights.items() for number in range(weight)]
    own = dict(enumerate(copies))
    copied = {number: votes[elector] for number, (elector, _) in own.items() if elector in votes}
    many, few = tally(paper, copied, dict.fromkeys(own, 1)), tally(paper, votes, weights)
    assert many.places == few.places
    assert many.duels == few.duels
    assert [(line.weight, line.score, line.maybe) for line in many.lines] == [
        (line.weight, line.score, line.maybe) for line in few.lines
    ]
    assert (many.turnout_weight, many.abstained_weight) == (few.turnout_weight, few.abstained_weight)


@given(polls(), st.data())
def test_lines_of_groups_add_up(poll: tuple[Sheet, dict[int, str], dict[int, int]], data: st.DataObject) -> None:
    paper, votes, weights = poll
    said = [(answer, weights[elector]) for elector, answer in votes.items() if answer != ABSTAIN]
    cut = data.draw(st.integers(0, len(said)))
    parts = zip(lines(paper, said[:cut]), lines(paper, said[cut:]), strict=True)
    assert tuple(one + other for one, other in parts) == lines(paper, said)


@given(polls())
def test_every_option_has_one_place(poll: tuple[Sheet, dict[int, str], dict[int, int]]) -> None:
    paper, votes, weights = poll
    found = tally(paper, votes, weights)
    placed = sorted((option for equals in found.places for option in equals), key=int)
    everyone = [str(number) for number in range(1, len(paper.options) + 1)]
    assert placed == (everyone if found.valid_weight else [])


@given(polls())
def test_the_silent_change_the_entitled_only(poll: tuple[Sheet, dict[int, str], dict[int, int]]) -> None:
    paper, votes, weights = poll
    with_silent = tally(paper, votes, weights | {99: 7})
    few = tally(paper, votes, weights)
    assert with_silent == replace(few, entitled=few.entitled + 1, entitled_weight=few.entitled_weight + 7)


@pytest.mark.parametrize("kind", [Kind.RANKING, Kind.RESISTANCE, Kind.DATES])
def test_two_thousand_electors_are_counted(kind: Kind) -> None:
    """The costly kinds, each vote different, 10 options (what it costs: `benchmarks.consultations`)."""
    chance = random.Random(4)
    paper = sheet(kind, 10)
    weights = {elector: chance.randint(1, 9) for elector in range(2_000)}

    def answer() -> str:
        numbers = chance.sample(range(1, 11), 10)
        if kind is Kind.RANKING:
            return answers.of_tiers([[number] for number in numbers])
        if kind is Kind.DATES:
            return answers.of_fits({number: chance.choice(list(Fit)) for number in numbers})
        return answers.of_amounts({number: chance.randint(0, 10) for number in numbers}, zeros=True)

    votes = {elector: answer() for elector in weights}
    found = tally(paper, votes, weights)
    assert found.turnout == 2_000
    if kind is Kind.RANKING:
        assert found.places == tuple(tuple(map(str, equals)) for equals in schulze.places(found.duels or {}, 10))
