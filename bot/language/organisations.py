"""What is said of organisations, as people and tables write it."""

import re
from collections.abc import Mapping
from functools import cache

from bot.config import STATES
from bot.domain.organisations import Bench, Level
from bot.domain.workdays import names_of_states
from bot.language.names import fold

LEVELS = {
    "Land": Level.STATE,
    "state": Level.STATE,
    "Landkreis": Level.COUNTY,
    "Kreis": Level.COUNTY,
    "county": Level.COUNTY,
    "Stadt": Level.CITY,
    "city": Level.CITY,
    "town": Level.CITY,
    "Gemeinde": Level.MUNICIPALITY,
    "municipality": Level.MUNICIPALITY,
    "Dezernat": Level.DEPARTMENT,
    "department": Level.DEPARTMENT,
    "Amt": Level.OFFICE,
    "office": Level.OFFICE,
    "Fraktion": Level.PARTY,
    "parliamentary group": Level.PARTY,
    "Hochschule": Level.UNIVERSITY,
    "university": Level.UNIVERSITY,
    "extern": Level.EXTERNAL,
    "external": Level.EXTERNAL,
}
BENCHES = {
    "Politik": Bench.POLITICS,
    "politics": Bench.POLITICS,
    "Verwaltung": Bench.ADMINISTRATION,
    "administration": Bench.ADMINISTRATION,
}
EMPTY = frozenset({"keine", "keiner", "kein", "keins", "niemand", "leer", "-", "none", "nobody", "no one", "empty"})
LARGEST = 100_000_000
_WHOLE = re.compile(r"[0-9]+|[1-9][0-9]{0,2}(?:[.\s'’][0-9]{3})+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def _folded(words: Mapping[str, str]) -> dict[str, str]:
    return {fold(word): value for word, value in words.items()}


# A table of thousands asks for each row.
_LEVELS, _BENCHES = _folded(LEVELS), _folded(BENCHES)


@cache
def _states() -> dict[str, str]:
    return _folded(names_of_states())


def is_empty(words: str) -> bool:
    """Whether somebody wrote that there shall be nothing („keine“, „-“)."""
    return fold(words.strip(" .!")) in EMPTY


def read_level(words: str) -> str | None:
    """The level somebody wrote, or None."""
    return _LEVELS.get(fold(words))


def read_bench(words: str) -> str | None:
    """Politics or administration, or None."""
    return _BENCHES.get(fold(words))


def read_state(words: str) -> str | None:
    """The abbreviation of a federal state that is named by it or in full, or None."""
    return words.upper() if words.upper() in STATES else _states().get(fold(words))


def read_email(words: str) -> str | None:
    """An e-mail address, or None."""
    return words if _EMAIL.fullmatch(words) else None


def read_whole(words: str, lowest: int) -> int | None:
    """A whole number from `lowest`, with or without thousands separators („26.000“), or None.

    A dot that is none is a decimal's: „26000.5“ is not ten times as much.
    """
    if not _WHOLE.fullmatch(words):
        return None
    digits = re.sub(r"\D", "", words)
    if len(digits) > len(str(LARGEST)):
        return None
    return int(digits) if lowest <= int(digits) <= LARGEST else None


def word_of(value: str | None, words: Mapping[str, str]) -> str:
    """The first word for a value: the German one."""
    return next((word for word, meant in words.items() if meant == value), "") if value else ""
