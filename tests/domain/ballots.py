"""Ballots and votes that nobody thought of, for the tests of counting and deciding."""

from hypothesis import strategies as st

from bot.domain import answers
from bot.domain.answers import ABSTAIN, Fit, Kind, Option, Sheet


def sheet(kind: Kind, options: int = 3, points: int | None = None) -> Sheet:
    """A ballot with options A, B, C …"""
    if kind is Kind.APPROVAL:
        return Sheet(kind)
    return Sheet(kind, tuple(Option("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26]) for number in range(options)), points)


SHEETS = st.builds(
    lambda kind, options: sheet(kind, options, 10 if kind is Kind.POINTS else None),
    st.sampled_from(Kind),
    st.integers(2, 6),
)


@st.composite
def answers_to(draw: st.DrawFn, paper: Sheet, *, abstaining: bool = True) -> str:
    """A valid answer, in its canonical form."""
    numbers = list(range(1, len(paper.options) + 1))
    if abstaining and draw(st.integers(0, 4)) == 0:
        return ABSTAIN
    match paper.kind:
        case Kind.APPROVAL:
            return draw(st.sampled_from(["yes", "no"]))
        case Kind.CHOICE:
            return answers.of_choices([draw(st.sampled_from(numbers))])
        case Kind.MULTIPLE:
            return answers.of_choices(draw(st.lists(st.sampled_from(numbers), min_size=1)))
        case Kind.RANKING:
            ranks = {number: draw(st.integers(1, len(numbers))) for number in numbers}
            tiers = [[each for each in numbers if ranks[each] == rank] for rank in sorted(set(ranks.values()))]
            return answers.of_tiers(tiers)
        case Kind.POINTS:
            spread = draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=paper.points or 0))
            return answers.of_amounts({number: spread.count(number) for number in numbers}, zeros=False)
        case Kind.RESISTANCE:
            return answers.of_amounts({number: draw(st.integers(0, 10)) for number in numbers}, zeros=True)
        case Kind.DATES:
            return answers.of_fits({number: draw(st.sampled_from(Fit)) for number in numbers})


@st.composite
def polls(draw: st.DrawFn, max_electors: int = 12) -> tuple[Sheet, dict[int, str], dict[int, int]]:
    """A ballot, the answers by elector, and the weights of all electors, silent ones too."""
    paper = draw(SHEETS)
    weights = dict(enumerate(draw(st.lists(st.integers(0, 5), max_size=max_electors)), start=1))
    votes = {elector: draw(answers_to(paper)) for elector in weights if draw(st.integers(0, 3))}
    return paper, votes, weights
