"""German words as compared: by their stems, and with the parts of what is written together.

The stems are Snowball's (https://snowballstem.org/algorithms/german/stemmer.html), which takes „ae“ for „ä“ as well.
English words get along with them: what is compared is only whether two are alike.
"""

import re
import unicodedata
from collections.abc import Container, Iterator
from typing import Final

import snowballstemmer

WORD: Final = re.compile(r"[^\W_]+(?:[-/&][^\W_]+)*")
JOINT: Final = re.compile(r"[-/&]")
SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?;:])\s+|\n+")
LONGEST_WORD: Final = 60  # letters; nobody means anything with more
SHORTEST_PART: Final = 5
SHORT_PART: Final = 4  # only where the other half is a known word, too: „Kita|platz“

_SPELLED = re.compile(r"ae|oe|(?<!q)ue")


def plain(word: str) -> str:
    """A word in small letters without umlauts, as stems are."""
    folded = word.casefold()
    if not folded.isascii():
        spread = unicodedata.normalize("NFKD", folded)
        folded = "".join([c for c in spread if not unicodedata.combining(c)])
    return _SPELLED.sub(_first, folded) if "e" in folded else folded


def _first(found: re.Match[str]) -> str:
    return found[0][0]


class Stems:
    """Finds stems, each word once. Not for several threads at a time."""

    def __init__(self) -> None:
        self._stemmer = snowballstemmer.stemmer("german")
        self._known: dict[str, str] = {}

    def of(self, word: str) -> str:
        """The stem of one word, whatever its case."""
        folded = unicodedata.normalize("NFKC", word).casefold()
        if folded not in self._known:
            self._known[folded] = plain(self._stemmer.stemWord(folded[:LONGEST_WORD]))
        return self._known[folded]


def forms(token: str) -> tuple[str, ...]:
    """What a word with hyphens stands for: itself written as one, then its parts. „E-Akte“ is „EAkte“, and „Akte“."""
    parts = JOINT.split(token)
    if len(parts) == 1:
        return (token,)
    return ("".join(parts), *(part for part in parts if len(part) > 1))


def parts(word: str, stem: str, known: Container[str]) -> Iterator[str]:
    """The first and the last part of a word written together, as far as they are known stems; the longest each.

    „Fördermittelantrag“ (`stem` „fordermittelantrag“) begins with „fordermittel“ and ends with „antrag“. What stands
    between them (s, es, n, en …) does not matter, nor that a first part is the beginning of a longer form.
    """
    whole = plain(word)[:LONGEST_WORD]
    first = next((whole[:end] for end in range(len(whole) - 3, SHORT_PART - 1, -1) if whole[:end] in known), "")
    last = next((stem[start:] for start in range(3, len(stem) - SHORT_PART + 1) if stem[start:] in known), "")
    both = bool(first and last and len(first) + len(last) <= len(whole))
    for part in (first, last):
        if len(part) >= SHORTEST_PART or (part and both):
            yield part
