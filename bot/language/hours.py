"""From when to when on a line: „21.6. 10:00 bis 22.6. 16:00“, „21.6. 10:00–17:00“, “21 June 10:00 to 17:00”. Pure.

Only where it is parted is found out here; each side is a time of its own, and read as such.
"""

import re
from dataclasses import dataclass

from bot.language.doubts import ANSWERED
from bot.language.names import fold

_FROM = re.compile(r"\s*(?:vom|von|ab|from)\s+", re.IGNORECASE)
_UNTIL = re.compile(r",?\s+(?:bis(?:\s+zum)?|until|till|to)\s+|\s*[–—]\s*|\s+-\s+", re.IGNORECASE)
_HYPHEN = re.compile(
    r"(?<=\s)\d{1,2}(?::\d{2})?(?:\s?Uhr|\s?h)?(-)\d{1,2}(?::\d{2})?(?:\s?Uhr|\s?h)?\.?\s*$", re.IGNORECASE
)
_BARE = re.compile(r".*\s\d{1,2}", re.DOTALL)
_HOUR = re.compile(r"\d{1,2}")
_UHR = re.compile(r"\d{1,2}(?:[:.]\d{2})?\s?(?:uhr|h)\b.*")
_DAY = re.compile(r"\d{1,2}\.")
_DATE = re.compile(r"\d{1,2}\.\s?((?:\d{1,2}\.|[^\W\d]{3,})\s?(?:\d{4})?)")
_RELATIVE = re.compile(
    r"\b(?:heute|morgen|uebermorgen|gestern|vorgestern|today|tomorrow|yesterday|in|naechste\w*|next|kommende\w*|diese\w*"
    r"|this|vor|ago|letzte\w*|last)\b"
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One side: its words as they are to be read, and where on the line they end."""

    words: str
    end: int


def split_hours(line: str) -> tuple[Edge, Edge | None]:
    """Beginning and end; None where the line names only a beginning."""
    begins = found.end() if (found := _FROM.match(line)) else len(line) - len(line.lstrip())
    parted = _UNTIL.search(line, begins)
    borders = (parted.start(), parted.end()) if parted else None
    if borders is None and (hyphen := _HYPHEN.search(line, begins)):
        borders = hyphen.span(1)
    if borders is None:
        return Edge(line[begins:].strip(), len(line.rstrip())), None
    start, answered = _apart(line[begins : borders[0]])
    end, later = _apart(line[borders[1] :])
    if _HOUR.fullmatch(end):
        end += " Uhr"
    if _UHR.fullmatch(fold(end)) and _BARE.fullmatch(start):
        start += " Uhr"  # „21.6. 10–16 Uhr“
    if _DAY.fullmatch(start) and (dated := _DATE.match(end)):
        start += f" {dated[1].strip()}"  # „21.–22.6.2027“, „21. bis 22. Juni“
    return Edge(start + answered, borders[0]), Edge(end + later, len(line.rstrip()))


def _apart(words: str) -> tuple[str, str]:
    """What was typed first, and the answers to it: „Freitag 10 ⟶ 2“ is the second offer, not two o'clock."""
    first, mark, answers = words.strip().partition(ANSWERED)
    return first, mark + answers


def is_relative(words: str) -> bool:
    """Whether a time is meant from when it was said („morgen 16 Uhr“), not from where it stands („22.6. 16:00“)."""
    return _RELATIVE.search(fold(words)) is not None
