"""Numbers in words where an option is meant: „zwei“, „die zweite“, „Option drei“, “the last one”."""

import re

_CARDINALS = (
    "eins one", "zwei two", "drei three", "vier four", "fünf fuenf five", "sechs six", "sieben seven", "acht eight",
    "neun nine", "zehn ten", "elf eleven", "zwölf zwoelf twelve",
)  # fmt: skip
_ORDINALS = (
    "erst first", "zweit second", "dritt third", "viert fourth", "fünft fuenft fifth", "sechst sixth",
    "siebt siebent seventh", "acht eighth", "neunt ninth", "zehnt tenth", "elft eleventh", "zwölft zwoelft twelfth",
    "letzt last",
)  # fmt: skip
_NUMBER = {word: number for number, words in enumerate(_CARDINALS, 1) for word in words.split()}
_PLACE = {word: number for number, words in enumerate(_ORDINALS, 1) for word in words.split()}
_LAST = len(_ORDINALS)
_THING = r"(?:\s+(?:option|variante|möglichkeit|moeglichkeit|vorschlag|termin|antwort|proposal|date|one)(?!\w))?"
_WORDS = re.compile(
    rf"(?<!\w)(?:(?:für\s+)?(?:die|der|das|den|the)\s+(?P<place>{'|'.join(_PLACE)})(?:e|er|es|en)?(?!\w){_THING}"
    rf"|(?P<number>{'|'.join(_NUMBER)})(?!\w))",
    re.IGNORECASE,
)


def with_numbers(typed: str, count: int) -> str:
    """A short text with figures for its numbers in words; the last of `count` options is that number."""

    def figure(found: re.Match[str]) -> str:
        if found["number"]:
            return str(_NUMBER[found["number"].casefold()])
        place = _PLACE[found["place"].casefold()]
        return str(count if place == _LAST else place)

    return _WORDS.sub(figure, typed)
