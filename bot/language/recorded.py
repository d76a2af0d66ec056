"""A vote that somebody passes on: „für Lindenstadt ja (telefonisch, Fr. Huber), weil die Fristen fehlen“.

A town may be called „Weil am Rhein“ or „Halle (Saale)“, so a name is found by trying, not by its marks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.language.votes import Choice, read_choice

_FOR = re.compile(r"(?:für|fu\u0308r|fuer|for)\s+(?=\S)", re.IGNORECASE)
_AROUND = " \t\n,;:.…–—-„“”\"'"
_LONGEST_NAME = 120  # no organisation's name is longer


@dataclass(frozen=True, slots=True)
class Recorded:
    """What stands behind the name: the choice if it was understood, who told it and how, and a reason."""

    choice: Choice | None
    informant: str
    reason: str


def for_another(typed: str) -> str | None:
    """What stands behind „für“ or “for”: a name and more. None where nothing does: „für“ alone is a yes."""
    found = _FOR.match(typed.strip())
    return typed.strip()[found.end() :] if found else None


def names(words: str) -> Iterator[tuple[str, str]]:
    """What the name may be, longest first, and what then stands behind it."""
    ends = [found.end() for found in re.finditer(r"\S+", words) if found.end() <= _LONGEST_NAME]
    for end in reversed(ends):
        name, behind = words[:end], words[end:].lstrip(_AROUND)
        yield name, behind
        if (bare := name.strip(_AROUND)) and bare != name:
            yield bare, behind


def likely_name(words: str) -> str:
    """What was meant as the name, if there is no such name: what stands before a vote, or before a bracket."""
    shortest_first = reversed([name for name, behind in names(words) if read_recorded(behind).choice])
    return next(shortest_first, words.partition("(")[0]).strip(_AROUND)


def read_recorded(words: str) -> Recorded:
    """Understand „ja (telefonisch, Fr. Huber), weil …“ and „ja, weil … (telefonisch, Fr. Huber)“."""
    head, opened, tail = words.partition("(")
    if opened and _is_bare_choice(head):
        end = _closing(tail)
        behind = tail[end + 1 :].lstrip(f"){_AROUND}")
        spoken = f"{head.strip(_AROUND)}, {behind}" if behind else head
        return Recorded(*_choice_first(spoken, tail[:end]))
    start = _last_opening(words.rstrip())
    if start is None:
        return Recorded(*_choice_first(words, ""))
    return Recorded(*_choice_first(words[:start], words.rstrip()[start + 1 : -1]))


def _choice_first(spoken: str, informant: str) -> tuple[Choice | None, str, str]:
    choice, reason = read_choice(spoken)
    return choice, _tidy(informant), reason


def _is_bare_choice(words: str) -> bool:
    choice, reason = read_choice(words)
    return choice is not None and not reason


def _closing(inside: str) -> int:
    """Where the bracket ends that was opened before `inside`; at its end, if it was never closed."""
    depth = 1
    for at, char in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return at
    return len(inside)


def _last_opening(words: str) -> int | None:
    """Where the bracket begins that closes `words`."""
    depth = 0
    for at in range(len(words) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(words[at], 0)
        if depth == 0:
            return at if words[at] == "(" else None
    return None


def _tidy(informant: str) -> str:
    """On one line, without a second pair of brackets around it."""
    flat = " ".join(informant.split())
    while flat.startswith("(") and _closing(flat[1:]) == len(flat) - 2:
        flat = flat[1:-1].strip()
    return flat if flat.strip(_AROUND) else ""  # „(…)“ names nobody
