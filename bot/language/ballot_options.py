"""Options of a ballot as people name them: by number, by name with small slips, by date. What fits several is none."""

import difflib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.answers import Sheet
from bot.language.names import fold, nearest
from bot.language.vocabulary import MONTHS, WEEKDAYS, any_of

LONGEST_NAME = 200  # characters that are compared for likeness; longer names must be exact
# Invisible characters, variation selectors, keycaps, skin tones, ♂ and ♀, quotes, Markdown: they mean nothing here.
_NOISE = "\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff♂♀„“”\"'’‘‚`*_"
_TOKEN = re.compile(rf"\d+|[^\W\d_]+|\n|[^\w\s{_NOISE}]")
# Without these the rest of a name may mean the opposite, or another option.
_TURNING = frozenset({
    "nicht", "kein", "keine", "keinen", "keiner", "ohne", "nie", "weder", "und", "oder", "statt", "gegen",
    "not", "no", "without", "never", "and", "or", "nor", "instead", "against",
})  # fmt: skip
_DAY = re.compile(
    rf"(?:{any_of(WEEKDAYS)}\.?,?\s*)?"
    r"(?:(?P<year0>\d{4})-(?P<month0>\d{1,2})-(?P<day0>\d{1,2})"
    r"|(?P<day>\d{1,2})(?:\.\s?(?P<month>\d{1,2})\.|\.?\s?(?P<name>[^\W\d_]{3,9})(?!\w)\.?)"
    r"(?:\s?(?P<year>\d{4}|\d{2}(?![\d:.])(?!\s*uhr)))?)"
    r"(?:(?:,?\s*(?:um\s+|at\s+)?|T)(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?:\s*uhr)?|\s*uhr))?(?!\w)",
    re.IGNORECASE,
)
_LIKE = 0.8  # of two words: one slip in five letters


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a mark, folded. `glued` to the word or number before it; `spaced` from whatever is."""

    text: str
    start: int
    end: int
    glued: bool
    spaced: bool

    @property
    def is_mark(self) -> bool:
        """Whether it is neither word nor number."""
        return not self.text[0].isalnum()

    @property
    def number(self) -> int | None:
        """Its value, if it is a number that an option or an amount can be."""
        return int(self.text) if self.text.isdecimal() and len(self.text) <= 9 else None


@dataclass(frozen=True, slots=True)
class Day:
    """A date and time as far as they were said."""

    day: int
    month: int
    year: int | None
    hour: int | None
    minute: int

    def may_be(self, other: "Day") -> bool:
        """Whether that may be the date of `other`; what one of them leaves open does not tell them apart."""
        if (self.day, self.month) != (other.day, other.month):
            return False
        if self.year is not None and other.year is not None and self.year % 100 != other.year % 100:
            return False
        return self.hour is None or other.hour is None or (self.hour, self.minute) == (other.hour, other.minute)


def tokens(text: str) -> list[Token]:
    """The tokens of a text in NFC; 🔟 is a number."""
    found: list[Token] = []
    for hit in _TOKEN.finditer(text):
        said = _folded(hit[0])
        if not said:
            continue
        before = found[-1] if found else None
        glued = before is not None and before.end == hit.start() and said[0].isalnum() and not before.is_mark
        found.append(Token(said, hit.start(), hit.end(), glued, before is None or before.end < hit.start()))
    return found


def _folded(part: str) -> str:
    if part.isascii():  # nearly all are, and folding is slow
        return part.lower()
    return "10" if part == "🔟" else fold(part)


def day_at(text: str, at: int) -> tuple[Day, int] | None:
    """The date that begins at this place of a text, and where it ends."""
    hit = _DAY.match(text, at)
    if hit is None:
        return None
    name = fold(hit["name"] or "")
    month = MONTHS.get(name) if name else int(hit["month"] or hit["month0"])
    if month is None:
        return None
    year, hour = hit["year"] or hit["year0"], hit["hour"]
    day = Day(
        int(hit["day"] or hit["day0"]), month, int(year) if year else None, int(hour) if hour else None,
        int(hit["minute"] or 0),
    )  # fmt: skip
    return day, hit.end()


def _first_day(label: str) -> Day | None:
    """The date that a label names."""
    for start in re.finditer(r"(?<!\w)\d", label[:LONGEST_NAME]):
        if (found := day_at(label, start.start())) is not None:
            return found[0]
    return None


class Names:
    """The options of a sheet by what they may be called."""

    def __init__(self, sheet: Sheet, zone: ZoneInfo | None = None) -> None:
        """`zone` is that in which the times of options are shown; without it only their labels are known."""
        self.count = len(sheet.options)
        self.length = sum(len(option.label[:LONGEST_NAME]) + 20 for option in sheet.options)  # of all, one by one
        self._labels = [tuple(token.text for token in tokens(option.label)) for option in sheet.options]
        self._forms = [_bare(label) for label in self._labels]
        self._by_first: dict[str, list[int]] = {}
        for number, form in enumerate(self._forms, start=1):
            if form and not (len(self._labels[number - 1]) == 1 and form[0].isdecimal()):
                self._by_first.setdefault(form[0], []).append(number)
        self._days: list[tuple[Day, int]] = []
        for number, option in enumerate(sheet.options, start=1):
            if option.at is not None and zone is not None:
                at = option.at.astimezone(zone)
                self._days.append((Day(at.day, at.month, at.year, at.hour, at.minute), number))
            elif (day := _first_day(option.label)) is not None:
                self._days.append((day, number))

    def numbered(self, number: int) -> int | None:
        """The option of that number, unless another one is called by it."""
        meant = {other for other, form in enumerate(self._forms, start=1) if form == (str(number),)}
        meant |= {number} if 1 <= number <= self.count else set()
        return meant.pop() if len(meant) == 1 else None

    def counts(self, word: str) -> bool:
        """Whether names number their options by this word: „Variante 2a“, which may stand first."""
        pairs = (pair for form in self._forms for pair in itertools.pairwise(form))
        return any(first == word and second.isdecimal() for first, second in pairs)

    def exact(self, words: Sequence[Token], at: int) -> tuple[frozenset[int], int]:
        """The options whose whole name begins at a token, the longest name first, and the token behind it."""
        longest, end = frozenset[int](), at
        for number in self._by_first.get(words[at].text, ()):
            stop = self._matched(self._labels[number - 1], words, at)
            if stop > end:
                longest, end = frozenset({number}), stop
            elif stop == end and stop > at:
                longest |= {number}
        return longest, end

    def _matched(self, label: Sequence[str], words: Sequence[Token], at: int) -> int:
        """Where a name ends that begins at a token; marks of the name may be left out. `at` if it does not."""
        here = at
        if _is_amount(label):  # of „20 €“ the sign is what tells it from a number
            whole = tuple(token.text for token in words[at : at + len(label)]) == tuple(label)
            return at + len(label) if whole else at
        for part in label:
            if here < len(words) and words[here].text == part:
                here += 1
            elif part[0].isalnum():
                while here < len(words) and here > at and words[here].text == "-":
                    here += 1  # a hyphen more than the name has
                if here == len(words) or words[here].text != part:
                    return at
                here += 1
        if here < len(words) and words[here].glued:
            return at
        return here

    def dated(self, text: str, at: int) -> tuple[frozenset[int], int] | None:
        """The options of the date that begins at this place of a text; None if none does, or no option has one."""
        if not self._days or (found := day_at(text, at)) is None:
            return None
        day, end = found
        return frozenset(number for known, number in self._days if day.may_be(known)), end

    def near(self, words: Sequence[str]) -> int | None:
        """The one option that these words mean, though they are not its whole name or not quite its spelling."""
        if not words or sum(map(len, words)) > LONGEST_NAME:
            return None
        parts = [number for number, form in enumerate(self._forms, start=1) if _is_part(words, form)]
        if parts:
            turned = _TURNING & (set(self._forms[parts[0] - 1]) - set(words))
            return parts[0] if len(parts) == 1 and not turned else None
        begun = [form for form in self._forms if _begins(words, form)]
        if len(begun) > 1:  # „Lind“ may be Linden or Lindenstadt, however like the shorter one it is
            return None
        typed = " ".join(words)
        known = {" ".join(form): form for form in self._forms if form and len(form) == len(words)}
        close = {name for name in nearest(typed, known, limit=3) if _is_like(words, known[name])}
        if len(close) != 1:
            return None
        meant = [number for number, form in enumerate(self._forms, start=1) if form == known[next(iter(close))]]
        return meant[0] if len(meant) == 1 else None


def _is_amount(label: Sequence[str]) -> bool:
    """Whether a name is a number with a sign: „20 €“, „50 %“."""
    return sum(part[0].isalnum() for part in label) == 1 and len(label) > 1 and any(part.isdecimal() for part in label)


def _bare(label: Sequence[str]) -> tuple[str, ...]:
    """The words of a name without its marks."""
    return tuple(part for part in label if part[0].isalnum())


def _is_part(words: Sequence[str], form: Sequence[str]) -> bool:
    """Whether the words stand in a name, in that order and one after the other; one of them says something."""
    length = len(words)
    telling = any(len(word) > 2 or len(form) <= 2 for word in words) and not set(words) <= _TURNING
    return telling and any(tuple(form[at : at + length]) == tuple(words) for at in range(len(form) - length + 1))


def _begins(words: Sequence[str], form: Sequence[str]) -> bool:
    """Whether the words may be the beginning of a name, the last of them cut off."""
    return (
        len(words) <= len(form)
        and [*words[:-1]] == [*form[: len(words) - 1]]
        and form[len(words) - 1].startswith(words[-1])
    )


def _is_like(words: Sequence[str], form: Sequence[str]) -> bool:
    """Whether each word may be a slip of the other: „Variante C“ is none of „Variante A“, nor „unklar“ of „klar“."""
    for word, meant in zip(words, form, strict=True):
        if word == meant:
            continue
        if len(word) < 4 or word[0] != meant[0] or not (word + meant).isalpha():
            return False
        if difflib.SequenceMatcher(None, word, meant).ratio() < _LIKE:
            return False
    return True
