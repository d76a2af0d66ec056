"""Who has a part in something, as people list it, with what they contribute and their funds. Pure.

    - Lindenstadt: stellt Server, 12.000 €
    - Erlenbrück: 2 Personentage
    - @cem:example.org

In one line names stand between commas; with contributions, whole entries stand between semicolons.
"""

import re
from dataclasses import dataclass
from typing import Final

from bot.errors import UserError
from bot.language.amounts import find_amount
from bot.language.lists import MATRIX_ID, listed
from bot.language.names import fold

NOBODY: Final = frozenset({"niemand", "niemanden", "keiner", "keine", "kein", "nobody", "none", "no one", "-"})
LEAVES: Final = frozenset({"entfaellt", "entfallen", "raus", "entfernen", "streichen", "out", "remove", "removed", "-"})
LONGEST_CONTRIBUTION: Final = 300
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One who has a part: the name or Matrix ID, what they contribute, their funds in cents. `leaves`: no more."""

    name: str
    contribution: str | None = None
    funds: int | None = None
    leaves: bool = False


def is_nobody(words: str) -> bool:
    """Whether the list is to be empty."""
    return fold(words).strip(" .") in NOBODY


def read_parts(words: str) -> list[Entry]:
    """The entries of a list.

    Raises UserError as `find_amount`, `inbox.too_long`, and `parties.too_many` (count, most).
    """
    entries = [_entry(line) for line in _lines(words)]
    if len(entries) > MOST:
        raise UserError("parties.too_many", count=len(entries), most=MOST)
    return entries


def read_names(words: str) -> list[str]:
    """The names of a list without contributions. Raises UserError `parties.too_many`."""
    names = [name for name in listed(words.replace("\n", ";")) if name]
    if len(names) > MOST:
        raise UserError("parties.too_many", count=len(names), most=MOST)
    return names


def _lines(words: str) -> list[str]:
    """One entry each."""
    if "\n" in words.strip():
        return listed(words)
    bare = MATRIX_ID.sub("", words)
    if ";" in words or ":" in bare or re.search(r"\d", bare):
        return [entry for part in words.split(";") if (entry := part.strip(" ,-–•*\t"))]
    return listed(words)


def _entry(line: str) -> Entry:
    person = MATRIX_ID.match(line)
    if person:
        name, said = person[0].rstrip(":"), line[person.end() :].strip(" \t:,–-")
    else:
        cut = re.search(r":|\s[–-]\s|\s\(|,", line)
        name, said = (line[: cut.start()], line[cut.end() :]) if cut else (line, "")
        said = said.strip(" \t").removesuffix(")") if cut and "(" in cut[0] else said.strip(" \t")
    name = name.strip()
    if fold(said).strip(" .") in LEAVES:
        return Entry(name, leaves=True)
    found = find_amount(said)
    if len(found.words) > LONGEST_CONTRIBUTION:
        raise UserError("inbox.too_long", length=len(found.words), longest=LONGEST_CONTRIBUTION, what="text")
    return Entry(name, " ".join(found.words.split()) or None, found.cents)
