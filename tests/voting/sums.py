"""What votes add up to, and what that decides: a slow and simple reading of points 2 and 5 of the issue.

Shares are fractions, Schulze goes over all paths that there are: for few options and few votes only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, permutations

from tests.voting.history import ORGANISATIONS, Paper, World

SHARES = {"two_thirds": Fraction(2, 3), "three_quarters": Fraction(3, 4)}


@dataclass(frozen=True)
class Sums:
    """The numbers of a ballot. `options` has for each option (or yes and no) what the published result shows of it."""

    entitled: int
    entitled_weight: int
    turnout: int
    turnout_weight: int
    abstained: int
    abstained_weight: int
    options: Mapping[str, tuple[Fraction, ...]]
    places: tuple[tuple[str, ...], ...]
    outcome: str
    reached: int
    base: int


Votes = Sequence[tuple[str, int]]  # answer and weight, without abstentions


def add_up(paper: Paper, world: World, answers: Mapping[str, str], objections: int) -> Sums:
    """Add up what each elector answered (by name), and decide. `objections` are reasoned votes against."""
    votes = [(answer, world.weight(name)) for name, answer in answers.items() if answer != "abstain"]
    away = [world.weight(name) for name, answer in answers.items() if answer == "abstain"]
    numbers = ["yes", "no"] if paper.kind == "approval" else [str(n) for n in range(1, paper.options + 1)]
    places = _places(paper, numbers, votes)
    entitled_weight = sum(world.weight(each) for each in world.electors)
    cast_weight = sum(weight for _, weight in votes)
    base = {"valid": cast_weight, "cast": cast_weight + sum(away), "all": entitled_weight}[paper.base]
    if paper.rule == "absolute":
        base = entitled_weight
    reached, base = _reached(paper, places, votes, base)
    return Sums(
        entitled=len(world.electors),
        entitled_weight=entitled_weight,
        turnout=len(answers),
        turnout_weight=cast_weight + sum(away),
        abstained=len(away),
        abstained_weight=sum(away),
        options={number: _shown(paper, number, numbers, votes) for number in numbers},
        places=places,
        outcome=_outcome(paper, world, answers, votes, places, reached, base, objections),
        reached=reached,
        base=base,
    )


# how much each option has


def liking(paper: Paper, number: str, votes: Votes) -> int:
    """By how much weight an option is backed: the more the better, or the less resistance."""
    return sum(_given(paper.kind, answer, number) * weight for answer, weight in votes)


def _given(kind: str, answer: str, number: str) -> int:
    if kind == "ranking":
        return not _tier(answer, number)
    if kind in ("points", "resistance"):
        return int(_pairs(answer).get(number, 0))
    if kind == "dates":
        return _pairs(answer)[number] != "no"
    return number in answer.split(",")


def _pairs(answer: str) -> dict[str, str]:
    return dict(part.split(":") for part in answer.split(","))


def _tier(answer: str, number: str) -> int:
    return next(at for at, tier in enumerate(answer.split(">")) if number in tier.split("="))


def _shown(paper: Paper, number: str, numbers: Sequence[str], votes: Votes) -> tuple[Fraction, ...]:
    """What stands beside an option in the published result."""
    heads = sum(1 for answer, _ in votes if _given(paper.kind, answer, number))
    whole = liking(paper, number, votes)
    if paper.kind == "ranking":
        borda = Fraction(0)
        for answer, weight in votes:
            for other in numbers:
                ahead = _tier(answer, other) - _tier(answer, number)
                borda += weight * (Fraction(ahead > 0) + Fraction(ahead == 0 and other != number, 2))
        return borda, Fraction(heads)
    if paper.kind == "points":
        return Fraction(whole), Fraction(heads)
    if paper.kind == "resistance":
        return (Fraction(whole),)
    if paper.kind == "dates":
        fits = [_pairs(answer)[number] for answer, _ in votes]
        return tuple(Fraction(fits.count(fit)) for fit in ("yes", "maybe", "no"))
    return Fraction(heads), Fraction(whole)


# places


def _places(paper: Paper, numbers: Sequence[str], votes: Votes) -> tuple[tuple[str, ...], ...]:
    """Options from the first place to the last, equals side by side; none where nobody was for or against."""
    if not votes or paper.kind == "approval":
        return ()
    if paper.kind == "ranking":
        return _schulze(numbers, votes)
    merit: dict[str, tuple[int, ...]] = {}
    for number in numbers:
        backed = liking(paper, number, votes)
        if paper.kind == "resistance":
            merit[number] = (-backed,)
        elif paper.kind == "dates":
            gladly = sum(weight for answer, weight in votes if _pairs(answer)[number] == "yes")
            merit[number] = (backed, gladly)
        else:
            merit[number] = (backed,)
    steps = sorted(set(merit.values()), reverse=True)
    return tuple(tuple(number for number in numbers if merit[number] == step) for step in steps)


def _schulze(numbers: Sequence[str], votes: Votes) -> tuple[tuple[str, ...], ...]:
    """A beats B if the strongest path from A to B is stronger than any back; a place is by how many beat one."""
    prefer = {
        (a, b): sum(weight for answer, weight in votes if _tier(answer, a) < _tier(answer, b))
        for a in numbers
        for b in numbers
    }

    def edge(a: str, b: str) -> int:
        return prefer[a, b] if prefer[a, b] > prefer[b, a] else 0

    def strongest(a: str, b: str) -> int:
        others = [each for each in numbers if each not in (a, b)]
        paths = [(a, *between, b) for count in range(len(others) + 1) for between in permutations(others, count)]
        return max(min(edge(x, y) for x, y in pairwise(path)) for path in paths)

    beats = {(a, b): a != b and strongest(a, b) > strongest(b, a) for a in numbers for b in numbers}
    left, places = list(numbers), []
    while left:
        first = [each for each in left if not any(beats[other, each] for other in left)]
        places.append(tuple(first))
        left = [each for each in left if each not in first]
    return tuple(places)


# what it decides


def _reached(paper: Paper, places: Sequence[Sequence[str]], votes: Votes, base: int) -> tuple[int, int]:
    """How much is behind what leads, and of how much."""
    leads = "yes" if paper.kind == "approval" else (places[0][0] if places else "")
    reached = liking(paper, leads, votes) if leads else 0
    valid = sum(weight for _, weight in votes)
    if paper.kind == "points":
        return reached, sum(int(each) * weight for answer, weight in votes for each in _pairs(answer).values())
    if paper.kind == "resistance":
        return reached, valid * 10
    return reached, valid if paper.kind in ("ranking", "dates") else base


def _outcome(
    paper: Paper,
    world: World,
    answers: Mapping[str, str],
    votes: Votes,
    places: Sequence[Sequence[str]],
    reached: int,
    base: int,
    objections: int,
) -> str:
    if not answers:
        return "no_votes"
    if paper.quorum and not _quorum(paper, world, answers):
        return "no_quorum"
    if not votes:
        return "no_votes"
    against = liking(paper, "no", votes) if paper.kind == "approval" else 0
    if paper.kind == "approval" and paper.rule == "consent":
        return "objection" if objections else "accepted"
    if paper.kind == "approval" and paper.rule in ("simple", "absolute") and reached == against:
        return "tie"
    if paper.kind != "approval" and len(places[0]) > 1:
        return "tie"
    if paper.kind != "approval" and paper.rule == "simple":
        return "chosen"
    if paper.rule in ("simple", "absolute"):
        enough = Fraction(reached) > Fraction(base, 2)
    elif paper.rule == "unanimous":
        enough = reached == base and not against
    else:
        enough = Fraction(reached) >= SHARES[paper.rule] * base
    if paper.kind == "approval":
        return "accepted" if enough else "rejected"
    return "chosen" if enough else "no_majority"


def _quorum(paper: Paper, world: World, answers: Mapping[str, str]) -> bool:
    groups: dict[object, list[str]] = {}
    for each in world.electors:
        groups.setdefault(_size(each) if paper.quorum_of == "classes" else "", []).append(each)
    for group in groups.values():
        weigh = world.weight if paper.quorum_of == "weights" else lambda _: 1
        present = sum(weigh(each) for each in group if each in answers)
        if Fraction(present, sum(weigh(each) for each in group)) < Fraction(paper.quorum, 100):
            return False
    return True


def _size(name: str) -> object:
    """The size class of an organisation, or of that which a person belongs to."""
    for organisation, (holders, deputies, inhabitants) in ORGANISATIONS.items():
        if name == organisation or name in holders or name in deputies:
            return sum(inhabitants >= bound for bound in (5_000, 10_000, 20_000, 50_000, 100_000))
    return None
