"""The light in an answer to a check-in: one that is plainly meant, one in doubt, or none.

A light is plainly meant at the start („gelb Vergabe verzögert“), by itself between commas, beside a percentage, behind
words that only lead to it („die Ampel steht weiterhin auf rot“), and as a coloured circle or square. Anywhere else it
may be part of a sentence („der Server ist rot“, „bald wieder grün“), and is asked back; so are two of them, and „nicht
mehr rot“.
"""

import re
import unicodedata
from typing import Final

from bot.domain.project import Light
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.language.report_doubts import ABOUT_LIGHT, Doubt

MOST_NAMED: Final = 12  # times that a light is named: more is no report
WORDS: Final = {
    "grün": Light.GREEN,
    "gruen": Light.GREEN,
    "green": Light.GREEN,
    "gelb": Light.YELLOW,
    "yellow": Light.YELLOW,
    "amber": Light.YELLOW,
    "rot": Light.RED,
    "red": Light.RED,
}
SIGNS: Final = {"🟢": Light.GREEN, "🟡": Light.YELLOW, "🔴": Light.RED}
_SQUARES: Final = str.maketrans("🟩🟨🟥", "🟢🟡🔴")

_ANY = "|".join(WORDS)
_TOKEN = re.compile(rf"(?<![\w-])(?P<word>{_ANY})(?![\w-])|(?P<sign>[🟢🟡🔴])", re.IGNORECASE)
_MIXED = re.compile(rf"(?<![\w-])(?P<one>{_ANY})-?(?P<two>{_ANY})(?![\w-])", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<![\w-])(?:orange|orangen?farben|grünlich|gelblich|rötlich|dunkelgelb|hellrot|hellgrün|"
                      r"dunkelgrün|dunkelrot|hellgelb)(?![\w-])|[🟠🟧]", re.IGNORECASE)  # fmt: skip
_AS_ADJECTIVE = re.compile(
    r"(?<![\w-])(?P<word>grün|gelb|rot)e[nrms]?\s+(?:bereich|ampel|phase|status)(?!\w)", re.IGNORECASE
)
_ENDS = re.compile(r"[,;:!?()\n|/•·]|\.(?=\s|$)|\s[–—-]\s|\s?(?:→|->|⟶)\s?")
_PERCENT = r"(?:(?:ca\.?\s|etwa\s|rund\s|about\s)?\d{1,3}(?:[.,]\d+)?\s?(?:%|prozent|percent|pct)?)"
# Words that only lead to a light; whatever else stands before it makes a sentence of it.
_LEADING = re.compile(
    rf"(?:(?:die|der|das|unser[e]?|the|our|projekt|project|vorhaben|ampel|ampelfarbe|status|stand|light|farbe|colour|"
    rf"color|ist|is|steht|stehen|bleibt|bleiben|remains|remain|stays|still|weiter|weiterhin|immer|noch|jetzt|nun|now|"
    rf"aktuell|currently|derzeit|momentan|wieder|again|auf|bei|at|on|es|it|wir|we|are|sind|ganz|klar|eindeutig|leider|aber|"
    rf"but|alles|all|everything|und|and|mit|with|also|heute|today|setze|melde|meine|von mir|diesmal|"
    rf"fortschritt|progress|unveraendert|unchanged|{_PERCENT})\s*)*"
)
_DENIAL = re.compile(r"(?<!\w)(?:nicht|nie|kein\w*|weder|ohne|not|never|no|isn't|ain't|n't)(?!\w)")
# What follows a light and shows that it is not the one that holds now.
_TURNING = re.compile(
    r"(?:war|waren|was|were|waere|wird|werden|wuerde|koennte|will|would|could|might|may|oder|or|bis|statt|wenn|falls|if|"
    r"hoffentlich|geht|koennen|kann|can|should|sollte|soll)(?!\w)"
    r"|(?:ist|sind|is|are)(?!\w).*(?<!\w)(?:nicht|kein\w*|nie|not|never|no)(?!\w)"
    r"|(?:light|tape|flag|card|zone|list|team|it|energy|deal|cross|bus|paper)(?!\w)"
)
_BESIDE = re.compile(rf"^\W*{_PERCENT}(?=\W|$)")
_BESIDE_BEFORE = re.compile(r"\d{1,3}(?:[.,]\d+)?\s?(?:%|prozent|percent|pct)\W*$", re.IGNORECASE)
_DASH = re.compile(r"^[-–—*•]+\s+")
_WRAPPED = re.compile(
    rf"[(\[„“”\"*_]{{1,3}}((?:{_ANY}|[🟢🟡🔴]|{_PERCENT})\s{{0,3}})[)\]„“”\"*_]{{1,3}}", re.IGNORECASE
)
_LABELLED = re.compile(rf"\s*(?:status|stand|state)\s*:?\s+(?:(?:{_ANY})(?!\w)|[🟢🟡🔴]|\d{{1,3}}\s?%)", re.IGNORECASE)
_QUOTES = " \t*„“”\"'‚‘_»«"


def plain_signs(typed: str) -> str:
    """The text with squares as circles, in one Unicode form, without a dash before it and quotes around a light."""
    text = unicodedata.normalize("NFC", typed).replace("\ufe0f", "").strip()
    return _WRAPPED.sub(r"\1", _DASH.sub("", text.translate(_SQUARES)))


def without_lights(text: str) -> str:
    """The text without any word or sign for a light."""
    return _TOKEN.sub(" ", _MIXED.sub(" ", text))


def leads_only(text: str) -> bool:
    """Whether `text` says no more than a light and what leads to it: „wir bleiben gelb“."""
    return _LEADING.fullmatch(fold(re.sub(r"[^\w%]", " ", without_lights(text)))) is not None


def light_of_sign(key: str) -> Light | None:
    """The light that a reaction is, or None."""
    return SIGNS.get(plain_signs(key))


def is_labelled(typed: str) -> bool:
    """„Status gelb“, „Stand 60 %“: how it stands, though the first word is a command as well."""
    return _LABELLED.match(typed) is not None


def light_of(text: str) -> Light | Doubt | None:
    """The light that `text` plainly means, what is in doubt about it, or None."""
    found = [(hit, _light(hit)) for hit in _TOKEN.finditer(text)]
    mixed = [WORDS[part.lower()] for hit in _MIXED.finditer(text) for part in hit.group("one", "two")]
    lights = list(dict.fromkeys([light for _, light in found] + mixed))
    if len(lights) > 1:
        return Doubt(UserError("reports.two_lights", lights=lights), about=ABOUT_LIGHT)
    if _BETWEEN.search(text):
        return Doubt(UserError("reports.which_light"), about=ABOUT_LIGHT)
    if adjective := _AS_ADJECTIVE.search(text):
        return _meant(WORDS[adjective["word"].lower()])
    if not found:
        return _slip(text)
    if len(found) > MOST_NAMED or any(_is_denied(hit, text) for hit, _ in found):
        return Doubt(UserError("reports.which_light"), about=ABOUT_LIGHT)
    if any(_is_meant(hit, text) for hit, _ in found):
        return lights[0]
    return _meant(lights[0])


def _light(hit: re.Match[str]) -> Light:
    return WORDS[hit["word"].lower()] if hit["word"] else SIGNS[hit["sign"]]


def _meant(light: Light) -> Doubt:
    return Doubt(UserError("reports.meant_light", light=light), light, ABOUT_LIGHT)


def _around(hit: re.Match[str], text: str) -> tuple[str, str]:
    """What stands before and behind a light in its own part of the sentence, as compared."""
    start = max((end.end() for end in _ENDS.finditer(text, 0, hit.start())), default=0)
    behind = _ENDS.search(text, hit.end())
    return fold(text[start : hit.start()]).strip(_QUOTES), fold(text[hit.end() : behind.start() if behind else None])


def _is_denied(hit: re.Match[str], text: str) -> bool:
    before, behind = _around(hit, text)
    if _DENIAL.search(" ".join(before.split()[-4:])):
        return True
    return behind.strip().startswith(("ist ", "sind ", "is ", "are ")) and _DENIAL.search(behind) is not None


def _is_meant(hit: re.Match[str], text: str) -> bool:
    if re.match(r"[\s“”\"']*\?", text[hit.end() :]):
        return False
    before, behind = _around(hit, text)
    if _TURNING.match(behind.strip(_QUOTES)):
        return False
    if hit["sign"] or _LEADING.fullmatch(before):
        return True
    return _BESIDE.match(behind) is not None or _BESIDE_BEFORE.search(text[: hit.start()]) is not None


def _slip(text: str) -> Doubt | None:
    """A word by itself, at the start, that is nearly a light: „geld, 60 %“."""
    first = _ENDS.split(text, maxsplit=1)[0]
    word = re.sub(_PERCENT, "", first, flags=re.IGNORECASE).strip(" .,!") if len(first) <= 40 else ""
    if not word.isalpha() or not 3 <= len(word) <= 8:
        return None
    close = nearest(word, WORDS)
    return _meant(WORDS[close[0]]) if close and abs(len(close[0]) - len(word)) <= 1 else None
