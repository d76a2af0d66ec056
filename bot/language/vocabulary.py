"""Months, weekdays and small numbers in German and English, folded as `names.fold` does."""

from collections.abc import Iterable

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "januar jaenner january jan jaen",
            "februar feber february feb",
            "maerz marz march maer mrz mar",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}

# Monday is 0, as in `date.weekday()`.
WEEKDAYS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "montag monday mon mo",
            "dienstag tuesday tues tue di",
            "mittwoch wednesday wed mi",
            "donnerstag thursday thurs thur thu do",
            "freitag friday fri fr",
            "samstag sonnabend saturday sat sa",
            "sonntag sunday sun so",
        )
    )
    for name in names.split()
}

NUMBERS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "eins einem einer einen eine ein one an a",
            "zwei zwo two",
            "drei three",
            "vier four",
            "fuenf five",
            "sechs six",
            "sieben seven",
            "acht eight",
            "neun nine",
            "zehn ten",
            "elf eleven",
            "zwoelf twelve",
        ),
        start=1,
    )
    for name in names.split()
} | {"vierzehn": 14, "fourteen": 14, "zwanzig": 20, "twenty": 20, "dreissig": 30, "thirty": 30}

_FIRST_DAYS = (
    "erste zweite dritte vierte fuenfte sechste siebte achte neunte zehnte elfte zwoelfte dreizehnte vierzehnte "
    "fuenfzehnte sechzehnte siebzehnte achtzehnte neunzehnte zwanzigste"
)
_TENS = [f"{one}undzwanzigste" for one in ("ein", "zwei", "drei", "vier", "fuenf", "sechs", "sieben", "acht", "neun")]
_ENGLISH_DAYS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)

# The days of a month in words; 1 is the first.
ORDINALS: dict[str, int] = {
    stem + ending: number
    for number, stem in enumerate([*_FIRST_DAYS.split(), *_TENS, "dreissigste", "einunddreissigste"], start=1)
    for ending in ("", *"nrsm")
} | {
    word: number
    for number, word in enumerate(
        [*_ENGLISH_DAYS.split(), *(f"twenty-{one}" for one in _ENGLISH_DAYS.split()[:9]), "thirtieth", "thirty-first"],
        start=1,
    )
}


def any_of(words: Iterable[str]) -> str:
    """A regular expression for one of the words; longer ones first, so that „mon“ does not cut „monday“ short."""
    return "(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))) + ")"


def number(word: str) -> int:
    """An integer from digits or a number word of this vocabulary. ValueError for anything else."""
    return NUMBERS[word] if word in NUMBERS else int(word)
