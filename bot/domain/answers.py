"""What a ballot asks, and the canonical form of its answers.

kind          answer                            example
approval      yes, no or abstain                `yes`
choice        one option's number               `2`
multiple      numbers, ascending                `2,4`
ranking       tiers, the best first             `2>1=3`       every option once
points        number:points, ascending          `1:3,2:1`     no zeros, together at most the ballot's points
resistance    number:0–10, ascending            `1:0,2:7`     every option once
dates         number:yes|maybe|no, ascending    `1:yes,2:no`  every option once

`abstain` is an answer of every kind. Options are numbered from 1, as they stand in the ballot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain import forms

ABSTAIN = "abstain"
MOST_RESISTANCE = 10
MOST_IN_A_POLL = 20  # options; Element drops the rest


class Kind(StrEnum):
    """Art of a ballot."""

    APPROVAL = "approval"
    CHOICE = "choice"
    MULTIPLE = "multiple"
    RANKING = "ranking"
    POINTS = "points"
    RESISTANCE = "resistance"
    DATES = "dates"


class Choice(StrEnum):
    """The answers of an approval ballot."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


class Fit(StrEnum):
    """How well a date suits."""

    YES = "yes"
    MAYBE = "maybe"  # if need be
    NO = "no"


class Problem(StrEnum):
    """Why something is no answer to a ballot."""

    UNKNOWN_OPTION = "unknown_option"
    ONE_ONLY = "one_only"
    TWICE = "twice"
    INCOMPLETE = "incomplete"
    OVER_BUDGET = "over_budget"
    OUT_OF_RANGE = "out_of_range"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `at` (UTC) for a date."""

    label: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The paper one votes on. `points` is what there is to spread, of kind POINTS only."""

    kind: Kind
    options: tuple[Option, ...] = ()
    points: int | None = None

    @property
    def has_poll(self) -> bool:
        """Whether clients can do it natively: one choice, at most 20 options (measured with Element Web 1.11)."""
        if self.kind is Kind.APPROVAL:
            return True
        return self.kind is Kind.CHOICE and len(self.options) < MOST_IN_A_POLL  # one place is for the abstention


def chosen(answer: str) -> tuple[int, ...]:
    """The options of an answer of kind CHOICE or MULTIPLE. Raises ValueError for what is no such answer."""
    return tuple(int(part) for part in answer.split(","))


def tiers(answer: str) -> tuple[frozenset[int], ...]:
    """The tiers of a ranking, the best first. Raises ValueError."""
    return tuple(frozenset(int(part) for part in tier.split("=")) for tier in answer.split(">"))


def amounts(answer: str) -> dict[int, int]:
    """Points or resistance by option. Raises ValueError."""
    pairs = (part.split(":") for part in answer.split(","))
    return {int(option): int(amount) for option, amount in pairs}


def fits(answer: str) -> dict[int, Fit]:
    """How well each date suits. Raises ValueError."""
    pairs = (part.split(":") for part in answer.split(","))
    return {int(option): Fit(fit) for option, fit in pairs}


def of_choices(options: Sequence[int]) -> str:
    """The canonical answer for these options."""
    return ",".join(str(option) for option in sorted(set(options)))


def of_tiers(order: Sequence[Sequence[int]]) -> str:
    """The canonical ranking; each tier is of equals."""
    return ">".join("=".join(str(option) for option in sorted(tier)) for tier in order)


def of_amounts(amounts: Mapping[int, int], *, zeros: bool) -> str:
    """The canonical points (without zeros) or resistances (with them)."""
    return ",".join(f"{option}:{amount}" for option, amount in sorted(amounts.items()) if amount or zeros)


def of_fits(fits: Mapping[int, Fit]) -> str:
    """The canonical answer on dates."""
    return ",".join(f"{option}:{fit}" for option, fit in sorted(fits.items()))


def problem(answer: str, sheet: Sheet) -> Problem | None:
    """Why this is no answer to the ballot; None if it is one."""
    if answer == ABSTAIN:
        return None
    try:
        return _PROBLEMS[sheet.kind](answer, sheet)
    except ValueError:
        return Problem.MALFORMED


def is_valid(answer: str, sheet: Sheet) -> bool:
    """Whether this is an answer to the ballot, in its canonical form.

    `problem` is content with any order and spelling of the numbers; what is counted and put on record is not: poll
    answers come from foreign clients as they are, and two ways to write one answer would be two entries. This is
    `problem(answer) is None and canonical(answer) == answer`, only quicker.
    """
    size = len(sheet.options)
    match sheet.kind:
        case _ if answer == ABSTAIN:
            return True
        case Kind.APPROVAL:
            return answer in (Choice.YES, Choice.NO)
        case Kind.CHOICE:
            return forms.one(size).fullmatch(answer) is not None
        case Kind.MULTIPLE:
            return forms.some(size).fullmatch(answer) is not None
        case Kind.RANKING:
            return forms.is_ranking(answer, size)
        case Kind.POINTS:
            well_formed = forms.amounts(size).fullmatch(answer) is not None
            return well_formed and sum(amounts(answer).values()) <= (sheet.points or 0)
        case Kind.RESISTANCE:
            return forms.ratings(size).fullmatch(answer) is not None
        case Kind.DATES:
            return forms.dates(size).fullmatch(answer) is not None


def canonical(answer: str, sheet: Sheet) -> str:
    """The one way to write what `problem` accepts. Raises ValueError for what cannot be read."""
    match sheet.kind:
        case _ if answer == ABSTAIN:
            return answer
        case Kind.CHOICE | Kind.MULTIPLE:
            return of_choices(chosen(answer))
        case Kind.RANKING:
            return of_tiers([list(tier) for tier in tiers(answer)])
        case Kind.POINTS | Kind.RESISTANCE:
            return of_amounts(amounts(answer), zeros=sheet.kind is Kind.RESISTANCE)
        case Kind.DATES:
            return of_fits(fits(answer))
        case Kind.APPROVAL:
            return answer


def _approval(answer: str, _sheet: Sheet) -> Problem | None:
    return None if answer in (Choice.YES, Choice.NO) else Problem.UNKNOWN_OPTION


def _choice(answer: str, sheet: Sheet) -> Problem | None:
    options = chosen(answer)
    if len(options) > 1 and sheet.kind is Kind.CHOICE:
        return Problem.ONE_ONLY
    return _named_once(options, sheet)


def _ranking(answer: str, sheet: Sheet) -> Problem | None:
    return _each_once([int(part) for tier in answer.split(">") for part in tier.split("=")], sheet)


def _points(answer: str, sheet: Sheet) -> Problem | None:
    given = amounts(answer)
    if wrong := _named_once(_keys(answer), sheet):
        return wrong
    if any(amount < 0 for amount in given.values()):
        return Problem.OUT_OF_RANGE
    return Problem.OVER_BUDGET if sum(given.values()) > (sheet.points or 0) else None


def _resistance(answer: str, sheet: Sheet) -> Problem | None:
    given = amounts(answer)
    if not all(0 <= amount <= MOST_RESISTANCE for amount in given.values()):
        return Problem.OUT_OF_RANGE
    return _each_once(_keys(answer), sheet)


def _dates(answer: str, sheet: Sheet) -> Problem | None:
    fits(answer)
    return _each_once(_keys(answer), sheet)


def _keys(answer: str) -> list[int]:
    return [int(part.partition(":")[0]) for part in answer.split(",")]


def _named_once(options: Sequence[int], sheet: Sheet) -> Problem | None:
    if not all(1 <= option <= len(sheet.options) for option in options):
        return Problem.UNKNOWN_OPTION
    return Problem.TWICE if len(set(options)) < len(options) else None


def _each_once(options: Sequence[int], sheet: Sheet) -> Problem | None:
    return _named_once(options, sheet) or (Problem.INCOMPLETE if len(options) < len(sheet.options) else None)


_PROBLEMS = {
    Kind.APPROVAL: _approval,
    Kind.CHOICE: _choice,
    Kind.MULTIPLE: _choice,
    Kind.RANKING: _ranking,
    Kind.POINTS: _points,
    Kind.RESISTANCE: _resistance,
    Kind.DATES: _dates,
}
