"""Whether somebody describes a project that is there already: exactly, or so much alike that it is asked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final

from bot.language.names import fold
from bot.store.tables import Project

ALIKE: Final = 0.8  # of two titles; „Elektronische Akte“ and „Elektronische Bauakte“ have 0.9
BEGINNING: Final = 4  # letters of a word by which candidates are found


class Known:
    """Projects by their keys and titles; made once for however many are looked for."""

    def __init__(self, projects: Iterable[Project]) -> None:
        """`projects` are those that live."""
        self._named: dict[str, Project] = {}
        self._index: dict[str, set[str]] = defaultdict(set)
        living = list(projects)
        names = [(each.key, each) for each in living] + [(each.title, each) for each in living]
        for name, project in names:  # a key before somebody else's title
            if name:
                self._named.setdefault(fold(name), project)
        for folded in self._named:
            for beginning in _beginnings(folded):
                self._index[beginning].add(folded)

    def exactly(self, name: str) -> Project | None:
        """The project of this key or title, but for case and umlauts."""
        return self._named.get(fold(name))

    def like(self, title: str, but: Collection[int] = ()) -> Project | None:
        """The one that may be meant, if any: its title differs little, or has the same words and some more.

        `but` are projects (database IDs) of which it is known that they are not meant.
        """
        wanted = fold(title)
        candidates = {each for beginning in _beginnings(wanted) for each in self._index.get(beginning, ())}
        rated = [
            (likeness, folded)
            for folded in sorted(candidates)
            if (self._named[folded].id or 0) not in but and (likeness := _likeness(wanted, folded)) >= ALIKE
        ]
        return self._named[max(rated)[1]] if rated else None


def _beginnings(folded: str) -> Iterator[str]:
    for word in _words(folded):
        if len(word) >= BEGINNING:
            yield word[:BEGINNING]


def _words(folded: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in folded).split()


def _likeness(one: str, other: str) -> float:
    words, others = set(_words(one)), set(_words(other))
    if min(len(words), len(others)) > 1 and (words <= others or others <= words):
        return 1.0
    return SequenceMatcher(None, one, other).ratio()
