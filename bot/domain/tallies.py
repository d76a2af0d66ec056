"""What the votes that count add up to, for each kind of ballot. Pure; whole numbers only.

kind          a line's `votes` and `weight`   its `score`                         first place
approval      said it                         the weight                          (see `deciding`)
choice        named it                        the weight                          highest score
multiple      named it                        the weight                          highest score
ranking       rank it first, equals too       Borda points, doubled               Schulze (see `schulze`)
points        gave it any                     the points                          highest score
resistance    rated it                        the resistance                      lowest score
dates         it suits them                   the weight, and that of if need be  highest score, then highest weight

Each elector has one vote of its weight; all scores are weighted. Silence is no vote, and an abstention is neither for
nor against. Resistance is systemic consensing (E. Visotschnig, S. Schrotta: Das SK-Prinzip, 2005): what meets the
least resistance of the group comes nearest to a consensus. Of dates that one is best which the fewest cannot make, and
of several such the one that suits the most: each elector answers on every date, so the table has both.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.domain import answers, schulze
from bot.domain.answers import MOST_RESISTANCE, Choice, Fit, Kind, Sheet

Given = Sequence[tuple[str, int]]  # answers with their weights, no abstentions


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a count; what its numbers are, says the module's table.

    `answer` is `yes` or `no`, or an option's number as text. `votes` are electors, `weight` theirs. `maybe` is the
    weight of „if need be“ (dates), `maybe_votes` are those electors.
    """

    answer: str
    votes: int
    weight: int
    score: int = 0
    maybe: int = 0
    maybe_votes: int = 0

    def __add__(self, other: "Line") -> "Line":
        """The same line of two groups together."""
        return Line(
            self.answer,
            self.votes + other.votes,
            self.weight + other.weight,
            self.score + other.score,
            self.maybe + other.maybe,
            self.maybe_votes + other.maybe_votes,
        )


@dataclass(frozen=True, slots=True)
class Count:
    """A ballot, counted. Without suffix electors are counted, with `_weight` their weights.

    `places` is the order of the options where the kind has one, the best first, equals together; empty if nothing of
    any weight was said. `duels` says for a ranking how much weight prefers the first of a pair to the second.
    """

    sheet: Sheet
    entitled: int
    entitled_weight: int
    turnout: int
    turnout_weight: int
    abstained: int
    abstained_weight: int
    lines: tuple[Line, ...]
    places: tuple[tuple[str, ...], ...] = ()
    duels: Mapping[tuple[int, int], int] | None = None

    @property
    def silent(self) -> int:
        """How many electors have no vote that counts."""
        return self.entitled - self.turnout

    @property
    def valid(self) -> int:
        """How many voted and did not abstain."""
        return self.turnout - self.abstained

    @property
    def valid_weight(self) -> int:
        """The same by weight."""
        return self.turnout_weight - self.abstained_weight

    def of(self, answer: str) -> Line:
        """The line of an answer or option."""
        return next((line for line in self.lines if line.answer == answer), Line(answer, 0, 0))

    def place(self, answer: str) -> int:
        """The place of an option as people count: two firsts are followed by a third. 0 where there are no places."""
        before = 0
        for equals in self.places:
            if answer in equals:
                return before + 1
            before += len(equals)
        return 0

    def borda(self, answer: str) -> float:
        """An option's Borda points, for showing: exact, at most with a half."""
        return self.of(answer).score / 2

    def mean_resistance(self, answer: str) -> float:
        """The resistance to an option on average, 0 to 10, for showing; 0 if nobody rated."""
        return self.of(answer).score / self.valid_weight if self.valid_weight else 0.0

    def acceptance(self, answer: str) -> float:
        """What the resistance to an option lacks of the greatest possible, in percent, for showing."""
        return 100 - self.mean_resistance(answer) * 100 / MOST_RESISTANCE


def tally(sheet: Sheet, votes: Mapping[int, str], weights: Mapping[int, int]) -> Count:
    """Count. `votes` are the answers that count by elector, `weights` the weight of every elector, silent ones too.

    Raises ValueError for an answer that is none of this sheet's, and KeyError for a vote of nobody.
    """
    given = [(answer, weights[elector]) for elector, answer in votes.items() if answer != answers.ABSTAIN]
    turnout_weight = sum(weights[elector] for elector in votes)
    valid_weight = sum(weight for _, weight in given)
    _check(sheet, given)
    against = _duels(sheet, given) if sheet.kind is Kind.RANKING else None
    found = _lines(sheet, given, against)
    return Count(
        sheet=sheet,
        entitled=len(weights),
        entitled_weight=sum(weights.values()),
        turnout=len(votes),
        turnout_weight=turnout_weight,
        abstained=len(votes) - len(given),
        abstained_weight=turnout_weight - valid_weight,
        lines=found,
        places=_places(sheet, found, against) if valid_weight else (),
        duels=against,
    )


def lines(sheet: Sheet, given: Given) -> tuple[Line, ...]:
    """One line an answer or option, in the order of the ballot. `given` are answers with their weights.

    Lines of groups add up to the line of all. Raises ValueError for an answer that is none of this sheet's.
    """
    _check(sheet, given)
    return _lines(sheet, given, _duels(sheet, given) if sheet.kind is Kind.RANKING else None)


def _check(sheet: Sheet, given: Given) -> None:
    for answer in {answer for answer, _ in given}:
        if not answers.is_valid(answer, sheet) or answer == answers.ABSTAIN:
            raise ValueError(f"no answer to this ballot: {answer!r}")


def _lines(sheet: Sheet, given: Given, duels: schulze.Duels | None) -> tuple[Line, ...]:
    """Parts of answers are first counted as they are written, and only the different ones are read: in 2,000 votes on
    10 dates there are 30 of them, not 20,000.
    """
    by_weight: dict[int, list[str]] = {}
    for answer, weight in given:
        by_weight.setdefault(weight, []).append(answer if duels is None else answer.partition(">")[0].replace("=", ","))
    options = [str(number) for number in range(1, len(sheet.options) + 1)]
    found = {each: Line(each, 0, 0) for each in options or (Choice.YES.value, Choice.NO.value)}
    for weight, written in by_weight.items():
        for part, votes in Counter(",".join(written).split(",")).items():
            line = _line(sheet.kind, part, votes, weight)
            found[line.answer] += line
    if duels is not None:
        borda = schulze.doubled_borda(duels, len(options), sum(weight for _, weight in given))
        return tuple(replace(line, score=borda[int(line.answer)]) for line in found.values())
    return tuple(found.values())


def _line(kind: Kind, part: str, votes: int, weight: int) -> Line:
    """What a part of an answer comes to that so many electors of this weight gave."""
    option, _, said = part.partition(":")
    if kind is Kind.DATES:
        if said == Fit.MAYBE:
            return Line(option, 0, 0, votes * weight, votes * weight, votes)
        return Line(option, votes, votes * weight, votes * weight) if said == Fit.YES else Line(option, 0, 0)
    return Line(option, votes, votes * weight, votes * weight * int(said) if said else votes * weight)


def _duels(sheet: Sheet, given: Given) -> dict[tuple[int, int], int]:
    rankings = (([_tier(tier) for tier in answer.split(">")], weight) for answer, weight in given)
    return schulze.duels(rankings, len(sheet.options))


@lru_cache(maxsize=10_000)
def _tier(written: str) -> tuple[int, ...]:
    return tuple(map(int, written.split("=")))


def _places(sheet: Sheet, found: Sequence[Line], duels: schulze.Duels | None) -> tuple[tuple[str, ...], ...]:
    if sheet.kind is Kind.APPROVAL:
        return ()
    if duels is not None:
        return tuple(tuple(map(str, equals)) for equals in schulze.places(duels, len(sheet.options)))
    by_merit: dict[tuple[int, int], list[str]] = {}
    for line in found:
        by_merit.setdefault(_merit(sheet.kind, line), []).append(line.answer)
    return tuple(tuple(by_merit[merit]) for merit in sorted(by_merit, reverse=True))


def _merit(kind: Kind, line: Line) -> tuple[int, int]:
    """The greater the better."""
    if kind is Kind.RESISTANCE:
        return -line.score, 0
    return line.score, line.weight if kind is Kind.DATES else 0
