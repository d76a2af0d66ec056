"""Slips of the finger in a date („Freitg 12 Uhr“, „jeden Montga 9:00“): what was probably meant, to be asked back.

Never an answer by itself: a word that only looks like one of ours may be another.
"""

import difflib
import re

from bot.language.vocabulary import MONTHS, NUMBERS, ORDINALS, WEEKDAYS

_SHORTEST = 4
_LIKENESS = 0.8  # „Freitg“ and „Montga“ are above, „bald“ and „Ostern“ below
_OTHERS = (
    "heute morgen uebermorgen today tomorrow tonight naechste naechsten naechster naechstes kommende kommenden "
    "uebernaechste uebernaechsten letzten letzte next coming last anfang mitte ende woche wochen tage tagen monat "
    "monats monate monaten jahr jahre jahres quartal quartals week weeks days month months year years quarter jeden "
    "jede jedes jeder every immer always taeglich daily woechentlich weekly monatlich monthly jaehrlich yearly "
    "werktags weekdays frueh morgens mittags mittag vormittags vormittag nachmittags nachmittag abends abend nachts "
    "nacht mitternacht morning afternoon evening night noon midnight spaetestens until stunden stunde hours minuten "
    "minutes monatsende jahresende quartalsende"
)
# Words that make it something else, near as they are to one of ours.
_OTHER_WORDS = "nach noch kein keine nicht ohne auch eben neben oder feiertag feiertage feiertags ferien hour"
_LEAVE = frozenset(_OTHER_WORDS.split())
_KNOWN = sorted(
    {word for word in (*MONTHS, *NUMBERS, *ORDINALS, *_OTHERS.split()) if len(word) >= _SHORTEST}
    | {word + ending for word in WEEKDAYS if len(word) >= _SHORTEST for ending in ("", "s")}
)


def mended(folded: str) -> str | None:
    """The folded text with its unknown words as they were probably meant; None where there is nothing to mend."""
    new = re.sub("[a-z]+", lambda word: _meant(word[0]), folded)
    return None if new == folded else new


def _meant(word: str) -> str:
    if len(word) < _SHORTEST or word in _LEAVE or word in _KNOWN:
        return word
    close = difflib.get_close_matches(word, _KNOWN, n=1, cutoff=_LIKENESS)
    return close[0] if close and abs(len(close[0]) - len(word)) <= 1 else word
