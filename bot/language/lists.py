"""Lists as people type them: with commas, or one thing a line; Matrix IDs among other words."""

import re
from typing import Final

MATRIX_ID: Final = re.compile(r"@[^\s:,;@]+:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
LIKE_AN_ID: Final = re.compile(r"(?<![^\s,;])@[^\s,;]*")
LONGEST_ID: Final = 255  # bytes, by the specification
LINKING: Final = frozenset({"", "und", "and", "&", "+"})


def listed(words: str) -> list[str]:
    """The things of a list, one a line (with or without dashes) or, in a single line, separated by commas."""
    lines = words.splitlines() if "\n" in words.strip() else re.split(r"[,;]", words)
    return [thing for line in lines if (thing := re.sub(r"^\s*[-–•*]\s+", "", line).strip(" ,;\t"))]


def split_ids(words: str) -> tuple[list[str], list[str], str]:
    """The Matrix IDs among some words, each once; what looks like one and is none; and the other words."""
    good: dict[str, None] = {}
    bad: list[str] = []
    for token in LIKE_AN_ID.findall(words):
        wanted = token.rstrip(".!?")
        if MATRIX_ID.fullmatch(wanted) and len(wanted.encode()) <= LONGEST_ID:
            good[wanted] = None
        else:
            bad.append(token)
    others = " ".join(LIKE_AN_ID.sub(" ", words).split()).strip(" ,;")
    parts = [part for part in re.split(r"\s*[,;]\s*", others) if part.casefold() not in LINKING]
    return list(good), bad, ", ".join(parts)
