"""What counts decide: rules, bases, quorums; ties, silence, abstentions and missed quorums told apart."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import ABSTAIN, Kind, Sheet
from bot.domain.deciding import Base, Outcome, Quorum, QuorumOf, Rule, Rules, Ruling, decide, fits
from bot.domain.tallies import Count, tally
from tests.domain.ballots import polls, sheet


def approval(yes: int, no: int, abstain: int = 0, silent: int = 0) -> Count:
    """A ballot of electors with one vote each."""
    said = ["yes"] * yes + ["no"] * no + [ABSTAIN] * abstain
    return tally(sheet(Kind.APPROVAL), dict(enumerate(said)), dict.fromkeys(range(len(said) + silent), 1))


def choice(*votes: int, abstain: int = 0, silent: int = 0, kind: Kind = Kind.CHOICE) -> Count:
    """So many for option 1, 2, 3."""
    said = [str(option) for option, number in enumerate(votes, start=1) for _ in range(number)] + [ABSTAIN] * abstain
    return tally(sheet(kind), dict(enumerate(said)), dict.fromkeys(range(len(said) + silent), 1))


A, R, T = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.TIE


@pytest.mark.parametrize(
    ("counts", "rule", "base", "outcome"),
    [
        # yes, no, abstain, silent
        ((0, 0, 0, 2), Rule.SIMPLE, Base.VALID, Outcome.NO_VOTES),
        ((0, 0, 5, 2), Rule.SIMPLE, Base.VALID, Outcome.NO_VOTES),
        ((0, 0, 5, 0), Rule.SIMPLE, Base.CAST, Outcome.NO_VOTES),
        ((1, 0, 5, 2), Rule.SIMPLE, Base.VALID, A),
        ((2, 2, 0, 2), Rule.SIMPLE, Base.VALID, T),
        ((1, 2, 3, 2), Rule.SIMPLE, Base.VALID, R),
        ((0, 1, 0, 2), Rule.SIMPLE, Base.VALID, R),
        # the base: abstentions weigh, then the silent, too
        ((3, 2, 1, 0), Rule.SIMPLE, Base.CAST, R),
        ((4, 2, 1, 0), Rule.SIMPLE, Base.CAST, A),
        ((2, 2, 1, 0), Rule.SIMPLE, Base.CAST, T),
        ((4, 2, 1, 1), Rule.SIMPLE, Base.ALL, R),
        ((5, 2, 1, 1), Rule.SIMPLE, Base.ALL, A),
        # absolute is of all entitled, whatever the base says
        ((5, 0, 0, 5), Rule.ABSOLUTE, Base.VALID, R),
        ((6, 0, 0, 5), Rule.ABSOLUTE, Base.VALID, A),
        ((6, 0, 0, 5), Rule.ABSOLUTE, Base.CAST, A),
        ((3, 3, 0, 5), Rule.ABSOLUTE, Base.VALID, T),
        # two thirds and three quarters to the very vote
        ((2, 1, 0, 0), Rule.TWO_THIRDS, Base.VALID, A),
        ((199, 100, 0, 0), Rule.TWO_THIRDS, Base.VALID, R),
        ((200, 100, 0, 0), Rule.TWO_THIRDS, Base.VALID, A),
        ((2, 1, 1, 0), Rule.TWO_THIRDS, Base.CAST, R),
        ((2, 2, 0, 0), Rule.TWO_THIRDS, Base.VALID, R),
        ((6, 0, 0, 3), Rule.TWO_THIRDS, Base.ALL, A),
        ((3, 1, 0, 0), Rule.THREE_QUARTERS, Base.VALID, A),
        ((299, 100, 0, 0), Rule.THREE_QUARTERS, Base.VALID, R),
        ((3, 1, 1, 0), Rule.THREE_QUARTERS, Base.CAST, R),
        # unanimous: nobody against; with another base nobody abstains, nobody is silent
        ((3, 0, 2, 2), Rule.UNANIMOUS, Base.VALID, A),
        ((99, 1, 0, 0), Rule.UNANIMOUS, Base.VALID, R),
        ((3, 0, 1, 0), Rule.UNANIMOUS, Base.CAST, R),
        ((3, 0, 0, 1), Rule.UNANIMOUS, Base.CAST, A),
        ((3, 0, 0, 1), Rule.UNANIMOUS, Base.ALL, R),
        ((3, 0, 0, 0), Rule.UNANIMOUS, Base.ALL, A),
        # consent: a no without a reason does not block
        ((3, 1, 0, 0), Rule.CONSENT, Base.VALID, A),
        ((1, 3, 0, 0), Rule.CONSENT, Base.VALID, A),
        ((0, 0, 0, 3), Rule.CONSENT, Base.VALID, Outcome.NO_VOTES),
    ],
)
def test_approval(counts: tuple[int, int, int, int], rule: Rule, base: Base, outcome: Outcome) -> None:
    ruling = decide(approval(*counts), Rules(rule, base))
    assert ruling.outcome is outcome
    assert ruling.reached == counts[0]
    assert (ruling.winners, ruling.quorum_reached, ruling.quorum_missed) == ((), None, ())


def test_one_reasoned_objection_blocks_consent_and_nothing_else() -> None:
    count = approval(9, 1)
    assert decide(count, Rules(Rule.CONSENT), objections=1).outcome is Outcome.OBJECTION
    assert decide(count, Rules(Rule.SIMPLE), objections=1).outcome is Outcome.ACCEPTED


def test_weights_decide_not_heads() -> None:
    count = tally(sheet(Kind.APPROVAL), {1: "yes", 2: "no", 3: "no"}, {1: 5, 2: 2, 3: 2, 4: 1})
    assert decide(count, Rules()) == Ruling(Outcome.ACCEPTED, 5, 9)
    assert decide(count, Rules(Rule.ABSOLUTE)) == Ruling(Outcome.REJECTED, 5, 10)
    unheard = tally(sheet(Kind.APPROVAL), {1: "yes", 2: "no"}, {1: 5, 2: 0})
    assert decide(unheard, Rules(Rule.UNANIMOUS)).outcome is Outcome.REJECTED


C, N = Outcome.CHOSEN, Outcome.NO_MAJORITY


@pytest.mark.parametrize(
    ("count", "rules", "outcome", "winners"),
    [
        (choice(3, 2, 2), Rules(), C, ("1",)),  # a relative majority is enough
        (choice(3, 2, 2, abstain=9), Rules(base=Base.CAST), C, ("1",)),
        (choice(3, 3, 2), Rules(), T, ("1", "2")),
        (choice(1, 1, 1), Rules(), T, ("1", "2", "3")),
        (choice(0, 0, 0, abstain=2), Rules(), Outcome.NO_VOTES, ()),
        (choice(5, 0, 0, silent=5), Rules(Rule.ABSOLUTE), N, ("1",)),
        (choice(6, 0, 0, silent=5), Rules(Rule.ABSOLUTE), C, ("1",)),
        (choice(1, 4, 1), Rules(Rule.TWO_THIRDS), C, ("2",)),
        (choice(1, 4, 2), Rules(Rule.TWO_THIRDS), N, ("2",)),
        (choice(1, 4, 1, abstain=1), Rules(Rule.TWO_THIRDS, Base.CAST), N, ("2",)),
        (choice(0, 3, 1), Rules(Rule.THREE_QUARTERS), C, ("2",)),
        (choice(0, 3, 1, silent=1), Rules(Rule.THREE_QUARTERS, Base.ALL), N, ("2",)),
        (choice(2, 2, 0), Rules(Rule.TWO_THIRDS), T, ("1", "2")),
        (choice(0, 3, 0, silent=1), Rules(Rule.UNANIMOUS), C, ("2",)),
        (choice(0, 3, 0, silent=1), Rules(Rule.UNANIMOUS, Base.ALL), N, ("2",)),
        (choice(0, 9, 1), Rules(Rule.UNANIMOUS), N, ("2",)),
        (choice(2, 4, 0, kind=Kind.MULTIPLE), Rules(Rule.TWO_THIRDS), C, ("2",)),
    ],
)
def test_options(count: Count, rules: Rules, outcome: Outcome, winners: tuple[str, ...]) -> None:
    ruling = decide(count, rules)
    assert (ruling.outcome, ruling.winners) == (outcome, winners)


def test_unanimity_knows_electors_without_weight() -> None:
    count = tally(sheet(Kind.CHOICE), {1: "1", 2: "2"}, {1: 5, 2: 0})
    assert decide(count, Rules(Rule.UNANIMOUS)).outcome is Outcome.NO_MAJORITY


def said(kind: Kind, *votes: str) -> Count:
    return tally(sheet(kind, points=10), dict(enumerate(votes)), dict.fromkeys(range(len(votes) + 1), 2))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (said(Kind.RANKING, "1>2>3", "1>3>2", "2>1>3"), Ruling(C, 4, 6, ("1",))),
        (said(Kind.RANKING, "1>2>3", "2>1>3"), Ruling(T, 2, 4, ("1", "2"))),
        (said(Kind.POINTS, "1:4,2:6", "1:5"), Ruling(C, 18, 30, ("1",))),
        (said(Kind.POINTS, "1:5", "2:5"), Ruling(T, 10, 20, ("1", "2"))),
        (said(Kind.RESISTANCE, "1:3,2:0,3:10", "1:3,2:5,3:0"), Ruling(C, 10, 40, ("2",))),
        (said(Kind.RESISTANCE, "1:0,2:0,3:0"), Ruling(T, 0, 20, ("1", "2", "3"))),
        (said(Kind.DATES, "1:yes,2:maybe,3:no", "1:no,2:yes,3:yes"), Ruling(C, 4, 4, ("2",))),
        (said(Kind.DATES, "1:no,2:no,3:no"), Ruling(T, 0, 2, ("1", "2", "3"))),
        (said(Kind.RANKING, ABSTAIN), Ruling(Outcome.NO_VOTES, 0, 0)),
    ],
)
def test_where_options_get_places_the_first_wins(count: Count, expected: Ruling) -> None:
    assert decide(count, Rules()) == expected


@pytest.mark.parametrize(
    ("quorum", "turnout", "silent", "reached"),
    [
        (Quorum(60), 6, 4, True),
        (Quorum(60), 5, 5, False),
        (Quorum(67), 2, 1, False),  # two of three are not 67 %
        (Quorum(66), 2, 1, True),
        (Quorum(100), 10, 0, True),
        (Quorum(100), 1_999, 1, False),
        (Quorum(0), 1, 9, True),
    ],
)
def test_quorum_of_electors(quorum: Quorum, turnout: int, silent: int, reached: bool) -> None:
    ruling = decide(approval(turnout, 0, 0, silent), Rules(quorum=quorum))
    assert ruling.quorum_reached is reached
    assert ruling.outcome is (Outcome.ACCEPTED if reached else Outcome.NO_QUORUM)


def test_abstentions_make_the_quorum_but_no_majority() -> None:
    rules = Rules(quorum=Quorum(60))
    assert decide(approval(1, 0, 5, 4), rules) == Ruling(Outcome.ACCEPTED, 1, 1, quorum_reached=True)
    assert decide(approval(0, 0, 6, 4), rules) == Ruling(Outcome.NO_VOTES, 0, 0, quorum_reached=True)
    assert decide(approval(1, 0, 4, 5), rules) == Ruling(Outcome.NO_QUORUM, 1, 1, quorum_reached=False)
    assert decide(approval(0, 0, 5, 5), rules).outcome is Outcome.NO_QUORUM
    assert decide(approval(0, 0, 0, 10), rules) == Ruling(Outcome.NO_VOTES, 0, 0, quorum_reached=False)


def test_below_the_quorum_an_objection_and_a_tie_decide_nothing_either() -> None:
    rules = Rules(Rule.CONSENT, quorum=Quorum(60))
    assert decide(approval(2, 2, 0, 6), rules, objections=1).outcome is Outcome.NO_QUORUM
    assert decide(choice(1, 1, 0, silent=8), Rules(quorum=Quorum(60))).outcome is Outcome.NO_QUORUM


def test_quorum_of_weights() -> None:
    count = tally(sheet(Kind.APPROVAL), {1: "yes"}, {1: 6, 2: 1, 3: 1, 4: 1, 5: 1})
    assert decide(count, Rules(quorum=Quorum(60, QuorumOf.WEIGHTS))).outcome is Outcome.ACCEPTED
    assert decide(count, Rules(quorum=Quorum(61, QuorumOf.WEIGHTS))).outcome is Outcome.NO_QUORUM
    assert decide(count, Rules(quorum=Quorum(60, QuorumOf.ELECTORS))).outcome is Outcome.NO_QUORUM


def test_quorum_of_classes_names_those_below_it() -> None:
    rules = Rules(quorum=Quorum(50, QuorumOf.CLASSES))
    count = approval(7, 0, 0, 4)
    ruling = decide(count, rules, classes={None: (0, 1), 3: (4, 4), 0: (1, 3), 1: (2, 3)})
    assert (ruling.outcome, ruling.quorum_reached, ruling.quorum_missed) == (Outcome.NO_QUORUM, False, (0, None))
    ruling = decide(count, rules, classes={0: (3, 6), 3: (4, 5)})
    assert (ruling.outcome, ruling.quorum_reached, ruling.quorum_missed) == (Outcome.ACCEPTED, True, ())


@pytest.mark.parametrize("classes", [None, {}, {0: (1, 2)}])
def test_a_quorum_of_classes_needs_every_class(classes: dict[int | None, tuple[int, int]] | None) -> None:
    with pytest.raises(ValueError, match="turnout of every class"):
        decide(approval(2, 1), Rules(quorum=Quorum(50, QuorumOf.CLASSES)), classes=classes)


def test_which_rules_fit_which_ballots() -> None:
    shares = {Rule.SIMPLE, Rule.ABSOLUTE, Rule.TWO_THIRDS, Rule.THREE_QUARTERS}
    assert {kind: {rule for rule in Rule if fits(rule, kind)} for kind in Kind} == {
        Kind.APPROVAL: set(Rule),
        Kind.CHOICE: shares | {Rule.UNANIMOUS},
        Kind.MULTIPLE: shares,
        Kind.RANKING: {Rule.SIMPLE},
        Kind.POINTS: {Rule.SIMPLE},
        Kind.RESISTANCE: {Rule.SIMPLE},
        Kind.DATES: {Rule.SIMPLE},
    }


@pytest.mark.parametrize(("rule", "kind"), [(rule, kind) for rule in Rule for kind in Kind if not fits(rule, kind)])
def test_a_rule_that_does_not_fit_decides_nothing(rule: Rule, kind: Kind) -> None:
    with pytest.raises(ValueError, match="does not decide"):
        decide(said(kind), Rules(rule))


SHARE = {Rule.TWO_THIRDS: Fraction(2, 3), Rule.THREE_QUARTERS: Fraction(3, 4), Rule.UNANIMOUS: Fraction(1)}
SMALL = st.integers(0, 12)


@given(
    SMALL,
    SMALL,
    SMALL,
    SMALL,
    st.sampled_from([rule for rule in Rule if rule is not Rule.CONSENT]),
    st.sampled_from(Base),
)
def test_shares_agree_with_fractions(yes: int, no: int, abstain: int, silent: int, rule: Rule, base: Base) -> None:
    whole = {Base.VALID: yes + no, Base.CAST: yes + no + abstain, Base.ALL: yes + no + abstain + silent}
    hundred = whole[Base.ALL] if rule is Rule.ABSOLUTE else whole[base]
    ruling = decide(approval(yes, no, abstain, silent), Rules(rule, base))
    if yes + no == 0:
        assert ruling.outcome is Outcome.NO_VOTES
        return
    share = Fraction(yes, hundred)
    enough = share >= SHARE[rule] if rule in SHARE else share > Fraction(1, 2)
    tie = yes == no and rule in (Rule.SIMPLE, Rule.ABSOLUTE)
    assert ruling.outcome is (T if tie else A if enough else R)
    assert (ruling.reached, ruling.base) == (yes, hundred)


@given(polls(), st.data(), st.sampled_from(Base))
def test_what_is_chosen_is_first_and_alone(
    poll: tuple[Sheet, dict[int, str], dict[int, int]], data: st.DataObject, base: Base
) -> None:
    paper, votes, weights = poll
    rule = data.draw(st.sampled_from([rule for rule in Rule if fits(rule, paper.kind)]))
    count = tally(paper, votes, weights)
    ruling = decide(count, Rules(rule, base))
    assert ruling.winners == (count.places[0] if count.places else ())
    assert (ruling.outcome is Outcome.NO_VOTES) == (count.valid_weight == 0)
    assert 0 <= ruling.reached <= ruling.base
    if ruling.outcome in (Outcome.CHOSEN, Outcome.NO_MAJORITY):
        assert len(ruling.winners) == 1
    if ruling.outcome is Outcome.TIE and paper.kind is not Kind.APPROVAL:
        assert len(ruling.winners) > 1
