"""What a few texts could share with many others, found without reading those: ten times quicker than reading them all.

Nothing is lost by it: see `tests/language/test_matching.py`.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from bot.language.likeness import Passages, Reader, is_noun
from bot.language.stems import JOINT, LONGEST_WORD, SHORT_PART, SHORTEST_PART, WORD, Stems, forms, plain
from bot.language.synonyms import Synonyms

_END: Final = "\n"  # stands in no word


def relevant(texts: Iterable[Passages], vocabulary: Collection[str], synonyms: Synonyms) -> set[str]:
    """The words of a vocabulary that could share a noun or a thing with one of these texts.

    These are words with a stem in them (it is the beginning of its word) that a noun of the texts has, or begins or
    ends with, or that names one of their things or a thing near those.
    """
    reader, nouns, things, ends = Reader(synonyms), set[str](), set[int](), set[str]()
    for passages in texts:
        things |= {feature for feature in reader.sketch(passages) if isinstance(feature, int)}
        for token in {token for passage, _ in passages for token in WORD.findall(passage)}:
            nouns |= {noun for noun, _ in reader.read(token).nouns}
            ends |= {end for form in forms(token) if is_noun(form) for end in _ends(plain(form), reader.stem(form))}
    things |= {near for thing in things for near in synonyms.related.get(thing, ())}
    stems = nouns | {stem for thing in things for stem in synonyms.stems[thing]}
    tokens = list(vocabulary)
    words = plain(_END.join(tokens)).split(_END) if tokens else []
    return {tokens[number] for number in _having(stems.union(_alone(ends, tokens, words)), words)}


def _ends(word: str, stem: str) -> Iterator[str]:
    """All that may be a part of a compound: how it begins, and how its stem ends. No further than `parts` looks."""
    yield from (word[:long] for long in range(SHORTEST_PART, min(len(word), LONGEST_WORD) + 1))
    yield from (stem[at:] for at in range(len(stem) - SHORTEST_PART + 1))


def _alone(ends: Collection[str], tokens: Iterable[str], words: Iterable[str]) -> Iterator[str]:
    """The stems of those of the words that are parts of such compounds."""
    stems, begin = Stems(), {end[:SHORTEST_PART] for end in ends}
    for token, word in zip(tokens, words, strict=True):
        if word[:SHORTEST_PART] in begin or JOINT.search(word):
            yield from (stem for form in forms(token) if is_noun(form) and (stem := stems.of(form)) in ends)


def _having(stems: Iterable[str], words: Sequence[str]) -> Iterator[int]:
    """The numbers of the words that have one of these stems in them; a short one only where a part with hyphens begins.

    Each stem is looked for in all words at once: a few hundred passes that the machine is quick at.
    """
    joined = [JOINT.sub("", word) for word in words]
    starts = [0, *accumulate(len(word) + 1 for word in joined)]
    text = _END.join(joined)
    short = set[str]()
    for stem in stems:
        if len(stem) < SHORT_PART:
            short.add(stem)
            continue
        at = text.find(stem)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            yield number
            at = text.find(stem, starts[number + 1])
    for number, word in enumerate(words):
        if any(form[:long] in short for form in forms(word) for long in range(1, SHORT_PART)):
            yield number
