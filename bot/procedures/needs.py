"""Needs and obstacles of several projects at once, found in their latest status updates and grouped by likeness.

Only the latest update of a living project counts: what it no longer names is settled. Two are alike if both name the
same thing (`bot/language/synonyme`, „Hindernis:“ lines included) or the same noun.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.context import Scope
from bot.domain.needs import Need, grouped, named_in
from bot.language.likeness import Reader, Sketch
from bot.language.names import fold
from bot.language.stems import WORD
from bot.language.synonyms import kept
from bot.store import needs as store
from bot.store.tables import Project

AT_MOST: Final = 500  # that are compared; nobody reads more


@dataclass(frozen=True, slots=True)
class Named:
    """A need or obstacle, by which project, since when (UTC)."""

    project: Project
    need: Need
    at: datetime


@dataclass(frozen=True, slots=True)
class Shared:
    """What two or more projects have in common; `words` is what it is about, as somebody wrote it."""

    words: str
    members: Sequence[Named]

    @property
    def projects(self) -> int:
        """How many projects it concerns."""
        return len({each.project.id for each in self.members})


def shared(network_id: int, scope: Scope) -> list[Shared]:
    """What holds several projects of a network up, what concerns most of them first."""
    named = [
        Named(project, need, update.at)
        for project, update in store.latest(scope.session, network_id)
        for need in named_in(update.text)
    ][:AT_MOST]
    if len(named) < 2:
        return []
    vocabulary = {token for each in named for token in WORD.findall(each.need.words)}
    reader = Reader(kept(scope.house.synonyms), vocabulary, obstacles=True)
    sketches = [reader.sketch([(each.need.words, 1.0)]) for each in named]
    found = []
    for group in grouped(sketches):
        members = [named[each] for each in group]
        if len({each.project.id for each in members}) > 1:
            found.append(Shared(_about([sketches[each] for each in group], members), members))
    return sorted(found, key=lambda one: (-one.projects, fold(one.words)))


def _about(sketches: Sequence[Sketch], members: Sequence[Named]) -> str:
    """The words by which most of a group hang together, as the first of them wrote it."""
    counts = Counter(feature for sketch in sketches for feature in sketch)
    if not counts:
        return members[0].need.words
    best = max(counts, key=lambda feature: (counts[feature], isinstance(feature, int)))
    return next(sketch[best].words for sketch in sketches if best in sketch)
