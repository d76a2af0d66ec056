"""Signs that stand for an option: 1️⃣ … 🔟, 🇦 🇧 …"""

import re

from bot.domain.answers import Sheet
from bot.language.ballot_options import Names, tokens
from bot.language.names import fold

_LETTERS = {chr(0x1F1E6 + at): chr(ord("a") + at) for at in range(26)} | {"🅰": "a", "🅱": "b"}
_KEYCAP = re.compile(r"[0-9]{1,2}|[①-⑳]|🔟")
_SHADES = re.compile("[\ufe0e\ufe0f\u20e3\u200d]")


def option_of_sign(sign: str, sheet: Sheet, names: Names) -> str | None:
    """The number of the option that a sign stands for, as text; None if it stands for none or for several."""
    if (shown := number_of(sign)) is not None:
        number = names.numbered(shown)
        return str(number) if number else None
    letter = _LETTERS.get(_SHADES.sub("", sign[:20]).strip())
    return _lettered(letter, sheet) if letter else None


def number_of(sign: str) -> int | None:
    """The number that a sign shows: 3️⃣, ③, 🔟; None if it shows none."""
    key = _SHADES.sub("", sign[:20]).strip()
    if not _KEYCAP.fullmatch(key):
        return None
    return 10 if key == "🔟" else int(fold(key))


def _lettered(letter: str, sheet: Sheet) -> str | None:
    """The option of a letter, unless another one is called by it („Variante B“ may stand first)."""
    meant = {ord(letter) - ord("a") + 1} & set(range(1, len(sheet.options) + 1))
    for number, option in enumerate(sheet.options, start=1):
        words = [token.text for token in tokens(option.label) if not token.is_mark]
        if words and letter in (words[0], words[-1]):
            meant.add(number)
    return str(meant.pop()) if len(meant) == 1 else None
