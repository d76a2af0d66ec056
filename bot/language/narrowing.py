"""What a few texts could share with many others, found without reading those: ten times quicker than reading them all.

Nothing is lost by it: see `tests/language/test_matching.py`.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from bot.language.likeness import Reader, is_noun
from bot.language.stems import JOINT, SHORT_PART, SHORTEST_PART, Stems, forms, plain
from bot.language.synonyms import Synonyms

_END: Final = "\n"  # stands in no word


def relevant(about: Collection[str], vocabulary: Collection[str], synonyms: Synonyms) -> set[str]:
    """The words of a vocabulary that could share a noun or a thing with texts of the words `about`.

    These are what begins inside one of the texts' nouns and stands alone elsewhere, and what has a stem in it that
    the texts, or things near theirs, are named by: a stem is the beginning of its word.
    """
    tokens = list(vocabulary)
    words = plain(_END.join(tokens)).split(_END)
    ours, stemmer = plain(_END.join(about)), Stems()
    nouns = (
        token for token, word in zip(tokens, words, strict=True) if is_noun(token) and word[:SHORTEST_PART] in ours
    )
    parts = {stem for token in nouns for form in forms(token) if is_noun(form) and (stem := stemmer.of(form)) in ours}
    return {tokens[number] for number in _having(_stems(about, synonyms) | parts, words)}


def _stems(about: Iterable[str], synonyms: Synonyms) -> set[str]:
    """What the nouns and the things in these words are called, and the things near them."""
    reader, nouns, named = Reader(synonyms), set[str](), set[int]()
    for token in about:
        read = reader.read(token)
        nouns |= {noun for noun, _ in read.nouns}
        named |= {thing for stem in read.stems for thing in synonyms.things.get(stem, ())}
        named |= {thing for stem in read.stems for _, thing in synonyms.phrases.get(stem, ())}
    named |= {near for thing in named for near in synonyms.related.get(thing, ())}
    return nouns | {stem for thing in named for stem in synonyms.stems[thing]}


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
