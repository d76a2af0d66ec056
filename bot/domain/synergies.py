"""Synergies: which pairs of projects are worth proposing, who is asked, and what their answers lead to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

ALIKE: Final = 0.8
"""From here on two projects are alike (`bot.language.likeness`): about the same thing, named in a title.

Set on the half of `benchmarks/synergy_pairs.toml` that may be tuned on and on `synergy_tuning.toml`, which lose nothing
by it, against 0.75; the figures of `synergy_validation.toml` were looked at, never its pairs.
"""
OF_TITLE: Final = 1.0
OF_GOAL: Final = 0.85
OF_DESCRIPTION: Final = 0.75
OF_FIELDS: Final = 0.3
MOST_OPEN: Final = 5
"""So many proposals of one project may be open at a time; the next best come when one is answered."""
MOST_A_DAY: Final = 3
"""So many proposals one owner is told a day, in one message."""
SETTLES: Final = timedelta(minutes=15)
"""From a change until the search: whoever fills in a project makes several."""
MOST_TERMS: Final = 4


class Said(StrEnum):
    """What was said of a proposal for one of the two projects."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two projects by their IDs, the lower one first; what they share, as each calls it."""

    first: int
    second: int
    score: float
    terms: tuple[tuple[str, str], ...] = ()


def chosen(found: Iterable[Pair], settled: Iterable[tuple[int, int]], having: Mapping[int, int]) -> list[Pair]:
    """Which of the pairs found are proposed: the best first, and of each project no more than `MOST_OPEN`.

    `settled` are pairs that were proposed before, whatever came of it: they do not come back. `having` says how many
    open proposals a project has already.
    """
    known = set(settled)
    many = Counter(having)
    kept = []
    for pair in sorted(found, key=lambda one: (-one.score, one.first, one.second)):
        if pair.score < ALIKE or (pair.first, pair.second) in known or pair.first == pair.second:
            continue
        if many[pair.first] < MOST_OPEN and many[pair.second] < MOST_OPEN:
            many[pair.first] += 1
            many[pair.second] += 1
            kept.append(pair)
    return kept


def outcome(said: Sequence[str | None]) -> Said | None:
    """What the two answers come to: one „no“ dismisses the pair, two „yes“ link it; None: it waits."""
    if Said.NO in said:
        return Said.NO
    return Said.YES if all(one == Said.YES for one in said) else None
