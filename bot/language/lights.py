"""A status in a few words: „gelb 60 % Vergabe verzögert sich“, in any order, each part optional.

What counts as light or progress, and what stays text:

- A light word (grün, gelb, rot, …, as a whole word, not „rote“ or „rot-weiß“) at the start or the end, or next to a
  percentage; „nicht grün“ is no light. A coloured circle counts anywhere.
- A percentage at the start or the end, next to a light, or beside „fertig“, „Fortschritt“ and the like. At the start
  it is text if a sentence goes on from it („40 % der Ämter sind dabei“), at the end if a preposition leads to it
  („Beteiligung bei 40 %“; but „zu 60 %“ and „wir sind bei 60 %“ are progress).
- What was recognised is taken out of the text, unless the sentence needs it („Die Ampel steht auf rot“).
"""

import re
import unicodedata
from dataclasses import dataclass

from bot.domain.project import Light
from bot.errors import UserError


@dataclass(frozen=True, slots=True)
class StatusWords:
    """`progress` in percent, 0 to 100; `text` is empty if there was none."""

    light: Light | None
    progress: int | None
    text: str


_LIGHTS = {
    "grün": Light.GREEN,
    "gruen": Light.GREEN,
    "green": Light.GREEN,
    "gelb": Light.YELLOW,
    "yellow": Light.YELLOW,
    "amber": Light.YELLOW,
    "rot": Light.RED,
    "red": Light.RED,
}
_CIRCLES = {"🟢": Light.GREEN, "🟡": Light.YELLOW, "🔴": Light.RED}

_LABEL = r"(?:(?:ampel|status|light|fortschritt|progress|stand)\s*:\s*)?"
_LIGHT = rf"(?<![\w-])(?P<light>{'|'.join(_LIGHTS)})(?![\w-])"
# Not the end of a range („60–70 %“) nor of a longer number.
_NUMBER = r"(?<![\w–-])(?<!\d[.,])(?P<progress>\d{1,6}(?:[.,]\d{1,2})?)\s?(?:%|(?:prozent|percent|pct)(?!\w))"
_MARKS = " \t\r\n,;:/|·•–—-"
_GAP = rf"[{re.escape(_MARKS)}]*"
# The words after which a percentage belongs to the sentence that goes on from it. With a capital letter they begin
# another one: „gelb 50 % Der Dienstleister liefert später“.
_ALONE = (
    r"(?!\s+(?-i:der|des|dem|den|die|das|von|vom|aller|alle|unserer|unser|dieser|davon|mehr|weniger|sind|haben|werden|"
    r"of|the|our|all|more|less|fewer|have|are|were)(?!\w))"
)
_DONE = r"\s+(?:fertig|erledigt|umgesetzt|abgeschlossen|geschafft|done|complete|finished)(?!\w)"


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_STARTS = _compiled(rf"{_LABEL}{_LIGHT}\.?", rf"{_LABEL}(?:zu\s+)?{_NUMBER}{_ALONE}(?!{_DONE})\.?")
_ENDS = _compiled(rf"{_LABEL}{_LIGHT}{_GAP}[.!]?$", rf"{_LABEL}(?:zu\s+)?{_NUMBER}{_GAP}[.!]?$")
_PAIRS = _compiled(rf"{_LIGHT}{_GAP}(?:zu\s+)?{_NUMBER}{_ALONE}(?!{_DONE})", rf"{_NUMBER}{_GAP}{_LIGHT}")
# Progress in so many words, wherever it stands; the sentence keeps it.
_TOLD = _compiled(
    rf"(?<!\w)(?:fortschritt|progress|umsetzungsstand|wir (?:sind|stehen|liegen)(?: \w+)? bei|we(?: a|')re(?: \w+)? at)"
    rf"\W+(?:ist |is |bei |at )?{_NUMBER}{_ALONE}",
    rf"{_NUMBER}{_DONE}",
)
# At the end, what hangs on one of these says nothing of its own …
_DENIED, _LED_TO, _NEEDED = _compiled(
    r"(?<!\w)(?:nicht|nie|kein|keine|statt|fast|beinahe|weder|not|never|almost|nearly|no)\s+$",
    r"(?<!\w)(?:bei|um|auf|von|vom|über|unter|nur|etwa|rund|ca\.?|mindestens|höchstens|quorum|at|by|of|to|about|over|"
    r"under|only|from|least)\s+$",
    # … and what hangs on one of these is needed where it is.
    r"(?<!\w)(?:auf|ist|steht|bleibt|wird|noch|jetzt|nun|bei|und|oder|is|on|at|still|now|and|or)\s*$",
)


@dataclass(slots=True)
class _Found:
    """What is left to read, and what has been taken from it."""

    rest: str
    lights: list[Light]
    percent: str | None = None

    def note(self, found: re.Match[str]) -> None:
        groups = found.groupdict()
        if word := groups.get("light"):
            self.lights.append(_LIGHTS[word.lower()])
        if percent := groups.get("progress"):
            self.percent = percent


def read_status(text: str) -> StatusWords:
    """The status in `text`, by the rules above.

    UserError: `status.two_lights` for two different lights, `status.progress_range` (value) above 100 %.
    """
    typed = unicodedata.normalize("NFC", text).strip()
    found = _Found(typed, [])
    _take_circles(found)
    while _take_start(found) or _take_end(found) or _take_pair(found):
        pass
    for pattern in _TOLD:
        if found.percent is None and (told := pattern.search(found.rest)):
            found.note(told)
    if len(set(found.lights)) > 1:
        raise UserError("status.two_lights")
    progress = int(float(found.percent.replace(",", ".")) + 0.5) if found.percent else None
    if progress is not None and progress > 100:
        raise UserError("status.progress_range", value=progress)
    return StatusWords(
        found.lights[0] if found.lights else None, progress, _trimmed(found.rest) if found.rest != typed else typed
    )


def _take_circles(found: _Found) -> None:
    for circle, light in _CIRCLES.items():
        if circle in found.rest:
            found.lights.append(light)
            found.rest = re.sub(r"(?<=\S) {2,}(?=\S)", " ", re.sub(f"{circle}\ufe0f?", " ", found.rest))


def _take_start(found: _Found) -> bool:
    rest = found.rest.lstrip(_MARKS)
    for hit in (pattern.match(rest) for pattern in _STARTS):
        if hit and _wanted(hit, found):
            found.note(hit)
            found.rest = rest[hit.end() :]
            return True
    return False


def _take_end(found: _Found) -> bool:
    rest = found.rest.rstrip()
    for hit in (pattern.search(rest) for pattern in _ENDS):
        before = rest[: hit.start()] if hit else ""
        if hit is None or not _wanted(hit, found) or _DENIED.search(before):
            continue
        if "progress" in hit.groupdict() and not hit[0].lower().startswith("zu") and _LED_TO.search(before):
            continue
        found.note(hit)
        if _NEEDED.search(before):
            return False
        found.rest = before
        return True
    return False


def _take_pair(found: _Found) -> bool:
    for hit in (pattern.search(found.rest) for pattern in _PAIRS):
        if hit and _wanted(hit, found):
            found.note(hit)
            before, after = found.rest[: hit.start()], found.rest[hit.end() :]
            joint = ", " if after.lstrip().startswith((",", ";")) else " "
            found.rest = before.rstrip(" ,;") + joint + after.lstrip(" ,;")
            return True
    return False


def _wanted(hit: re.Match[str], found: _Found) -> bool:
    """The first percentage counts; a later one is part of the text."""
    return not ("progress" in hit.groupdict() and found.percent is not None)


def _trimmed(rest: str) -> str:
    """Without the marks that stood between the parts; a list that begins on its own line keeps its first dash."""
    text = rest.lstrip(_MARKS.replace("\n", ""))
    text = (text.strip() if text.startswith("\n") else text).rstrip(_MARKS)
    return "" if re.fullmatch(r"[.!?\s]*", text) else text
