"""The progress in an answer to a check-in: a percentage that is plainly meant, one in doubt, or none.

What `lights.read_status` takes for progress is; but „fast 60 %“, „60 % fehlen noch“, „von 40 auf 60 %“ and a number
alone are asked back. A percentage of something („40 % der Ämter“) is text. „60 von 100“ is 60 %.
"""

import re
from typing import Final

from bot.errors import UserError
from bot.language.lights import read_status
from bot.language.names import fold
from bot.language.report_doubts import Doubt
from bot.language.report_lights import WORDS

MOST: Final = 100
_NUMBER = r"\d{1,6}(?:[.,]\d{1,2})?"
_SIGN = r"\s?(?:%|(?:prozent|percent|pct)(?!\w))"
_PERCENT = re.compile(rf"(?<![\w.,])(?P<value>{_NUMBER}){_SIGN}", re.IGNORECASE)
_THOUSANDS = re.compile(rf"\d{{1,3}}(?:\.\d{{3}})+{_SIGN}\W*", re.IGNORECASE)
_LIGHT = rf"(?:{'|'.join(WORDS)}|🟢|🟡|🔴)"
_OF_HUNDRED = re.compile(
    rf"(?<![\w.,/])(?P<value>\d{{1,3}})\s?(?:von|out of|of|/)\s?100(?:{_SIGN})?(?=\s*(?:[,;:!?.\n]|$|{_LIGHT}))",
    re.IGNORECASE,
)
# A light and a number side by side, or a label and a number: the sign is what was left out.
_BESIDE = re.compile(
    rf"(?<![\w-])(?P<light>{_LIGHT}[\s,;:/|–-]{{1,3}})(?P<value>\d{{1,3}})(?=\s*(?:[,;:!?\n]|\.\s|\.?$))", re.IGNORECASE
)
_BESIDE_BEFORE = re.compile(rf"^(?P<value>\d{{1,3}})(?=[\s,;:/|–-]{{1,3}}{_LIGHT}(?![\w-]))", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?<!\w)(?P<label>(?:fortschritt|progress|umsetzungsstand|stand)\s*[:=]?\s*)(?P<value>\d{1,3})(?=\s*(?:[,;!?\n]|\.?$))",
    re.IGNORECASE,
)
_UNSIGNED = re.compile(rf"^\W*{_LIGHT}[\s,;:/|–-]{{1,3}}(?P<value>\d{{2,3}})\s+[^\W\d]", re.IGNORECASE)
_SPAN = re.compile(
    rf"(?<![\w.,])(?P<one>{_NUMBER})(?:{_SIGN})?\s*(?:-|–|→|->|bis|auf|zu|oder|und|or|to|and)\s*(?P<two>{_NUMBER}){_SIGN}",
    re.IGNORECASE,
)
_ROUGHLY = re.compile(
    r"(?:nicht|kein\w*|noch nicht|fast|knapp|beinahe|nahezu|ueber|unter|mehr als|weniger als|mindestens|hoechstens|"
    r"maximal|minimal|bis zu|gut|hoffentlich|bald|demnaechst|um|plus|minus|vielleicht|vermutlich|wohl|soll\w*|noch|"
    r"nur noch|fehlen|fehlt|offen|not|almost|nearly|over|under|more than|less than|at least|at most|up to|maybe|still|"
    r"another|[+-])(?: (?:ganz|ganze|ganzen|etwa|ca\.?|rund|quite|die|the))?\s*$"
)
_OTHERWISE = re.compile(
    r"\s*(?:(?:sind |ist |noch )?(?:fehl\w*|offen|uebrig|rest\w*|ausstehend)|noch (?:zu tun|nicht)|verzug|verzoegerung|"
    r"mehr|weniger|zu tun|left|remaining|missing|to go|still open|more|less|open|delay\w*|"
    r"budget\w*|mittel|kosten|foerder\w*|haushalt\w*|beteiligung|quote|personal|stellen|funding|staff|cost\w*|"
    r"of budget|nicht|not|wahrscheinlich\w*|sicher|zustimmung|rabatt|teuerung)(?!\w)"
)
_ABOUT = re.compile(r"(?<!\w)(?:ca\.?|circa|etwa|rund|ungefähr|about|around|~)\s?(?=\d)", re.IGNORECASE)
_PART_OF = re.compile(
    r"\s*(?:der|des|dem|den|die|das|von|vom|aller|alle|unserer|davon|of|the|our|all)(?!\w)", re.IGNORECASE
)
_ENDS = re.compile(r"[,;:!?()\n|]|\.(?=\s|$)|\s[–—]\s")


def plain_percent(typed: str) -> str:
    """The text with „60 von 100“, „gelb 60“ and „Fortschritt: 60“ as percentages."""
    text = _OF_HUNDRED.sub(r"\g<value> %", re.sub(r"(?<!\w)umsetzungsstand(?!\w)", "Stand", typed, flags=re.IGNORECASE))
    text = _BESIDE_BEFORE.sub(r"\g<value> %", _BESIDE.sub(r"\g<light>\g<value> %", text))
    return _LABELLED.sub(r"\g<label>\g<value> %", text)


def number_alone(text: str) -> int | None:
    """The number, if `text` is nothing else."""
    found = re.fullmatch(r"\W*(\d{1,6})(?:[.,]0)?\W*", text) if len(text) <= 20 and "%" not in text else None
    return int(found[1]) if found and not re.search(r"[-+]\s?\d", text) else None


def beyond_doubt(text: str) -> str:
    """The text without percentages that cannot be: they were asked about."""
    kept = _PERCENT.sub(lambda hit: hit[0] if _value(hit["value"]) <= MOST else "", text)
    return kept if kept == text else re.sub(r"\s{2,}", " ", kept).strip(" ,;")


def progress_of(typed: str) -> int | Doubt | None:
    """The progress that `typed` plainly means, what is in doubt about it, or None. „Ca. 60 %“ is 60 %."""
    text = _ABOUT.sub("", typed)
    alone = number_alone(text)
    if alone is not None:
        return _meant(alone)
    if _THOUSANDS.fullmatch(text):
        return _meant(int(re.sub(r"\D", "", text)))
    percents = list(_PERCENT.finditer(text))
    if not percents:
        unsigned = _UNSIGNED.match(text)
        value = int(unsigned["value"]) if unsigned else None
        return _meant(value) if value is not None and value <= MOST and value % 5 == 0 else None
    if span := _SPAN.search(text):
        return _which(span)
    try:
        progress = read_status(_without_lights(text)).progress
    except UserError as problem:
        return _beyond(problem.values["value"])
    if progress is None:
        return _unplaced(percents, text)
    hit = next((hit for hit in percents if _value(hit["value"]) == progress), percents[0])
    if _is_rough(hit, text):
        return _meant(progress)
    return progress


def _without_lights(text: str) -> str:
    """Two lights are somebody else's matter; and a light before a percentage must not hide it."""
    return re.sub(rf"[🟢🟡🔴]|(?<![\w-]){_LIGHT}(?![\w-])", " ", text, flags=re.IGNORECASE).strip()


def _value(number: str) -> int:
    return int(float(number.replace(",", ".")) + 0.5)


def _beyond(value: int) -> Doubt:
    return Doubt(UserError("reports.progress_range", value=value))


def _meant(value: int) -> Doubt:
    if value > MOST:
        return _beyond(value)
    return Doubt(UserError("reports.meant_progress", value=value), value)


def _which(span: re.Match[str]) -> Doubt:
    values = sorted({_value(span["one"]), _value(span["two"])})
    if values[-1] > MOST:
        return _beyond(values[-1])
    return Doubt(UserError("reports.which_progress", values=values)) if len(values) > 1 else _meant(values[0])


def _unplaced(percents: list[re.Match[str]], text: str) -> Doubt | None:
    """A percentage that stands in a sentence: of something else, or asked back."""
    loose = [hit for hit in percents if not _PART_OF.match(text[hit.end() :])]
    values = {_value(hit["value"]) for hit in loose}
    if not values or max(values) > MOST:
        return None
    if len(values) > 1:
        return Doubt(UserError("reports.which_progress", values=sorted(values)))
    return _meant(values.pop())


def _is_rough(hit: re.Match[str], text: str) -> bool:
    """Whether what stands around a percentage makes it doubtful that the progress is just that."""
    start = max((end.end() for end in _ENDS.finditer(text, 0, hit.start())), default=0)
    end = _ENDS.search(text, hit.end())
    before, behind = fold(text[start : hit.start()]), fold(text[hit.end() : end.start() if end else None])
    led = re.search(r"(?:^|(?<=[\s]))" + _ROUGHLY.pattern, f"{before} ")
    return led is not None or _OTHERWISE.match(behind) is not None
