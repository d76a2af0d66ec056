"""German words as compared: by their stems, and with the parts of what is written together.

The stems are Snowball's (https://snowballstem.org/algorithms/german/stemmer.html), which takes „ae“ for „ä“ as well.
English words get along with them: what is compared is only whether two are alike.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from typing import Final, NamedTuple

import snowballstemmer

WORD: Final = re.compile(r"[^\W_]+(?:[-/&][^\W_]+)*")
JOINT: Final = re.compile(r"[-/&]")
SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?;:])\s+|\n+")
LONGEST_WORD: Final = 60  # letters; nobody means anything with more
SHORTEST_PART: Final = 5
SHORT_PART: Final = 4  # only where the other half is a known word, too: „Kita|platz“

PREFIXES: Final = frozenset(
    "abge abs auf ausge aus auto bar bei durch ein ent erz gem her hin mit nach rück ruck uber unter ver vor weg wieder zer".split()  # noqa: E501, SIM905
)
"""What stands before a word without making a compound of it: an „Auswahl“ is no „Wahl“, „gemeinsam“ not „einsam“."""
UMLAUTS: Final = {"ae": "ä", "oe": "ö", "ue": "ü"}

_SPELLED = re.compile(r"ae|oe|(?<!q)ue")


def plain(word: str) -> str:
    """A word in small letters without umlauts, as stems are."""
    folded = word.casefold()
    if not folded.isascii():
        spread = unicodedata.normalize("NFKD", folded)
        folded = "".join([c for c in spread if not unicodedata.combining(c)])
    return _SPELLED.sub(_first, folded) if "e" in folded else folded


def spelled(word: str) -> str:
    """The same with its umlauts, and as long: „Händler“ is not how „Handlung“ begins."""
    folded = word.casefold()
    if not folded.isascii():
        spread = unicodedata.normalize("NFC", folded)
        folded = "".join([c for c in spread if not unicodedata.combining(c)])
    return _SPELLED.sub(_umlaut, folded) if "e" in folded else folded


def _umlaut(found: re.Match[str]) -> str:
    return UMLAUTS[found[0]]


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


class Inside(NamedTuple):
    """Words that are looked for inside others: how they begin a compound, with umlauts, and their stems, to end one."""

    first: Container[str]
    last: Container[str]


def parts(word: str, stem: str, known: Inside) -> Iterator[str]:
    """The first and the last part of a word written together, as far as they are known; the longest each, as stems.

    „Fördermittelantrag“ (`stem` „fordermittelantrag“) begins with „fördermittel“ and ends with „antrag“. What stands
    between them (s, es, n, en …) does not matter, nor that a first part is the beginning of a longer form. A last part
    may be a plural („…anträge“), a first one keeps its umlaut.
    """
    whole = spelled(word)[:LONGEST_WORD]
    first = next((whole[:end] for end in range(len(whole) - 3, SHORT_PART - 1, -1) if whole[:end] in known.first), "")
    ends = (start for start in range(3, len(stem) - SHORT_PART + 1) if stem[start:] in known.last)
    last = next((stem[start:] for start in ends if stem[:start] not in PREFIXES), "")
    both = bool(first and last and len(first) + len(last) <= len(whole))
    for part in (plain(first), last):
        if len(part) >= SHORTEST_PART or (part and both):
            yield part


def inside(words: Iterable[str], stems: Stems, shortest: int = 0) -> Inside:
    """These words, to be found inside others: those whose stem has so many letters."""
    long = [(word, stem) for word in words if len(stem := stems.of(word)) >= shortest]
    return Inside(frozenset(spelled(word)[: len(stem)] for word, stem in long), frozenset(stem for _, stem in long))
