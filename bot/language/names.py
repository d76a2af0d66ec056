"""Names as people type them: without regard to case, umlauts, accents, dashes and small slips."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe", "’": "'", "‘": "'"}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# Below this, difflib finds likenesses that no reader sees; two swapped letters in a word of five still give 0.8.
_LIKENESS = 0.7


def fold(text: str) -> str:
    """The form in which two spellings of one name are equal: „Größe“ and „GROESSE“, „Café“ and „cafe“.

    Umlauts become two letters, other accents go, every dash is a hyphen, invisible characters vanish and
    whitespace is one blank.
    """
    composed = unicodedata.normalize("NFKC", text).casefold()
    spelled = unicodedata.normalize("NFC", composed)
    for umlaut, letters in _UMLAUTS.items():  # several times as fast as `translate`: a search folds 5,000 projects
        spelled = spelled.replace(umlaut, letters)
    plain = _NOT_ASCII.sub(_plain, unicodedata.normalize("NFKD", spelled).casefold())
    return " ".join(plain.split())


def _plain(found: re.Match[str]) -> str:
    char = found[0]
    match unicodedata.category(char):
        case "Mn" | "Cf":  # combining marks, variation selectors, zero-width characters, soft hyphens
            return ""
        case "Pd":
            return "-"
        case _:
            return char


def nearest(word: str, candidates: Iterable[str], limit: int = 1) -> list[str]:
    """Up to `limit` candidates that `word` may have meant, best first; one that differs only in spelling leads."""
    wanted = fold(word)
    by_form: dict[str, list[str]] = {}
    for candidate in candidates:
        by_form.setdefault(fold(candidate), []).append(candidate)
    if not wanted or limit < 1:
        return []
    close = difflib.get_close_matches(wanted, by_form, n=limit, cutoff=_LIKENESS)
    return [original for form in close for original in by_form[form]][:limit]


def match(word: str, table: Mapping[str, T]) -> T | None:
    """The value whose key is `word` but for case, umlauts and accents."""
    wanted = fold(word)
    return next((value for key, value in table.items() if fold(key) == wanted), None)
