"""What a new wording changes, sentence by sentence and in each sentence word by word. Pure.

A network consolidates its results between two meetings (Modellkommunen Open Government, 2017): whoever agrees to a new
wording must see what is new in it. What stayed is left out; a changed sentence is shown as it was and as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SENTENCES = re.compile(r"\s*\n\s*|(?:(?<=[^\W\d_]{2}[.!?])|(?<=[.!?][“\"»)]))\s+(?=[A-ZÄÖÜ„»\"(–])")
WORDS = re.compile(r"([\w-]+|[^\w\s])(\s*)")
ALIKE = 0.5  # below this, two sentences have nothing to do with each other
MOST_PAIRS = 900  # of sentences in one place that changed; difflib's time grows with them …
MOST_WORDS = 400  # … and with the words of a sentence
LONG, EDGE = 160, 60  # characters: what stayed inside a changed sentence is cut to its edges

Words = list[tuple[str, str]]  # each word with the white space behind it


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; `changed`: only this wording has it."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One place that changed: as it was (empty: nothing stood there) and as it is (empty: struck out).

    `follows` is the unchanged sentence before it, empty at the beginning.
    """

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    follows: str = ""


def difference(before: str, after: str) -> tuple[Change, ...]:
    """The places in which two wordings differ, in order; none if only white space does."""
    old, new = _sentences(before), _sentences(after)
    keys = [_key(sentence) for sentence in old], [_key(sentence) for sentence in new]
    changes: list[Change] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *keys).get_opcodes():
        if tag != "equal":
            changes += _changes(old[i1:i2], new[j1:j2], old[i1 - 1] if i1 else "")
    return tuple(changes)


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in SENTENCES.split(text.strip()) if sentence]


def _key(sentence: str) -> str:
    return " ".join(sentence.split())


def _changes(old: Sequence[str], new: Sequence[str], follows: str) -> Iterator[Change]:
    """Each sentence beside the one it became; what has no counterpart was struck out, or is new."""
    if len(old) * len(new) > MOST_PAIRS:
        yield Change(_whole(" ".join(old)), _whole(" ".join(new)), follows)
        return
    before, after = [_words(sentence) for sentence in old], [_words(sentence) for sentence in new]
    alike = {
        (i, j): SequenceMatcher(None, _bare(one), _bare(other)).quick_ratio()
        for i, one in enumerate(before)
        for j, other in enumerate(after)
    }
    for i, j in _pairs(alike, range(len(old)), range(len(new))):
        if len(i) == len(j) == 1 and alike[i[0], j[0]] >= ALIKE:
            yield _compared(before[i[0]], after[j[0]], follows)
        else:
            yield Change(_whole(" ".join(old[i.start : i.stop])), _whole(" ".join(new[j.start : j.stop])), follows)
        follows = ""


def _pairs(alike: Mapping[tuple[int, int], float], old: range, new: range) -> Iterator[tuple[range, range]]:
    """The likest two sentences are one and the same; what stands before them, and after, is paired likewise."""
    best, i, j = max(((alike[i, j], -i, -j) for i in old for j in new), default=(0.0, 0, 0))
    if best < ALIKE:
        if old or new:
            yield old, new
        return
    i, j = -i, -j
    yield from _pairs(alike, range(old.start, i), range(new.start, j))
    yield range(i, i + 1), range(j, j + 1)
    yield from _pairs(alike, range(i + 1, old.stop), range(j + 1, new.stop))


def _words(sentence: str) -> Words:
    """The words of a sentence; of a very long one a single word, for it is compared as a whole."""
    found = WORDS.findall(sentence)
    return found if len(found) <= MOST_WORDS else [(sentence, "")]


def _bare(words: Words) -> list[str]:
    return [word for word, _ in words]


def _compared(old: Words, new: Words, follows: str) -> Change:
    codes = SequenceMatcher(None, _bare(old), _bare(new)).get_opcodes()
    return Change(
        _pieces((tag, old[i1:i2]) for tag, i1, i2, _, _ in codes),
        _pieces((tag, new[j1:j2]) for tag, _, _, j1, j2 in codes),
        follows,
    )


def _pieces(runs: Iterator[tuple[str, Words]]) -> tuple[Piece, ...]:
    found = [(tag != "equal", "".join(word + space for word, space in words)) for tag, words in runs if words]
    last = len(found) - 1
    return tuple(
        Piece(text if changed else _cut(text, first=not number, last=number == last), changed)
        for number, (changed, text) in enumerate(found)
    )


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, changed=True),) if text else ()


def _cut(text: str, *, first: bool, last: bool) -> str:
    """What stayed, without its middle; at the sentence's ends only the side by the change is kept."""
    if len(text) <= LONG:
        return text
    head = "" if first else text[:EDGE].rsplit(" ", 1)[0] + " "
    tail = "" if last else " " + text[-EDGE:].split(" ", 1)[-1]
    return f"{head}…{tail}"
