"""The reference itself, held against what was counted by hand and against the literature."""

from fractions import Fraction

from tests.voting.history import Clicked, ClosedEarly, Happening, History, Paper, Ticked, TookBack, World
from tests.voting.reference import Reference
from tests.voting.sums import add_up

APPROVAL = World("organisations", "open", (Paper("approval"),), ("Lindenstadt", "Erlenbrück", "Ahornfeld"))


def test_schulze_by_the_book() -> None:
    """M. Schulze, A new monotonic, clone-independent … election method (2011), example 1: E > A > C > B > D."""
    groups = {
        "1>3>2>5>4": 5, "1>4>5>3>2": 5, "2>5>4>1>3": 8, "3>1>2>5>4": 3,
        "3>1>5>2>4": 7, "3>2>1>4>5": 2, "4>3>5>2>1": 7, "5>2>1>4>3": 8,
    }  # fmt: skip
    world = World("list", "open", (Paper("ranking", 5),), tuple(groups), tuple(groups.items()))
    sums = add_up(world.papers[0], world, {name: name for name in groups}, 0)
    assert sums.places == (("5",), ("1",), ("3",), ("2",), ("4",))
    assert sum(shown[0] for shown in sums.options.values()) == 45 * Fraction(5 * 4, 2)


def test_two_thirds_is_enough_at_two_thirds() -> None:
    paper = Paper("approval", rule="two_thirds")
    assert (
        add_up(paper, APPROVAL, dict(zip(APPROVAL.electors, ("yes", "yes", "no"), strict=True)), 0).outcome
        == "accepted"
    )
    assert add_up(paper, APPROVAL, {"Lindenstadt": "yes", "Erlenbrück": "no"}, 0).outcome == "rejected"
    silent = add_up(paper, APPROVAL, {}, 0)
    assert (silent.outcome, silent.turnout) == ("no_votes", 0)


def test_a_holder_goes_before_a_deputy_until_it_is_taken_back() -> None:
    def click(number: int, who: str, answer: str) -> Happening:
        return Clicked(at=number, sent=number, id=number, who=who, ballot=1, edition=1, answers=(answer,))

    voted = (click(1, "ben", "yes"), click(2, "cem", "no"), click(3, "emil", "no"))
    end = (ClosedEarly(at=10, sent=10, id=10, who="anna"), Ticked(at=70))
    counted = Reference(History(0, APPROVAL, (*voted, *end))).counted[1]
    assert {name: cast.says for name, cast in counted.items()} == {"Lindenstadt": "yes", "Erlenbrück": "no"}
    taken_back = TookBack(at=4, sent=4, id=4, who="ben", target=1)
    counted = Reference(History(0, APPROVAL, (*voted, taken_back, *end))).counted[1]
    assert {name: cast.says for name, cast in counted.items()} == {"Lindenstadt": "no", "Erlenbrück": "no"}
