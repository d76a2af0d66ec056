"""At which table, in which round of a workshop something was found: lines „Tisch: 3“ and „Runde: 2“ in a text. Pure."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"\s*(?:(Tisch|Table)|Runde|Round)\s*:\s*(.*?)\s*", re.IGNORECASE)
_BOTH = re.compile(r"\s*(?:Tisch|Table)\s*:?\s*(\d{1,3})\s*[,;]\s*(?:Runde|Round)\s*:?\s*(\d{1,3})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What remains of the text, and the words behind „Tisch“ and „Runde“."""

    words: str
    table: str | None = None
    round: str | None = None


def split_table(words: str) -> Found:
    """Take the two lines out of a text; the last of several holds. The first line is never one: it names the kind."""
    kept, table, number = [], None, None
    for position, line in enumerate(words.splitlines()):
        if position and (both := _BOTH.fullmatch(line)):
            table, number = both[1], both[2]
        elif position and (found := _LINE.fullmatch(line)):
            table, number = (found[2], number) if found[1] else (table, found[2])
        else:
            kept.append(line)
    return Found("\n".join(kept), table, number)
