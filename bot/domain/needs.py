"""What projects lack and what holds them up, as they say it in status updates: „Bedarf: …“, „Hindernis: …“."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST: Final = 300  # characters
LABELLED: Final = re.compile(r"(?<!\w)(?P<label>bedarfe?|needs?|hindernis(?:se)?|obstacles?)\s*:\s*", re.IGNORECASE)
ANY_LABEL: Final = re.compile(r"(?:^|(?<=[\s.;,]))[^\W\d_][\w -]{2,30}:(?=\s)")
ENDS: Final = re.compile(r"\n|(?<=[.!?;])\s+(?=[^\W\d_])")
NOTHING: Final = frozenset(
    {"", "-", "–", "keine", "keins", "kein", "keiner", "nichts", "none", "no", "nothing", "n/a", "entfällt"}
)


class NeedKind(StrEnum):
    """What somebody calls it."""

    NEED = "need"
    OBSTACLE = "obstacle"


@dataclass(frozen=True, slots=True)
class Need:
    """One of them, in the words of whoever reported it."""

    kind: NeedKind
    words: str


def named_in(text: str) -> list[Need]:
    """The needs and obstacles that a status update names, in their order.

    Each goes on to the end of its sentence or line, or to the next label („Nächster Schritt: …“). „Hindernis: keins“
    names none.
    """
    marks = list(LABELLED.finditer(text))
    found = []
    for mark in marks:
        behind = text[mark.end() :]
        words = ENDS.split(behind, maxsplit=1)[0]
        if (label := ANY_LABEL.search(words)) is not None:
            words = words[: label.start()]
        words = " ".join(words.split()).strip(" ,;.")[:LONGEST]
        if words.casefold() not in NOTHING:
            is_need = mark["label"].casefold()[0] in "bn"
            found.append(Need(NeedKind.NEED if is_need else NeedKind.OBSTACLE, words))
    return found


def grouped(alike: Sequence[Sequence[bool]]) -> list[list[int]]:
    """Indices that belong together, given which are alike (symmetric): whatever hangs together, by the first index."""
    left, groups = set(range(len(alike))), []
    for begin in range(len(alike)):
        if begin not in left:
            continue
        left.discard(begin)
        group, edge = [begin], [begin]
        while edge:
            one = edge.pop()
            more = [other for other in sorted(left) if alike[one][other]]
            left.difference_update(more)
            group += more
            edge += more
        groups.append(sorted(group))
    return groups
