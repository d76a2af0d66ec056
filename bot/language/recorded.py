"""A vote that somebody passes on: „für Lindenstadt ja (telefonisch, Fr. Huber), weil die Fristen fehlen“.

A town may be called „Weil am Rhein“ or „Halle (Saale)“, so a name is found by trying, not by its marks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.answers import Sheet
from bot.language.ballot_pieces import LONGEST_HEAD
from bot.language.ballots import APPROVAL, Read, read_answer

_FOR = re.compile(r"(?:für|fu\u0308r|fuer|for)\s+(?=\S)", re.IGNORECASE)
_AROUND = " \t\n,;:.…–—-„“”\"'"
_LONGEST_NAME = 120  # no organisation's name is longer
_MOST_NAMED = 8  # words of a name that stands first
_TOLD = re.compile(
    r"[\s,;–—-]{1,9}(?P<told>(?:telefonisch|fernmündlich|mündlich|schriftlich|persönlich|per\s+\w|am\s+telefon|"
    r"by\s+(?:phone|telephone|mail|e-?mail|letter|post|fax)|in\s+(?:writing|person))(?!\w*ung)[^\n]*)",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"[\s,;–—-]{1,9}(?=(?:weil|denn|because|since)\s)", re.IGNORECASE)
_MOST_BRACKETS = 6  # that are tried


@dataclass(frozen=True, slots=True)
class Recorded:
    """What stands behind the name: the vote, as far as it was understood, and who told it and how.

    `spoken` is the vote as it was typed, without that.
    """

    read: Read
    informant: str
    spoken: str

    @property
    def choice(self) -> str | None:
        """The answer in its canonical form."""
        return self.read.answer

    @property
    def reason(self) -> str:
        """The reason of a vote that was understood."""
        return self.read.reason if self.read.answer is not None else ""


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


def named_within(words: str, sheets: Sequence[Sheet]) -> Iterator[tuple[str, str]]:
    """What may be a name before an answer („Lindenstadt: ja“) or behind it („ja für Lindenstadt (…)“), and the rest."""
    for name, behind in names(words):
        if len(name.split()) <= _MOST_NAMED and any(read_recorded(behind, sheet).choice for sheet in sheets):
            yield name, behind
    for found in re.finditer(rf"(?<!\w){_FOR.pattern}", words[:LONGEST_HEAD], re.IGNORECASE):
        said = words[: found.start()].strip(_AROUND)
        if (
            said
            and len(said) <= _LONGEST_NAME
            and "(" not in said
            and not re.search(r"(?<!\w)(?:weil|da|denn)\s", said)
        ):
            for name, behind in names(words[found.end() :]):
                yield name, f"{said} {behind}".strip()


def likely_name(words: str, sheet: Sheet = APPROVAL) -> str:
    """What was meant as the name, if there is no such name: what stands before a vote, or before a bracket."""
    for name, behind in reversed(list(names(words))):
        if read_answer(behind[:_LONGEST_NAME].partition("(")[0], sheet).answer is not None:
            return name.strip(_AROUND)
    return words.partition("(")[0].strip(_AROUND)


def read_recorded(words: str, sheet: Sheet = APPROVAL, *, zone: ZoneInfo | None = None) -> Recorded:
    """Understand „ja (telefonisch, Fr. Huber), weil …“ and „2 > 1, weil … (telefonisch, Fr. Huber)“.

    The first bracket behind a whole answer names who told it, unless it belongs to the answer („2 (ja)“, „Halle
    (Saale)“); else the one at the end does. „ja, telefonisch, Fr. Huber“ needs none.
    """

    def read(said: str) -> Read:
        return read_answer(said, sheet, zone=zone)

    if "(" not in words and (told := _TOLD.search(words, 0, LONGEST_HEAD)) and _is_bare(read(words[: told.start()])):
        informant, *reason = _BECAUSE.split(told["told"], maxsplit=1)
        spoken = " ".join([words[: told.start()], *reason])
        return Recorded(read(spoken), _tidy(informant.strip(_AROUND)), spoken)
    for start in _openings(words):
        head, end = words[:start].strip(_AROUND), start + 1 + _closing(words[start + 1 :])
        if not _is_bare(read(head)) or _is_bare(read(words[: end + 1])):
            continue
        behind = words[end + 1 :].lstrip(f"){_AROUND}")
        spoken = f"{head} – {behind}" if behind else head
        return Recorded(read(spoken), _tidy(words[start + 1 : end]), spoken)
    last = _last_opening(words.rstrip())
    if last is None or _is_bare(read(words)):
        return Recorded(read(words), "", words)
    spoken, informant = words[:last].rstrip(), words.rstrip()[last + 1 : -1]
    return Recorded(read(spoken), _tidy(informant), spoken)


def _openings(words: str) -> list[int]:
    """Where the outermost brackets begin, as far as an answer reaches."""
    found: list[int] = []
    depth = 0
    for at, char in enumerate(words[:LONGEST_HEAD]):
        if char == "(" and depth == 0:
            found.append(at)
        depth = max(0, depth + {"(": 1, ")": -1}.get(char, 0))
    return found[:_MOST_BRACKETS]


def _is_bare(read: Read) -> bool:
    """Whether it was an answer and nothing more."""
    return read.answer is not None and not read.reason and not read.amendment


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
