"""How alike texts are, and by which of their words: the things they are about (`synonyms`), and rare words they share.

Which words two texts have in common says little: of the labelled pairs in `benchmarks/synergy_pairs.toml` those that
share most are the look-alikes. So a thing that both are about decides, whatever each calls it; a thing near it counts
in part, and so does where or for whom something is done. Other words only add to that, nouns alone, and none that every
project has.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.language.stems import SENTENCE_ENDS, SHORTEST_PART, WORD, Stems, forms, inside, parts
from bot.language.synonyms import Synonyms

OF_WORDS: Final = 0.45
"""What a rare word counts, against a thing."""
OF_PARTS: Final = 0.5
"""What a part of a compound counts, against a whole word."""
OF_SETTING: Final = 0.5
"""What a place or people count that both name („Museum“), against a thing."""
MOST_OF_WORDS: Final = 0.3
"""What rare words count together at most: in number they make no likeness, projects of one place share many."""
USUAL_SHARE: Final = 0.05
"""Words that more of the texts have say nothing."""
USUAL_FROM: Final = 10  # texts; below that nothing is usual

Feature = int | str  # a thing by its number, a word by its stem
Passages = Sequence[tuple[str, float]]
"""A text's passages, each with what it counts (a title 1)."""


@dataclass(slots=True)
class Mention:
    """How much a text is about something, and in which words."""

    weight: float = 0.0
    words: str = ""

    def add(self, weight: float, words: str) -> None:
        """Named once more; the weightiest place says in which words."""
        if weight > self.weight:
            self.weight, self.words = weight, words


Sketch = dict[Feature, Mention]
"""What a text is about."""


@dataclass(frozen=True, slots=True)
class Term:
    """What two texts share, as each of them calls it."""

    weight: float
    first: str
    second: str


class Read(NamedTuple):
    """What a word says: the stems by which names of things are found, and the nouns in it with what they count."""

    stems: frozenset[str] = frozenset()
    nouns: tuple[tuple[str, float], ...] = ()


NOTHING: Final = Read()


class Reader:
    """Reads texts, each distinct word once. Not for several threads at a time.

    `vocabulary` are all words of the texts that will be compared: one that stands alone is found inside the compounds
    of others. With `only`, other words say nothing. `obstacles`: what projects lack or are held up by are things, too;
    else they say nothing about what a project is.
    """

    def __init__(
        self,
        synonyms: Synonyms,
        vocabulary: Collection[str] = (),
        only: Collection[str] | None = None,
        *,
        obstacles: bool = False,
    ) -> None:
        self._synonyms = synonyms
        self._passed_over: frozenset[int] = frozenset() if obstacles else synonyms.obstacles
        self._stems = Stems()
        relevant = vocabulary if only is None else only
        self._read: dict[str, Read] = dict.fromkeys(set(vocabulary).difference(relevant), NOTHING)
        words = {form for token in relevant for form in forms(token) if is_noun(form)}
        self._alone = inside(words, self._stems, SHORTEST_PART)

    def read(self, token: str) -> Read:
        """What one word says, also one with hyphens."""
        found = self._read.get(token)
        if found is None:
            stems = frozenset(stem for form in forms(token) for stem in self._of(form))
            nouns = tuple(noun for form in forms(token) if is_noun(form) for noun in self._nouns(form))
            found = self._read[token] = Read(stems, nouns)
        return found

    def features(self, token: str) -> set[Feature]:
        """All that a word can stand for, also as a part of a name of several words."""
        read, known = self.read(token), self._synonyms
        things = {thing for stem in read.stems for thing in known.things.get(stem, ())}
        things |= {thing for stem in read.stems for _, thing in known.phrases.get(stem, ())}
        return (things - self._passed_over).union(noun for noun, _ in read.nouns)

    def stem(self, word: str) -> str:
        """The stem of one word."""
        return self._stems.of(word)

    def _of(self, word: str) -> Iterator[str]:
        """The stem of a word, and those of its parts that are names of things, unless it is one as a whole.

        Only nouns have such parts: „gemeinsam“ ends with no „einsam“.
        """
        stem = self._stems.of(word)
        yield stem
        if stem not in self._synonyms.things and is_noun(word):
            yield from parts(word, stem, self._synonyms.parts)

    def _nouns(self, word: str) -> Iterator[tuple[str, float]]:
        """The nouns that count by themselves, and how much: those that say something, and are no name of a thing."""
        stem = self._stems.of(word)
        for one, counts in ((stem, 1.0), *((part, OF_PARTS) for part in parts(word, stem, self._alone))):
            if len(one) > 3 and one not in self._synonyms.fillers and one not in self._synonyms.things:
                yield one, counts

    def sketch(self, passages: Passages) -> Sketch:
        """What a text is about."""
        found: defaultdict[Feature, Mention] = defaultdict(Mention)
        for passage, weight in passages:
            for sentence in SENTENCE_ENDS.split(passage):
                said: dict[str, str] = {}
                for token in WORD.findall(sentence):
                    read = self._read.get(token) or self.read(token)
                    if read is NOTHING:
                        continue
                    for stem in read.stems:
                        said.setdefault(stem, token)
                    for noun, counts in read.nouns:
                        found[noun].add(weight * counts, token)
                for thing, called in self._things(said):
                    found[thing].add(weight, called)
        return dict(found)

    def _things(self, said: Mapping[str, str]) -> Iterator[tuple[int, str]]:
        things, phrases = self._synonyms.things, self._synonyms.phrases
        for stem, token in said.items():
            for thing in things.get(stem, frozenset()) - self._passed_over:
                yield thing, token
            for phrase, thing in phrases.get(stem, ()):
                if phrase <= said.keys() and thing not in self._passed_over:
                    yield thing, " … ".join(dict.fromkeys(token for stem, token in said.items() if stem in phrase))


def is_noun(word: str) -> bool:
    """German writes nouns with a capital letter."""
    return word[:1].isupper() and not word.isdigit()


def usual(having: int, texts: int) -> bool:
    """Whether so many of the texts have a word that it says nothing."""
    return having > max(USUAL_FROM, USUAL_SHARE * texts)


class Rarity:
    """How much a feature that two texts share says, by how many of the texts have it (`having`: only words matter)."""

    def __init__(self, having: Mapping[Feature, int], texts: int) -> None:
        self._having = having
        self._texts = max(texts, 1)

    def of(self, feature: Feature) -> float:
        """1 for a thing; less for a word, 0 for a usual one."""
        if not isinstance(feature, str):
            return 1.0
        having = self._having[feature]
        if usual(having, self._texts):
            return 0.0
        return OF_WORDS * math.log(1 + self._texts / having) / math.log(1 + self._texts)


def terms(first: Sketch, second: Sketch, rarity: Rarity, synonyms: Synonyms) -> list[Term]:
    """What two texts share, the weightiest first; together their weights are how alike they are.

    Each thing counts once, with the nearest one of the other text, and so does each word that people wrote.
    """
    left = MOST_OF_WORDS
    found, used = list[Term](), set[tuple[bool, Feature]]()
    for weight, one, other in sorted(_shared(first, second, rarity, synonyms), key=_first_come):
        words = first[one].words, second[other].words
        ends = {(True, one), (False, other), (True, words[0]), (False, words[1])}
        if ends & used:
            continue
        used |= ends
        counts = min(weight, left) if isinstance(one, str) else weight
        left -= counts if isinstance(one, str) else 0.0
        if counts:
            found.append(Term(counts, *words))
    return sorted(found, key=lambda term: (-term.weight, term.first, term.second))


def _first_come(pair: tuple[float, Feature, Feature]) -> tuple[float, list[str]]:
    return -pair[0], sorted(map(str, pair[1:]))


def _shared(
    first: Sketch, second: Sketch, rarity: Rarity, synonyms: Synonyms
) -> Iterator[tuple[float, Feature, Feature]]:
    """What is in both, or near what is in the other, with what that counts."""
    for one, mine in first.items():
        if one in second and (rare := rarity.of(one)):
            setting = OF_SETTING if one in synonyms.settings else 1.0
            yield mine.weight * second[one].weight * rare * setting, one, one
        for other, much in synonyms.related.get(one, {}).items() if isinstance(one, int) else ():
            if other in second:
                setting = OF_SETTING if one in synonyms.settings or other in synonyms.settings else 1.0
                yield mine.weight * second[other].weight * much * setting, one, other
