"""What projects lack and what holds them up, as they say it in status updates: „Bedarf: …“, „Hindernis: …“."""

import re
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST: Final = 300  # characters
LABELLED: Final = re.compile(r"(?<!\w)(?P<label>bedarfe?|needs?|hindernis(?:se)?|obstacles?)\s*:\s*", re.IGNORECASE)
NEXT: Final = re.compile(r"(?<!\w)(?:n(?:ä|ae)chste[rs]? schritte?|next steps?)\s*:", re.IGNORECASE)
ANY_LABEL: Final = re.compile(r"(?<=[.;,])\s*[^\W\d_][\w -]{2,30}:(?=\s)")
ENDS: Final = re.compile(r"\n|(?<=[.!?;])\s+(?=[^\W\d_])")
SHORTENED: Final = re.compile(
    r"(?<!\w)(?:abs|art|b|bzw|ca|d|dr|einschl|e|etc|evtl|fr|ggf|g|h|hr|i|inkl|max|min|mind|mio|mrd|nr|o|r|s|sog|st|"
    r"tsd|u|usw|vgl|v|z|zzt|zzgl)\.$",
    re.IGNORECASE,
)
"""A full stop behind one of these ends no sentence."""
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

    Each goes on to the end of its sentence or line, or to the next label: one of these or „Nächster Schritt:“ anywhere,
    any other behind a comma or full stop. What begins it is none: „Hindernis: Budget: 20.000 € fehlen“. „Hindernis:
    keins“ names none.
    """
    marks = list(LABELLED.finditer(text))
    found = []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        words = _sentence(text[mark.end() : end])
        for label in (NEXT, ANY_LABEL):
            words = label.split(words, maxsplit=1)[0]
        words = " ".join(words.split()).strip(" ,;.")[:LONGEST]
        if words.casefold() not in NOTHING:
            is_need = mark["label"].casefold()[0] in "bn"
            found.append(Need(NeedKind.NEED if is_need else NeedKind.OBSTACLE, words))
    return found


def _sentence(words: str) -> str:
    """The words up to the end of their first sentence or line."""
    ends = (each.start() for each in ENDS.finditer(words) if not SHORTENED.search(words[: each.start()]))
    return words[: next(ends, None)]


def grouped(features: Sequence[Collection[Hashable]]) -> list[list[int]]:
    """Indices that belong together, by the first of each group: two that share a feature do, and so on from each.

    The work grows with the number of features, not with the pairs: a network may name hundreds of needs.
    """
    leads = list(range(len(features)))

    def lead(one: int) -> int:
        while leads[one] != one:
            leads[one] = one = leads[leads[one]]
        return one

    first: dict[Hashable, int] = {}
    for number, own in enumerate(features):
        for feature in own:
            one, other = lead(first.setdefault(feature, number)), lead(number)
            leads[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for number in range(len(features)):
        groups.setdefault(lead(number), []).append(number)
    return list(groups.values())
