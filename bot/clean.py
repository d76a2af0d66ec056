"""Cleaning what people type or send, once, at the door: messages in `bot.matrix`, tables in `bot.files`."""

import re
import unicodedata

ZERO_WIDTH_JOINER = "\u200d"
EMOJI_VARIATION = "\ufe0f"
LINE_BREAKS = {"\u2028", "\u2029", "\u0085"}
MAX_IDENTIFIER = 255
"""Characters; IDs in Matrix are never longer (specification, appendix "Size limits")."""


def clean(text: str) -> str:
    r"""Text that is safe to store, log and show.

    Removed: control characters (newline and tab stay), and every format character (category Cf): bidirectional
    embeddings, overrides, isolates and marks, zero-width characters, soft hyphens. One exception: a zero-width joiner
    between two symbols holds an emoji together (👩‍💻) and stays. Lone surrogates, which no database stores, become `�`.
    Line breaks of all kinds become `\n`; the rest is normalised to NFC.
    """
    if text.isprintable():  # nothing of all that is, and most that people write is
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (_kept(text, index, character) for index, character in enumerate(text))
    return unicodedata.normalize("NFC", "".join(kept))


def one_line(text: str) -> str:
    """Cleaned text on one line, for names."""
    return " ".join(clean(text).split())


def identifier(value: object) -> str | None:
    """An ID chosen by somebody else, or None when it cannot be one: no string, empty, too long, or not plain text."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_IDENTIFIER:
        return None
    if value.isascii() and value.isprintable():  # as nearly all are: this is asked twice of every event
        return value
    return value if value == clean(value) and "\n" not in value else None


def _kept(text: str, index: int, character: str) -> str:
    if character in "\n\t":
        return character
    if character in LINE_BREAKS:
        return "\n"
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    if category == "Cc":
        return ""
    if category == "Cf":
        return character if character == ZERO_WIDTH_JOINER and _inside_emoji(text, index) else ""
    return character


def _inside_emoji(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1 and _symbol(text[index - 1]) and _symbol(text[index + 1])


def _symbol(character: str) -> bool:
    return character == EMOJI_VARIATION or (not character.isascii() and unicodedata.category(character) in {"So", "Sk"})


_CALCULATED = re.compile(r"'*[=+\-@\t\r]")  # what makes a spreadsheet program calculate (OWASP, CSV injection)
_BEGINS = frozenset("'=+-@\t\r")


def is_formula(cell: str) -> bool:
    """Whether a table's cell, as read, would be calculated."""
    return cell.startswith("=")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet program calculates: behind an apostrophe where need be."""
    if cell[:1] not in _BEGINS:  # nearly all cells of a long table, at a fifth of the cost
        return cell
    return f"'{cell}" if _CALCULATED.match(cell) else cell


def unguarded(cell: str) -> str:
    """A cell as it was meant: back from `guarded`."""
    return cell[1:] if cell.startswith("'") and _CALCULATED.match(cell) else cell


_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def in_xml(cell: str) -> str:
    """Text without what no XML file may contain (XML 1.0, 2.2), however it came into the database."""
    return _NOT_IN_XML.sub("", cell)
